// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/QemuProbes.h"

#include <spdlog/spdlog.h>

#include <QTimeZone>

#include <utility>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const QString collection = u"probe"_s;
constexpr auto connectPatience = 60s;

struct Remembered
{
    QString emulator;
    QString mark;
    ProbedQemu probe;
};

QString accelerator(bool kvm) { return kvm ? u"KVM"_s : u"emulation"_s; }

QString keyOf(const QString& emulator, bool kvm)
{
    return (kvm ? u"kvm "_s : u"tcg "_s) + emulator;
}

QJsonObject toJson(const Remembered& known)
{
    return {
        {u"emulator"_s, known.emulator},     {u"mark"_s, known.mark},
        {u"version"_s, known.probe.version}, {u"kvm"_s, known.probe.kvm},
        {u"works"_s, known.probe.works},     {u"return-path"_s, known.probe.returnPath},
        {u"reason"_s, known.probe.reason},   {u"when-ms"_s, known.probe.when.toMSecsSinceEpoch()}};
}

/// A document that is damaged is about no emulator that there is.
Remembered fromJson(const QJsonObject& json)
{
    return {.emulator = json[u"emulator"].toString(),
            .mark = json[u"mark"].toString(),
            .probe = {.version = json[u"version"].toString(),
                      .kvm = json[u"kvm"].toBool(),
                      .works = json[u"works"].toBool(),
                      .returnPath = json[u"return-path"].toBool(),
                      .reason = json[u"reason"].toString(),
                      .when = QDateTime::fromMSecsSinceEpoch(json[u"when-ms"].toInteger(),
                                                             QTimeZone::UTC)}};
}

/// `isUsual`: with the accelerator that guests have here.
Finding judge(const ProbedQemu& probe, bool isUsual)
{
    const QString day = probe.when.date().toString(Qt::ISODate);
    if (probe.works)
        return fine(
            Id::QemuProbe,
            u"QEMU %1 with %2 made a checkpoint and a takeover when it was tried on %3"_s.arg(
                probe.version, accelerator(probe.kvm), day));
    const QString failed = u"QEMU %1 with %2 failed its trial on %3: %4"_s.arg(
        probe.version, accelerator(probe.kvm), day, probe.reason);
    if (!isUsual)
        return warning(Id::QemuProbe, failed, u"protect only domains of type kvm on this host"_s);
    return wrong(Id::QemuProbe, failed,
                 u"apt install qemu-system-x86 (11.1 or later; on Debian 13: -t "
                 "trixie-backports) on both hosts; lockstep doctor --probe tries again"_s);
}

Finding undecided(const HostFacts& facts, bool kvm, const QString& reason)
{
    return warning(
        Id::QemuProbe,
        u"the trial of QEMU %1 with %2 shows nothing: %3"_s.arg(facts.qemuVersion, accelerator(kvm),
                                                                reason),
        u"see journalctl -u libvirtd; run lockstep doctor --probe again when the host has "
        "less to do"_s);
}

} // namespace

void QemuProbes::begin() { m_tasks.add(recall()); }

Task<void> QemuProbes::recall()
{
    const auto documents = co_await m_store.load(collection);
    if (!documents)
        spdlog::warn("trials of QEMU are not remembered: {}",
                     documents.error().message().toStdString());
    for (const QJsonObject& document : documents.value_or(QMap<QString, QJsonObject>{})) {
        const Remembered known = fromJson(document);
        m_hypervisor.learn(known.emulator, known.mark, known.probe);
    }
    co_await m_hypervisor.connectedWithin(connectPatience);
    if (m_waiting.empty())
        co_await QemuTrial::sweep(&m_hypervisor);
}

Task<Result<QList<Finding>>> QemuProbes::probe()
{
    if (m_waiting.empty() && !m_last.expired())
        co_return failure(Errc::Busy, u"what an earlier trial has left is still taken away"_s,
                          u"Run 'lockstep doctor --probe' again in a minute."_s);
    const OneShot<Findings> mine;
    m_waiting.push_back(mine);
    if (m_waiting.size() == 1)
        m_tasks.add(answerAll());
    co_return co_await mine;
}

Task<void> QemuProbes::answerAll()
{
    const Findings found = co_await tryAll();
    for (const auto& waiter : std::exchange(m_waiting, {}))
        waiter.complete(found);
}

Task<Result<QList<Finding>>> QemuProbes::tryAll()
{
    LOCKSTEP_CO_TRY(facts, co_await m_hypervisor.hostFacts());
    if (facts.qemuVersion.isEmpty() || facts.emulator.isEmpty())
        co_return failure(Errc::NotSupported, u"libvirt finds no QEMU for x86_64"_s,
                          u"Install qemu-system-x86, 11.1 or later, and restart libvirtd."_s);
    QList<bool> accelerators{false};
    if (facts.kvmUsable)
        accelerators.prepend(true);
    const auto each = m_deadline / accelerators.size() - QemuTrial::judgement;
    QList<Finding> all;
    for (const bool kvm : std::as_const(accelerators)) {
        LOCKSTEP_CO_TRY(found, co_await tryOne(facts, kvm, each));
        all << found;
        if (!m_last.expired())
            break; // it hangs, and so would the next
    }
    co_return all;
}

Task<Result<QList<Finding>>> QemuProbes::tryOne(HostFacts facts, bool kvm,
                                                std::chrono::milliseconds deadline)
{
    auto trial = std::make_shared<QemuTrial>(m_hypervisor, facts.qemuVersion, kvm);
    m_last = trial;
    const auto result = co_await QemuTrial::run(std::move(trial), &m_tasks, deadline);
    if (result.verdict == TrialResult::Verdict::Undecided)
        co_return QList{undecided(facts, kvm, result.reason)};
    const ProbedQemu probe{.version = facts.qemuVersion,
                           .kvm = kvm,
                           .works = result.verdict == TrialResult::Verdict::Works,
                           .returnPath = result.returnPath,
                           .reason = result.reason,
                           .when = QDateTime::currentDateTimeUtc()};
    LOCKSTEP_CO_CHECK(co_await keep(facts, probe));
    co_return QList{judge(probe, kvm == facts.kvmUsable)};
}

Task<Result<void>> QemuProbes::keep(HostFacts facts, ProbedQemu probe)
{
    const Remembered known{.emulator = facts.emulator, .mark = facts.emulatorMark, .probe = probe};
    LOCKSTEP_CO_CHECK(
        co_await m_store.save(collection, keyOf(facts.emulator, probe.kvm), toJson(known)));
    m_hypervisor.learn(facts.emulator, facts.emulatorMark, probe);
    co_return {};
}

QList<Finding> judgeProbes(const HostFacts& facts)
{
    QList<Finding> found;
    for (const ProbedQemu& probe : facts.probes)
        found << judge(probe, probe.kvm == facts.kvmUsable);
    return found;
}

} // namespace lockstep::doctor
