// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Values.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto deadline = 700ms; // Who has pressed Tab waits no longer.

using Fits = bool (*)(const QJsonObject& object);

bool always(const QJsonObject& /*object*/) { return true; }
bool runs(const QJsonObject& domain) { return domain.contains(u"id"); }
bool isThere(const QJsonObject& domain) { return domain[u"state"].toString() != "missing"_L1; }
bool asked(const QJsonObject& peer) { return peer[u"trust"].toString() == "asked"_L1; }
bool goesOn(const QJsonObject& job) { return job[u"state"].toString() == "running"_L1; }
bool canCancel(const QJsonObject& job) { return goesOn(job) && job[u"cancellable"].toBool(); }

QStringList texts(const Result<QList<RemoteObject>>& objects, const QString& key, Fits fits)
{
    QStringList all;
    if (objects) {
        for (const RemoteObject& object : *objects) {
            if (fits(object.properties))
                all.append(object.properties[key].toVariant().toString());
        }
    }
    return all;
}

QStringList texts(const QJsonArray& objects, const QString& key, Fits fits)
{
    QStringList all;
    for (const auto& value : objects) {
        if (const QJsonObject object = value.toObject(); fits(object))
            all.append(object[key].toString());
    }
    return all;
}

QStringList domains(Daemon& daemon, Fits fits)
{
    return texts(daemon.domains().value_or(QJsonArray{}), u"name"_s, fits);
}

QStringList peers(Daemon& daemon, Fits fits) { return texts(daemon.peers(), u"name"_s, fits); }

QStringList jobs(Daemon& daemon, Fits fits) { return texts(daemon.jobs(), u"id"_s, fits); }

QStringList hosts(Daemon& daemon)
{
    QStringList all = peers(daemon, always);
    if (const auto own = daemon.own())
        all.prepend(own->value(u"host-name").toString());
    return all;
}

QStringList settings(Daemon& daemon)
{
    const auto known = daemon.configuration();
    return known ? texts(known->value(u"settings").toArray(), u"key"_s, always) : QStringList{};
}

struct Source
{
    const char* kind;
    QStringList (*values)(Daemon& daemon);
};

constexpr std::array sources{
    Source{"domain", [](Daemon& daemon) { return domains(daemon, runs); }},
    Source{"any-domain", [](Daemon& daemon) { return domains(daemon, isThere); }},
    Source{"pair", [](Daemon& daemon) { return texts(daemon.pairs(), u"domain"_s, always); }},
    Source{"peer", [](Daemon& daemon) { return peers(daemon, always); }},
    Source{"stranger", [](Daemon& daemon) { return peers(daemon, asked); }},
    Source{"host-or-peer", hosts},
    Source{"job", [](Daemon& daemon) { return jobs(daemon, always); }},
    Source{"running-job", [](Daemon& daemon) { return jobs(daemon, goesOn); }},
    Source{"cancellable-job", [](Daemon& daemon) { return jobs(daemon, canCancel); }},
    Source{"setting", settings},
};

} // namespace

Values::Values(Daemon& daemon) : m_daemon{daemon}, m_quietly{daemon}, m_hurry{daemon, deadline} { }

std::vector<std::string> Values::kinds()
{
    std::vector<std::string> all;
    all.reserve(sources.size());
    for (const Source& source : sources)
        all.emplace_back(source.kind);
    return all;
}

QStringList Values::of(const QString& kind)
{
    const auto* const found = std::ranges::find_if(
        sources, [&kind](const Source& source) { return kind == QLatin1StringView{source.kind}; });
    return found == sources.end() ? QStringList{} : found->values(m_daemon);
}

} // namespace lockstep::cli
