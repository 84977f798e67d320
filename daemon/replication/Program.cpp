// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/Program.h"

#include <QProcess>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

enum class End { Finished, Crashed, NotStarted, Late };

struct Deleter
{
    void operator()(QProcess* process) const
    {
        // Its signals may be on the stack above; and a program that is late must not outlive us.
        process->disconnect();
        if (process->state() != QProcess::NotRunning) {
            QObject::connect(process, &QProcess::finished, process, &QObject::deleteLater);
            process->kill();
        } else {
            process->deleteLater();
        }
    }
};

} // namespace

Task<Result<ProgramResult>> runProgram(QString program, QStringList arguments,
                                       std::chrono::milliseconds deadline)
{
    const std::unique_ptr<QProcess, Deleter> process{new QProcess};
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"LC_ALL"_s, u"C"_s);
    process->setProcessEnvironment(environment);
    process->setStandardInputFile(QProcess::nullDevice());

    const OneShot<End> end;
    QObject::connect(
        process.get(), &QProcess::finished, process.get(), [end](int, QProcess::ExitStatus status) {
            end.complete(status == QProcess::NormalExit ? End::Finished : End::Crashed);
        });
    QObject::connect(process.get(), &QProcess::errorOccurred, process.get(),
                     [end](QProcess::ProcessError error) {
                         if (error == QProcess::FailedToStart)
                             end.complete(End::NotStarted);
                     });
    end.expire(deadline, End::Late);
    process->start(program, arguments);

    switch (co_await end) {
    case End::NotStarted:
        co_return failure(Errc::NotSupported,
                          u"cannot run %1: %2"_s.arg(program, process->errorString()),
                          u"Install the package that has '%1' on this host."_s.arg(program));
    case End::Crashed:
        co_return failure(Errc::Internal, u"%1 crashed"_s.arg(program));
    case End::Late:
        co_return failure(Errc::Timeout,
                          u"%1 did not end within %2 s"_s.arg(program).arg(
                              std::chrono::duration<double>{deadline}.count()));
    case End::Finished:
        break;
    }
    co_return ProgramResult{.exitStatus = process->exitCode(),
                            .output = process->readAllStandardOutput(),
                            .errors =
                                QString::fromLocal8Bit(process->readAllStandardError()).trimmed()};
}

} // namespace lockstep
