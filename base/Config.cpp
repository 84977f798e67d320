// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/Config.h"
#include "base/ConfigArbiters.h"
#include "base/ConfigShadows.h"
#include "base/Text.h"

#include <toml++/toml.hpp>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSysInfo>
#include <QUrl>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <string_view>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr int fewestPorts = 4; // one domain: migration, NBD, and two channels of its first NIC
constexpr qint64 largestPort = 65'535;
constexpr qint64 firstUnprivilegedPort = 1'024;

std::optional<QString> text(const toml::node& node)
{
    if (!node.is_string())
        return std::nullopt;
    return QString::fromStdString(node.as_string()->get());
}

bool setPort(quint16& port, const toml::node& node, qint64 least)
{
    if (!node.is_integer())
        return false;
    const qint64 value = node.as_integer()->get();
    if (value < least || value > largestPort)
        return false;
    port = static_cast<quint16>(value);
    return true;
}

bool setDirectory(QString& directory, const toml::node& node)
{
    const auto value = text(node);
    if (!value || !value->startsWith(u'/') || value->contains(QChar::Null))
        return false;
    directory = QDir::cleanPath(*value);
    return true;
}

bool setListen(Config& config, const toml::node& node)
{
    const auto value = text(node);
    if (!value)
        return false;
    if (*value != "any"_L1 && !config::isAddress(*value))
        return false;
    config.control.listen = *value;
    return true;
}

bool setMetricsListen(Config& config, const toml::node& node)
{
    const auto value = text(node);
    if (!value
        || (!value->isEmpty() && *value != "local"_L1 && *value != "any"_L1
            && !config::isAddress(*value)))
        return false;
    config.metrics.listen = *value;
    return true;
}

bool setName(Config& config, const toml::node& node)
{
    const auto value = text(node);
    if (!value || !isHostName(*value))
        return false;
    config.control.name = *value;
    return true;
}

bool setUri(Config& config, const toml::node& node)
{
    const auto value = text(node);
    if (!value)
        return false;
    const QUrl url{*value, QUrl::StrictMode};
    if (!url.isValid() || (url.scheme() != "qemu"_L1 && url.scheme() != "qemu+unix"_L1)
        || !url.host().isEmpty() || url.path().size() < 2) {
        return false;
    }
    config.libvirt.uri = *value;
    return true;
}

using spdlog::level::level_enum;
constexpr std::array levels{
    std::pair{"trace"_L1, level_enum::trace}, std::pair{"debug"_L1, level_enum::debug},
    std::pair{"info"_L1, level_enum::info},   std::pair{"warning"_L1, level_enum::warn},
    std::pair{"error"_L1, level_enum::err},
};

QString levelName(level_enum wanted)
{
    const auto* const found = std::ranges::find_if(
        levels, [wanted](const auto& level) { return level.second == wanted; });
    return found == levels.end() ? QString{} : QString{found->first};
}

bool setLevel(Config& config, const toml::node& node)
{
    const auto value = text(node);
    const auto* const found = std::ranges::find_if(
        levels, [&value](const auto& level) { return value && *value == level.first; });
    if (found == levels.end())
        return false;
    config.log.level = found->second;
    return true;
}

bool setCopySpeed(Config& config, const toml::node& node)
{
    constexpr qint64 most = 1'000'000;
    qint64 value = 0;
    if (node.is_integer())
        value = node.as_integer()->get();
    else if (text(node) == "auto"_L1)
        value = -1;
    if (value == 0 || value < -1 || value > most)
        return false;
    config.replication.copySpeed = static_cast<int>(std::max<qint64>(value, 0));
    return true;
}

bool setKeepReplica(Config& config, const toml::node& node)
{
    constexpr qint64 year = 8'760;
    if (!node.is_integer() || node.as_integer()->get() < 0 || node.as_integer()->get() > year)
        return false;
    config.replication.keepReplica = std::chrono::hours{node.as_integer()->get()};
    return true;
}

struct Key
{
    std::string_view section;
    std::string_view name;
    QLatin1StringView allowed;
    bool (*set)(Config&, const toml::node&);
    QString (*show)(const Config&); ///< Without quotes and brackets.
};

constexpr std::array keys{
    Key{"control", "listen", R"("any" or an IPv4 or IPv6 address in quotes)"_L1, setListen,
        [](const Config& config) { return config.control.listen; }},
    Key{"control", "port", "a number from 1 to 65535"_L1,
        [](Config& config, const toml::node& node) {
            return setPort(config.control.port, node, 1);
        },
        [](const Config& config) { return QString::number(config.control.port); }},
    Key{"control", "name", "1 to 50 letters, digits, '-', '_' and '.' in quotes"_L1, setName,
        [](const Config& config) { return config.control.name; }},
    Key{"libvirt", "uri",
        R"(the URI of this host's QEMU driver in quotes, such as "qemu:///system")"_L1, setUri,
        [](const Config& config) { return config.libvirt.uri; }},
    Key{"replication", "port-min", "a number from 1024 to 65535"_L1,
        [](Config& config, const toml::node& node) {
            return setPort(config.replication.portMin, node, firstUnprivilegedPort);
        },
        [](const Config& config) { return QString::number(config.replication.portMin); }},
    Key{"replication", "port-max", "a number from 1024 to 65535"_L1,
        [](Config& config, const toml::node& node) {
            return setPort(config.replication.portMax, node, firstUnprivilegedPort);
        },
        [](const Config& config) { return QString::number(config.replication.portMax); }},
    Key{"replication", "image-directory", "an absolute path in quotes"_L1,
        [](Config& config, const toml::node& node) {
            return setDirectory(config.replication.imageDirectory, node);
        },
        [](const Config& config) { return config.replication.imageDirectory; }},
    Key{"replication", "copy-speed", R"("auto" or a number from 1 to 1000000)"_L1, setCopySpeed,
        [](const Config& config) {
            const int speed = config.replication.copySpeed;
            return speed == 0 ? u"auto"_s : QString::number(speed);
        }},
    Key{"replication", "keep-replica-hours", "a number from 0 to 8760"_L1, setKeepReplica,
        [](const Config& config) {
            return QString::number(config.replication.keepReplica.count());
        }},
    Key{"shadows", "bridges", R"(a list of names, or ["*"])"_L1, config::setBridges,
        [](const Config& config) { return config.shadows.bridges.join(u", "_s); }},
    Key{"shadows", "files", "a list of absolute paths other than /"_L1,
        [](Config& config, const toml::node& node) {
            return config::setFolders(config.shadows.files, node);
        },
        [](const Config& config) { return config.shadows.files.join(u", "_s); }},
    Key{"shadows", "image-directories", "a list of absolute paths other than /"_L1,
        [](Config& config, const toml::node& node) {
            return config::setFolders(config.shadows.imageDirectories, node);
        },
        [](const Config& config) { return config.shadows.imageDirectories.join(u", "_s); }},
    Key{"shadows", "console-addresses", "a list of IPv4 and IPv6 addresses"_L1,
        config::setConsoleAddresses,
        [](const Config& config) { return config.shadows.consoleAddresses.join(u", "_s); }},
    Key{"log", "level", R"("trace", "debug", "info", "warning" or "error")"_L1, setLevel,
        [](const Config& config) { return levelName(config.log.level); }},
    Key{"store", "directory", "an absolute path in quotes"_L1,
        [](Config& config, const toml::node& node) {
            return setDirectory(config.store.directory, node);
        },
        [](const Config& config) { return config.store.directory; }},
    Key{"metrics", "listen",
        R"("" for nowhere, "local", "any", or an IPv4 or IPv6 address in quotes)"_L1,
        setMetricsListen, [](const Config& config) { return config.metrics.listen; }},
    Key{"metrics", "port", "a number from 1 to 65535"_L1,
        [](Config& config, const toml::node& node) {
            return setPort(config.metrics.port, node, 1);
        },
        [](const Config& config) { return QString::number(config.metrics.port); }},
    Key{"etcd", "endpoints", R"(a list of up to 9 like ["https://HOST:2379"])"_L1,
        config::setEndpoints,
        [](const Config& config) { return config.etcd.endpoints.join(u", "_s); }},
    Key{"etcd", "ca", "an absolute path in quotes"_L1,
        [](Config& config, const toml::node& node) {
            return config::setFile(config.etcd.ca, node);
        },
        [](const Config& config) { return config.etcd.ca; }},
    Key{"etcd", "cert", "an absolute path in quotes"_L1,
        [](Config& config, const toml::node& node) {
            return config::setFile(config.etcd.cert, node);
        },
        [](const Config& config) { return config.etcd.cert; }},
    Key{"etcd", "key", "an absolute path in quotes"_L1,
        [](Config& config, const toml::node& node) {
            return config::setFile(config.etcd.key, node);
        },
        [](const Config& config) { return config.etcd.key; }},
    Key{"etcd", "user", "a name in quotes"_L1, config::setUser,
        [](const Config& config) { return config.etcd.user; }},
    Key{"etcd", "password-file", "an absolute path in quotes"_L1,
        [](Config& config, const toml::node& node) {
            return config::setFile(config.etcd.passwordFile, node);
        },
        [](const Config& config) { return config.etcd.passwordFile; }},
    Key{"etcd", "prefix", "up to 100 printable ASCII characters in quotes, ending with '/'"_L1,
        config::setPrefix, [](const Config& config) { return config.etcd.prefix; }},
    Key{"etcd", "timeout-ms", "a number from 100 to 30000"_L1,
        [](Config& config, const toml::node& node) {
            return config::setTime(config.etcd.timeout, node, {.least = 100, .most = 30'000});
        },
        [](const Config& config) { return QString::number(config.etcd.timeout.count()); }},
};

QString quoted(std::string_view name)
{
    return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
}

std::unexpected<Error> invalid(const QString& path, qint64 line, const QString& what)
{
    const QString place = line > 0 ? u"%1, line %2"_s.arg(path).arg(line) : path;
    return failure(Errc::ConfigInvalid, u"%1: %2"_s.arg(place, what));
}

/// The names that match `wanted` (all sections, or the keys of one), for messages.
QString known(std::optional<std::string_view> section)
{
    QStringList names;
    for (const Key& key : keys) {
        if (!section)
            names << quoted(key.section);
        else if (key.section == *section)
            names << quoted(key.name);
    }
    if (!section)
        names << u"fence.HOST"_s;
    names.removeDuplicates();
    return names.join(u", "_s);
}

Result<void> readSection(Config& config, std::string_view section, const toml::table& entries,
                         const QString& path)
{
    for (const auto& [name, node] : entries) {
        const QString shown = u"[%1] %2"_s.arg(quoted(section), quoted(name.str()));
        const auto* const key = std::ranges::find_if(keys, [&](const Key& candidate) {
            return candidate.section == section && candidate.name == name.str();
        });
        const qint64 line = name.source().begin.line;
        if (key == keys.end())
            return invalid(path, line,
                           u"%1 is not a known key; there are %2"_s.arg(shown, known(section)));
        if (!key->set(config, node))
            return invalid(path, line, u"%1 must be %2"_s.arg(shown, key->allowed));
        config.given.insert(u"%1.%2"_s.arg(quoted(section), quoted(name.str())));
    }
    return {};
}

/// What other hosts call this one unless it is told otherwise.
QString usualName() { return QSysInfo::machineHostName().section(u'.', 0, 0); }

Result<void> checkPorts(const Config& config, const toml::table& root, const QString& path)
{
    const auto& replication = config.replication;
    const toml::node* place = root["replication"]["port-max"].node();
    if (place == nullptr)
        place = root["replication"]["port-min"].node();
    if (place == nullptr)
        place = root["control"]["port"].node();
    const qint64 line = place == nullptr ? 0 : place->source().begin.line;
    if (replication.portMax - replication.portMin + 1 < fewestPorts) {
        return invalid(path, line,
                       u"[replication] port-min %1 to port-max %2 must hold at least %3 ports"_s
                           .arg(replication.portMin)
                           .arg(replication.portMax)
                           .arg(fewestPorts));
    }
    if (config.control.port >= replication.portMin && config.control.port <= replication.portMax) {
        return invalid(
            path, line,
            u"[control] port %1 must lie outside [replication] port-min %2 to port-max %3"_s
                .arg(config.control.port)
                .arg(replication.portMin)
                .arg(replication.portMax));
    }
    return {};
}

Result<void> checkMetricsPort(const Config& config, const toml::table& root, const QString& path)
{
    const auto& replication = config.replication;
    const quint16 port = config.metrics.port;
    if (config.metrics.listen.isEmpty()
        || (port != config.control.port
            && (port < replication.portMin || port > replication.portMax)))
        return {};
    const toml::node* const place = root["metrics"]["port"].node();
    return invalid(
        path, place == nullptr ? 0 : place->source().begin.line,
        u"[metrics] port %1 must be another one than [control] port and lie outside [replication] port-min to port-max"_s
            .arg(port));
}

Result<Config> read(const toml::table& root, const QString& path)
{
    Config config;
    config.file = path;
    for (const auto& [name, node] : root) {
        const bool isSection = std::ranges::find(keys, name.str(), &Key::section) != keys.end();
        const qint64 line = name.source().begin.line;
        if (name.str() == "fence") {
            if (const auto done = config::readFence(config, name, node); !done)
                return invalid(path, done.error().line, done.error().what);
            continue;
        }
        if (!isSection) {
            return invalid(path, line,
                           u"%1 is not a known section; there are %2"_s.arg(quoted(name.str()),
                                                                            known(std::nullopt)));
        }
        if (!node.is_table())
            return invalid(path, line, u"%1 must be a section: [%1]"_s.arg(quoted(name.str())));
        if (const auto done = readSection(config, name.str(), *node.as_table(), path); !done)
            return std::unexpected{done.error()};
    }
    if (const auto sound = checkPorts(config, root, path); !sound)
        return std::unexpected{sound.error()};
    if (const auto sound = checkMetricsPort(config, root, path); !sound)
        return std::unexpected{sound.error()};
    if (const auto sound = config::checkEtcd(config, root); !sound)
        return invalid(path, sound.error().line, sound.error().what);
    if (config.control.name.isEmpty())
        config.control.name = usualName();
    if (!isHostName(config.control.name)) {
        return invalid(path, 0,
                       u"the system's host name \"%1\" cannot be used; set [control] name"_s.arg(
                           config.control.name));
    }
    return config;
}

} // namespace

bool isHostName(QStringView name)
{
    constexpr qsizetype longest = 50;
    const auto alphanumeric = [](QChar c) {
        return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z') || (c >= u'0' && c <= u'9');
    };
    if (name.isEmpty() || name.size() > longest || !alphanumeric(name.front()))
        return false;
    return std::ranges::all_of(
        name, [&](QChar c) { return alphanumeric(c) || c == u'-' || c == u'_' || c == u'.'; });
}

ConfigView viewOf(const Config& config)
{
    Config usual;
    usual.control.name = usualName();
    ConfigView view{.file = config.file, .settings = {}};
    for (const Key& key : keys) {
        const QString name = u"%1.%2"_s.arg(quoted(key.section), quoted(key.name));
        view.settings.append({.key = name,
                              .value = key.show(config),
                              .usual = key.show(usual),
                              .isFromFile = config.given.contains(name),
                              .unit = name.endsWith(u"-ms") ? u"ms"_s : QString{},
                              .allowed = key.allowed,
                              .isSecret = false});
    }
    view.settings += config::viewOfFence(config);
    return view;
}

namespace config {

Result<Literal> literal(const QString& key, const QString& value)
{
    const auto* const known = std::ranges::find_if(keys, [&key](const Key& candidate) {
        return key == u"%1.%2"_s.arg(quoted(candidate.section), quoted(candidate.name));
    });
    if (known == keys.end())
        return failure(Errc::InvalidArgument,
                       u"lockstepd has no setting \"%1\""_s.arg(shortened(key, 80)));
    bool isNumber = false;
    const qint64 number = value.toLongLong(&isNumber);
    toml::array list;
    for (const QString& entry : value.split(u',', Qt::SkipEmptyParts))
        list.push_back(entry.trimmed().toStdString());
    const toml::value<std::int64_t> asNumber{number};
    const toml::value<std::string> asText{value.toStdString()};
    const auto inFile = [](const toml::node& node) {
        std::ostringstream out;
        // In double quotes, on one line: as in the file that is shipped.
        out << toml::toml_formatter{node,
                                    toml::toml_formatter::default_flags
                                        & ~toml::format_flags::allow_literal_strings
                                        & ~toml::format_flags::allow_multi_line_strings};
        return QString::fromStdString(out.str());
    };
    for (const toml::node* const form :
         {static_cast<const toml::node*>(&asNumber), static_cast<const toml::node*>(&asText),
          static_cast<const toml::node*>(&list)}) {
        Config taken;
        if ((form != &asNumber || isNumber) && known->set(taken, *form))
            return Literal{.text = inFile(*form), .shown = known->show(taken)};
    }
    QString allowed = known->allowed;
    allowed.remove(u" in quotes"_s);
    return failure(Errc::InvalidArgument,
                   u"%1 \"%2\": it must be %3"_s.arg(key, shortened(value, 80), allowed));
}

} // namespace config

Result<Config> Config::parse(const QByteArray& text, const QString& path)
{
    try {
        return read(
            toml::parse(std::string_view{text.constData(), static_cast<size_t>(text.size())}),
            path);
    } catch (const toml::parse_error& error) {
        return invalid(path, error.source().begin.line, quoted(error.description()));
    }
}

Result<Config> Config::load(const QString& path)
{
    QFile file{path};
    if (!QFileInfo::exists(path))
        return parse({}, path);
    if (!file.open(QIODevice::ReadOnly))
        return invalid(path, 0, u"cannot be read: %1"_s.arg(file.errorString()));
    return parse(file.readAll(), path);
}

} // namespace lockstep
