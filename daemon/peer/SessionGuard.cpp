// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/SessionGuard.h"

namespace lockstep {

void SessionGuard::begin(quint64 session)
{
    m_session = session;
    m_windows = {};
}

void SessionGuard::agreed(quint64 session)
{
    if (session != m_session)
        begin(session);
    m_confirmed = true;
}

std::optional<Rejection> SessionGuard::take(const Heartbeat& beat, int path)
{
    if (beat.path != path)
        return Rejection::WrongPath;
    if (beat.session < m_session)
        return Rejection::OldSession;
    if (beat.session > m_session)
        begin(beat.session);
    if (!m_windows.at(size_t(path)).take(beat.sequence))
        return Rejection::Replayed;
    m_confirmed = m_confirmed || beat.echoSession == m_ownSession;
    if (!m_confirmed)
        return Rejection::Unconfirmed;
    return {};
}

} // namespace lockstep
