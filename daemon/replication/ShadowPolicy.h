// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "base/Types.h"

#include <QHostAddress>
#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>

namespace lockstep {

/// What the shadow of one domain may use of this host. A peer that is trusted with the domain is
/// not trusted with the host: libvirt would start whatever its XML says, as root's word.
struct ShadowPolicy
{
    DomainUuid uuid;
    QString domain;
    QString folder; ///< Where the images of this domain lie here; nothing else is in it.
    QMap<QString, QString> replicas; ///< By target: the image that each replicated disk gets.
    QStringList bridges; ///< That are here and may be used.
    QStringList interfaces; ///< Names that are taken: a tap must not be one of them.
    QStringList emulators; ///< QEMUs that libvirt knows.
    QStringList fileFolders; ///< Whose files it may read: kernels, firmware, media.
    QList<QHostAddress> consoleAddresses; ///< Where VNC and SPICE may listen, besides loopback.
};

/// Something that a shadow may not have.
struct ShadowRefusal
{
    QString element; ///< As in "devices/serial/source/@path", from below `<domain>`.
    QString reason;  ///< The rest of a sentence that begins with the element.
    QString remedy;
    friend bool operator==(const ShadowRefusal&, const ShadowRefusal&) = default;
};

/// More are not told at once.
inline constexpr qsizetype mostShadowRefusals = 32;

/// What in this XML a shadow may not have here. The XML is what libvirt would be given, so
/// shadowXml()'s. Nothing is good but what the rules (ShadowRules.h) name. Looks at files below
/// `fileFolders`, at no others.
[[nodiscard]] QList<ShadowRefusal> shadowRefusals(const QString& xml, const ShadowPolicy& policy);

/// Whether a shadow may read this file here: an absolute path without detours, below one of the
/// folders also after links were followed, and a regular file if it is there.
[[nodiscard]] bool mayRead(const QString& path, const QStringList& folders);

/// The refusals as one error: ShadowRefused, with the first element, how many more there are, and
/// the first one's remedy. Nothing if there are none.
[[nodiscard]] Result<void> verdictOf(const QList<ShadowRefusal>& refusals, const QString& domain,
                                     const QString& host);

} // namespace lockstep
