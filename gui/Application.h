// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/source/Source.h"

#include <QApplication>
#include <QTranslator>

#include <memory>
#include <optional>
#include <vector>

namespace lockstep::gui {

class MainWindow;

/// What the command line asks for.
struct Wish
{
    std::optional<QString> target; ///< Another host.
    std::optional<int> demoPairs; ///< Nothing invented if it is not there.
};

/// Reads the arguments without the program's name; those of Qt are gone already. Errors:
/// InvalidArgument.
[[nodiscard]] Result<Wish> readArguments(const QStringList& arguments);

/// The windows, each with a lockstepd of its own; ends with the last of them.
class Manager final : public QObject
{
    Q_OBJECT
public:
    /// Name, icon and language of the program; before the first window.
    Manager();
    ~Manager() override;

    void open(const Wish& wish);

private:
    void askForTarget(MainWindow& window);
    [[nodiscard]] static Result<std::unique_ptr<Source>> sourceFor(const Wish& wish);
    void translate();

    QTranslator m_qt;
    QTranslator m_own;
    std::vector<std::unique_ptr<MainWindow>> m_windows;
};

} // namespace lockstep::gui
