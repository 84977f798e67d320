// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QByteArray>
#include <QString>

#include <sys/types.h>
#include <optional>

namespace lockstep {

struct Owner
{
    uid_t uid{0};
    gid_t gid{0};
};

/// StoreError with what errno says of `path`.
[[nodiscard]] std::unexpected<Error> systemError(const QString& path);

/// Makes a new file and has it on disk, content and mode, before it returns. Nobody else can read
/// it before it is complete. `owner` as it is if empty. Blocks for an fsync. Errors: StoreError,
/// also if the name is taken; a file that could not be completed may be left.
[[nodiscard]] Result<void> writeNewFile(const QString& path, const QByteArray& content, mode_t mode,
                                        const std::optional<Owner>& owner = {});

/// The same whatever is there; after a power cut it holds the old content or the new.
[[nodiscard]] Result<void> replaceFile(const QString& path, const QByteArray& content, mode_t mode);

/// The file is gone for good when this returns. Good if it was.
[[nodiscard]] Result<void> removeDurably(const QString& path);

/// Has the names in a folder on disk: after a file was made, renamed or removed. False: see errno.
[[nodiscard]] bool syncFolder(const QString& path);

/// Makes a folder with this mode if it is missing; corrects the mode if it is there.
[[nodiscard]] Result<void> ensureFolder(const QString& folder, mode_t mode);

} // namespace lockstep
