// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "base/Types.h"

#include <QList>
#include <QStringList>

#include <optional>

namespace lockstep {

/// One `<disk>`. Strings are libvirt's words; empty means that the XML says nothing.
struct DomainDisk
{
    QString target;      ///< "vda".
    QString alias;       ///< "virtio-disk0"; live XML only.
    QString device;      ///< "disk", "cdrom", "floppy" or "lun".
    QString bus;         ///< "virtio", "sata", "scsi", "ide", "fdc", "usb".
    QString
        type; ///< "file", "block", "network", "volume", "nvme", "dir", "vhostuser", "vhostvdpa".
    QString source; ///< Path of a file or block device; "pool/volume" of a volume; else a name.
                    ///< Empty: no medium.
    QString format; ///< "raw", "qcow2", ...
    QString cache; ///< "none", "writeback", ...
    QString serial;
    std::optional<unsigned> ioThread; ///< The iothread's id, if it is bound to one.
    bool ioThreadMapping{false}; ///< Queues are spread over several iothreads.
    bool readOnly{false};
    bool shareable{false};
    bool transient{false};
    bool encrypted{false};
    bool hasBackingChain{false}; ///< At least one image below the top one.
    bool hasMirror{false}; ///< A block job of libvirt's is under way.
    bool sliced{false}; ///< Only a part of the source is used.
    QString snapshot; ///< The attribute: "no", "internal", "external", "manual" or empty.

    /// Whether the device is there, but no medium is in it.
    [[nodiscard]] bool isEmpty() const { return source.isEmpty(); }
    /// What protection replicates: every disk that the guest can write to.
    [[nodiscard]] bool isReplicated() const
    {
        return !readOnly && !isEmpty() && device != QLatin1StringView{"cdrom"};
    }
    friend bool operator==(const DomainDisk&, const DomainDisk&) = default;
};

/// One `<interface>`.
struct DomainNic
{
    QString mac; ///< Lower case, "52:54:00:...".
    QString alias; ///< "net0"; live XML only.
    QString type; ///< "bridge", "network", "direct", "user", "vhostuser", "hostdev", "ethernet",
                  ///< "vdpa", ...
    QString network; ///< libvirt network, if it names one.
    QString bridge; ///< The host bridge it is on; for a libvirt network only in live XML.
    QString tap; ///< "vnet0"; live XML, or chosen by the user.
    QString model; ///< "virtio", "e1000e", ...
    QString
        driver; ///< "qemu", "vhost" or empty: libvirt then takes vhost where it can (KVM, virtio).
    int queues{1};
    bool linkDown{false};
    friend bool operator==(const DomainNic&, const DomainNic&) = default;
};

/// A `<seclabel>`.
struct DomainLabel
{
    QString model; ///< "dac", "apparmor", "selinux".
    QString type; ///< "dynamic", "static" or "none".
    QString label; ///< For dac "+64055:+994"; live XML only if dynamic.
    friend bool operator==(const DomainLabel&, const DomainLabel&) = default;
};

struct UserAndGroup
{
    uint uid{0};
    uint gid{0};
    friend bool operator==(const UserAndGroup&, const UserAndGroup&) = default;
};

/// The parts of a libvirt domain XML that protection depends on. Plain data; source: libvirt's
/// "Domain XML format". Lists of devices that cannot be protected hold one description each.
struct DomainModel
{
    DomainUuid uuid;
    QString name;
    QString type; ///< "kvm" or "qemu".
    QString arch; ///< "x86_64".
    QString machine; ///< "pc-q35-11.1".
    Bytes memory; ///< What the guest has at boot, memory devices included.
    Bytes maxMemory; ///< With what can be plugged in; equal to `memory` if nothing can.
    int vcpus{1}; ///< The most it can have.
    QString cpuMode; ///< "host-passthrough", "host-model", "custom", "maximum" or empty.

    QList<DomainDisk> disks;
    QList<DomainNic> nics;
    QList<unsigned> ioThreads; ///< Ids in use.

    QStringList hostDevices; ///< "pci 0000:03:00.0", "mdev <uuid>", "usb ...".
    QStringList sharedFolders; ///< "<tag> (virtiofs)".
    QStringList tpms; ///< "emulator", "passthrough".
    QStringList sharedMemory; ///< Names of `<shmem>` devices.
    QStringList memoryDevices; ///< "dimm", "nvdimm", "virtio-mem", "virtio-pmem", ...
    QStringList redirected; ///< Redirected USB devices.
    QStringList smartcards;
    QStringList vsocks;
    QStringList rngSources; ///< "random", "egd", "builtin" with path, e.g. "random /dev/urandom".
    QStringList watchdogs; ///< "itco reset".
    QStringList graphics; ///< "vnc", "spice", ...
    QStringList videos; ///< "virtio", with " (3d)" if accelerated.

    QString memorySource; ///< memoryBacking/source: "file", "memfd", "anonymous" or empty.
    bool memoryShared{false};
    bool hugePages{false};
    bool launchSecurity{false};

    QString kernel;
    QString initrd;
    QString loader; ///< Firmware image.
    bool pflash{false}; ///< The firmware sits in flash memory, which is a block device.
    QString nvram; ///< The domain's own flash file with UEFI variables.

    QList<DomainLabel> labels;
    QStringList qemuArguments; ///< Of `<qemu:commandline>`.

    [[nodiscard]] bool isKvm() const { return type == QLatin1StringView{"kvm"}; }
    /// User and group that QEMU runs as, from the dac label of live XML.
    [[nodiscard]] std::optional<UserAndGroup> owner() const;
    [[nodiscard]] const DomainDisk* disk(QStringView target) const;
    [[nodiscard]] QList<DomainDisk> replicatedDisks() const;
    friend bool operator==(const DomainModel&, const DomainModel&) = default;
};

/// Reads live, migratable or inactive XML. Errors: Malformed, with what is missing.
[[nodiscard]] Result<DomainModel> parseDomain(const QString& xml);

} // namespace lockstep
