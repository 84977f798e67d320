// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/ConfigEdit.h"

#include "base/Config.h"
#include "base/ConfigArbiters.h"
#include "base/ConfigView.h"
#include "base/Text.h"

#include <QMap>
#include <QRegularExpression>

#include <algorithm>
#include <optional>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

bool isToml(const QString& text)
{
    try {
        (void)toml::parse(text.toStdString());
        return true;
    } catch (const toml::parse_error&) {
        return false;
    }
}

/// The comment behind a setting; empty if there is none.
QString commentBehind(const QString& setting)
{
    // Before any other '#', in text or in a list, it is no setting yet.
    for (auto at = setting.indexOf(u'#'); at >= 0; at = setting.indexOf(u'#', at + 1)) {
        if (isToml(setting.first(at)))
            return setting.sliced(at);
    }
    return {};
}

/// The lines of a file, as a person would edit them.
class Lines
{
public:
    explicit Lines(const QByteArray& text)
        : m_end{text.contains("\r\n") ? u"\r\n"_s : u"\n"_s},
          m_lines{QString::fromUtf8(text).split(m_end)}
    { }

    [[nodiscard]] QByteArray text() const { return m_lines.join(m_end).toUtf8(); }

    void set(const QString& section, const QString& name, const QString& literal)
    {
        const QString line = name + u" = "_s + literal;
        if (const auto place = placeOf(section, name)) {
            const QString comment = place->comment.isEmpty() ? QString{} : u" "_s + place->comment;
            replace(*place, {place->indent + line + comment});
            return;
        }
        const auto begin = sectionBegin(section);
        if (!begin) {
            append(section, line);
            return;
        }
        // Below the default, which the file that is shipped has as a comment.
        const auto usual = find(*begin, name, u"#\\s*"_s);
        m_lines.insert(usual.value_or(*begin - 1) + 1, line);
    }
    void remove(const QString& section, const QString& name)
    {
        if (const auto place = placeOf(section, name)) {
            replace(*place,
                    place->comment.isEmpty() ? QStringList{}
                                             : QStringList{place->indent + place->comment});
        }
    }

private:
    /// Where something is set, and what stays of it.
    struct Place
    {
        qsizetype first{0};
        qsizetype count{1}; ///< A list may go on.
        QString indent;
        QString comment;
    };

    [[nodiscard]] std::optional<Place> placeOf(const QString& section, const QString& name) const
    {
        const auto begin = sectionBegin(section);
        const auto found = begin ? find(*begin, name, {}) : std::nullopt;
        if (!found)
            return std::nullopt;
        const auto isLetter = [](QChar c) { return !c.isSpace(); };
        const QString& line = m_lines.at(*found);
        const auto indent = std::ranges::find_if(line, isLetter) - line.begin();
        for (qsizetype count = 1; *found + count <= m_lines.size(); ++count) {
            const QString text = m_lines.sliced(*found, count).join(u'\n');
            if (isToml(text))
                return Place{.first = *found,
                             .count = count,
                             .indent = line.first(indent),
                             .comment = commentBehind(text)};
        }
        return std::nullopt;
    }
    void replace(const Place& place, const QStringList& lines)
    {
        m_lines = m_lines.first(place.first) + lines + m_lines.sliced(place.first + place.count);
    }
    /// Its first line below the header.
    [[nodiscard]] std::optional<qsizetype> sectionBegin(const QString& section) const
    {
        const QRegularExpression header{
            u"^\\s*\\[\\s*%1\\s*\\]\\s*(#.*)?$"_s.arg(QRegularExpression::escape(section))};
        return indexOf(header, 0).transform([](qsizetype at) { return at + 1; });
    }
    [[nodiscard]] std::optional<qsizetype> find(qsizetype begin, const QString& name,
                                                const QString& before) const
    {
        static const QRegularExpression header{u"^\\s*\\["_s};
        const QRegularExpression wanted{
            u"^\\s*%1%2\\s*="_s.arg(before, QRegularExpression::escape(name))};
        const auto end = indexOf(header, begin).value_or(m_lines.size());
        const auto at = indexOf(wanted, begin);
        return at && *at < end ? at : std::nullopt;
    }
    /// The first line from `begin` on that has it. (QStringList's own asks for whole lines.)
    [[nodiscard]] std::optional<qsizetype> indexOf(const QRegularExpression& wanted,
                                                   qsizetype begin) const
    {
        for (qsizetype at = begin; at < m_lines.size(); ++at) {
            if (m_lines.at(at).contains(wanted))
                return at;
        }
        return std::nullopt;
    }
    void append(const QString& section, const QString& line)
    {
        while (!m_lines.isEmpty() && m_lines.constLast().trimmed().isEmpty())
            m_lines.removeLast();
        if (!m_lines.isEmpty())
            m_lines.append(QString{});
        m_lines.append({u"[%1]"_s.arg(section), line, QString{}});
    }

    QString m_end;
    QStringList m_lines;
};

QMap<QString, QString> valuesOf(const Config& config, QString ConfigSetting::* value)
{
    QMap<QString, QString> values;
    const auto view = viewOf(config);
    for (const ConfigSetting& setting : view.settings)
        values.insert(setting.key, setting.*value);
    return values;
}

/// What is to be edited by hand.
std::unexpected<Error> byHand(const QString& path, const QString& why)
{
    return failure(Errc::NotSupported, why,
                   u"Change it in %1, then run 'lockstepd --check-config'."_s.arg(path));
}

} // namespace

Result<QByteArray> changedConfig(const QByteArray& text, const QString& path,
                                 const QList<ConfigChange>& changes)
{
    const auto before = Config::parse(text, path);
    if (!before)
        return std::unexpected{before.error()};
    auto wanted = valuesOf(*before, &ConfigSetting::value);
    const auto usual = valuesOf(*before, &ConfigSetting::usual);
    Lines lines{text};
    for (const ConfigChange& change : changes) {
        if (change.key.startsWith(u"fence."_s))
            return byHand(path, u"fence devices are not changed by a command"_s);
        if (!usual.contains(change.key))
            return failure(Errc::InvalidArgument,
                           u"lockstepd has no setting \"%1\""_s.arg(shortened(change.key, 80)),
                           u"'lockstep config' lists them, section and name: control.port."_s);
        const QString section = change.key.section(u'.', 0, 0);
        const QString name = change.key.section(u'.', 1);
        if (change.value == u"default"_s) {
            lines.remove(section, name);
            wanted[change.key] = usual.value(change.key);
            continue;
        }
        const auto literal = config::literal(change.key, change.value);
        if (!literal)
            return std::unexpected{literal.error()};
        lines.set(section, name, literal->text);
        wanted[change.key] = literal->shown;
    }
    QByteArray changed = lines.text();
    const QString otherwise = u"that file sets it in a way that no command can change"_s;
    if (!isToml(QString::fromUtf8(changed)))
        return byHand(path, otherwise);
    // Its lines may be further down than in the file.
    const auto after = Config::parse(changed, u"%1 with this change"_s.arg(path));
    if (!after)
        return std::unexpected{after.error()};
    if (valuesOf(*after, &ConfigSetting::value) != wanted)
        return byHand(path, otherwise);
    return changed;
}

} // namespace lockstep
