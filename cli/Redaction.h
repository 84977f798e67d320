// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QByteArray>
#include <QJsonValue>
#include <QStringList>

namespace lockstep::cli {

/// Takes secrets out of what is given to others. What it does not know it leaves out rather than
/// in: of settings only those that are known to be none stay. The text that is left can be read.
class Redaction final
{
public:
    /// What stands instead of a secret.
    static constexpr QLatin1StringView mark{"(left out)"};

    /// A secret that is known by its value, wherever it turns up. Values of less than four
    /// characters are not taken: they are in every text.
    void addSecret(const QString& value);

    /// Logs and output of programs: known values, private keys in PEM, "password=...",
    /// "Authorization: ...", "https://user:password@...". A text that cannot be searched is left
    /// out as a whole.
    [[nodiscard]] QString text(QString text) const;
    /// A document of ours: members whose name is that of a secret, and texts as above.
    [[nodiscard]] QJsonValue json(const QJsonValue& value) const;
    /// libvirt's XML: passwords of graphics, cookies, what management tools keep in <metadata>,
    /// environment and secrets on QEMU's command line, texts for the guest's firmware. A document
    /// that cannot be read is left out as a whole.
    [[nodiscard]] QString xml(const QString& document) const;
    /// lockstepd.conf, without its comments; all options of fence agents are left out. Adds the
    /// passwords in it to the known values, so it comes before other texts. A file that cannot be
    /// read as TOML is left out as a whole, but what looks like a password in it is known, too.
    [[nodiscard]] QString settings(const QByteArray& toml);

private:
    QStringList m_secrets; ///< Longest first: one may be part of another.
};

/// One setting of a lockstepd.conf that need not be valid, even as TOML; empty if there is none.
[[nodiscard]] QString settingIn(const QByteArray& toml, const QString& section,
                                const QString& name);

} // namespace lockstep::cli
