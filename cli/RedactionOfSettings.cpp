// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/Secret.h"
#include "cli/Redaction.h"

#include <toml++/toml.hpp>

#include <QRegularExpression>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

/// Settings that are no secrets, of whatever section but those of fence agents.
constexpr std::array<std::string_view, 16> plainKeys{
    "listen", "port", "name", "uri",    "port-min",      "port-max",  "image-directory", "level",
    "ca",     "cert", "user", "prefix", "password-file", "directory", "timeout-ms",      "key"};
/// Who takes an option of an agent for a setting has put its password there.
constexpr std::array<std::string_view, 3> plainKeysOfFence{"agent", "timeout-ms",
                                                           "takeover-delay-ms"};

QString shown(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString shown(const toml::node& node)
{
    std::ostringstream text;
    node.visit([&text](const auto& value) { text << value; });
    return QString::fromStdString(text.str());
}

bool isPlain(const QString& section, std::string_view key)
{
    return section.startsWith("fence."_L1) ? std::ranges::contains(plainKeysOfFence, key)
                                           : std::ranges::contains(plainKeys, key);
}

/// All that a section of the file holds, with values that are known to be no secrets.
void write(QString& text, const QString& name, const toml::table& section,
           const Redaction& redaction)
{
    text += u"[%1]\n"_s.arg(name);
    for (const auto& [key, node] : section) {
        const QString shownKey = shown(key.str());
        if (key.str() == "options" && node.is_table()) {
            for (const auto& [option, value] : *node.as_table())
                text += u"options.%1 = %2\n"_s.arg(shown(option.str()), Redaction::mark);
        } else if (key.str() == "endpoints" || (isPlain(name, key.str()) && node.is_value())) {
            text += u"%1 = %2\n"_s.arg(shownKey, redaction.text(shown(node)));
        } else {
            text += u"%1 = %2\n"_s.arg(shownKey, Redaction::mark);
        }
    }
}

/// All that a secret holds. Truth values are none: agents read them as 0 and 1.
void learnValue(Redaction& redaction, const toml::node& node)
{
    if (const auto* const text = node.as_string()) {
        redaction.addSecret(QString::fromStdString(text->get()));
    } else if (const auto* const number = node.as_integer()) {
        redaction.addSecret(QString::number(number->get()));
    } else if (const auto* const list = node.as_array()) {
        for (const auto& item : *list)
            learnValue(redaction, item);
    } else if (const auto* const table = node.as_table()) {
        for (const auto& [key, below] : *table)
            learnValue(redaction, below);
    }
}

/// Every value below that has the name of a secret. The `key` of [etcd] is a file.
void learn(Redaction& redaction, const toml::table& table, bool isEtcd = false)
{
    for (const auto& [key, node] : table) {
        const bool isFile = isEtcd && key.str() == "key";
        if (isSecretName(shown(key.str())) && !isFile)
            learnValue(redaction, node);
        else if (const auto* const below = node.as_table())
            learn(redaction, *below, key.str() == "etcd");
    }
}

/// The same for a file that is no TOML as a whole.
void learnByLine(Redaction& redaction, const QString& text)
{
    static const QRegularExpression setting{uR"re((?<![\w.-])["']?([\w.-]+)["']?[ \t]*+=[ \t]*+)re"
                                            uR"re((?![\[{])(["']?)(.+?)\2[ \t\r]*(?=,|\}|#|$))re"_s,
                                            QRegularExpression::MultilineOption};
    auto matches = setting.globalMatch(text);
    while (matches.hasNext()) {
        const auto match = matches.next();
        QString value = match.captured(3);
        const bool isFile = match.captured(1) == u"key" && value.startsWith(u'/');
        if (!isSecretName(match.captured(1)) || isFile)
            continue;
        redaction.addSecret(value);
        // A quote without its other half may be what is wrong with the file.
        redaction.addSecret(value.remove(u'"').remove(u'\'').trimmed());
    }
}

std::optional<toml::table> parsed(const QByteArray& toml, quint32& errorLine)
{
    try {
        return toml::parse(std::string_view{toml.constData(), static_cast<size_t>(toml.size())});
    } catch (const toml::parse_error& error) {
        errorLine = error.source().begin.line;
        return std::nullopt;
    }
}

} // namespace

QString Redaction::settings(const QByteArray& toml)
{
    quint32 line = 0;
    const auto root = parsed(toml, line);
    if (!root) {
        learnByLine(*this, QString::fromUtf8(toml));
        return u"%1: line %2 cannot be read, so that secrets cannot be told from the rest\n"_s
            .arg(mark)
            .arg(line);
    }
    learn(*this, *root);
    QString text;
    for (const auto& [name, node] : *root) {
        const auto* const section = node.as_table();
        if (section == nullptr) {
            text += u"%1 = %2\n"_s.arg(shown(name.str()), mark);
        } else if (name.str() == "fence") {
            for (const auto& [host, entry] : *section) {
                if (const auto* const agent = entry.as_table())
                    write(text, u"fence."_s + shown(host.str()), *agent, *this);
            }
        } else {
            write(text, shown(name.str()), *section, *this);
        }
    }
    return text;
}

QString settingIn(const QByteArray& toml, const QString& section, const QString& name)
{
    quint32 line = 0;
    if (const auto root = parsed(toml, line)) {
        const auto value = (*root)[section.toStdString()][name.toStdString()].value<std::string>();
        return value ? QString::fromStdString(*value) : QString{};
    }
    const QRegularExpression setting{uR"re(^\s*["']?%1["']?\s*=\s*["']([^"'\r\n]+)["'])re"_s.arg(
                                         QRegularExpression::escape(name)),
                                     QRegularExpression::MultilineOption};
    return setting.match(QString::fromUtf8(toml)).captured(1);
}

} // namespace lockstep::cli
