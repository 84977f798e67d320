// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QList>
#include <QString>

namespace lockstep {

struct Config;

/// One setting of lockstepd.conf as it is in effect.
struct ConfigSetting
{
    QString key; ///< Section and name: "control.port", "fence.beta.agent".
    QString value; ///< As the file would have it, but without quotes and brackets; "(set)" if it
                   ///< is secret.
    QString usual; ///< Its default; empty if it has none.
    bool isFromFile{false};
    QString unit; ///< Of a number that has one: "ms".
    QString allowed; ///< E.g. "a number from 1 to 65535".
    bool isSecret{false};
};

struct ConfigView
{
    QString file; ///< Which was read, or would have been if it were there.
    QList<ConfigSetting> settings;
};

/// Every setting, in the order of the file that is shipped. What may be a secret is not in it.
[[nodiscard]] ConfigView viewOf(const Config& config);

} // namespace lockstep
