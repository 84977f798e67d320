// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/PrivateFile.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cstdio>

namespace lockstep {

using namespace Qt::StringLiterals;

Result<void> replaceFolder(const QString& folder, const QList<NamedContent>& files,
                           mode_t folderMode, mode_t fileMode, std::optional<Owner> owner)
{
    const QString fresh = folder + u".new"_s;
    const QByteArray freshPath = QFile::encodeName(fresh);
    const QByteArray path = QFile::encodeName(folder);
    if (QFileInfo::exists(fresh) && !QDir{fresh}.removeRecursively()) // a crash left it
        return failure(Errc::StoreError, u"%1 cannot be removed"_s.arg(fresh));
    if (::mkdir(freshPath.constData(), 0700) != 0)
        return systemError(fresh);
    for (const auto& [name, content] : files) {
        if (auto done = writeNewFile(fresh + u'/' + name, content, fileMode, owner); !done)
            return done;
    }
    const bool there = QFileInfo::exists(folder);
    const bool good = (!owner || ::chown(freshPath.constData(), owner->uid, owner->gid) == 0)
        && ::chmod(freshPath.constData(), folderMode) == 0 && syncFolder(fresh)
        && ::renameat2(AT_FDCWD, freshPath.constData(), AT_FDCWD, path.constData(),
                       there ? RENAME_EXCHANGE : 0U)
            == 0
        && syncFolder(QFileInfo{folder}.path());
    if (!good)
        return systemError(folder);
    if (there) {
        ::chmod(freshPath.constData(), 0700); // or its owner cannot empty it
        QDir{fresh}.removeRecursively();
    }
    return {};
}

} // namespace lockstep
