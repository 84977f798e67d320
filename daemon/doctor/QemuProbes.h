// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "doctor/Findings.h"
#include "doctor/QemuTrial.h"
#include "store/Store.h"

#include <vector>

namespace lockstep::doctor {

/// Finds out by trial whether this host's QEMU can do COLO, and remembers it: in the store's
/// collection "probe", by accelerator and path of the emulator, and in the hypervisor, whose
/// hostFacts() tell it until the emulator's file changes. Main thread only. stop() must be awaited
/// before it and its parts are destroyed.
class QemuProbes final
{
public:
    /// Of all of probe().
    static constexpr std::chrono::milliseconds usualDeadline{19'000};

    QemuProbes(Hypervisor& hypervisor, Store& store,
               std::chrono::milliseconds deadline = usualDeadline)
        : m_hypervisor{hypervisor}, m_store{store}, m_deadline{deadline}
    { }

    /// Tells the hypervisor what is remembered, and takes away what a trial has left, if lockstepd
    /// died in one.
    void begin();
    /// Resumes when nothing runs any more.
    [[nodiscard]] Task<void> stop() { return m_tasks.drained(); }

    /// Tries each accelerator that can be used, one after the other. Whoever asks meanwhile gets
    /// the same answer. Errors: Busy while an earlier trial that hung is taken away; those of
    /// libvirt; StoreError.
    [[nodiscard]] Task<Result<QList<Finding>>> probe();

private:
    using Findings = Result<QList<Finding>>;
    [[nodiscard]] Task<void> recall();
    [[nodiscard]] Task<void> answerAll();
    [[nodiscard]] Task<Findings> tryAll();
    [[nodiscard]] Task<Findings> tryOne(HostFacts facts, bool kvm,
                                        std::chrono::milliseconds deadline);
    /// Errors: StoreError.
    [[nodiscard]] Task<Result<void>> keep(HostFacts facts, ProbedQemu probe);

    Hypervisor& m_hypervisor;
    Store& m_store;
    std::chrono::milliseconds m_deadline;
    std::vector<OneShot<Findings>> m_waiting;
    std::weak_ptr<QemuTrial> m_last; ///< Alive as long as anything of it runs.
    TaskSet m_tasks;
};

/// What is remembered of the emulator that new domains get, as findings; none if it was not tried.
[[nodiscard]] QList<Finding> judgeProbes(const HostFacts& facts);

} // namespace lockstep::doctor
