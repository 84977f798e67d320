// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Terminal.h"

#include <QByteArray>

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace lockstep::cli {

namespace {

constexpr int usualColumns = 80;

int descriptor(Stream stream) { return static_cast<int>(stream); }

} // namespace

bool isTerminal(Stream stream) { return ::isatty(descriptor(stream)) == 1; }

int columns(Stream stream)
{
    winsize size{};
    if (::ioctl(descriptor(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return usualColumns;
}

bool hasColours(Stream stream)
{
    return isTerminal(stream) && qEnvironmentVariableIsEmpty("NO_COLOR")
        && qgetenv("TERM") != "dumb";
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
    write(Stream::Err, question);
    QByteArray line;
    char letter = 0;
    // read(), not stdio: Ctrl-C must end the question.
    while (::read(STDIN_FILENO, &letter, 1) == 1) {
        if (letter == '\n')
            return QString::fromUtf8(line).trimmed();
        line += letter;
    }
    writeLine(Stream::Err, {});
    return QString::fromUtf8(line).trimmed();
}

bool canAsk() { return isTerminal(Stream::In) && isTerminal(Stream::Err); }

} // namespace lockstep::cli
