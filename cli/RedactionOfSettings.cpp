// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/Secret.h"
#include "cli/Redaction.h"

#include <toml++/toml.hpp>

#include <algorithm>
#include <array>
#include <sstream>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

/// Settings that are no secrets, of whatever section.
constexpr std::array<std::string_view, 18> plainKeys{
    "listen", "port",  "name",      "uri",       "port-min",      "port-max", "image-directory",
    "level",  "ca",    "cert",      "key",       "password-file", "prefix",   "takeover-delay-ms",
    "user",   "agent", "directory", "timeout-ms"};

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
        } else if (key.str() == "endpoints") {
            text += u"%1 = %2\n"_s.arg(shownKey, redaction.text(shown(node)));
        } else if (std::ranges::contains(plainKeys, key.str()) && node.is_value()) {
            text += u"%1 = %2\n"_s.arg(shownKey, shown(node));
        } else {
            text += u"%1 = %2\n"_s.arg(shownKey, Redaction::mark);
        }
    }
}

/// Every text below that has the name of a secret.
void learn(Redaction& redaction, const toml::table& table)
{
    for (const auto& [key, node] : table) {
        if (const auto* const below = node.as_table())
            learn(redaction, *below);
        else if (node.is_string() && isSecretName(shown(key.str())) && key.str() != "key")
            redaction.addSecret(QString::fromStdString(node.as_string()->get()));
    }
}

} // namespace

QString Redaction::settings(const QByteArray& toml)
{
    toml::table root;
    try {
        root = toml::parse(std::string_view{toml.constData(), static_cast<size_t>(toml.size())});
    } catch (const toml::parse_error& error) {
        return u"%1: line %2 cannot be read, so that secrets cannot be told from the rest\n"_s
            .arg(mark)
            .arg(error.source().begin.line);
    }
    learn(*this, root);
    QString text;
    for (const auto& [name, node] : root) {
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

} // namespace lockstep::cli
