// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/Caller.h"

#include <sdbus-c++/sdbus-c++.h>
#include <systemd/sd-bus.h>

namespace lockstep {

namespace {

// sdbus-c++ 2.1 has no accessor for the message flag ALLOW_INTERACTIVE_AUTHORIZATION.
struct RawMessage : sdbus::Message
{
    static sd_bus_message* of(const sdbus::Message& message)
    {
        return static_cast<sd_bus_message*>(message.*(&RawMessage::msg_));
    }
};

} // namespace

Caller currentCaller(const sdbus::IObject& object)
{
    const sdbus::Message message = object.getCurrentlyProcessedMessage();
    const char* const sender = message.getSender();
    return {.busName = QString::fromUtf8(sender == nullptr ? "" : sender),
            .interactive =
                sd_bus_message_get_allow_interactive_authorization(RawMessage::of(message)) > 0};
}

} // namespace lockstep
