// SPDX-License-Identifier: LGPL-2.1-or-later
/// What a QEMU answers, as libvirt hands it on: one reply a line. A guest that has taken over its
/// QEMU must not get any further.

#include "Target.h"
#include "hypervisor/Qmp.h"
#include "replication/ChangeMaps.h"
#include "replication/Qmp.h"

#include <QCoroTask>

namespace {

using namespace lockstep;
using namespace Qt::StringLiterals;
using fuzz::promise;

/// Answers with the replies in turn, then is gone.
class Replies final : public Monitor
{
public:
    explicit Replies(QList<QByteArray> replies) : m_replies{std::move(replies)} { }

    [[nodiscard]] Task<Result<QJsonValue>> execute(QString /*command*/, QJsonObject /*arguments*/,
                                                   std::chrono::milliseconds /*deadline*/) override
    {
        if (m_replies.isEmpty())
            co_return failure(Errc::MonitorLost, u"no more replies"_s);
        co_return qmpReturn(m_replies.takeFirst());
    }

private:
    QList<QByteArray> m_replies;
};

QList<DiskSpec> disks()
{
    DiskSpec disk;
    disk.target = u"vda"_s;
    disk.alias = u"virtio-disk0"_s;
    disk.node = u"libvirt-1-format"_s;
    return {disk};
}

/// Everything that reads more of a reply than whether it is an error. Left out is what waits for a
/// job's end: it would wait here, too.
void read(const QList<QByteArray>& replies)
{
    const auto qemu = [&replies] { return Qmp{std::make_shared<Replies>(replies)}; };
    (void)QCoro::waitFor(qemu().version());
    (void)QCoro::waitFor(qemu().runState());
    (void)QCoro::waitFor(qemu().objects());
    (void)QCoro::waitFor(qemu().removeObject(u"lockstep-compare-net0"_s));
    (void)QCoro::waitFor(qemu().chardevs());
    (void)QCoro::waitFor(qemu().removeChardev(u"lockstep-mirror-net0"_s));
    (void)QCoro::waitFor(qemu().nodes());
    (void)QCoro::waitFor(qemu().removeNode(u"lockstep-quorum-vda"_s));
    (void)QCoro::waitFor(qemu().drive(u"virtio-disk0"_s));
    (void)QCoro::waitFor(qemu().children(u"lockstep-quorum-vda"_s));
    (void)QCoro::waitFor(qemu().blockJobs());
    (void)QCoro::waitFor(qemu().replicationError());
    (void)QCoro::waitFor(qemu().bitmaps(u"libvirt-1-format"_s));
    (void)QCoro::waitFor(qemu().removeBitmap(u"libvirt-1-format"_s, u"lockstep-1"_s));
    (void)QCoro::waitFor(qemu().flushNode(u"libvirt-1-format"_s));
    (void)QCoro::waitFor(qemu().yankMigration());
    (void)QCoro::waitFor(qemu().coloMode());

    if (const auto use = QCoro::waitFor(qemu().diskUse({u"virtio-disk0"_s})))
        promise(use->requests >= 0 && use->waited.count() >= 0, "a guest's use is not negative");
    if (const auto migration = QCoro::waitFor(qemu().migration()))
        promise(migration->ramDone.value >= 0 && migration->ramDone <= migration->ramTotal,
                "no more is done than there is");

    const ChangeMaps maps{qemu(), disks()};
    (void)QCoro::waitFor(maps.generations(u"0b6c1c5e-6a0e-4a53-9f5a-0d7f7d3a4c11"_s));
    const ChangeMaps others{qemu(), disks()};
    (void)QCoro::waitFor(others.dropOthers());
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const QByteArray bytes = fuzz::bytes(data, size);
    (void)qmpEventData(bytes);
    read(bytes.split('\n'));
    return 0;
}
