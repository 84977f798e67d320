// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/actions/Act.h"

#include <QAction>
#include <QMenu>
#include <QTimer>

#include <functional>
#include <map>

namespace lockstep::gui {

/// One QAction for each act, for menus, tool bars and context menus of a window. They follow the
/// source's state, not the click; one that is not allowed says why in its tool tip and status tip.
/// An act that nothing handles is not shown at all.
class ActSet final : public QObject
{
    Q_OBJECT
public:
    using Handler = std::function<void(const Chosen&)>;

    explicit ActSet(Source& source, QObject* parent = nullptr);

    [[nodiscard]] QAction* action(Act act) const { return m_actions.at(act); }
    /// What is done when the act is chosen; called only while it is allowed.
    void handle(Act act, Handler handler);
    /// What the acts are about from now on.
    void choose(const Chosen& chosen);
    [[nodiscard]] const Chosen& chosen() const { return m_chosen; }
    /// Adds those that are about a pair, or a peer, or this host.
    void addPairActs(QWidget& menu) const;
    void addPeerActs(QWidget& menu) const;
    void addHostActs(QWidget& menu) const;

Q_SIGNALS:
    /// A call that an act made has failed; `what` is the act's text.
    void failed(const QString& what, const lockstep::Error& error);

private:
    void make(Act act);
    void update();

    Source& m_source;
    Chosen m_chosen;
    std::map<Act, QAction*> m_actions;
    std::map<Act, Handler> m_handlers;
    QTimer m_soon; ///< One update for all changes of a moment.
};

} // namespace lockstep::gui
