// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "hypervisor/ChannelTraffic.h"
#include "hypervisor/TapTraffic.h"
#include "pair/Record.h"

#include <memory>

namespace lockstep {

/// What this host's kernel counts of one protected pair: QEMU's connections to its twin, and the
/// guest's tap devices. `kernel` must outlive it.
class PairProbe final
{
public:
    PairProbe(SockDiag& kernel, const PairRecord& record);

    /// Which pair this is for: another one needs a probe of its own.
    [[nodiscard]] bool fits(const PairRecord& record) const;
    [[nodiscard]] bool hasTaps() const { return m_taps != nullptr; }
    /// Names of the guest's tap devices.
    void setTaps(const QStringList& devices) { m_taps = std::make_unique<TapTraffic>(devices); }

    struct Traffic
    {
        quint64 memory{0}; ///< Bytes on the migration's connection, both ways.
        quint64 disk{0}; ///< Bytes on the disks' connections, both ways.
    };
    /// Since this was asked last.
    [[nodiscard]] Traffic more();
    /// Packets that the guest has sent; nothing if that is not known.
    [[nodiscard]] std::optional<quint64> packets() const;

private:
    struct Channel
    {
        ChannelTraffic traffic;
        quint64 before{0};
    };
    [[nodiscard]] static quint64 moreOn(std::optional<Channel>& channel);

    Role m_role;
    quint16 m_memoryPort;
    quint16 m_diskPort;
    std::optional<Channel> m_memory;
    std::optional<Channel> m_disk;
    std::unique_ptr<TapTraffic> m_taps;
};

} // namespace lockstep
