// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Terminal.h"

#include <QByteArray>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>

namespace lockstep::cli {

namespace {

constexpr int usualColumns = 80;
constexpr int usualRows = 24;

int descriptor(Stream stream) { return static_cast<int>(stream); }

/// Keeps SIGINT and SIGTERM waiting: they come only while readable() waits, and end it. A Ctrl-C
/// between two reads would else be lost on the second.
class HeldSignals final
{
public:
    HeldSignals()
    {
        sigset_t held{};
        ::sigemptyset(&held);
        ::sigaddset(&held, SIGINT);
        ::sigaddset(&held, SIGTERM);
        ::pthread_sigmask(SIG_BLOCK, &held, &m_before);
    }
    ~HeldSignals() { ::pthread_sigmask(SIG_SETMASK, &m_before, nullptr); }
    HeldSignals(const HeldSignals&) = delete;
    HeldSignals& operator=(const HeldSignals&) = delete;

    [[nodiscard]] bool readable(int file) const
    {
        std::array<pollfd, 1> files{{{.fd = file, .events = POLLIN, .revents = 0}}};
        return ::ppoll(files.data(), files.size(), nullptr, &m_before) == 1;
    }

private:
    sigset_t m_before{};
};

} // namespace

bool isTerminal(Stream stream) { return ::isatty(descriptor(stream)) == 1; }

int columns(Stream stream)
{
    winsize size{};
    if (::ioctl(descriptor(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return usualColumns;
}

int rows(Stream stream)
{
    winsize size{};
    if (::ioctl(descriptor(stream), TIOCGWINSZ, &size) == 0 && size.ws_row > 0)
        return size.ws_row;
    return usualRows;
}

bool hasCursor(Stream stream) { return isTerminal(stream) && qgetenv("TERM") != "dumb"; }

bool hasColours(Stream stream)
{
    return hasCursor(stream) && qEnvironmentVariableIsEmpty("NO_COLOR");
}

void write(Stream stream, const QString& text)
{
    std::FILE* const file = stream == Stream::Out ? stdout : stderr;
    const QByteArray bytes = text.toUtf8();
    std::fwrite(bytes.constData(), 1, static_cast<std::size_t>(bytes.size()), file);
    std::fflush(file);
}

void writeLine(Stream stream, const QString& line) { write(stream, line + u'\n'); }

QString ask(const QString& question)
{
    const HeldSignals held;
    write(Stream::Err, question);
    QByteArray line;
    char letter = 0;
    while (held.readable(STDIN_FILENO) && ::read(STDIN_FILENO, &letter, 1) == 1) {
        if (letter == '\n')
            return QString::fromUtf8(line).trimmed();
        line += letter;
    }
    writeLine(Stream::Err, {});
    return QString::fromUtf8(line).trimmed();
}

bool canAsk() { return isTerminal(Stream::In) && isTerminal(Stream::Err); }

} // namespace lockstep::cli
