// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "hypervisor/Hypervisor.h"
#include "hypervisor/LibvirtConnection.h"

#include <functional>
#include <memory>
#include <mutex>

namespace lockstep {

class LibvirtEvents;

/// Lets what libvirt reports of one connection through to the main thread until it is shut, and
/// nothing afterwards, not even what is on its way.
class EventGate final : public std::enable_shared_from_this<EventGate>
{
public:
    /// `target` emits the signals; `onClosed` is called on the main thread when libvirt is lost.
    EventGate(Hypervisor* target, std::function<void(const QString&)> onClosed)
        : m_target{target}, m_onClosed{std::move(onClosed)}
    { }

    // By any thread:
    void lifecycle(const DomainUuid& domain, Lifecycle event, int detail);
    void qmpEvent(const DomainUuid& domain, const QString& name, qint64 when,
                  const QJsonObject& data);
    void closed(const QString& why);
    /// Keeps the connection until shut(), then calls `then` on the main thread.
    void opened(std::shared_ptr<LibvirtEvents> events, std::function<void()> then);
    void notOpened(const Error& error, std::function<void(const Error&)> then);

    /// By the main thread: what opened() kept, to be destroyed where that may block.
    [[nodiscard]] std::shared_ptr<LibvirtEvents> shut();

private:
    template <typename Work>
    void pass(Work work);

    std::mutex m_mutex;
    Hypervisor* m_target; ///< Null when shut; changed by the main thread only.
    std::shared_ptr<LibvirtEvents> m_events;
    const std::function<void(const QString&)> m_onClosed;
};

/// A connection to libvirtd that reports lifecycle and raw QMP events of all domains, and its own
/// end, to a gate. Opening and destroying it block; needs LibvirtLoop.
class LibvirtEvents final
{
public:
    [[nodiscard]] static Result<std::shared_ptr<LibvirtEvents>>
    open(const QString& uri, const std::shared_ptr<EventGate>& gate);
    LibvirtEvents(const LibvirtEvents&) = delete;
    LibvirtEvents& operator=(const LibvirtEvents&) = delete;
    ~LibvirtEvents();

private:
    explicit LibvirtEvents(LibvirtConnection connection) : m_connection{std::move(connection)} { }
    Result<void> subscribe(const std::shared_ptr<EventGate>& gate);

    LibvirtConnection m_connection;
    int m_lifecycle{-1};
    int m_qmp{-1};
    bool m_closing{false};
};

} // namespace lockstep
