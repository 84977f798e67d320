// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/look/StateLook.h"

#include <QFrame>
#include <QLabel>
#include <QPushButton>

namespace lockstep::gui {

/// A line across the window that stays as long as what it says: that lockstepd is gone, that all is
/// invented. By colour, shape and words.
class Notice final : public QFrame
{
    Q_OBJECT
public:
    explicit Notice(QWidget* parent = nullptr);

    /// `button` is empty for none.
    void tell(Tone tone, const QString& shape, const QString& text, const QString& button = {});

Q_SIGNALS:
    void clicked();

protected:
    void changeEvent(QEvent* event) override;

private:
    void paintAnew();

    Tone m_tone{Tone::Neutral};
    QLabel* m_icon;
    QLabel* m_text;
    QPushButton* m_button;
    QString m_shape;
};

} // namespace lockstep::gui
