// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/actions/ActSet.h"

#include "gui/look/StateLook.h"

#include <QWidget>

#include <initializer_list>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

constexpr std::chrono::milliseconds updatePause{50};

} // namespace

ActSet::ActSet(Source& source, QObject* parent) : QObject{parent}, m_source{source}
{
    for (const Act act : allActs())
        make(act);
    handle(Act::CancelJob, [this](const Chosen& chosen) {
        const Pair* const pair = m_source.pair(chosen.pair);
        const Job* const job = pair ? m_source.runningJob(pair->uuid) : nullptr;
        if (!job)
            return;
        m_source.cancelJob(job->id).then(this, [this](const Result<void>& result) {
            if (!result)
                Q_EMIT failed(actInfo(Act::CancelJob).text.remove(u'&'), result.error());
        });
    });
    m_soon.setSingleShot(true);
    m_soon.setInterval(updatePause);
    connect(&m_soon, &QTimer::timeout, this, &ActSet::update);
    const auto soon = [this] {
        if (!m_soon.isActive())
            m_soon.start();
    };
    connect(&source, &Source::linkChanged, this, &ActSet::update);
    connect(&source, &Source::pairAdded, this, soon);
    connect(&source, &Source::pairRemoved, this, soon);
    connect(&source, &Source::pairChanged, this, [soon](const Pair& before, const Pair& now) {
        if (before.state != now.state || before.role != now.role)
            soon();
    });
    connect(&source, &Source::peerAdded, this, soon);
    connect(&source, &Source::peerRemoved, this, soon);
    connect(&source, &Source::peerChanged, this, [soon](const Peer& before, const Peer& now) {
        if (before.trust != now.trust)
            soon();
    });
    connect(&source, &Source::jobAdded, this, soon);
    connect(&source, &Source::jobRemoved, this, soon);
    connect(&source, &Source::jobChanged, this, [soon](const Job& before, const Job& now) {
        if (before.state != now.state || before.cancellable != now.cancellable)
            soon();
    });
    update();
}

void ActSet::make(Act act)
{
    const ActInfo info = actInfo(act);
    auto* const action = new QAction{drawnIcon(info.icon), info.text, this};
    action->setShortcut(info.shortcut);
    action->setVisible(false);
    connect(action, &QAction::triggered, this, [this, act] {
        // The shortcut may come between a change and the update that follows it.
        if (permission(act, m_source, m_chosen).allowed)
            m_handlers.at(act)(m_chosen);
    });
    m_actions.emplace(act, action);
}

void ActSet::handle(Act act, Handler handler)
{
    m_handlers.insert_or_assign(act, std::move(handler));
    update();
}

void ActSet::choose(const Chosen& chosen)
{
    m_chosen = chosen;
    update();
}

void ActSet::update()
{
    for (const auto& [act, action] : m_actions) {
        const Permission found = permission(act, m_source, m_chosen);
        const bool isHandled = m_handlers.contains(act);
        const QString help = found.allowed ? actInfo(act).help : found.why;
        const QString keys = action->shortcut().toString(QKeySequence::NativeText);
        action->setVisible(isHandled);
        action->setEnabled(isHandled && found.allowed);
        action->setStatusTip(help);
        action->setToolTip(keys.isEmpty() ? help : u"%1 (%2)"_s.arg(help, keys));
    }
}

void ActSet::addPairActs(QWidget& menu) const
{
    for (const Act act : {Act::SwitchOver, Act::TakeOver, Act::ContinueAlone, Act::Unprotect,
                          Act::PairSettings, Act::CancelJob})
        menu.addAction(action(act));
}

void ActSet::addPeerActs(QWidget& menu) const
{
    for (const Act act : {Act::AcceptPeer, Act::LinkSettings, Act::RemovePeer})
        menu.addAction(action(act));
}

void ActSet::addHostActs(QWidget& menu) const
{
    for (const Act act : {Act::Protect, Act::AddPeer, Act::DrainHost})
        menu.addAction(action(act));
}

} // namespace lockstep::gui
