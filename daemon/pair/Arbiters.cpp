// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Arbiters.h"

#include <spdlog/spdlog.h>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

const QString collection = u"setting"_s;
const QString key = u"etcd"_s;

} // namespace

Arbiters::Arbiters(Store& store, Maker maker) : m_store{store}, m_maker{std::move(maker)}
{
    m_elapsed.start();
    m_timer.setInterval(recordPeriod);
    connect(&m_timer, &QTimer::timeout, this, &Arbiters::lookAtAll);
}

Task<Result<void>> Arbiters::load()
{
    LOCKSTEP_CO_TRY(identity, co_await keptIdentity(m_store));
    m_identity = identity;
    co_return {};
}

Task<Result<QString>> Arbiters::keptIdentity(Store& store)
{
    LOCKSTEP_CO_TRY(settings, co_await store.load(collection));
    co_return settings.value(key)[u"identity"].toString();
}

Task<Result<void>> Arbiters::forgetIdentity(Store& store)
{
    co_return co_await store.remove(collection, key);
}

Result<Arbiter*> Arbiters::of(ArbiterKind kind)
{
    auto& arbiter = m_arbiters[kind];
    if (!arbiter) {
        auto made = m_maker(kind, kind == ArbiterKind::Etcd ? m_identity : QString{});
        if (!made)
            return std::unexpected{made.error()};
        arbiter = std::move(*made);
    }
    return arbiter.get();
}

void Arbiters::watch(std::function<std::set<Use>()> uses, TaskSet& tasks)
{
    m_uses = std::move(uses);
    m_tasks = &tasks;
    m_timer.start();
    lookAtAll();
}

void Arbiters::lookAtAll()
{
    const auto uses = m_uses();
    for (const auto& use : uses) {
        if (use.first == ArbiterKind::Manual || m_elapsed.elapsed() < m_next[use])
            continue;
        const auto period = use.first == ArbiterKind::Etcd ? recordPeriod : fencePeriod;
        m_next[use] = m_elapsed.elapsed() + period.count() / 2;
        m_tasks->add(look(use));
    }
    for (const auto& use : m_problems.keys()) {
        if (!uses.contains(use))
            m_problems.remove(use);
    }
}

Task<void> Arbiters::look(Use use)
{
    const auto arbiter = of(use.first);
    if (!arbiter) {
        note(use, arbiter.error());
        co_return;
    }
    const auto checked = co_await (*arbiter)->check(use.second);
    note(use, checked ? std::nullopt : std::optional{checked.error()});
    const auto period = use.first == ArbiterKind::Etcd ? recordPeriod : fencePeriod;
    m_next[use] = m_elapsed.elapsed() + period.count() / 2;
    if (use.first == ArbiterKind::Etcd && (*arbiter)->identity() != m_identity)
        co_await keepIdentity();
}

Task<void> Arbiters::keepIdentity()
{
    const QString identity = m_arbiters.at(ArbiterKind::Etcd)->identity();
    if (identity.isEmpty())
        co_return;
    const auto saved =
        co_await m_store.save(collection, key, QJsonObject{{u"identity"_s, identity}});
    if (saved)
        m_identity = identity;
    else
        spdlog::error("cannot save which etcd is used: {}", saved.error().message().toStdString());
}

quint64 Arbiters::rejections(ArbiterKind kind) const
{
    const auto arbiter = m_arbiters.find(kind);
    return arbiter != m_arbiters.end() ? arbiter->second->rejected() : 0;
}

void Arbiters::note(const Use& use, const std::optional<Error>& error)
{
    const QString problem = error ? error->message() : QString{};
    const bool rejectedMore =
        std::exchange(m_rejections[use.first], rejections(use.first)) != rejections(use.first);
    const QString before = std::exchange(m_problems[use], problem);
    if (problem.isEmpty() && !before.isEmpty())
        spdlog::info("arbiter {} can decide again", nameOf(use.first).toStdString());
    else if (!problem.isEmpty() && before.isEmpty())
        spdlog::warn("arbiter {} cannot decide: {}", nameOf(use.first).toStdString(),
                     problem.toStdString());
    if (rejectedMore || before != problem)
        Q_EMIT changed(use);
    Q_EMIT seen(use, !error);
}

} // namespace lockstep
