// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "peer/Certificates.h"

#include <QSslConfiguration>

namespace lockstep {

/// Who this host is to other hosts: a CA of its own and the daemon's leaf certificate signed by it,
/// in <state directory>/identity. Made once; the fingerprint of the CA is what administrators
/// compare.
class Identity final
{
public:
    /// Reads the identity, or makes one if there is none. A broken or incomplete one is an error
    /// and stays as it is: a new key would have to be accepted by every other host. But a daemon's
    /// key and certificate that are both away are made anew, signed by the CA that is there.
    /// Errors: StoreError.
    [[nodiscard]] static Result<Identity> loadOrCreate(const QString& stateDirectory,
                                                       const QString& hostName);

    [[nodiscard]] const PeerId& id() const { return m_id; }
    [[nodiscard]] const KeyedCertificate& authority() const { return m_authority; }
    /// TLS 1.3 with our certificate and CA sent along; asks for the other side's certificate and
    /// leaves judging it to provenId().
    [[nodiscard]] QSslConfiguration tls() const;

private:
    Identity(KeyedCertificate authority, KeyedCertificate leaf, PeerId id)
        : m_authority{std::move(authority)}, m_leaf{std::move(leaf)}, m_id{std::move(id)}
    { }

    KeyedCertificate m_authority;
    KeyedCertificate m_leaf;
    PeerId m_id;
};

/// Whom a chain that came with a TLS handshake proves to be at the other end: exactly a daemon's
/// leaf and the CA that signed it, both valid now. Nothing for anything else.
[[nodiscard]] std::optional<PeerId> provenId(const QList<QSslCertificate>& chain);

} // namespace lockstep
