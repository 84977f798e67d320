// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "peer/Certificates.h"
#include "peer/PrivateFile.h"

namespace lockstep {

/// What a folder of QEMU's `tls-creds-x509` is made of.
struct QemuCredentials
{
    KeyedCertificate authority; ///< Our CA.
    QByteArray peerAuthority; ///< The other host's CA certificate, PEM.
    QString hostName;
    QHostAddress address; ///< Ours on the dedicated link; what the other QEMU connects to.
    Owner owner; ///< Of QEMU's process.
};

/// Makes `folder` hold ca-cert.pem, server-{cert,key}.pem and client-{cert,key}.pem, unless it
/// holds fitting ones already. Blocks on the disk: not for the main thread. Errors: StoreError,
/// Internal.
[[nodiscard]] Result<void> provideQemuCredentials(const QString& folder,
                                                  const QemuCredentials& wanted);

} // namespace lockstep
