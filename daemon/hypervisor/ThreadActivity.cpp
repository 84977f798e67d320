// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/ThreadActivity.h"

#include <QDir>
#include <QFile>

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QByteArray contents(const QString& path)
{
    QFile file{path};
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
}

/// Nothing when the thread has ended. The name before it may hold anything.
std::optional<char> stateIn(const QByteArray& stat)
{
    const auto name = stat.lastIndexOf(") ");
    if (name < 0 || name + 2 >= stat.size())
        return std::nullopt;
    return stat[name + 2];
}

} // namespace

bool ThreadActivity::isStopped() const
{
    return std::ranges::all_of(
        threads, [](const Thread& thread) { return thread.state == 'T' || thread.state == 't'; });
}

bool ThreadActivity::isBlockedSince(const ThreadActivity& earlier) const
{
    return std::ranges::any_of(threads.keys(), [this, &earlier](pid_t id) {
        const Thread before = earlier.threads.value(id);
        const Thread now = threads.value(id);
        return now.state == 'D' && before.state == 'D' && now.work == before.work;
    });
}

bool ThreadActivity::hasWorkedSince(const ThreadActivity& earlier) const
{
    auto since = 0ns;
    bool isRunnable = false;
    for (const auto& [id, thread] : threads.asKeyValueRange()) {
        since += thread.work - earlier.threads.value(id).work;
        isRunnable = isRunnable || thread.state == 'R';
    }
    return isRunnable || since > 1ms;
}

std::optional<ThreadActivity> threadActivity(pid_t process, const QSet<pid_t>& without)
{
    const QString folder = u"/proc/%1/task"_s.arg(process);
    ThreadActivity activity{.time = std::chrono::steady_clock::now(), .threads = {}};
    for (const QString& entry : QDir{folder}.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const pid_t id = entry.toInt();
        if (without.contains(id))
            continue;
        const auto state = stateIn(contents(u"%1/%2/stat"_s.arg(folder, entry)));
        const auto times = contents(u"%1/%2/schedstat"_s.arg(folder, entry)).split(' ');
        if (!state || times.size() < 2)
            continue;
        const std::chrono::nanoseconds work{times[0].toLongLong() + times[1].toLongLong()};
        activity.threads.insert(id, {.state = *state, .work = work});
    }
    if (activity.threads.isEmpty())
        return std::nullopt;
    return activity;
}

std::optional<pid_t> processOf(pid_t thread)
{
    const auto lines = contents(u"/proc/%1/status"_s.arg(thread)).split('\n');
    for (const QByteArray& line : lines) {
        if (line.startsWith("Tgid:"))
            return line.sliced(5).trimmed().toInt();
    }
    return std::nullopt;
}

} // namespace lockstep
