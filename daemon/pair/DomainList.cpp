// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/DomainList.h"

#include "pair/Preflight.h"

#include <QMap>

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

QString wordOf(DomainState state)
{
    switch (state) {
    case DomainState::Running:
        return u"running"_s;
    case DomainState::Paused:
        return u"paused"_s;
    case DomainState::ShuttingDown:
        return u"in shutdown"_s;
    case DomainState::Off:
        return u"shut off"_s;
    case DomainState::Crashed:
        return u"crashed"_s;
    case DomainState::Suspended:
        return u"pmsuspended"_s;
    case DomainState::Unknown:
        break;
    }
    return u"unknown"_s;
}

DomainView viewOf(const DomainInfo& domain, const QString& hostName)
{
    LocalFacts facts;
    facts.info = domain;
    facts.host.hostName = hostName;
    return {.uuid = domain.uuid,
            .name = domain.name,
            .id = domain.id >= 0 ? std::optional{domain.id} : std::nullopt,
            .state = wordOf(domain.state),
            .isPersistent = domain.persistent,
            .pair = {},
            .findings = quickFindings(facts)};
}

DomainView viewOf(const PairView& pair)
{
    return {.uuid = pair.uuid,
            .name = pair.domain,
            .id = {},
            .state = u"missing"_s,
            .isPersistent = false,
            .pair = pair,
            .findings = {}};
}

} // namespace

bool DomainView::isProtectable() const
{
    const bool isFree = !pair || (pair->role == Role::Primary && pair->state == PairState::Alone);
    return isFree && std::ranges::none_of(findings, [](const Finding& finding) {
               return finding.severity == Severity::Error;
           });
}

QList<DomainView> domainList(const QList<DomainInfo>& domains, const QList<PairView>& pairs,
                             const QString& hostName)
{
    QMap<DomainUuid, DomainView> all;
    for (const DomainInfo& domain : domains)
        all.insert(domain.uuid, viewOf(domain, hostName));
    for (const PairView& pair : pairs) {
        if (const auto known = all.find(pair.uuid); known != all.end())
            known->pair = pair;
        else
            all.insert(pair.uuid, viewOf(pair));
    }
    QList<DomainView> sorted = all.values();
    std::ranges::sort(sorted, {}, &DomainView::name);
    return sorted;
}

} // namespace lockstep
