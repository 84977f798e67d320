// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <thread>

namespace lockstep {

/// libvirt's event loop, on a thread of its own: events, keepalive and the end of connections need
/// it. Not libvirt's default one: that runs GLib's default main context, as Qt's main loop does, so
/// that each would dispatch the other's sources on its thread. libvirt has one loop per process,
/// so there must be at most one LibvirtLoop at a time, made before the first connection.
/// Source: libvirt virEventRegisterImpl.
class LibvirtLoop final
{
public:
    LibvirtLoop();
    LibvirtLoop(const LibvirtLoop&) = delete;
    LibvirtLoop& operator=(const LibvirtLoop&) = delete;
    ~LibvirtLoop();

private:
    std::thread m_thread;
};

} // namespace lockstep
