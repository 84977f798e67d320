// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/CallRunner.h"

#include "base/Text.h"

#include <spdlog/spdlog.h>

namespace lockstep {

namespace {

/// One line for each call that changes something, and for each that was refused.
void note(const CallRequest& request, const QString& who, const Result<void>& allowed)
{
    // Callers choose some of the text; it must not look like lines of ours in the journal.
    const std::string title = printable(request.title).toStdString();
    if (!allowed)
        spdlog::warn("{}: denied to {}: {}", title, who.toStdString(),
                     printable(allowed.error().message()).toStdString());
    else if (request.action == Action::Look)
        spdlog::debug("{}: allowed to {}", title, who.toStdString());
    else
        spdlog::info("{}: allowed to {}", title, who.toStdString());
}

} // namespace

Task<Result<QString>> CallRunner::permit(CallRequest request)
{
    if (!request.action)
        co_return QString{};
    const auto who = co_await m_authority.identify(request.caller.busName);
    if (!who) {
        const Result<void> refused = std::unexpected{who.error()};
        note(request, request.caller.busName, refused);
        co_return std::unexpected{who.error().during(request.title)};
    }
    const auto allowed =
        co_await m_authority.check(request.caller, who->user, *request.action, request.details);
    note(request, who->text(), allowed);
    if (!allowed)
        co_return std::unexpected{allowed.error().during(request.title)};
    co_return who->shortText();
}

void CallRunner::reportUnsent(const sdbus::Error& error)
{
    // The caller has gone or the bus has: BusPump reports the latter.
    spdlog::debug("a D-Bus reply could not be sent: {}", error.getMessage());
}

} // namespace lockstep
