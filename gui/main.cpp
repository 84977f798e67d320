// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/Application.h"

#include <QTextStream>

namespace {

using namespace Qt::StringLiterals;

int tellUsage()
{
    QTextStream{stdout} << u"Usage: lockstep-manager [OPTION]...\n"
                           "\n"
                           "Shows and directs lockstepd.\n"
                           "\n"
                           "  -c, --connect HOST   the lockstepd of another host, over ssh\n"
                           "      --demo[=PAIRS]   invented hosts and domains, to try it out\n"
                           "  -h, --help           this text\n"
                           "  -v, --version        the version\n"_s;
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    // Without a screen, too.
    for (int n = 1; n < argc; ++n) {
        const QLatin1StringView word{argv[n]};
        if (word == "--help"_L1 || word == "-h"_L1)
            return tellUsage();
        if (word == "--version"_L1 || word == "-v"_L1) {
            QTextStream{stdout} << u"lockstep-manager " LOCKSTEP_VERSION "\n"_s;
            return 0;
        }
    }
    const QApplication application{argc, argv};
    lockstep::gui::Manager manager;
    auto wish = lockstep::gui::readArguments(QApplication::arguments().sliced(1));
    if (!wish) {
        QTextStream{stderr} << u"lockstep-manager: %1\n%2\n"_s.arg(wish.error().message(),
                                                                   wish.error().remedy());
        return lockstep::info(wish.error().code()).exitStatus;
    }
    if (!wish->target && !wish->demoPairs && qEnvironmentVariableIsSet("LOCKSTEP_CONNECT"))
        wish = lockstep::gui::readArguments(
            {u"--connect="_s + qEnvironmentVariable("LOCKSTEP_CONNECT")});
    manager.open(wish.value_or(lockstep::gui::Wish{.target = {}, .demoPairs = {}}));
    return QApplication::exec();
}
