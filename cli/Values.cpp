// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Values.h"

#include "cli/WireJson.h"
#include "dbus/Names.h"

#include "glue/ManagerProxy.h"

#include <chrono>
#include <vector>

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto deadline = 700ms; // Who has pressed Tab waits no longer.

QStringList texts(const Result<QList<RemoteObject>>& objects, const QString& key)
{
    QStringList all;
    if (objects) {
        for (const RemoteObject& object : *objects)
            all.append(object.properties[key].toVariant().toString());
    }
    return all;
}

/// Those that run: only they can be protected.
QStringList domains(sdbus::IConnection& connection)
{
    QStringList all;
    const auto found = guarded([&connection] {
        std::vector<Dictionary> domains;
        sdbus::createProxy(connection, sdbus::ServiceName{dbus::service},
                           sdbus::ObjectPath{dbus::rootPath})
            ->callMethod("ListDomains")
            .onInterface(org::lockstep::Lockstep1::Manager_proxy::INTERFACE_NAME)
            .withArguments(Dictionary{})
            .storeResultsTo(domains);
        return dictionariesToJson(domains);
    });
    for (const auto& domain : found.value_or(QJsonArray{})) {
        if (domain.toObject().contains(u"id"))
            all.append(domain[u"name"].toString());
    }
    return all;
}

QStringList settings(Daemon& daemon)
{
    QStringList all;
    const auto known = daemon.configuration();
    if (known) {
        for (const auto& setting : known->value(u"settings").toArray())
            all.append(setting.toObject()[u"key"].toString());
    }
    return all;
}

} // namespace

Values::Values(Daemon& daemon) : m_daemon{daemon}, m_hurry{daemon, deadline} { }

QStringList Values::of(const QString& kind)
{
    if (kind == "domain"_L1)
        return domains(m_daemon.connection());
    if (kind == "pair"_L1)
        return texts(m_daemon.pairs(), u"domain"_s);
    if (kind == "peer"_L1)
        return texts(m_daemon.peers(), u"name"_s);
    if (kind == "job"_L1)
        return texts(m_daemon.jobs(), u"id"_s);
    if (kind == "setting"_L1)
        return settings(m_daemon);
    return {};
}

} // namespace lockstep::cli
