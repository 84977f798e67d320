// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Decision.h"

#include "cli/FollowJob.h"
#include "cli/Terminal.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

/// Whether to go on although the other host seems to be alive. Errors: Cancelled.
Result<void> confirm(const QJsonObject& pair, const QString& warning)
{
    if (warning.isEmpty() || !pair[u"peer-connected"].toBool() || !canAsk())
        return {};
    writeLine(Stream::Err, u"%1 is connected. %2"_s.arg(pair[u"peer-name"].toString(), warning));
    if (ask(u"Type yes to go on: "_s) == "yes"_L1)
        return {};
    return failure(Errc::Cancelled, u"nothing was changed"_s);
}

} // namespace

Result<int> carryOut(const Decision& decision, StartJob start, const QString& warning,
                     const QString& sentence, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto pair = daemon->pair(decision.domain);
    if (!pair)
        return std::unexpected{pair.error()};
    if (!decision.yes) {
        if (const auto confirmed = confirm(pair->properties, warning); !confirmed)
            return std::unexpected{confirmed.error()};
    }
    const auto job = ((*daemon).*start)(pair->path);
    if (!job)
        return std::unexpected{job.error()};
    return finishWithJob(*daemon, *job, decision.waiting, json,
                         sentence.arg(pair->properties[u"domain"].toString()));
}

} // namespace lockstep::cli
