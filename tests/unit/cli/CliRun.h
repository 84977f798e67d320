// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "Stage.h"

#include <QJsonObject>
#include <QProcess>
#include <QSocketNotifier>
#include <QTimer>

#include <functional>

namespace lockstep::test {

struct Outcome
{
    int status{-1};
    QString out;
    QString err; ///< With a terminal: both.

    [[nodiscard]] QJsonObject json() const;
    /// Of {"error": {"name": ...}}; empty if there is none.
    [[nodiscard]] QString errorName() const;
};

// A macro because QSKIP returns from the test.
#define NEEDS_TERMINALS()                                                                          \
    if (!CliRun::hasTerminals())                                                                   \
    QSKIP("no pseudo-terminals here: /dev/pts is not mounted")

/// The real `lockstep` on a stage's bus. The event loop runs meanwhile, so that the service
/// answers.
class CliRun final
{
public:
    enum class Where { Script, Terminal };

    explicit CliRun(Stage& stage, Where where = Where::Script);
    ~CliRun();
    CliRun(const CliRun&) = delete;
    CliRun& operator=(const CliRun&) = delete;

    /// Whether this machine has pseudo-terminals.
    [[nodiscard]] static bool hasTerminals();

    void asNobody() { m_asNobody = true; }
    /// Before start().
    void setVariable(const QString& name, const QString& value);
    /// Standard input of a script, before start(); empty unless given.
    void feed(const QByteArray& input) { m_input = input; }
    void start(const QStringList& arguments);
    /// Runs until standard error (or the terminal) shows `text`; false if the program ends before,
    /// or takes far too long.
    [[nodiscard]] bool waitFor(const QString& text);
    /// Runs until that is the last thing on the terminal.
    [[nodiscard]] bool waitForPrompt(const QString& text);
    /// As waitFor(), for standard output of a script.
    [[nodiscard]] bool waitForOutput(const QString& text);
    void type(const QByteArray& keys);
    void interrupt();
    void terminate();
    /// Numbers of the processes that it has started and that are still there.
    [[nodiscard]] QByteArray children() const;
    [[nodiscard]] Outcome finish();

private:
    void readTerminal();
    void runOnce();
    void prepareChild();
    [[nodiscard]] bool waitFor(const QByteArray& shown, const QString& text);

    QProcess m_process;
    QStringList m_arguments;
    Where m_where;
    bool m_asNobody{false};
    int m_master{-1};
    int m_slave{-1};
    QTimer m_deadline;
    std::unique_ptr<QSocketNotifier> m_readable;
    QByteArray m_input;
    QByteArray m_out;
    QByteArray m_err;
};

[[nodiscard]] Outcome runCli(Stage& stage, const QStringList& arguments);

} // namespace lockstep::test
