// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QByteArray>
#include <QList>
#include <QString>

namespace lockstep {

/// A setting of lockstepd.conf, and what it is to be.
struct ConfigChange
{
    QString key; ///< Section and name: "control.port".
    QString value; ///< Without quotes and brackets; "default" takes it out of the file.
};

/// The text of a configuration file with these settings changed and all else as it was: comments
/// too, but for those within a list that is changed. `path` serves the messages. Errors:
/// InvalidArgument for a key that there is not, or a value that is not allowed; NotSupported for
/// what is better done in an editor; ConfigInvalid if the text, or what would become of it, is not
/// a valid configuration.
[[nodiscard]] Result<QByteArray> changedConfig(const QByteArray& text, const QString& path,
                                               const QList<ConfigChange>& changes);

} // namespace lockstep
