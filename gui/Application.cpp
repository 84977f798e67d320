// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/Application.h"

#include "gui/demo/DemoSource.h"
#include "gui/look/Trouble.h"
#include "gui/source/BusSource.h"
#include "gui/window/MainWindow.h"

#include <QInputDialog>
#include <QLibraryInfo>
#include <QLocale>

#include <algorithm>
#include <utility>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

/// The number behind "--demo=".
Result<int> demoPairs(const QString& text)
{
    bool isNumber = false;
    const int pairs = text.toInt(&isNumber);
    if (isNumber && pairs >= 0 && pairs <= DemoSource::mostPairs)
        return pairs;
    return failure(
        Errc::InvalidArgument,
        u"--demo=%1: that is no number from 0 to %2"_s.arg(text).arg(DemoSource::mostPairs));
}

} // namespace

Result<Wish> readArguments(const QStringList& arguments)
{
    constexpr QLatin1StringView demo{"--demo="};
    constexpr QLatin1StringView connect{"--connect="};
    Wish wish{.target = {}, .demoPairs = {}};
    for (qsizetype n = 0; n < arguments.size(); ++n) {
        const QString& word = arguments[n];
        if (word == "--demo"_L1) {
            wish.demoPairs = DemoSource::usualPairs;
        } else if (word.startsWith(demo)) {
            const auto pairs = demoPairs(word.sliced(demo.size()));
            if (!pairs)
                return std::unexpected{pairs.error()};
            wish.demoPairs = *pairs;
        } else if ((word == "-c"_L1 || word == "--connect"_L1) && n + 1 < arguments.size()) {
            wish.target = arguments[++n];
        } else if (word.startsWith(connect)) {
            wish.target = word.sliced(connect.size());
        } else {
            return failure(Errc::InvalidArgument, u"what is \"%1\"?"_s.arg(word),
                           u"lockstep-manager --help shows what there is."_s);
        }
    }
    if (wish.target && wish.target->isEmpty())
        wish.target.reset(); // this host, as for the command line
    if (wish.target && wish.demoPairs)
        return failure(Errc::InvalidArgument, u"--demo and --connect exclude each other"_s);
    if (wish.target) {
        if (const auto target = cli::parseTarget(*wish.target); !target)
            return std::unexpected{target.error()};
    }
    return wish;
}

Manager::Manager()
{
    QApplication::setApplicationName(u"lockstep-manager"_s);
    QApplication::setApplicationVersion(QStringLiteral(LOCKSTEP_VERSION));
    QApplication::setOrganizationName(u"lockstep"_s);
    QApplication::setDesktopFileName(u"org.lockstep.Manager"_s);
    QApplication::setWindowIcon(QIcon{u":/lockstep/icons/org.lockstep.Manager.svg"_s});
    translate();
    QApplication::setApplicationDisplayName(tr("Lockstep Manager"));
}

Manager::~Manager() = default;

void Manager::translate()
{
    const QLocale locale;
    if (m_qt.load(locale, u"qtbase"_s, u"_"_s, QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
        QApplication::installTranslator(&m_qt);
    if (m_own.load(locale, u"lockstep-manager"_s, u"_"_s, u":/lockstep/translations"_s))
        QApplication::installTranslator(&m_own);
}

Result<std::unique_ptr<Source>> Manager::sourceFor(const Wish& wish)
{
    if (wish.demoPairs)
        return std::make_unique<DemoSource>(*wish.demoPairs);
    if (!wish.target)
        return std::make_unique<BusSource>(std::nullopt);
    const auto target = cli::parseTarget(*wish.target);
    if (!target)
        return std::unexpected{target.error()};
    return std::make_unique<BusSource>(*target);
}

void Manager::open(const Wish& wish)
{
    auto source = sourceFor(wish);
    if (!source)
        return showTrouble(QApplication::activeWindow(), tr("Connect to a host"), source.error());
    const auto& window = m_windows.emplace_back(std::make_unique<MainWindow>(std::move(*source)));
    MainWindow* const opened = window.get();
    connect(opened, &MainWindow::connectWanted, this, [this, opened] { askForTarget(*opened); });
    opened->show();
    // After the window: so it is there at once, and says that it is connecting.
    opened->bench().source.start();
}

void Manager::askForTarget(MainWindow& window)
{
    auto* const dialog = new QInputDialog{&window};
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Connect to a host"));
    dialog->setLabelText(tr("A host with lockstepd that ssh reaches: HOST, USER@HOST or "
                            "ssh://[USER@]HOST[:PORT]"));
    connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString& text) {
        if (!text.trimmed().isEmpty())
            open({.target = text.trimmed(), .demoPairs = {}});
    });
    dialog->open();
}

} // namespace lockstep::gui
