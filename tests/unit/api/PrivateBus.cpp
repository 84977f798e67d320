// SPDX-License-Identifier: LGPL-2.1-or-later
#include "PrivateBus.h"

#include <QFile>

#include <unistd.h>

namespace lockstep::test {

using namespace Qt::StringLiterals;

namespace {

/// The shipped policy lets root's daemon be Lockstep; here it is whoever runs the test.
QString ownersPolicy()
{
    return ::geteuid() == 0
        ? QString{}
        : u"<policy user=\"%1\"><allow own=\"org.lockstep.Lockstep1\"/></policy>"_s.arg(
              ::geteuid());
}

} // namespace

PrivateBus::PrivateBus()
{
    // Other users connect, too.
    QFile::setPermissions(m_directory.path(),
                          QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner | QFile::ReadOther
                              | QFile::ExeOther | QFile::ReadGroup | QFile::ExeGroup);
    QFile config{m_directory.filePath(u"bus.conf"_s)};
    if (!config.open(QFile::WriteOnly))
        return;
    config.write(
        u"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\""
        " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">"
        "<busconfig><listen>unix:path=%1/socket</listen><auth>EXTERNAL</auth>"
        "<policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/><allow send_type=\"*\"/>"
        "<allow receive_type=\"*\"/></policy><include>%2</include>%3</busconfig>"_s
            .arg(m_directory.path(), QStringLiteral(LOCKSTEP_BUS_POLICY), ownersPolicy())
            .toUtf8());
    config.close();
    m_daemon.setStandardErrorFile(
        QProcess::nullDevice()); // It cannot raise limits here, and says so.
    m_daemon.start(u"dbus-daemon"_s,
                   {u"--nofork"_s, u"--nosyslog"_s, u"--print-address"_s,
                    u"--config-file="_s + config.fileName()});
    if (m_daemon.waitForReadyRead())
        m_address = QString::fromUtf8(m_daemon.readLine()).trimmed();
}

PrivateBus::~PrivateBus() { stop(); }

void PrivateBus::stop()
{
    m_daemon.terminate();
    m_daemon.waitForFinished();
}

} // namespace lockstep::test
