// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/LineEditor.h"

#include "cli/Completion.h"
#include "cli/Terminal.h"
#include "cli/Words.h"

#include <QDir>
#include <QFile>

#include <histedit.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cwchar>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

constexpr int remembered = 1000;

/// In columns as `ls` shows them, below the line that is being edited.
void listBelow(const QStringList& words)
{
    qsizetype width = 0;
    for (const QString& word : words)
        width = std::max(width, word.size() + 2);
    const qsizetype across = std::max<qsizetype>((columns(Stream::Out) - 1) / width, 1);
    const qsizetype down = (words.size() + across - 1) / across;
    QString text = u"\n"_s;
    for (qsizetype row = 0; row < down; ++row) {
        QString line;
        for (qsizetype at = row; at < words.size(); at += down)
            line += words[at].leftJustified(width);
        text += line.trimmed() + u'\n';
    }
    write(Stream::Out, text);
}

volatile std::sig_atomic_t interrupted = 0;
volatile std::sig_atomic_t ended = 0;

void note(int signal)
{
    if (signal == SIGINT)
        interrupted = 1;
    else if (signal == SIGTERM || signal == SIGHUP)
        ended = 1;
}

/// While a line is read these signals come only while readable() waits, and end it: libedit's own
/// handling loses those that come between two letters.
class EditingSignals final
{
public:
    EditingSignals()
    {
        interrupted = 0;
        sigset_t held{};
        ::sigemptyset(&held);
        for (std::size_t n = 0; n < signals.size(); ++n) {
            struct sigaction action{};
            action.sa_handler = note;
            ::sigaction(signals.at(n), &action, &m_actions.at(n));
            ::sigaddset(&held, signals.at(n));
        }
        ::pthread_sigmask(SIG_BLOCK, &held, &m_mask);
    }
    ~EditingSignals()
    {
        ::pthread_sigmask(SIG_SETMASK, &m_mask, nullptr);
        for (std::size_t n = 0; n < signals.size(); ++n)
            ::sigaction(signals.at(n), &m_actions.at(n), nullptr);
    }
    EditingSignals(const EditingSignals&) = delete;
    EditingSignals& operator=(const EditingSignals&) = delete;

    /// False if a signal came first.
    [[nodiscard]] bool readable() const
    {
        pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
        return ::ppoll(&input, 1, nullptr, &m_mask) == 1;
    }

private:
    static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT};
    std::array<struct sigaction, signals.size()> m_actions{};
    sigset_t m_mask{};
};

} // namespace

struct LineEditor::Parts
{
    std::string prompt;
    QByteArray history;
    Completer completer;
    EditLine* editor{nullptr};
    const EditingSignals* signals{nullptr}; ///< While a line is read.
    History* lines{nullptr};

    static Parts& of(EditLine* editor)
    {
        void* parts = nullptr;
        el_get(editor, EL_CLIENTDATA, &parts);
        return *static_cast<Parts*>(parts);
    }
    /// Waits for input; false if the line has come to its end otherwise.
    [[nodiscard]] bool awaitInput() const
    {
        while (!signals->readable()) {
            if (interrupted != 0 || ended != 0)
                return false;
            // The window has another size, or the program was stopped and goes on.
            el_set(editor, EL_PREP_TERM, 1);
            el_resize(editor);
            el_set(editor, EL_REFRESH);
        }
        return true;
    }
    /// As libedit wants it: 1 for a letter, 0 at the end of input, -1 if there is none.
    int readLetter(wchar_t& letter) const
    {
        std::mbstate_t state{};
        while (awaitInput()) {
            char byte = 0;
            if (const auto count = ::read(STDIN_FILENO, &byte, 1); count != 1)
                return static_cast<int>(count);
            // With a state of its own it may be called in any thread.
            const std::size_t used =
                std::mbrtowc(&letter, &byte, 1, &state); // NOLINT(concurrency-mt-unsafe)
            if (used == static_cast<std::size_t>(-2)) // Its next byte is to come.
                continue;
            if (used == static_cast<std::size_t>(-1))
                letter = L'?';
            return 1;
        }
        return -1;
    }
    [[nodiscard]] unsigned char complete() const
    {
        const LineInfo* const line = el_line(editor);
        const auto before = QString::fromUtf8(line->buffer, line->cursor - line->buffer);
        const BegunWord begun = begunWord(before);
        const QStringList found = completer(begun.before, begun.word);
        if (found.isEmpty())
            return CC_REFRESH_BEEP;
        const QString common = commonBeginning(found);
        if (found.size() > 1 && common == begun.word) {
            listBelow(found);
            return CC_REDISPLAY;
        }
        QString text = quotedWord(common, begun.quote);
        if (found.size() > 1 && !begun.quote.isNull())
            text.chop(1); // The word goes on.
        else if (found.size() == 1 && !common.endsWith(u'='))
            text += u' ';
        el_deletestr(editor, static_cast<int>(before.size() - begun.start));
        el_insertstr(editor, text.toUtf8().constData());
        return CC_REFRESH;
    }
    void remember(const QByteArray& line) const
    {
        HistEvent event{};
        ::history(lines, &event, H_ENTER, line.constData());
        if (history.isEmpty())
            return;
        const mode_t before = ::umask(S_IRWXG | S_IRWXO);
        ::history(lines, &event, H_SAVE, history.constData());
        ::umask(before);
    }
};

QString historyFile()
{
    QString state = qEnvironmentVariable("XDG_STATE_HOME");
    if (!state.startsWith(u'/')) // The specification says to ignore what is not absolute.
        state = qEnvironmentVariable("HOME").isEmpty() ? QString{}
                                                       : QDir::homePath() + u"/.local/state"_s;
    if (state.isEmpty() || !QDir{}.mkpath(state))
        return {};
    const QString folder = state + u"/lockstep"_s;
    ::mkdir(QFile::encodeName(folder).constData(), S_IRWXU);
    return folder + u"/history"_s;
}

LineEditor::LineEditor(std::string prompt, const QString& history, Completer completer)
    : m_parts{std::make_unique<Parts>()}
{
    m_parts->prompt = std::move(prompt);
    m_parts->history = QFile::encodeName(history);
    m_parts->completer = std::move(completer);
    // libedit's width of letters; no other thread runs yet. NOLINTNEXTLINE(concurrency-mt-unsafe)
    std::setlocale(LC_CTYPE, "");
    EditLine* const editor = el_init("lockstep", stdin, stdout, stderr);
    m_parts->editor = editor;
    m_parts->lines = history_init();
    HistEvent event{};
    ::history(m_parts->lines, &event, H_SETSIZE, remembered);
    ::history(m_parts->lines, &event, H_SETUNIQUE, 1);
    if (!history.isEmpty())
        ::history(m_parts->lines, &event, H_LOAD, m_parts->history.constData());
    el_set(editor, EL_CLIENTDATA, m_parts.get());
    el_set(editor, EL_PROMPT, +[](EditLine* self) { return Parts::of(self).prompt.data(); });
    el_set(editor, EL_HIST, ::history, m_parts->lines);
    el_set(editor, EL_EDITOR, "emacs");
    el_set(
        editor, EL_GETCFN,
        +[](EditLine* self, wchar_t* letter) { return Parts::of(self).readLetter(*letter); });
    el_source(editor, nullptr); // ~/.editrc, as for every program with libedit
    el_wset( // el_set would copy both texts, and never free them
        editor, EL_ADDFN, L"lockstep-complete", L"complete",
        +[](EditLine* self, int) -> unsigned char { return Parts::of(self).complete(); });
    el_set(editor, EL_BIND, "^I", "lockstep-complete", nullptr);
    el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
}

LineEditor::~LineEditor()
{
    history_end(m_parts->lines);
    el_end(m_parts->editor);
}

std::optional<QString> LineEditor::read()
{
    const EditingSignals signals;
    m_parts->signals = &signals;
    el_set(m_parts->editor, EL_PREP_TERM, 1); // Before the prompt: keys may follow it at once.
    int count = 0;
    const char* const line = el_gets(m_parts->editor, &count);
    if (line == nullptr && interrupted != 0) {
        el_set(m_parts->editor, EL_PREP_TERM, 0);
        writeLine(Stream::Out, u"^C"_s);
        return QString{};
    }
    if (line == nullptr || count <= 0) {
        writeLine(Stream::Out, {}); // The prompt's line is still open.
        return std::nullopt;
    }
    QString text = QString::fromUtf8(line, count).trimmed();
    if (!text.isEmpty())
        m_parts->remember(text.toUtf8());
    return text;
}

} // namespace lockstep::cli
