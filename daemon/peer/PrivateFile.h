// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QByteArray>
#include <QList>
#include <QString>

#include <sys/types.h>
#include <optional>

namespace lockstep {

struct NamedContent
{
    QString name;
    QByteArray content;
};

struct Owner
{
    uid_t uid{0};
    gid_t gid{0};
};

/// Makes `folder` hold exactly `files`, all or nothing also after a power cut: they are written and
/// synced next to it, then exchanged with what was there. Modes are set before any content is
/// written. `owner` as it is if empty. Blocks for a few fsyncs. Errors: StoreError.
[[nodiscard]] Result<void> replaceFolder(const QString& folder, const QList<NamedContent>& files,
                                         mode_t folderMode, mode_t fileMode,
                                         std::optional<Owner> owner = {});

/// Makes a folder with this mode if it is missing; corrects the mode if it is there.
[[nodiscard]] Result<void> ensureFolder(const QString& folder, mode_t mode);

} // namespace lockstep
