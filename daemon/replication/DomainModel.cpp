// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/DomainModel.h"

#include "replication/XmlElement.h"

#include <algorithm>
#include <array>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

std::unexpected<Error> malformed(const QString& what)
{
    return failure(Errc::Malformed, u"the domain's XML has no %1"_s.arg(what));
}

/// Source: libvirt virScaleInteger(); no unit means KiB.
std::optional<qint64> bytesPerUnit(const QString& unit)
{
    static constexpr std::array letters{u'k', u'm', u'g', u't', u'p'};
    if (unit.isEmpty())
        return 1024;
    const auto lower = unit.toLower();
    if (lower == u"b" || lower == u"bytes")
        return 1;
    const auto* const letter = std::ranges::find(letters, lower.front().unicode());
    const auto rest = lower.sliced(1);
    if (letter == letters.end() || (!rest.isEmpty() && rest != u"b" && rest != u"ib"))
        return std::nullopt;
    const qint64 base = rest == u"b" ? 1000 : 1024;
    qint64 factor = 1;
    for (auto power = letters.begin(); power <= letter; ++power)
        factor *= base;
    return factor;
}

/// What x86_64 processors can address: 57 bits. Twice that can still be counted with.
constexpr qint64 mostMemory = qint64{1} << 57;

Result<Bytes> memoryOf(const XmlElement& element)
{
    bool isNumber = false;
    const auto number = element.innerText().toLongLong(&isNumber);
    const auto factor = bytesPerUnit(element.attribute(u"unit"));
    if (!isNumber || number <= 0 || !factor || number > mostMemory / *factor)
        return malformed(u"valid <%1>"_s.arg(element.name));
    return Bytes{number * *factor};
}

QString sourceOf(const QString& type, const XmlElement& source)
{
    if (type == u"block")
        return source.attribute(u"dev");
    if (type == u"volume") {
        const auto pool = source.attribute(u"pool");
        return pool.isEmpty() ? QString{} : pool + u'/' + source.attribute(u"volume");
    }
    if (type == u"network")
        return source.attribute(u"protocol") + u':' + source.attribute(u"name");
    if (type == u"nvme")
        return u"nvme:"_s + source.attribute(u"namespace");
    if (type == u"dir")
        return source.attribute(u"dir");
    if (type == u"vhostuser")
        return source.attribute(u"path");
    if (type == u"vhostvdpa")
        return source.attribute(u"dev");
    return source.attribute(u"file");
}

void readDiskDriver(DomainDisk& disk, const XmlElement& driver)
{
    disk.format = driver.attribute(u"type");
    disk.cache = driver.attribute(u"cache");
    bool isNumber = false;
    const auto ioThread = driver.attribute(u"iothread").toUInt(&isNumber);
    if (isNumber)
        disk.ioThread = ioThread;
    disk.ioThreadMapping = driver.hasChild(u"iothreads");
}

Result<DomainDisk> diskOf(const XmlElement& element)
{
    DomainDisk disk;
    disk.target = element.childAttribute(u"target", u"dev");
    if (disk.target.isEmpty())
        return malformed(u"target of a disk"_s);
    disk.bus = element.childAttribute(u"target", u"bus");
    disk.alias = element.childAttribute(u"alias", u"name");
    disk.device = element.hasAttribute(u"device") ? element.attribute(u"device") : u"disk"_s;
    disk.type = element.hasAttribute(u"type") ? element.attribute(u"type") : u"file"_s;
    disk.snapshot = element.attribute(u"snapshot");
    disk.serial = element.childText(u"serial");
    disk.readOnly = element.hasChild(u"readonly") || disk.device == u"cdrom";
    disk.shareable = element.hasChild(u"shareable");
    disk.transient = element.hasChild(u"transient");
    disk.encrypted = element.hasChild(u"encryption");
    disk.hasMirror = element.hasChild(u"mirror");
    if (const auto* const driver = element.child(u"driver"))
        readDiskDriver(disk, *driver);
    if (const auto* const source = element.child(u"source")) {
        disk.source = sourceOf(disk.type, *source);
        disk.encrypted = disk.encrypted || source->hasChild(u"encryption");
        disk.sliced = source->hasChild(u"slices");
    }
    // An empty <backingStore/> ends a chain; one with a source goes on.
    const auto* const backing = element.child(u"backingStore");
    disk.hasBackingChain = backing && backing->hasChild(u"source");
    return disk;
}

Result<DomainNic> nicOf(const XmlElement& element)
{
    DomainNic nic;
    nic.type = element.attribute(u"type");
    if (nic.type.isEmpty())
        return malformed(u"type of an interface"_s);
    nic.mac = element.childAttribute(u"mac", u"address").toLower();
    if (nic.mac.isEmpty())
        return malformed(u"MAC address of an interface"_s);
    nic.alias = element.childAttribute(u"alias", u"name");
    nic.network = element.childAttribute(u"source", u"network");
    nic.bridge = element.childAttribute(u"source", u"bridge");
    nic.tap = element.childAttribute(u"target", u"dev");
    nic.model = element.childAttribute(u"model", u"type");
    nic.driver = element.childAttribute(u"driver", u"name");
    nic.linkDown = element.childAttribute(u"link", u"state") == u"down";
    const auto queues = element.childAttribute(u"driver", u"queues");
    if (!queues.isEmpty()) {
        bool isNumber = false;
        nic.queues = queues.toInt(&isNumber);
        if (!isNumber || nic.queues < 1)
            return malformed(u"valid number of queues of interface %1"_s.arg(nic.mac));
    }
    return nic;
}

/// "pci 0000:03:00.0", "mdev <uuid>", "usb 0x1d6b:0x0002", or the type alone.
QString hostDeviceOf(const XmlElement& element)
{
    auto type = element.attribute(u"type");
    const auto* const source = element.child(u"source");
    if (!source)
        return type;
    if (source->hasChild(u"vendor"))
        return type + u' ' + source->childAttribute(u"vendor", u"id") + u':'
            + source->childAttribute(u"product", u"id");
    const auto* const address = source->child(u"address");
    if (!address)
        return type;
    if (type == u"mdev")
        return type + u' ' + address->attribute(u"uuid");
    if (type != u"pci")
        return type;
    const auto part = [address](QStringView key, int digits) {
        return u"%1"_s.arg(address->attribute(key).toUInt(nullptr, 0), digits, 16, QChar{u'0'});
    };
    return u"pci %1:%2:%3.%4"_s.arg(part(u"domain", 4), part(u"bus", 2), part(u"slot", 2),
                                    part(u"function", 1));
}

void readOtherDevice(DomainModel& model, const XmlElement& device)
{
    if (device.name == u"hostdev")
        model.hostDevices += hostDeviceOf(device);
    else if (device.name == u"filesystem") {
        const auto driver = device.childAttribute(u"driver", u"type");
        model.sharedFolders += u"%1 (%2)"_s.arg(device.childAttribute(u"target", u"dir"),
                                                driver.isEmpty() ? u"9p"_s : driver);
    } else if (device.name == u"tpm")
        model.tpms += device.childAttribute(u"backend", u"type");
    else if (device.name == u"shmem")
        model.sharedMemory += device.attribute(u"name");
    else if (device.name == u"memory")
        model.memoryDevices += device.attribute(u"model");
    else if (device.name == u"redirdev")
        model.redirected += device.attribute(u"type");
    else if (device.name == u"smartcard")
        model.smartcards += device.attribute(u"mode");
    else if (device.name == u"vsock")
        model.vsocks += device.childAttribute(u"cid", u"address");
    else if (device.name == u"rng")
        model.rngSources +=
            u"%1 %2"_s
                .arg(device.childAttribute(u"backend", u"model"), device.childText(u"backend"))
                .trimmed();
    else if (device.name == u"watchdog")
        model.watchdogs += device.attribute(u"model") + u' ' + device.attribute(u"action");
    else if (device.name == u"graphics")
        model.graphics += device.attribute(u"type");
    else if (device.name == u"video") {
        const auto* const video = device.child(u"model");
        const bool accelerated =
            video && video->childAttribute(u"acceleration", u"accel3d") == u"yes";
        model.videos += (video ? video->attribute(u"type") : QString{})
            + (accelerated ? u" (3d)"_s : QString{});
    }
}

Result<void> readDevices(DomainModel& model, const XmlElement& devices)
{
    for (const auto& device : devices.children) {
        if (device.name == u"disk") {
            auto disk = diskOf(device);
            if (!disk)
                return std::unexpected{disk.error()};
            model.disks += *std::move(disk);
        } else if (device.name == u"interface") {
            auto nic = nicOf(device);
            if (!nic)
                return std::unexpected{nic.error()};
            model.nics += *std::move(nic);
        } else {
            readOtherDevice(model, device);
        }
    }
    return {};
}

Result<void> readMemory(DomainModel& model, const XmlElement& domain)
{
    const auto* const memory = domain.child(u"memory");
    if (!memory)
        return malformed(u"<memory>"_s);
    const auto size = memoryOf(*memory);
    if (!size)
        return std::unexpected{size.error()};
    model.memory = *size;
    model.maxMemory = *size;
    if (const auto* const limit = domain.child(u"maxMemory")) {
        const auto most = memoryOf(*limit);
        if (!most)
            return std::unexpected{most.error()};
        model.maxMemory = *most;
    }
    if (const auto* const backing = domain.child(u"memoryBacking")) {
        model.memorySource = backing->childAttribute(u"source", u"type");
        model.memoryShared = backing->childAttribute(u"access", u"mode") == u"shared";
        model.hugePages = backing->hasChild(u"hugepages");
    }
    return {};
}

void readCpu(DomainModel& model, const XmlElement& cpu)
{
    model.cpuMode = cpu.attribute(u"mode");
    if (const auto* const numa = cpu.child(u"numa")) {
        for (const auto* const cell : numa->childrenNamed(u"cell"))
            model.memoryShared = model.memoryShared || cell->attribute(u"memAccess") == u"shared";
    }
}

Result<void> readSystem(DomainModel& model, const XmlElement& domain)
{
    const auto* const system = domain.child(u"os");
    const auto* const type = system ? system->child(u"type") : nullptr;
    if (!type)
        return malformed(u"<os><type>"_s);
    model.arch = type->attribute(u"arch");
    model.machine = type->attribute(u"machine");
    if (model.machine.isEmpty())
        return malformed(u"machine type"_s);
    model.kernel = system->childText(u"kernel");
    model.initrd = system->childText(u"initrd");
    model.loader = system->childText(u"loader");
    if (const auto* const nvram = system->child(u"nvram")) {
        const auto* const source = nvram->child(u"source");
        model.nvram = source ? sourceOf(nvram->attribute(u"type"), *source) : nvram->innerText();
    }
    model.pflash = system->childAttribute(u"loader", u"type") == u"pflash"
        || system->attribute(u"firmware") == u"efi" || !model.nvram.isEmpty();
    return {};
}

void readIoThreads(DomainModel& model, const XmlElement& domain)
{
    if (const auto* const ids = domain.child(u"iothreadids")) {
        for (const auto* const thread : ids->childrenNamed(u"iothread"))
            model.ioThreads += thread->attribute(u"id").toUInt();
    }
    // libvirt numbers threads without an id from 1 on, skipping ids in use.
    const auto count = domain.childText(u"iothreads").toUInt();
    for (unsigned id = 1; model.ioThreads.size() < static_cast<qsizetype>(count); ++id) {
        if (!model.ioThreads.contains(id))
            model.ioThreads += id;
    }
}

void readRest(DomainModel& model, const XmlElement& domain)
{
    model.launchSecurity = domain.hasChild(u"launchSecurity");
    if (const auto* const cpu = domain.child(u"cpu"))
        readCpu(model, *cpu);
    readIoThreads(model, domain);
    for (const auto* const label : domain.childrenNamed(u"seclabel"))
        model.labels += DomainLabel{label->attribute(u"model"), label->attribute(u"type"),
                                    label->childText(u"label")};
    if (const auto* const commandLine = domain.child(u"qemu:commandline")) {
        for (const auto* const argument : commandLine->childrenNamed(u"qemu:arg"))
            model.qemuArguments += argument->attribute(u"value");
    }
}

} // namespace

std::optional<UserAndGroup> DomainModel::owner() const
{
    const auto dac = std::ranges::find(labels, u"dac"_s, &DomainLabel::model);
    if (dac == labels.end())
        return std::nullopt;
    const auto parts = dac->label.split(u':');
    if (parts.size() != 2)
        return std::nullopt;
    // A name instead of "+number" is for the account database; labels of a running domain are
    // numbers.
    std::array<uint, 2> ids{};
    for (size_t i = 0; i < ids.size(); ++i) {
        const auto& part = parts.at(static_cast<qsizetype>(i));
        bool isNumber = false;
        ids.at(i) = (part.startsWith(u'+') ? part.sliced(1) : part).toUInt(&isNumber);
        if (!isNumber)
            return std::nullopt;
    }
    return UserAndGroup{ids[0], ids[1]};
}

const DomainDisk* DomainModel::disk(QStringView target) const
{
    const auto found = std::ranges::find(disks, target, &DomainDisk::target);
    return found == disks.end() ? nullptr : &*found;
}

QList<DomainDisk> DomainModel::replicatedDisks() const
{
    QList<DomainDisk> replicated;
    std::ranges::copy_if(disks, std::back_inserter(replicated), &DomainDisk::isReplicated);
    return replicated;
}

Result<DomainModel> parseDomain(const QString& xml)
{
    const auto domain = parseXml(xml);
    if (!domain)
        return std::unexpected{domain.error().during(u"reading the domain's XML"_s)};
    if (domain->name != u"domain")
        return malformed(u"<domain>"_s);
    DomainModel model;
    model.type = domain->attribute(u"type");
    model.name = domain->childText(u"name");
    model.uuid.value = QUuid::fromString(domain->childText(u"uuid"));
    model.vcpus = domain->childText(u"vcpu").toInt();
    if (model.type.isEmpty())
        return malformed(u"domain type"_s);
    if (model.name.isEmpty())
        return malformed(u"<name>"_s);
    if (model.uuid.value.isNull())
        return malformed(u"valid <uuid>"_s);
    if (model.vcpus < 1)
        return malformed(u"valid <vcpu>"_s);
    for (const auto read : {readMemory, readSystem}) {
        if (const auto done = read(model, *domain); !done)
            return std::unexpected{done.error()};
    }
    readRest(model, *domain);
    const auto* const devices = domain->child(u"devices");
    if (!devices)
        return malformed(u"<devices>"_s);
    if (const auto done = readDevices(model, *devices); !done)
        return std::unexpected{done.error()};
    return model;
}

} // namespace lockstep
