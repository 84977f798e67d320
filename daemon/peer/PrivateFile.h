// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "store/DurableFile.h"

#include <QList>

namespace lockstep {

struct NamedContent
{
    QString name;
    QByteArray content;
};

/// Makes `folder` hold exactly `files`, all or nothing also after a power cut: they are written and
/// synced next to it, then exchanged with what was there. Modes are set before any content is
/// written. `owner` as it is if empty. Blocks for a few fsyncs. Errors: StoreError.
[[nodiscard]] Result<void> replaceFolder(const QString& folder, const QList<NamedContent>& files,
                                         mode_t folderMode, mode_t fileMode,
                                         std::optional<Owner> owner = {});

} // namespace lockstep
