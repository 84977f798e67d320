// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/pages/Workbench.h"

#include <QLabel>
#include <QStatusBar>
#include <QTimer>

namespace lockstep::gui {

/// The window's status bar: which lockstepd it speaks to, how its pairs are, and what runs.
class StatusLine final : public QStatusBar
{
    Q_OBJECT
public:
    explicit StatusLine(Workbench& bench, QWidget* parent = nullptr);

private:
    void tell();
    [[nodiscard]] QString linkText() const;
    [[nodiscard]] QString pairsText() const;
    [[nodiscard]] QString jobsText() const;

    Workbench& m_bench;
    QLabel* m_link;
    QLabel* m_pairs;
    QLabel* m_jobs;
    QTimer m_soon; ///< One count for all changes of a moment.
};

} // namespace lockstep::gui
