// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Redaction.h"

#include "base/Secret.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QRegularExpression>
#include <QXmlStreamReader>
#include <QXmlStreamWriter>

#include <algorithm>
#include <array>
#include <optional>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

using Expression = QRegularExpression;

/// What is found is left out, but for its first group.
struct Rule
{
    Expression found;
    QString after; ///< Stands after the mark.
};

// All of them stay within a line and possessive: a quote without its other half, or a line of
// megabytes, must not make PCRE2 give up.

/// "password", "db_passwd", "API-Token"; of "key" and "sig" the whole word.
const QString secretName =
    uR"re((?:(?:pass|secret|token|psk|pwd|credential|community|cookie|signature)re"
    uR"re(|api[_-]?key|priv(?:ate)?[_-]?key)[\w.-]*+|(?<![a-z0-9])(?:key|sig)(?![\w.-])))re"_s;

/// A list; a text in quotes that are escaped once more, in double ones, in single ones; what an
/// earlier rule has left; or up to a blank or a quote.
const QString secretValue =
    uR"re((?:[\[{][^\]}\r\n]*+[\]}]?+[^\s"']*+)re"
    uR"re(|\\++"[^"\r\n]*+(?:(?<=\\\\\\)"[^"\r\n]*+)*+"?+|\\++'[^'\r\n]*+'?+)re"
    uR"re(|"[^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*+"?+|'[^'\r\n]*+'?+)re"
    uR"re(|\(left out\)[^\s"']*+|[^\s"']++))re"_s;

/// In this order: what one rule has left does not match a later one.
const std::array<Rule, 5>& rules()
{
    constexpr auto insensitive = Expression::CaseInsensitiveOption;
    static const std::array<Rule, 5> all{
        Rule{.found = Expression{u"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?"
                                 "(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\\z)"_s,
                                 Expression::DotMatchesEverythingOption},
             .after = {}},
        Rule{
            .found =
                Expression{
                    uR"re(((?:authorization\\*+["']?[ \t]*+[:=]|cookie[ \t]*+:)[ \t]*+)[^\r\n]++)re"_s,
                    insensitive},
            .after = {}},
        // A user's password may have '/' and '@' in it.
        Rule{.found = Expression{uR"re((://)[^\s"'<>]+@)re"_s}, .after = u"@"_s},
        Rule{.found =
                 Expression{uR"re(((?<![\w.-])--?[\w.-]{0,60}?)re"_s + secretName
                                + uR"re((?:["']?,[ \t]*+|["']?[ \t]++))(?![=:]))re"_s + secretValue,
                            insensitive},
             .after = {}},
        Rule{.found = Expression{u"("_s + secretName + uR"re(\\*+["']?[ \t]*+[=:]++>?+\s*+))re"_s
                                     + secretValue,
                                 insensitive},
             .after = {}}};
    return all;
}

/// Nothing if PCRE2 gives up: nobody knows then what is still in the text.
std::optional<QString> applied(const Rule& rule, const QString& text)
{
    QString left;
    qsizetype done = 0;
    auto matches = rule.found.globalMatch(text);
    while (matches.hasNext()) {
        const auto match = matches.next();
        left += QStringView{text}.sliced(done, match.capturedStart() - done);
        left += match.captured(1);
        left += Redaction::mark;
        left += rule.after;
        done = match.capturedEnd();
    }
    if (!matches.isValid())
        return std::nullopt;
    left += QStringView{text}.sliced(done);
    return left;
}

/// What one element of libvirt's XML holds for others than libvirt.
bool hasSecretText(const QStringList& path)
{
    static const QStringList elements{u"entry"_s, u"session"_s, u"dhCert"_s};
    return elements.contains(path.last()) || isSecretName(path.last());
}

/// Arguments of QEMU's that may hold a secret: -object secret,..., -fw_cfg ...,string=...
bool isSecretArgument(const QString& text)
{
    static const QStringList words{u"secret"_s, u"key="_s, u"password"_s, u"string="_s};
    return std::ranges::any_of(
        words, [&text](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
}

class XmlCopy final
{
public:
    XmlCopy(const Redaction& redaction, const QString& document)
        : m_redaction{redaction}, m_reader{document}, m_writer{&m_copy}
    {
        m_reader.setNamespaceProcessing(false);
        m_writer.setAutoFormatting(false);
    }

    /// Empty if the document cannot be read.
    QString run()
    {
        while (!m_reader.atEnd())
            copy(m_reader.readNext());
        return m_reader.hasError() ? QString{} : m_copy;
    }

private:
    void copy(QXmlStreamReader::TokenType token)
    {
        switch (token) {
        case QXmlStreamReader::StartElement:
            start();
            break;
        case QXmlStreamReader::EndElement:
            m_writer.writeEndElement();
            m_path.removeLast();
            break;
        case QXmlStreamReader::Characters:
            if (m_reader.isWhitespace())
                m_writer.writeCharacters(m_reader.text());
            else
                m_writer.writeCharacters(hasSecretText(m_path)
                                             ? QString{Redaction::mark}
                                             : m_redaction.text(m_reader.text().toString()));
            break;
        default: // comments and declarations have nothing to tell
            break;
        }
    }

    void start()
    {
        const QString name = m_reader.qualifiedName().toString();
        m_path.append(name);
        m_writer.writeStartElement(name);
        const auto attributes = m_reader.attributes();
        for (const auto& attribute : attributes)
            m_writer.writeAttribute(attribute.qualifiedName().toString(), value(attribute));
        if (name != u"metadata")
            return;
        m_reader.skipCurrentElement();
        m_writer.writeCharacters(Redaction::mark);
        m_writer.writeEndElement();
        m_path.removeLast();
    }

    QString value(const QXmlStreamAttribute& attribute) const
    {
        const QString name = attribute.qualifiedName().toString();
        const QString text = attribute.value().toString();
        const QString& element = m_path.last();
        const bool isHidden = isSecretName(name) || (element == u"qemu:env" && name == u"value")
            || (element == u"qemu:arg" && isSecretArgument(text))
            || (element == u"source" && name == u"query");
        return isHidden ? QString{Redaction::mark} : m_redaction.text(text);
    }

    const Redaction& m_redaction;
    QXmlStreamReader m_reader;
    QString m_copy;
    QXmlStreamWriter m_writer;
    QStringList m_path;
};

} // namespace

void Redaction::addSecret(const QString& value)
{
    constexpr qsizetype shortest = 4;
    if (value.size() < shortest || m_secrets.contains(value))
        return;
    m_secrets << value;
    std::ranges::sort(m_secrets, std::ranges::greater{}, &QString::size);
}

QString Redaction::text(QString text) const
{
    for (const QString& secret : m_secrets)
        text.replace(secret, mark);
    for (const Rule& rule : rules()) {
        auto left = applied(rule, text);
        if (!left)
            return QString{mark};
        text = *std::move(left);
    }
    return text;
}

QJsonValue Redaction::json(const QJsonValue& value) const
{
    if (value.isString())
        return text(value.toString());
    if (value.isArray()) {
        QJsonArray all;
        for (const auto& item : value.toArray())
            all.append(json(item));
        return all;
    }
    if (!value.isObject())
        return value;
    QJsonObject all;
    const QJsonObject object = value.toObject();
    for (auto member = object.begin(); member != object.end(); ++member) {
        all.insert(member.key(),
                   isSecretName(member.key()) ? QJsonValue{mark} : json(member.value()));
    }
    return all;
}

QString Redaction::xml(const QString& document) const
{
    const QString copy = XmlCopy{*this, document}.run();
    return copy.isEmpty() ? QString{mark} : copy + u'\n';
}

} // namespace lockstep::cli
