// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/ConfigShadows.h"

#include <QDir>
#include <QRegularExpression>

#include <arpa/inet.h>
#include <algorithm>
#include <array>
#include <optional>

namespace lockstep::config {

using namespace Qt::StringLiterals;

namespace {

/// A list of different texts that are all `good`; nothing if it is anything else.
std::optional<QStringList> texts(const toml::node& node, bool (*isGood)(const QString&))
{
    constexpr size_t most = 100;
    const toml::array* const list = node.as_array();
    if (list == nullptr || list->size() > most)
        return std::nullopt;
    QStringList all;
    for (const toml::node& entry : *list) {
        if (!entry.is_string())
            return std::nullopt;
        const QString text = QString::fromStdString(entry.as_string()->get());
        if (!isGood(text) || all.contains(text))
            return std::nullopt;
        all << text;
    }
    return all;
}

/// A name that Linux takes for a network device (dev_valid_name()), or '*'.
bool isBridge(const QString& text)
{
    static const QRegularExpression name{
        QRegularExpression::anchoredPattern(u"\\*|[A-Za-z0-9][A-Za-z0-9_.-]{0,14}"_s)};
    return name.match(text).hasMatch();
}

bool isFolder(const QString& text)
{
    return text.startsWith(u'/') && QDir::cleanPath(text) != u"/"
        && std::ranges::all_of(text, [](QChar c) { return c.isPrint(); });
}

} // namespace

bool isAddress(const QString& text)
{
    std::array<unsigned char, sizeof(in6_addr)> address{};
    const QByteArray bytes = text.toUtf8();
    return inet_pton(AF_INET, bytes.constData(), address.data()) == 1
        || inet_pton(AF_INET6, bytes.constData(), address.data()) == 1;
}

bool setBridges(Config& config, const toml::node& node)
{
    const auto names = texts(node, isBridge);
    if (names)
        config.shadows.bridges = *names;
    return names.has_value();
}

bool setFolders(QStringList& folders, const toml::node& node)
{
    const auto paths = texts(node, isFolder);
    if (!paths)
        return false;
    folders.clear();
    for (const QString& path : *paths)
        folders << QDir::cleanPath(path);
    return true;
}

bool setConsoleAddresses(Config& config, const toml::node& node)
{
    const auto addresses = texts(node, isAddress);
    if (addresses)
        config.shadows.consoleAddresses = *addresses;
    return addresses.has_value();
}

} // namespace lockstep::config
