// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Daemon.h"
#include "ForgetEtcd.h"

#include "base/Config.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFileInfo>

#include <cstdio>

using namespace Qt::StringLiterals;

namespace {

int report(const lockstep::Error& error)
{
    std::fprintf(stderr, "lockstepd: %s\n  what to do: %s\n", qUtf8Printable(error.message()),
                 qUtf8Printable(error.remedy()));
    return lockstep::info(error.code()).exitStatus;
}

} // namespace

int main(int argc, char** argv)
{
    QCoreApplication application{argc, argv};
    QCoreApplication::setApplicationName(u"lockstepd"_s);
    QCoreApplication::setApplicationVersion(QStringLiteral(LOCKSTEP_VERSION));

    QCommandLineParser options;
    options.setApplicationDescription(u"Keeps live shadows of libvirt domains on other hosts."_s);
    options.addHelpOption();
    options.addVersionOption();
    const QCommandLineOption file{u"config"_s, u"Read settings from <file>."_s, u"file"_s,
                                  QString{lockstep::Config::usualPath}};
    const QCommandLineOption check{u"check-config"_s,
                                   u"Read the settings, report errors, and end."_s};
    const QCommandLineOption forget{
        u"forget-etcd"_s,
        u"Accept another etcd cluster than before, and end. Only while lockstepd does not run."_s};
    options.addOptions({file, check, forget});
    options.process(application);

    const auto config = lockstep::Config::load(QFileInfo{options.value(file)}.absoluteFilePath());
    if (!config)
        return report(config.error());
    if (options.isSet(check))
        return 0;
    if (options.isSet(forget)) {
        const auto done = lockstep::forgetEtcd(*config);
        return done ? 0 : report(done.error());
    }
    lockstep::Daemon daemon{*config};
    daemon.run();
    const int status = QCoreApplication::exec();
    const auto& failure = daemon.failure();
    return failure ? report(*failure) : status;
}
