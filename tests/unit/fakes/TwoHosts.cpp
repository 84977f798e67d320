// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/TwoHosts.h"

#include "replication/PrimaryGraph.h"
#include "replication/ShadowGraph.h"

#include <QTest>

namespace lockstep::test {

using namespace Qt::StringLiterals;

namespace {

/// COLO holds a primary's output until it has left it, and a shadow's until it goes live.
bool canSend(FakeHost& host)
{
    return host.hypervisor.runs(webUuid()) && host.qemu().status == u"running"
        && host.qemu().coloMode == u"none";
}

} // namespace

TwoHosts::TwoHosts(ArbiterKind arbiter, bool begins)
{
    FakeHost::join(alpha, beta);
    alpha.settings.arbiter = beta.settings.arbiter = arbiter;
    if (!begins)
        return;
    alpha.putDomain();
    begin();
}

void TwoHosts::begin()
{
    alpha.begin();
    beta.begin();
}

bool TwoHosts::putProtected()
{
    alpha.put(alpha.record(Role::Primary, PairState::Protected, 1));
    alpha.putDomain();
    beta.put(beta.record(Role::Secondary, PairState::Protected, 1));
    auto& qemu = beta.putDomain(DomainState::Paused, false);
    const ShadowGraph shadow{Qmp{beta.hypervisor.monitor(webUuid())},
                             beta.pairs.find(webUuid())->spec};
    bool built = QCoro::waitFor(shadow.buildDisks()).has_value()
        && QCoro::waitFor(shadow.exportDisks()).has_value()
        && QCoro::waitFor(shadow.connectNetwork(true)).has_value();
    qemu.status = u"paused"_s;
    PrimaryGraph primary{alpha.hypervisor, webSpec(), u"alpha"_s};
    Plan plan;
    primary.addSteps(plan);
    built = built && QCoro::waitFor(plan.run({}, {})).has_value();
    if (alpha.settings.arbiter == ArbiterKind::Etcd)
        alpha.records.grants.insert(webUuid(),
                                    {.epoch = {1},
                                     .owner = alpha.peers.ownId(),
                                     .shadow = beta.peers.ownId(),
                                     .inStep = true});
    alpha.journal.clear();
    beta.journal.clear();
    return built;
}

bool TwoHosts::beginProtected()
{
    if (!putProtected())
        return false;
    begin();
    return QTest::qWaitFor(
        [this] {
            return alpha.driver()->mind().theirs.qemu == failover::QemuSense::Colo
                && beta.driver()->mind().theirs.qemu == failover::QemuSense::Colo;
        },
        deadline);
}

bool TwoHosts::come(const QString& toAlpha, const QString& toBeta)
{
    return QTest::qWaitFor([&] { return alpha.standing() == toAlpha && beta.standing() == toBeta; },
                           deadline);
}

QString TwoHosts::granted() const
{
    const auto found = alpha.records.grants.find(webUuid());
    if (found == alpha.records.grants.end())
        return {};
    return (found->owner == alpha.peers.ownId() ? u"alpha %1"_s : u"beta %1"_s)
               .arg(found->epoch.value)
        + (found->inStep ? u" in step"_s : QString{});
}

QByteArray TwoHosts::text()
{
    QStringList lines;
    for (auto* const host : {&alpha, &beta})
        lines.append(u"%1: %2 (%3)\n  %4"_s.arg(host->peers.ownName(), host->standing(),
                                                host->reason(), host->journal.join(u"\n  "_s)));
    lines.append(u"arbiter: "_s + granted());
    return lines.join(u'\n').toUtf8();
}

int TwoHosts::live() { return int(canSend(alpha)) + int(canSend(beta)); }

Result<QJsonObject> TwoHosts::askBeta(const QString& method, QJsonObject request)
{
    request.insert(u"uuid"_s, toString(webUuid()));
    if (!request.contains(u"epoch"))
        request.insert(u"epoch"_s, 1);
    return QCoro::waitFor(
        alpha.peers.call(beta.peers.ownId(), method, request, Peers::usualDeadline));
}

QJsonObject TwoHosts::wanted(quint64 epoch)
{
    return {{u"spec"_s, webSpec().toJson()},
            {u"settings"_s, PairSettings{ArbiterKind::Etcd, false, true}.toJson()},
            {u"epoch"_s, qint64(epoch)},
            {u"xml"_s, webXml()}};
}

Result<QJsonObject> TwoHosts::prepare(quint64 epoch)
{
    return askBeta(u"shadow.prepare"_s, wanted(epoch));
}

} // namespace lockstep::test
