// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/MigrationSetup.h"

#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

const QString multifd = u"multifd"_s;
// QEMU's default of multifd-channels.
constexpr int usualChannels = 2;

Error cannot(const ReplicationSpec& spec, const MemoryTransfer& transfer, const QString& why)
{
    return {
        Errc::NotSupported,
        u"QEMU %1 of domain %2 cannot take its memory over %3 channels with compression %4: %5"_s
            .arg(spec.qemuVersion, spec.domain, QString::number(transfer.channels),
                 nameOf(transfer.compression), why),
        u"Protect it with --set channels=1 --set compression=none."_s};
}

} // namespace

Task<Result<void>> setUpMigration(Qmp qmp, ReplicationSpec spec, MemoryTransfer transfer,
                                  QStringList more)
{
    const auto traits = traitsOf(spec);
    if (!traits)
        co_return std::unexpected{traits.error()};
    if (transfer.isParallel() && !traits->multifd)
        co_return std::unexpected{
            cannot(spec, transfer, u"it has no multifd together with COLO"_s)};
    QStringList on = traits->capabilities + more;
    QStringList off;
    (traits->returnPath ? on : off).append(u"return-path"_s);
    if (traits->multifd)
        (transfer.isParallel() ? on : off).append(multifd);
    LOCKSTEP_CO_CHECK(co_await qmp.setCapabilities(on, off));
    if (!transfer.isParallel())
        co_return {};
    const auto set =
        co_await qmp.setMultifd(transfer.channels, QString{nameOf(transfer.compression)});
    // Each compression is left out of a QEMU that was built without its library.
    if (!set && set.error().code() == Errc::Refused)
        co_return std::unexpected{cannot(spec, transfer, set.error().message())};
    co_return set;
}

Task<Result<void>> resetMigration(Qmp qmp, ReplicationSpec spec, QStringList more)
{
    const auto traits = traitsOf(spec);
    QStringList off = more + QStringList{u"return-path"_s};
    if (traits)
        off += traits->capabilities;
    if (!traits || !traits->multifd)
        co_return co_await qmp.setCapabilities({}, off);
    off.append(multifd);
    LOCKSTEP_CO_CHECK(co_await qmp.setCapabilities({}, off));
    co_return co_await qmp.setMultifd(usualChannels, QString{nameOf(Compression::None)});
}

} // namespace lockstep
