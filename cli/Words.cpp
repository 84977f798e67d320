// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Words.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

/// Reads a line letter by letter.
class Scanner final
{
public:
    void read(const QString& line)
    {
        for (m_at = 0; m_at < line.size() && !m_comment; ++m_at)
            take(line[m_at]);
    }
    void endWord()
    {
        if (m_inWord)
            m_commands.last().append(m_word.word);
        m_inWord = false;
        m_word.word.clear();
    }
    [[nodiscard]] bool isOpen() const { return m_escaped || !m_word.quote.isNull(); }
    [[nodiscard]] QList<QStringList> commands() const
    {
        QList<QStringList> all = m_commands;
        all.removeAll(QStringList{});
        return all;
    }
    [[nodiscard]] BegunWord begun() const
    {
        BegunWord word = m_word;
        word.before = m_commands.last();
        if (!m_inWord)
            word.start = m_at;
        return word;
    }

private:
    void take(QChar letter)
    {
        if (m_escaped) {
            m_escaped = false;
            add(letter);
        } else if (!m_word.quote.isNull()) {
            takeQuoted(letter);
        } else if (letter == u'\\') {
            m_escaped = true;
            begin();
        } else if (letter == u'\'' || letter == u'"') {
            m_word.quote = letter;
            begin();
        } else if (letter == u';') {
            endWord();
            m_commands.append(QStringList{});
        } else if (letter.isSpace()) {
            endWord();
        } else if (letter == u'#' && !m_inWord) {
            m_comment = true;
        } else {
            add(letter);
        }
    }
    void takeQuoted(QChar letter)
    {
        if (letter == m_word.quote)
            m_word.quote = {};
        else if (letter == u'\\' && m_word.quote == u'"')
            m_escaped = true;
        else
            add(letter);
    }
    void begin()
    {
        if (!m_inWord)
            m_word.start = m_at;
        m_inWord = true;
    }
    void add(QChar letter)
    {
        begin();
        m_word.word += letter;
    }

    QList<QStringList> m_commands{QStringList{}};
    BegunWord m_word;
    qsizetype m_at{0};
    bool m_inWord{false};
    bool m_escaped{false};
    bool m_comment{false};
};

} // namespace

Result<QList<QStringList>> splitLine(const QString& line)
{
    Scanner scanner;
    scanner.read(line);
    if (scanner.isOpen()) {
        return failure(Errc::InvalidArgument, u"a quote has no end"_s,
                       u"Close it, or put \\ in front of a quote that means itself."_s);
    }
    scanner.endWord();
    return scanner.commands();
}

BegunWord begunWord(const QString& line)
{
    Scanner scanner;
    scanner.read(line);
    return scanner.begun();
}

QString quotedWord(const QString& word, QChar quote)
{
    static const QString special = u" \t\\'\";#"_s;
    if (quote == u'\'')
        return quote + QString{word}.replace(u'\'', u"'\\''"_s) + quote;
    QString all;
    for (const QChar letter : word) {
        if (quote == u'"' ? letter == u'"' || letter == u'\\' : special.contains(letter))
            all += u'\\';
        all += letter;
    }
    return quote.isNull() ? all : quote + all + quote;
}

} // namespace lockstep::cli
