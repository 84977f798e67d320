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

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

using Expression = QRegularExpression;

struct Rule
{
    Expression found;
    QString instead;
};

/// In this order: what one rule has left does not match a later one.
const std::array<Rule, 5>& rules()
{
    constexpr auto insensitive = Expression::CaseInsensitiveOption;
    static const QString mark{Redaction::mark};
    static const QString name = u"[\\w.-]*(?:pass|secret|token|psk|pwd|credential|community|cookie|"
                                "api[_-]?key)[\\w.-]*"_s;
    static const std::array<Rule, 5> all{
        Rule{Expression{u"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?"
                        "(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\\z)"_s,
                        Expression::DotMatchesEverythingOption},
             mark},
        Rule{Expression{u"(authorization[\"']?\\s*[:=]\\s*)[^\\r\\n]+"_s, insensitive},
             u"\\1"_s + mark},
        Rule{Expression{u"(://)[^/\\s@]+@"_s}, u"\\1"_s + mark + u'@'},
        Rule{Expression{u"(--?"_s + name + u"\\s+)(?![=:])[^\\s-]\\S*"_s, insensitive},
             u"\\1"_s + mark},
        Rule{Expression{
                 u"("_s + name
                     + u"[\"']?\\s*[=:]\\s*)(?:\"(?:[^\"\\\\]|\\\\.)*\"|'[^']*'|[^\\s,;&\"'<>]+)"_s,
                 insensitive},
             u"\\1"_s + mark}};
    return all;
}

/// What one element of libvirt's XML holds for others than libvirt.
bool hasSecretText(const QStringList& path)
{
    static const QStringList elements{u"entry"_s, u"session"_s, u"dhCert"_s};
    return elements.contains(path.last()) || isSecretName(path.last());
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
            || (element == u"qemu:arg" && text.contains(u"secret"_s));
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
    for (const Rule& rule : rules())
        text.replace(rule.found, rule.instead);
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
