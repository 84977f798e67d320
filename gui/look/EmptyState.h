// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QAction>
#include <QLabel>
#include <QPushButton>
#include <QWidget>

namespace lockstep::gui {

/// What stands where nothing is to be shown: a drawing, what is not there, and what to do next,
/// with a button for it.
class EmptyState final : public QWidget
{
    Q_OBJECT
public:
    explicit EmptyState(QWidget* parent = nullptr);

    /// `shape` is a drawing of icons/. The button does the action and follows it; without one there
    /// is none.
    void tell(const QString& shape, const QString& headline, const QString& next,
              QAction* action = nullptr);

private:
    void follow();

    QLabel* m_picture;
    QLabel* m_headline;
    QLabel* m_next;
    QPushButton* m_button;
    QAction* m_action{nullptr};
};

} // namespace lockstep::gui
