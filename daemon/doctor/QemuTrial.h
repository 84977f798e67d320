// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Types.h"
#include "hypervisor/Hypervisor.h"
#include "replication/CheckpointWatch.h"
#include "replication/Qmp.h"

#include <memory>
#include <optional>
#include <stop_token>

namespace lockstep::doctor {

/// What came of a trial. Undecided: it could not be carried out, which says nothing about QEMU.
struct TrialResult
{
    enum class Verdict { Works, Fails, Undecided };
    Verdict verdict{Verdict::Undecided};
    bool returnPath{true}; ///< Of a QEMU that works: migration capability "return-path".
    QString reason; ///< Why not; empty if it works.
};

/// Puts a pair of throw-away QEMUs through COLO on this host: the one that new domains get, started
/// by libvirt as those are, with one accelerator; 64 MiB of memory, no disk, no NIC, nothing to
/// boot, and a connection on 127.0.0.1. They enter COLO, make a checkpoint, the primary is killed,
/// the secondary takes over. libvirt starts them, and not this daemon, so that they are confined,
/// and have /dev/kvm, as guests do. Main thread only.
class QemuTrial final : public std::enable_shared_from_this<QemuTrial>
{
public:
    /// `version` is that QEMU's. `hypervisor` must outlive the object.
    QemuTrial(Hypervisor& hypervisor, QString version, bool kvm);

    /// How long it takes to tell a QEMU that hangs from one that is slow.
    static constexpr std::chrono::milliseconds judgement{3'000};

    /// Within `deadline` and `judgement`, whatever hangs. What is left to be taken away then goes
    /// on in `tasks`, and keeps the object alive until it is done.
    [[nodiscard]] static Task<TrialResult> run(std::shared_ptr<QemuTrial> trial, TaskSet* tasks,
                                               std::chrono::milliseconds deadline);

    /// Takes away what an earlier trial, of a daemon that has died, left. Others' domains are not
    /// touched, whatever they are called.
    [[nodiscard]] static Task<void> sweep(Hypervisor* hypervisor);

private:
    using Outcome = OneShot<std::optional<TrialResult>>;
    static Task<void> carryOut(std::shared_ptr<QemuTrial> trial, Outcome outcome);
    [[nodiscard]] Task<TrialResult> tryAll();
    /// Errors: NotSupported if QEMU cannot do it so; others leave it undecided.
    [[nodiscard]] Task<Result<void>> tryOnce(bool returnPath);
    [[nodiscard]] Task<Result<void>> start();
    [[nodiscard]] Task<Result<void>> enter(bool returnPath);
    [[nodiscard]] Task<Result<void>> copy(Qmp qemu);
    [[nodiscard]] Task<Result<void>> checkpoint(const CheckpointWatch* watch);
    [[nodiscard]] Task<Result<void>> takeOver();
    /// What to make of it that time is up.
    [[nodiscard]] Task<TrialResult> judgeLate();

    Hypervisor& m_hypervisor;
    QString m_version;
    bool m_kvm;
    quint16 m_port{0};
    bool m_begun{false}; ///< QEMU has been told to migrate: if it dies now, it is COLO's doing.
    std::stop_source m_stop;
};

} // namespace lockstep::doctor
