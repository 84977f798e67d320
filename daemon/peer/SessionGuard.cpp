// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/SessionGuard.h"

namespace lockstep {

void SessionGuard::begin(quint64 session)
{
    m_session = session;
    m_windows = {};
}

void SessionGuard::agreed(quint64 session, const Sequences& sent)
{
    const bool isNew = session != m_session;
    if (isNew)
        begin(session);
    for (size_t path = 0; path < paths; ++path) {
        if (isNew || !m_confirmed[path])
            m_windows[path].close(sent[path]);
        m_confirmed[path] = true;
    }
}

std::optional<Rejection> SessionGuard::take(const Heartbeat& beat, int path)
{
    if (beat.path != path)
        return Rejection::WrongPath;
    if (beat.session < m_session)
        return Rejection::OldSession;
    if (beat.session > m_session)
        begin(beat.session);
    ReplayWindow& window = m_windows.at(size_t(path));
    if (!window.take(beat.sequence))
        return Rejection::Replayed;
    bool& confirmed = m_confirmed.at(size_t(path));
    if (!confirmed && beat.echoSession == m_ownSession) {
        confirmed = true;
        window.close(beat.sequence); // those before it may be recordings
    }
    return confirmed ? std::nullopt : std::optional{Rejection::Unconfirmed};
}

} // namespace lockstep
