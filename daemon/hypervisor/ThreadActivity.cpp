// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/ThreadActivity.h"

#include <QDir>
#include <QFile>

#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QByteArray contents(const QString& path)
{
    QFile file{path};
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
}

/// Like 'S'; nothing when the thread has ended. The name before it may hold anything.
char stateIn(const QByteArray& stat)
{
    const auto name = stat.lastIndexOf(") ");
    return name < 0 || name + 2 >= stat.size() ? '\0' : stat[name + 2];
}

} // namespace

bool ThreadActivity::hasWorkedSince(const ThreadActivity& earlier) const
{
    if (stopped)
        return false;
    auto since = 0ns;
    for (const auto& [thread, time] : work.asKeyValueRange())
        since += time - earlier.work.value(thread, 0ns);
    return runnable || since > 1ms;
}

std::optional<ThreadActivity> threadActivity(pid_t thread, const QSet<pid_t>& without)
{
    const QString folder = u"/proc/%1/task"_s.arg(thread);
    ThreadActivity activity;
    for (const QString& entry : QDir{folder}.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const pid_t id = entry.toInt();
        const char state = stateIn(contents(u"%1/%2/stat"_s.arg(folder, entry)));
        const auto times = contents(u"%1/%2/schedstat"_s.arg(folder, entry)).split(' ');
        if (state == '\0' || times.size() < 2 || without.contains(id))
            continue;
        activity.stopped = activity.stopped || state == 'T' || state == 't';
        activity.runnable = activity.runnable || state == 'R';
        activity.work.insert(
            id, std::chrono::nanoseconds{times[0].toLongLong() + times[1].toLongLong()});
    }
    if (activity.work.isEmpty())
        return {};
    return activity;
}

} // namespace lockstep
