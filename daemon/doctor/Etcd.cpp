// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Etcd.h"

#include "arbiter/EtcdArbiter.h"
#include "arbiter/MakeArbiter.h"
#include "base/Text.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QVersionNumber>

#include <algorithm>
#include <utility>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds longestWait = 3s; // for one request, whatever is configured
constexpr std::chrono::milliseconds longestRound = 9s; // the write tries one member after the other
const QVersionNumber oldest{3, 4};

Task<Result<EtcdMember>> askMember(EtcdSettings settings)
{
    const QString endpoint = settings.endpoints.first().toString();
    EtcdClient client{std::move(settings)};
    QElapsedTimer clock;
    clock.start();
    LOCKSTEP_CO_TRY(answer, co_await client.post(u"maintenance/status"_s, {}));
    const std::chrono::milliseconds took{clock.elapsed()};
    auto member = memberFromJson(endpoint, answer);
    if (member)
        member->took = took;
    co_return member;
}

Finding judgeMember(const EtcdMember& member)
{
    if (!member.hasLeader)
        return wrong(Id::Etcd,
                     u"%1 has no leader: too many members are away"_s.arg(member.endpoint),
                     u"systemctl start etcd, on the members that are down"_s);
    if (!member.alarms.isEmpty())
        return wrong(Id::Etcd,
                     u"%1 raises an alarm: %2"_s.arg(member.endpoint, member.alarms.join(u", "_s)),
                     u"etcdctl alarm list; for NOSPACE: etcdctl compact, etcdctl defrag, etcdctl "
                     "alarm disarm"_s);
    if (QVersionNumber::fromString(member.version) < oldest)
        return warning(Id::Etcd,
                       u"%1 has etcd %2, older than 3.4"_s.arg(member.endpoint, member.version),
                       u"apt install etcd-server, there"_s);
    return fine(Id::Etcd,
                u"%1 has etcd %2 and answers within %3 ms"_s.arg(member.endpoint, member.version)
                    .arg(member.took.count()));
}

QString remedyOf(const Error& error)
{
    if (error.code() == Errc::ArbiterUnreachable)
        return u"systemctl start etcd, on its hosts; ip route get ADDRESS tells this host's way there"_s;
    const QString dot = error.remedy().endsWith(u'.') ? QString{} : u"."_s;
    return error.remedy() + dot
        + u" 'lockstep config' shows what is set; once it is changed, systemctl restart lockstepd"_s;
}

} // namespace

Result<EtcdMember> memberFromJson(const QString& endpoint, const QJsonObject& answer)
{
    const QString version = printable(answer[u"version"].toString());
    if (version.isEmpty())
        return failure(Errc::ArbiterMalformed, u"%1: an answer without a version"_s.arg(endpoint));
    EtcdMember member{.endpoint = endpoint,
                      .version = version,
                      .hasLeader = answer[u"leader"].toString(u"0"_s) != u"0",
                      .alarms = {},
                      .took = {}};
    const auto alarms = answer[u"errors"].toArray();
    for (const auto& alarm : alarms)
        member.alarms << printable(alarm.toString());
    return member;
}

QList<Finding> judgeEtcd(const QList<Result<EtcdMember>>& members, const Result<void>& write)
{
    QList<Finding> found;
    if (!write)
        found << wrong(Id::Etcd, u"cannot decide: "_s + write.error().message(),
                       remedyOf(write.error()));
    for (const auto& member : members) {
        if (member)
            found << judgeMember(*member);
        else if (write) // else it is the same error once more
            found << warning(Id::Etcd, u"one member is of no use: "_s + member.error().message(),
                             remedyOf(member.error()));
    }
    return found;
}

Result<EtcdSettings> settingsForDoctor(Config::Etcd etcd, const QString& identity)
{
    const auto members = std::max<qsizetype>(etcd.endpoints.size(), 1);
    etcd.timeout =
        std::min<std::chrono::milliseconds>({etcd.timeout, longestWait, longestRound / members});
    return etcdSettings(etcd, identity);
}

Task<QList<Finding>> examineEtcd(Result<EtcdSettings> settings)
{
    if (!settings)
        co_return QList{wrong(Id::Etcd, settings.error().message(), remedyOf(settings.error()))};
    std::vector<Task<Result<EtcdMember>>> questions;
    for (const QUrl& endpoint : std::as_const(settings->endpoints)) {
        EtcdSettings one = *settings;
        one.endpoints = {endpoint};
        questions.push_back(askMember(one));
    }
    EtcdArbiter arbiter{*settings};
    const auto write = co_await arbiter.check({});
    QList<Result<EtcdMember>> members;
    for (auto& question : questions)
        members << co_await question;
    co_return judgeEtcd(members, write);
}

} // namespace lockstep::doctor
