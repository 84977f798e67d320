// SPDX-License-Identifier: LGPL-2.1-or-later
#include "dbus/Fingerprint.h"

#include <QStringList>

#include <algorithm>

namespace lockstep::dbus {

using namespace Qt::StringLiterals;

namespace {

constexpr int digits = 64;
constexpr int blockLength = 4;

bool isHexDigit(QChar digit)
{
    return (digit >= u'0' && digit <= u'9') || (digit >= u'a' && digit <= u'f');
}

} // namespace

Result<QString> parseFingerprint(const QString& typed)
{
    QString plain = typed.toLower();
    plain.removeIf([](QChar letter) { return letter.isSpace() || letter == u':'; });
    if (plain.size() != digits || !std::ranges::all_of(plain, isHexDigit)) {
        return failure(Errc::InvalidArgument,
                       u"\"%1\" is not a fingerprint of %2 hex digits"_s.arg(typed).arg(digits),
                       u"Copy all of what 'lockstep peer list --own' shows on the other host."_s);
    }
    return plain;
}

QString groupedFingerprint(const QString& fingerprint, int blocks)
{
    QStringList parts;
    for (qsizetype at = 0; at < fingerprint.size() && parts.size() < blocks; at += blockLength)
        parts += fingerprint.sliced(at, std::min<qsizetype>(blockLength, fingerprint.size() - at));
    return parts.join(u' ');
}

} // namespace lockstep::dbus
