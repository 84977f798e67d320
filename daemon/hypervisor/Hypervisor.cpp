// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/Hypervisor.h"

namespace lockstep {

using namespace std::chrono_literals;

Task<void> Hypervisor::connectedWithin(std::chrono::milliseconds patience) const
{
    constexpr auto step = 20ms;
    for (auto waited = 0ms; !isConnected() && waited < patience; waited += step)
        (void)co_await pause(step);
}

void Hypervisor::learn(const QString& emulator, const QString& mark, const ProbedQemu& probe)
{
    m_learned.removeIf([&](const Learned& known) {
        return known.emulator == emulator && known.probe.kvm == probe.kvm;
    });
    m_learned.append({.emulator = emulator, .mark = mark, .probe = probe});
}

HostFacts Hypervisor::withProbes(HostFacts facts) const
{
    for (const Learned& known : m_learned) {
        if (known.emulator == facts.emulator && known.mark == facts.emulatorMark
            && known.probe.version == facts.qemuVersion)
            facts.probes.append(known.probe);
    }
    return facts;
}

} // namespace lockstep
