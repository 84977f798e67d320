// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Clock.h"

#include <QDateTime>
#include <QTimeZone>

#include <sys/timex.h>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto tolerable = 1s;
const QString remedy = u"timedatectl set-ntp true, or install chrony (apt install chrony)"_s;

/// What certificates are good for: Certificates.h makes them so.
bool isInCertificates(qint64 ms)
{
    const QDateTime begin{QDate{2000, 1, 1}, QTime{0, 0}, QTimeZone::UTC};
    const QDateTime end{QDate{2049, 12, 31}, QTime{23, 59, 59}, QTimeZone::UTC};
    return ms >= begin.toMSecsSinceEpoch() && ms <= end.toMSecsSinceEpoch();
}

} // namespace

ClockState clockState()
{
    timex request{}; // no modes: it only reads
    const int state = ::adjtimex(&request);
    if (state < 0)
        return ClockState::Unknown;
    return state == TIME_ERROR || (request.status & STA_UNSYNC) != 0 ? ClockState::Free
                                                                     : ClockState::Synchronised;
}

Finding judgeClock(ClockState state)
{
    switch (state) {
    case ClockState::Synchronised:
        return fine(Id::Clock, u"the clock is synchronised"_s);
    case ClockState::Free:
        return warning(Id::Clock, u"nothing synchronises this host's clock"_s, remedy);
    case ClockState::Unknown:
        break;
    }
    return note(Id::Clock, u"the kernel does not tell whether the clock is synchronised"_s);
}

std::chrono::milliseconds clockOffset(qint64 sentMs, const HostReport& answer, qint64 gotMs)
{
    return std::chrono::milliseconds{((answer.receivedMs - sentMs) + (answer.answeredMs - gotMs))
                                     / 2};
}

Finding judgeOffset(qint64 sentMs, const HostReport& answer, qint64 gotMs, const QString& peer)
{
    const auto offset = clockOffset(sentMs, answer, gotMs);
    const QString shown =
        u"%1 s"_s.arg(std::chrono::duration<double>{std::chrono::abs(offset)}.count(), 0, 'f', 3);
    const QString message = u"the clock of %1 is %2 %3 this host's"_s.arg(
        peer, shown, offset.count() < 0 ? u"behind"_s : u"ahead of"_s);
    for (const auto& [ms, whose] :
         {std::pair{answer.answeredMs, peer}, std::pair{gotMs, u"this host"_s}}) {
        if (!isInCertificates(ms))
            return wrong(
                Id::ClockOffset,
                u"the clock of %1 shows the year %2: no certificate is valid then"_s.arg(whose).arg(
                    QDateTime::fromMSecsSinceEpoch(ms, QTimeZone::UTC).date().year()),
                remedy);
    }
    if (std::chrono::abs(offset) > tolerable)
        return warning(Id::ClockOffset, message, remedy + u", on both hosts"_s);
    return fine(Id::ClockOffset, message);
}

} // namespace lockstep::doctor
