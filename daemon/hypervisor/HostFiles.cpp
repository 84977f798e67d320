// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/HostFiles.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>

#include <optional>

using namespace Qt::StringLiterals;

namespace lockstep {

namespace {

std::optional<Bytes> meminfoLine(const QString& text, const QString& name)
{
    const QRegularExpression line{u"^"_s + name + u":\\s+(\\d+) kB$"_s,
                                  QRegularExpression::MultilineOption};
    const auto match = line.match(text);
    if (!match.hasMatch())
        return {};
    return Bytes::fromKiB(match.capturedView(1).toLongLong());
}

} // namespace

Result<HostMemory> parseMeminfo(const QByteArray& text)
{
    const QString lines = QString::fromLatin1(text);
    const auto total = meminfoLine(lines, u"MemTotal"_s);
    const auto available = meminfoLine(lines, u"MemAvailable"_s);
    if (!total || !available)
        return failure(Errc::Malformed, u"/proc/meminfo has no MemTotal or MemAvailable"_s);
    return HostMemory{*total, *available};
}

QStringList bridgesIn(const QString& directory)
{
    QStringList bridges;
    const QDir interfaces{directory};
    for (const QString& name : interfaces.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name))
        if (QFileInfo{interfaces.filePath(name + u"/bridge"_s)}.isDir())
            bridges.append(name);
    return bridges;
}

QString hookProblem(const QString& path)
{
    const QFileInfo hook{path};
    if (!hook.isFile())
        return u"%1 is missing"_s.arg(path);
    if ((hook.permissions() & QFile::ExeOwner) == 0)
        return u"%1 cannot be executed"_s.arg(path);
    return {};
}

Result<QemuVersion> parseQemuVersion(const QByteArray& text)
{
    static const QRegularExpression pattern{
        u"^QEMU emulator version (\\d+(?:\\.\\d+)+)(?: \\((.*)\\))?"_s};
    const auto match = pattern.match(QString::fromUtf8(text.split('\n').first()).trimmed());
    if (!match.hasMatch())
        return failure(Errc::Malformed, u"QEMU does not tell its version"_s);
    return QemuVersion{match.captured(1), match.captured(2)};
}

} // namespace lockstep
