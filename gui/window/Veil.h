// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QWidget>

namespace lockstep::gui {

/// Greys what is below it, which can still be read, searched and scrolled: what was known last.
class Veil final : public QWidget
{
    Q_OBJECT
public:
    /// Covers `covered` while it is shown.
    explicit Veil(QWidget& covered);

protected:
    void paintEvent(QPaintEvent* event) override;
    bool eventFilter(QObject* object, QEvent* event) override;
};

} // namespace lockstep::gui
