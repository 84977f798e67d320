// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/CallRunner.h"

#include <spdlog/spdlog.h>

namespace lockstep {

namespace {

/// Callers choose some of the text; it must not look like lines of ours in the journal.
std::string loggable(QString text)
{
    for (QChar& letter : text) {
        if (!letter.isPrint())
            letter = u'?';
    }
    return text.toStdString();
}

} // namespace

Task<Result<void>> CallRunner::permit(CallRequest request)
{
    if (!request.action)
        co_return {};
    const std::string title = loggable(request.title);
    const std::string sender = request.caller.busName.toStdString();
    LOCKSTEP_CO_TRY(user, co_await m_authority.userOf(request.caller.busName));
    const auto allowed =
        co_await m_authority.check(request.caller, user, *request.action, request.details);
    if (!allowed) {
        spdlog::warn("{}: denied to uid {} ({}): {}", title, user, sender,
                     allowed.error().message().toStdString());
        co_return std::unexpected{allowed.error().during(request.title)};
    }
    if (*request.action == Action::Look)
        spdlog::debug("{}: asked for by uid {} ({})", title, user, sender);
    else
        spdlog::info("{}: asked for by uid {} ({})", title, user, sender);
    co_return {};
}

void CallRunner::reportUnsent(const sdbus::Error& error)
{
    // The caller has gone or the bus has: BusPump reports the latter.
    spdlog::debug("a D-Bus reply could not be sent: {}", error.getMessage());
}

} // namespace lockstep
