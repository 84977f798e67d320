// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"
#include "base/Types.h"

#include <QString>
#include <QStringList>

namespace lockstep {

/// An image file to make.
struct ImageSpec
{
    QString path;   ///< Absolute; its directory must be there.
    QString format; ///< "raw" or "qcow2".
    Bytes size;     ///< Virtual size; a multiple of 512, as every disk of QEMU has.
    uint uid{0};
    uint gid{0};
    uint mode{0600};
    /// Of a qcow2 image up to 32 TiB: each sector of 512 bytes is allocated on its own, so that no
    /// write needs what lies below. Above that 2 KiB.
    bool bySector{false};
};

/// What qemu-img knows of an image.
struct ImageInfo
{
    QString format;
    Bytes virtualSize;
    Bytes allocated; ///< Of the top image alone.
    QStringList backingChain; ///< Files below the top one, nearest first.
    QStringList snapshots; ///< Names of internal snapshots of the top image.
    bool encrypted{false};
    friend bool operator==(const ImageInfo&, const ImageInfo&) = default;
};

/// Image files on this host; qemu-img does the work, no shell is involved, and file system calls
/// that can hang are made on a thread. Errors of all: NoSpace, StoreError with the system's text,
/// Timeout, InvalidArgument; of those that run qemu-img also NotSupported if it is not installed.
inline constexpr std::chrono::milliseconds imageDeadline{30'000};

/// Makes an image, owned as told, and puts it and its directory entry on disk before it returns.
/// Never overwrites: a file of that name is StoreError. Nothing is left of an image that failed.
[[nodiscard]] Task<Result<void>> createImage(ImageSpec spec,
                                             std::chrono::milliseconds deadline = imageDeadline);

/// Reads an image, also one in use. `format` must be what libvirt says: a guest can write a header
/// into a raw disk that would make a guess read another file of this host. Errors: Malformed, too.
[[nodiscard]] Task<Result<ImageInfo>> imageInfo(QString path, QString format,
                                                std::chrono::milliseconds deadline = imageDeadline);

/// Removes one regular file from `directory` and nothing else: a path elsewhere is InvalidArgument,
/// a symbolic link or other kind of file is left alone with StoreError. Good if it is gone already.
[[nodiscard]] Task<Result<void>> removeFile(QString directory, QString path,
                                            std::chrono::milliseconds deadline = imageDeadline);

/// What tells a file that was written to from one that was not. Who may do either as root can also
/// make it look the same; this is about accidents.
struct FileMark
{
    quint64 inode{0};
    qint64 length{0};
    qint64 modified{0}; ///< Nanoseconds since 1970.
    friend bool operator==(const FileMark&, const FileMark&) = default;
};
/// Of a regular file. Errors: StoreError too if it is missing.
[[nodiscard]] Task<Result<FileMark>> fileMark(QString path,
                                              std::chrono::milliseconds deadline = imageDeadline);

/// Has on disk what this host's kernel holds of the file.
[[nodiscard]] Task<Result<void>> syncFile(QString path,
                                          std::chrono::milliseconds deadline = imageDeadline);

/// What can still be written below `directory`.
[[nodiscard]] Task<Result<Bytes>> freeSpace(QString directory,
                                            std::chrono::milliseconds deadline = imageDeadline);

/// Reads what `qemu-img info --output=json --backing-chain` printed. Pure. Errors: Malformed.
[[nodiscard]] Result<ImageInfo> parseImageInfo(const QByteArray& json);

} // namespace lockstep
