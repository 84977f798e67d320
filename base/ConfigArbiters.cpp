// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/ConfigArbiters.h"

#include <QDir>
#include <QRegularExpression>
#include <QUrl>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace lockstep::config {

using namespace Qt::StringLiterals;

namespace {

using Outcome = std::expected<void, Flaw>;

QString toText(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

/// What fits on one line of an agent's standard input.
bool isPlain(const QString& text)
{
    constexpr qsizetype longest = 1000;
    return text.size() <= longest
        && std::ranges::all_of(text, [](QChar c) { return c >= u' ' && c != u'\x7f'; });
}

std::optional<QString> plainText(const toml::node& node)
{
    if (!node.is_string())
        return std::nullopt;
    const QString value = QString::fromStdString(node.as_string()->get());
    return isPlain(value) ? std::optional{value} : std::nullopt;
}

bool isEndpoint(const QString& text)
{
    const QUrl url{text, QUrl::StrictMode};
    return url.isValid() && (url.scheme() == "http"_L1 || url.scheme() == "https"_L1)
        && !url.host().isEmpty() && url.port() > 0 && url.userInfo().isEmpty()
        && (url.path().isEmpty() || url.path() == "/"_L1) && !url.hasQuery() && !url.hasFragment();
}

/// A value of an agent's option as the agent reads it; nothing if it cannot be one.
std::optional<QString> optionValue(const toml::node& node)
{
    if (node.is_integer())
        return QString::number(node.as_integer()->get());
    if (node.is_boolean())
        return node.as_boolean()->get() ? u"1"_s : u"0"_s;
    return plainText(node);
}

bool setOptions(Config::Fence& fence, const toml::node& node)
{
    static const QRegularExpression name{u"^[A-Za-z0-9_-]{1,64}$"_s};
    if (!node.is_table())
        return false;
    fence.options.clear();
    for (const auto& [key, entry] : *node.as_table()) {
        const QString option = toText(key.str());
        const auto value = optionValue(entry);
        // lockstepd chooses the action.
        if (!value || !name.match(option).hasMatch() || option == "action"_L1)
            return false;
        fence.options.insert(option, *value);
    }
    return true;
}

bool setAgent(Config::Fence& fence, const toml::node& node)
{
    const auto value = plainText(node);
    if (!value || value->isEmpty())
        return false;
    if (value->startsWith(u'/')) {
        fence.agent = QDir::cleanPath(*value);
        return true;
    }
    fence.agent = u"/usr/sbin/"_s + *value;
    return !value->contains(u'/');
}

struct FenceKey
{
    std::string_view name;
    QLatin1StringView allowed;
    bool (*set)(Config::Fence&, const toml::node&);
    QString (*show)(const Config::Fence&); ///< None for the options: each is shown by itself.
};

constexpr std::array fenceKeys{
    FenceKey{"agent", "the name of a program in /usr/sbin, or an absolute path, in quotes"_L1,
             setAgent, [](const Config::Fence& fence) { return fence.agent; }},
    FenceKey{"timeout-ms", "a number from 1000 to 300000"_L1,
             [](Config::Fence& fence, const toml::node& node) {
                 return setTime(fence.timeout, node, {.least = 1'000, .most = 300'000});
             },
             [](const Config::Fence& fence) { return QString::number(fence.timeout.count()); }},
    FenceKey{
        "takeover-delay-ms", "a number from 0 to 60000"_L1,
        [](Config::Fence& fence, const toml::node& node) {
            return setTime(fence.takeoverDelay, node, {.least = 0, .most = 60'000});
        },
        [](const Config::Fence& fence) { return QString::number(fence.takeoverDelay.count()); }},
    FenceKey{"options",
             R"(like { ip = "HOST", ipport = 623 }: any option of the agent but 'action')"_L1,
             setOptions, nullptr},
};

// Options of fence agents that are no secret; of any other nobody knows.
constexpr std::array openOptions{
    "ip"_L1,         "ipaddr"_L1,          "ipport"_L1,       "port"_L1,    "plug"_L1,
    "username"_L1,   "login"_L1,           "lanplus"_L1,      "ssl"_L1,     "method"_L1,
    "ssh"_L1,        "ssl_insecure"_L1,    "cipher"_L1,       "privlvl"_L1, "inet4_only"_L1,
    "inet6_only"_L1, "password_script"_L1, "identity_file"_L1};

ConfigSetting viewOfOption(const QString& section, const QString& name, const QString& value)
{
    const bool isOpen =
        std::ranges::any_of(openOptions, [&name](QLatin1StringView open) { return open == name; });
    return {.key = u"%1.options.%2"_s.arg(section, name),
            .value = isOpen ? value : u"(set)"_s,
            .usual = {},
            .isFromFile = true,
            .unit = {},
            .allowed = u"what the agent's manual has"_s,
            .isSecret = !isOpen};
}

QString knownKeys()
{
    QStringList names;
    for (const FenceKey& key : fenceKeys)
        names << toText(key.name);
    return names.join(u", "_s);
}

Outcome readHost(Config::Fence& fence, QSet<QString>& given, const QString& section,
                 const toml::table& entries)
{
    for (const auto& [name, node] : entries) {
        const qint64 line = name.source().begin.line;
        const QString shown = u"[%1] %2"_s.arg(section, toText(name.str()));
        const auto* const key = std::ranges::find(fenceKeys, name.str(), &FenceKey::name);
        if (key == fenceKeys.end())
            return std::unexpected{
                Flaw{line, u"%1 is not a known key; there are %2"_s.arg(shown, knownKeys())}};
        if (!key->set(fence, node))
            return std::unexpected{Flaw{line, u"%1 must be %2"_s.arg(shown, key->allowed)}};
        given.insert(u"%1.%2"_s.arg(section, toText(name.str())));
    }
    if (fence.agent.isEmpty())
        return std::unexpected{Flaw{static_cast<qint64>(entries.source().begin.line),
                                    u"[%1] needs the key agent"_s.arg(section)}};
    return {};
}

} // namespace

bool setTime(std::chrono::milliseconds& time, const toml::node& node, Range range)
{
    if (!node.is_integer())
        return false;
    const qint64 value = node.as_integer()->get();
    if (value < range.least || value > range.most)
        return false;
    time = std::chrono::milliseconds{value};
    return true;
}

bool setFile(QString& file, const toml::node& node)
{
    const auto value = plainText(node);
    if (!value || (!value->isEmpty() && !value->startsWith(u'/')))
        return false;
    file = value->isEmpty() ? QString{} : QDir::cleanPath(*value);
    return true;
}

bool setEndpoints(Config& config, const toml::node& node)
{
    constexpr size_t most = 9;
    const toml::array* const list = node.as_array();
    if (list == nullptr || list->size() > most)
        return false;
    config.etcd.endpoints.clear();
    for (const toml::node& entry : *list) {
        const auto endpoint = plainText(entry);
        if (!endpoint || !isEndpoint(*endpoint) || config.etcd.endpoints.contains(*endpoint))
            return false;
        config.etcd.endpoints << *endpoint;
    }
    return true;
}

bool setUser(Config& config, const toml::node& node)
{
    const auto value = plainText(node);
    if (value)
        config.etcd.user = *value;
    return value.has_value();
}

bool setPrefix(Config& config, const toml::node& node)
{
    constexpr qsizetype longest = 100;
    const auto value = plainText(node);
    if (!value || value->size() > longest || !value->endsWith(u'/')
        || std::ranges::any_of(*value, [](QChar c) { return c <= u' ' || c > u'~'; }))
        return false;
    config.etcd.prefix = *value;
    return true;
}

Outcome readFence(Config& config, const toml::key& name, const toml::node& sections)
{
    const qint64 line = name.source().begin.line;
    const auto mustHaveHost = [](qint64 where) {
        return std::unexpected{Flaw{where, u"fence must be one section per host: [fence.HOST]"_s}};
    };
    if (!sections.is_table())
        return mustHaveHost(line);
    for (const auto& [host, node] : *sections.as_table()) {
        const qint64 hostLine = host.source().begin.line;
        const QString hostName = toText(host.str());
        if (!node.is_table())
            return mustHaveHost(hostLine);
        if (!isHostName(hostName))
            return std::unexpected{
                Flaw{hostLine, u"[fence.%1]: that cannot be the name of a host"_s.arg(hostName)}};
        Config::Fence fence;
        if (auto done =
                readHost(fence, config.given, u"fence.%1"_s.arg(hostName), *node.as_table());
            !done)
            return done;
        config.fence.insert(hostName, fence);
    }
    return {};
}

QList<ConfigSetting> viewOfFence(const Config& config)
{
    const Config::Fence usual;
    QList<ConfigSetting> all;
    for (const auto& [host, fence] : config.fence.asKeyValueRange()) {
        const QString section = u"fence."_s + host;
        for (const FenceKey& key : fenceKeys) {
            if (key.show == nullptr)
                continue;
            const QString name = u"%1.%2"_s.arg(section, toText(key.name));
            all.append({.key = name,
                        .value = key.show(fence),
                        .usual = key.show(usual),
                        .isFromFile = config.given.contains(name),
                        .unit = name.endsWith(u"-ms") ? u"ms"_s : QString{},
                        .allowed = key.allowed,
                        .isSecret = false});
        }
        for (const auto& [name, value] : fence.options.asKeyValueRange())
            all.append(viewOfOption(section, name, value));
    }
    return all;
}

Outcome checkEtcd(const Config& config, const toml::table& root)
{
    const Config::Etcd& etcd = config.etcd;
    const auto flaw = [&root](std::string_view key, const QString& what) {
        const toml::node* const node = root["etcd"][key].node();
        return std::unexpected{
            Flaw{node == nullptr ? 0 : static_cast<qint64>(node->source().begin.line),
                 u"[etcd] %1 %2"_s.arg(toText(key), what)}};
    };
    const bool isSecret = std::ranges::all_of(etcd.endpoints, [](const QString& endpoint) {
        return QUrl{endpoint}.scheme() == "https"_L1;
    });
    if (etcd.cert.isEmpty() != etcd.key.isEmpty())
        return flaw(etcd.cert.isEmpty() ? "key" : "cert", u"needs cert and key, both or none"_s);
    if (etcd.user.isEmpty() != etcd.passwordFile.isEmpty())
        return flaw(etcd.user.isEmpty() ? "password-file" : "user",
                    u"needs user and password-file, both or none"_s);
    if (!isSecret) {
        for (const auto& [key, value] :
             {std::pair{"ca", &etcd.ca}, {"cert", &etcd.cert}, {"user", &etcd.user}})
            if (!value->isEmpty())
                return flaw(key, u"needs endpoints that are all https"_s);
    }
    return {};
}

} // namespace lockstep::config
