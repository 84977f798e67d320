// SPDX-License-Identifier: LGPL-2.1-or-later
#include "arbiter/FenceAgent.h"

#include "base/RateLimit.h"
#include "base/Text.h"

#include <spdlog/spdlog.h>

#include <QProcess>

#include <algorithm>
#include <array>
#include <memory>

#include <csignal>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

enum class End { Finished, Crashed, NotStarted, Late };

constexpr qsizetype longestOutput = 4'096;

/// Agents may be run again and again while a device is broken.
bool mayLog()
{
    static RateLimit limit{20, 0.2};
    return limit.take();
}

struct EndAgent
{
    void operator()(QProcess* process) const
    {
        process->disconnect(); // its signals may be on the stack above
        if (process->state() == QProcess::NotRunning) {
            process->deleteLater();
            return;
        }
        QObject::connect(process, &QProcess::finished, process, &QObject::deleteLater);
        // Its session: agents run other programs, which would go on without them.
        if (process->processId() > 0)
            ::kill(-static_cast<pid_t>(process->processId()), SIGKILL);
        process->kill();
    }
};

bool maySecret(const QString& option)
{
    static constexpr std::array words{"pass"_L1, "secret"_L1, "token"_L1, "key"_L1, "community"_L1};
    return std::ranges::any_of(words, [&option](QLatin1StringView word) {
        return option.contains(word, Qt::CaseInsensitive);
    });
}

/// The beginning of what the agent wrote, on one line.
QString shown(const QByteArray& output, const FenceSettings& settings)
{
    QString text = QString::fromUtf8(output).trimmed();
    for (const auto& [option, value] : settings.options.asKeyValueRange()) {
        if (maySecret(option) && !value.isEmpty())
            text.replace(value, u"***"_s);
    }
    return printable(text.replace(u'\n', u" | "_s));
}

QByteArray input(const FenceSettings& settings, const QString& action)
{
    QString text;
    for (const auto& [option, value] : settings.options.asKeyValueRange())
        text += u"%1=%2\n"_s.arg(option, value);
    return (text + u"action=%1\n"_s.arg(action)).toUtf8();
}

void start(QProcess& process, const FenceSettings& settings, const QString& action)
{
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"LC_ALL"_s, u"C"_s);
    process.setProcessEnvironment(environment);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.setUnixProcessParameters(QProcess::UnixProcessFlag::CreateNewSession
                                     | QProcess::UnixProcessFlag::CloseFileDescriptors);
    process.start(settings.agent, QStringList{});
    process.write(input(settings, action));
    process.closeWriteChannel();
}

} // namespace

Task<Result<int>> runFenceAgent(FenceSettings settings, QString action)
{
    const std::unique_ptr<QProcess, EndAgent> process{new QProcess};
    QProcess* const raw = process.get();
    const OneShot<End> end;
    const auto output = std::make_shared<QByteArray>();
    QObject::connect(raw, &QProcess::finished, raw, [end](int, QProcess::ExitStatus status) {
        end.complete(status == QProcess::NormalExit ? End::Finished : End::Crashed);
    });
    QObject::connect(raw, &QProcess::errorOccurred, raw, [end](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            end.complete(End::NotStarted);
    });
    QObject::connect(raw, &QProcess::readyRead, raw, [raw, output] {
        const QByteArray more = raw->readAll();
        output->append(more.first(std::min(more.size(), longestOutput - output->size())));
    });
    end.expire(settings.timeout, End::Late);
    start(*raw, settings, action);
    const End how = co_await end;
    const QString said = shown(*output, settings);
    if (!said.isEmpty() && mayLog())
        spdlog::info("{} (action {}) says: {}", settings.agent.toStdString(), action.toStdString(),
                     said.toStdString());
    switch (how) {
    case End::NotStarted:
        co_return failure(Errc::FenceFailed,
                          u"cannot run %1: %2"_s.arg(settings.agent, raw->errorString()),
                          u"Install the fence agent, or correct [fence] in lockstepd.conf."_s);
    case End::Crashed:
        co_return failure(Errc::FenceFailed, u"%1 crashed"_s.arg(settings.agent));
    case End::Late:
        co_return failure(Errc::FenceFailed,
                          u"%1 did not end within %2 ms and was killed"_s.arg(settings.agent)
                              .arg(settings.timeout.count()));
    case End::Finished:
        break;
    }
    co_return raw->exitCode();
}

} // namespace lockstep
