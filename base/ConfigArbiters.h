// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Config.h"
#include "base/ConfigView.h"

#include <toml++/toml.hpp>

#include <expected>

/// What the sources of the configuration file share; for them only. A setter returns whether the
/// value is allowed.
namespace lockstep::config {

struct Range
{
    qint64 least{0};
    qint64 most{0};
};

[[nodiscard]] bool setTime(std::chrono::milliseconds& time, const toml::node& node, Range range);
/// An absolute path; empty for none.
[[nodiscard]] bool setFile(QString& file, const toml::node& node);
[[nodiscard]] bool setEndpoints(Config& config, const toml::node& node);
[[nodiscard]] bool setUser(Config& config, const toml::node& node);
[[nodiscard]] bool setPrefix(Config& config, const toml::node& node);

/// What is wrong in which line of the file; 0 if it is not in one line.
struct Flaw
{
    qint64 line{0};
    QString what;
};

/// Reads every [fence.HOST].
[[nodiscard]] std::expected<void, Flaw> readFence(Config& config, const toml::key& name,
                                                  const toml::node& sections);
/// Every [fence.HOST] as it is in effect. What may be a password is "(set)".
[[nodiscard]] QList<ConfigSetting> viewOfFence(const Config& config);
/// Whether the keys of [etcd] go together.
[[nodiscard]] std::expected<void, Flaw> checkEtcd(const Config& config, const toml::table& root);

/// A value as the file has it, and as a ConfigView shows it.
struct Literal
{
    QString text;
    QString shown;
};
/// From text without quotes and brackets. Errors: InvalidArgument, with what is allowed.
[[nodiscard]] Result<Literal> literal(const QString& key, const QString& value);

} // namespace lockstep::config
