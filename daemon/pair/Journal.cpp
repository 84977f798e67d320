// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Journal.h"

#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include <vector>

namespace lockstep::journal {

namespace {

int priorityOf(Severity severity)
{
    switch (severity) {
    case Severity::Error:
        return LOG_ERR;
    case Severity::Warning:
        return LOG_WARNING;
    case Severity::Info:
    case Severity::Ok:
        break;
    }
    return LOG_INFO;
}

} // namespace

bool isStream(int file, const QByteArray& variable)
{
    struct stat own{};
    if (variable.isEmpty() || ::fstat(file, &own) != 0)
        return false;
    return variable
        == QByteArray::number(quint64{own.st_dev}) + ':' + QByteArray::number(quint64{own.st_ino});
}

bool isOurLog()
{
    static const bool is = isStream(STDERR_FILENO, qgetenv("JOURNAL_STREAM"));
    return is;
}

QList<QByteArray> fields(const PairEvent& event)
{
    QList<QByteArray> all{
        "MESSAGE=" + event.line().toUtf8(),
        "MESSAGE_ID=" + QByteArray{messageId},
        "PRIORITY=" + QByteArray::number(priorityOf(event.severity)),
        // As spdlog's lines have it from systemd.
        "SYSLOG_IDENTIFIER=lockstepd",
        "LOCKSTEP_EVENT=" + toString(event.kind).toUtf8(),
        "LOCKSTEP_EVENT_ID=" + QByteArray::number(event.id),
    };
    const auto add = [&all](const char* name, const QString& value) {
        if (!value.isEmpty())
            all.append(QByteArray{name} + '=' + value.toUtf8());
    };
    add("LOCKSTEP_DOMAIN", event.domain);
    if (!event.uuid.value.isNull())
        add("LOCKSTEP_UUID", toString(event.uuid));
    if (event.role)
        add("LOCKSTEP_ROLE", toString(*event.role));
    if (event.state)
        add("LOCKSTEP_STATE", toString(*event.state));
    if (event.epoch)
        add("LOCKSTEP_EPOCH", QString::number(event.epoch->value));
    add("LOCKSTEP_PEER", event.peer);
    return all;
}

int send(const QList<QByteArray>& fields)
{
    std::vector<iovec> parts;
    for (const QByteArray& field : fields) {
        // sendmsg(2) only reads it.
        parts.push_back({.iov_base = const_cast<char*>(field.constData()),
                         .iov_len = static_cast<std::size_t>(field.size())});
    }
    return -sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

} // namespace lockstep::journal
