// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/Spec.h"

#include <QJsonArray>
#include <QRegularExpression>

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

QJsonObject toJson(const DiskSpec& disk)
{
    return {{u"target"_s, disk.target},   {u"alias"_s, disk.alias},   {u"node"_s, disk.node},
            {u"source"_s, disk.source},   {u"format"_s, disk.format}, {u"size"_s, disk.size.value},
            {u"replica"_s, disk.replica}, {u"reused"_s, disk.reused}, {u"hidden"_s, disk.hidden},
            {u"active"_s, disk.active},   {u"late"_s, disk.late}};
}

QJsonObject toJson(const NicSpec& nic)
{
    return {{u"alias"_s, nic.alias},
            {u"mac"_s, nic.mac},
            {u"bridge"_s, nic.bridge},
            {u"vnet-header"_s, nic.vnetHeader},
            {u"request-port"_s, nic.requestPort},
            {u"response-port"_s, nic.responsePort}};
}

quint16 port(const QJsonValue& value)
{
    const auto number = value.toInteger(0);
    return number > 0 && number <= 0xffff ? quint16(number) : quint16{0};
}

// Targets and aliases become parts of QEMU ids and of file names: nothing but these characters.
bool isPlainName(const QString& name, qsizetype longest)
{
    static const QRegularExpression plain{
        QRegularExpression::anchoredPattern(u"[A-Za-z][A-Za-z0-9_-]*")};
    return name.size() <= longest && plain.match(name).hasMatch();
}

constexpr qsizetype longestTarget =
    15; // with "lockstep-quorum-" QEMU's 31 characters of a node name
constexpr qsizetype longestAlias = 63;

bool isIdentity(const QString& text)
{
    return QUuid::fromString(text).toString(QUuid::WithoutBraces) == text;
}

// What a host says of itself goes into logs and terminals, and into this host's records.
bool isShort(const QString& text)
{
    constexpr qsizetype longest = 4096;
    return text.size() <= longest
        && std::ranges::all_of(text, [](QChar c) { return c.isPrint() || c.isSurrogate(); });
}

/// More than libvirt has addresses for on one bus of QEMU's.
constexpr qsizetype mostDevices = 256;

Result<DiskSpec> diskFromJson(const QJsonValue& json)
{
    DiskSpec disk{
        json[u"target"].toString(),  json[u"alias"].toString(),  json[u"node"].toString(),
        json[u"source"].toString(),  json[u"format"].toString(), {json[u"size"].toInteger()},
        json[u"replica"].toString(), json[u"reused"].toBool(),   json[u"hidden"].toString(),
        json[u"active"].toString(),  json[u"late"].toString()};
    if (!isPlainName(disk.target, longestTarget) || !isPlainName(disk.alias, longestAlias))
        return failure(Errc::Malformed, u"a disk without a proper target and alias"_s);
    for (const auto& text :
         {disk.node, disk.source, disk.replica, disk.hidden, disk.active, disk.late}) {
        if (!isShort(text))
            return failure(Errc::Malformed, u"disk %1: a name that is none"_s.arg(disk.target));
    }
    if (disk.format != u"raw" && disk.format != u"qcow2")
        return failure(Errc::Malformed,
                       u"disk %1: unknown format '%2'"_s.arg(disk.target, disk.format));
    if (disk.size.value <= 0)
        return failure(Errc::Malformed, u"disk %1: no size"_s.arg(disk.target));
    return disk;
}

Result<NicSpec> nicFromJson(const QJsonValue& json)
{
    NicSpec nic{json[u"alias"].toString(),   json[u"mac"].toString(),
                json[u"bridge"].toString(),  json[u"vnet-header"].toBool(true),
                port(json[u"request-port"]), port(json[u"response-port"])};
    if (!isPlainName(nic.alias, longestAlias))
        return failure(Errc::Malformed, u"a NIC without a proper alias"_s);
    if (!isShort(nic.mac) || !isShort(nic.bridge))
        return failure(Errc::Malformed, u"NIC %1: a name that is none"_s.arg(nic.alias));
    return nic;
}

} // namespace

QStringList DiskSpec::layers() const
{
    QStringList result{active, hidden, late};
    result.removeAll(QString{});
    return result;
}

void DiskSpec::forgetLayers()
{
    active.clear();
    hidden.clear();
    late.clear();
}

QJsonObject ReplicationSpec::toJson() const
{
    QJsonArray diskList;
    for (const auto& disk : disks)
        diskList.append(lockstep::toJson(disk));
    QJsonArray nicList;
    for (const auto& nic : nics)
        nicList.append(lockstep::toJson(nic));
    return {{u"uuid"_s, toString(uuid)},
            {u"domain"_s, domain},
            {u"disks"_s, diskList},
            {u"nics"_s, nicList},
            {u"primary-address"_s, primaryAddress.toString()},
            {u"secondary-address"_s, secondaryAddress.toString()},
            {u"nbd-port"_s, nbdPort},
            {u"migration-port"_s, migrationPort},
            {u"copy"_s, copy},
            {u"base"_s, base},
            {u"iothread"_s, qint64(ioThread)},
            {u"qemu-version"_s, qemuVersion},
            {u"kvm"_s, kvm}};
}

Result<ReplicationSpec> ReplicationSpec::fromJson(const QJsonObject& json)
{
    ReplicationSpec spec;
    spec.uuid = {QUuid::fromString(json[u"uuid"].toString())};
    if (spec.uuid.value.isNull())
        return failure(Errc::Malformed, u"no domain UUID"_s);
    spec.domain = json[u"domain"].toString();
    // libvirt makes files of that name.
    constexpr qsizetype longestDomain = 255;
    if (spec.domain.isEmpty() || spec.domain.size() > longestDomain || !isShort(spec.domain)
        || spec.domain.contains(u'/'))
        return failure(Errc::Malformed, u"no domain name"_s);
    const QJsonArray diskList = json[u"disks"].toArray();
    for (const auto& entry : diskList) {
        auto disk = diskFromJson(entry);
        if (!disk)
            return std::unexpected{disk.error()};
        spec.disks.append(*disk);
    }
    const QJsonArray nicList = json[u"nics"].toArray();
    if (diskList.size() > mostDevices || nicList.size() > mostDevices)
        return failure(Errc::Malformed, u"too many disks or NICs"_s);
    for (const auto& entry : nicList) {
        auto nic = nicFromJson(entry);
        if (!nic)
            return std::unexpected{nic.error()};
        spec.nics.append(*nic);
    }
    spec.primaryAddress = QHostAddress{json[u"primary-address"].toString()};
    spec.secondaryAddress = QHostAddress{json[u"secondary-address"].toString()};
    spec.nbdPort = port(json[u"nbd-port"]);
    spec.migrationPort = port(json[u"migration-port"]);
    spec.copy = json[u"copy"].toString();
    spec.base = json[u"base"].toString();
    for (const auto& identity : {spec.copy, spec.base}) {
        // They become parts of names in QEMU.
        if (!identity.isEmpty() && !isIdentity(identity))
            return failure(Errc::Malformed, u"a copy without a proper identity"_s);
    }
    spec.ioThread = unsigned(json[u"iothread"].toInteger());
    spec.qemuVersion = json[u"qemu-version"].toString();
    if (!isShort(spec.qemuVersion))
        return failure(Errc::Malformed, u"a version of QEMU that is none"_s);
    spec.kvm = json[u"kvm"].toBool();
    return spec;
}

} // namespace lockstep
