// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "base/Types.h"

#include <QByteArray>
#include <QHostAddress>

#include <optional>

namespace lockstep {

/// A private key and the certificate of its public half, both PEM.
struct KeyedCertificate
{
    QByteArray key;
    QByteArray certificate;
};

/// What a leaf may be used for. Written into the subject's OU, so that a QEMU that fell to its
/// guest cannot speak to a daemon with the key it holds.
enum class LeafUse { Daemon, QemuServer, QemuClient };

struct LeafRequest
{
    QString hostName; ///< Subject's CN and the DNS name of the subjectAltName.
    LeafUse use{LeafUse::Daemon};
    QHostAddress address; ///< IP of the subjectAltName; left out if null.
};

/// ECDSA P-256 keys and X.509 v3 certificates, valid from 2000 to 2049 so that hosts whose clocks
/// differ accept each other. The home of OpenSSL's certificate functions. Errors: Internal.
/// Source: RFC 5280; QEMU docs/system/tls.rst for what GnuTLS wants to see.

/// A self-signed CA, CN "Lockstep CA <hostName>".
[[nodiscard]] Result<KeyedCertificate> makeAuthority(const QString& hostName);
[[nodiscard]] Result<KeyedCertificate> makeLeaf(const KeyedCertificate& authority,
                                                const LeafRequest& request);

/// Whether the key belongs to the certificate.
[[nodiscard]] bool belongTogether(const KeyedCertificate& pair);

/// What a chain of leaf and CA proves: who signed the leaf. Nothing if `ca` is no CA certificate,
/// did not sign `leaf`, or `leaf` is not for `use`. Both DER.
[[nodiscard]] std::optional<PeerId> signer(const QByteArray& leaf, const QByteArray& ca,
                                           LeafUse use);

/// Whether the certificate (DER) may be used at this time, by this host's clock.
[[nodiscard]] bool isValidNow(const QByteArray& certificate);

/// SHA-256 of a certificate in DER.
[[nodiscard]] PeerId fingerprint(const QByteArray& certificate);

} // namespace lockstep
