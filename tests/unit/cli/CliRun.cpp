// SPDX-License-Identifier: LGPL-2.1-or-later
#include "CliRun.h"

#include <QEventLoop>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace lockstep::test {

using namespace Qt::StringLiterals;

namespace {

constexpr uid_t nobody = 65534;
constexpr unsigned short terminalColumns = 100;
constexpr int startDeadlineMs = 10'000;
constexpr std::chrono::seconds wholeDeadline{60};

/// Keeps what was printed with --json, for the test that knows the schemas (tests/schema).
void record(const QStringList& arguments, const Outcome& outcome)
{
    static const QString path = qEnvironmentVariable("LOCKSTEP_CLI_OUTPUTS");
    static bool isFirst = true;
    if (path.isEmpty() || !arguments.contains(u"--json"_s))
        return;
    QFile file{path};
    if (!file.open(isFirst ? QFile::WriteOnly : QFile::WriteOnly | QFile::Append))
        qFatal("%s cannot be written", qPrintable(path));
    isFirst = false;
    const QJsonObject run{{u"arguments"_s, QJsonArray::fromStringList(arguments)},
                          {u"status"_s, outcome.status},
                          {u"out"_s, outcome.out}};
    file.write(QJsonDocument{run}.toJson(QJsonDocument::Compact) + '\n');
}

} // namespace

QJsonObject Outcome::json() const { return QJsonDocument::fromJson(out.toUtf8()).object(); }

QString Outcome::errorName() const { return json()[u"error"][u"name"].toString(); }

CliRun::CliRun(Stage& stage, Where where) : m_where{where}
{
    QProcessEnvironment environment;
    environment.insert(u"DBUS_SYSTEM_BUS_ADDRESS"_s, stage.bus.address());
    environment.insert(u"TZ"_s, u"UTC"_s);
    environment.insert(u"TERM"_s, u"dumb"_s);
    // Sanitizers are told by the environment what to do.
    for (const QString& name :
         {u"ASAN_OPTIONS"_s, u"UBSAN_OPTIONS"_s, u"TSAN_OPTIONS"_s, u"LSAN_OPTIONS"_s}) {
        if (qEnvironmentVariableIsSet(name.toLatin1().constData()))
            environment.insert(name, qEnvironmentVariable(name.toLatin1().constData()));
    }
    m_process.setProcessEnvironment(environment);
    if (where == Where::Terminal) {
        const winsize size{.ws_row = 24, .ws_col = terminalColumns, .ws_xpixel = 0, .ws_ypixel = 0};
        ::openpty(&m_master, &m_slave, nullptr, nullptr, &size);
        m_readable = std::make_unique<QSocketNotifier>(m_master, QSocketNotifier::Read);
        QObject::connect(m_readable.get(), &QSocketNotifier::activated, &m_process,
                         [this] { readTerminal(); });
    }
    QObject::connect(&m_process, &QProcess::readyReadStandardOutput, &m_process,
                     [this] { m_out += m_process.readAllStandardOutput(); });
    QObject::connect(&m_process, &QProcess::readyReadStandardError, &m_process,
                     [this] { m_err += m_process.readAllStandardError(); });
}

CliRun::~CliRun()
{
    m_readable.reset();
    if (m_process.state() != QProcess::NotRunning) {
        m_process.kill();
        m_process.waitForFinished();
    }
    for (const int file : {m_master, m_slave}) {
        if (file >= 0)
            ::close(file);
    }
}

void CliRun::prepareChild()
{
    if (m_where == Where::Terminal) {
        ::setsid();
        ::ioctl(m_slave, TIOCSCTTY, 0);
        for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
            ::dup2(m_slave, file);
    }
    if (m_asNobody && ::geteuid() == 0 && ::setuid(nobody) != 0)
        ::_exit(1);
}

bool CliRun::hasTerminals()
{
    int master = -1;
    int slave = -1;
    if (::openpty(&master, &slave, nullptr, nullptr, nullptr) != 0)
        return false;
    ::close(master);
    ::close(slave);
    return true;
}

void CliRun::start(const QStringList& arguments)
{
    m_deadline.setSingleShot(true);
    m_deadline.start(wholeDeadline);
    m_process.setChildProcessModifier([this] { prepareChild(); });
    m_arguments = arguments;
    m_process.start(QStringLiteral(LOCKSTEP_CLI), arguments);
    m_process.waitForStarted(startDeadlineMs);
    if (m_where == Where::Script) {
        m_process.write(m_input);
        m_process.closeWriteChannel();
    }
}

void CliRun::readTerminal()
{
    std::array<char, 4096> buffer{};
    const auto size = ::read(m_master, buffer.data(), buffer.size());
    if (size <= 0) {
        m_readable->setEnabled(false);
        return;
    }
    m_err.append(buffer.data(), size);
}

void CliRun::runOnce()
{
    QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    if (!m_deadline.isActive())
        m_process.kill();
}

bool CliRun::waitFor(const QByteArray& shown, const QString& text)
{
    const QByteArray wanted = text.toUtf8();
    while (!shown.contains(wanted)) {
        if (m_process.state() == QProcess::NotRunning)
            return false;
        runOnce();
    }
    return true;
}

bool CliRun::waitFor(const QString& text) { return waitFor(m_err, text); }

bool CliRun::waitForPrompt(const QString& text)
{
    while (!m_err.endsWith(text.toUtf8())) {
        if (m_process.state() == QProcess::NotRunning)
            return false;
        runOnce();
    }
    return true;
}

bool CliRun::waitForOutput(const QString& text) { return waitFor(m_out, text); }

void CliRun::type(const QByteArray& keys)
{
    m_err.clear();
    [[maybe_unused]] const auto written =
        ::write(m_master, keys.constData(), static_cast<std::size_t>(keys.size()));
}

void CliRun::interrupt() { ::kill(static_cast<pid_t>(m_process.processId()), SIGINT); }

void CliRun::terminate() { m_process.terminate(); }

QByteArray CliRun::children() const
{
    QFile file{u"/proc/%1/task/%1/children"_s.arg(m_process.processId())};
    return file.open(QFile::ReadOnly) ? file.readAll().trimmed() : QByteArray{};
}

void CliRun::setVariable(const QString& name, const QString& value)
{
    QProcessEnvironment environment = m_process.processEnvironment();
    environment.insert(name, value);
    m_process.setProcessEnvironment(environment);
}

Outcome CliRun::finish()
{
    while (m_process.state() != QProcess::NotRunning)
        runOnce();
    QCoreApplication::processEvents();
    const Outcome outcome{
        .status = m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1,
        .out = QString::fromUtf8(m_out),
        .err = QString::fromUtf8(m_err)};
    if (m_where == Where::Script)
        record(m_arguments, outcome);
    return outcome;
}

Outcome runCli(Stage& stage, const QStringList& arguments)
{
    CliRun run{stage};
    run.start(arguments);
    return run.finish();
}

} // namespace lockstep::test
