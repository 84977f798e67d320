// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PreflightFacts.h"

#include <QJsonArray>

#include <algorithm>
#include <array>
#include <limits>
#include <ranges>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype longestText = 4096;
constexpr qsizetype longestList = 4096;

/// QEMU besides guest memory: code, devices, video memory, block caches.
constexpr Bytes qemuOverhead = Bytes::fromMiB(256);
/// Overlays hold what is written between two checkpoints and until a takeover's merge.
constexpr qint64 overlayShare = 10;
constexpr Bytes leastOverlay = Bytes::fromMiB(64);

struct ConflictName
{
    NameConflict conflict;
    QLatin1StringView name;
};

constexpr std::array conflictNames{
    ConflictName{NameConflict::None, "none"_L1},
    ConflictName{NameConflict::StaleCopy, "stale-copy"_L1},
    ConflictName{NameConflict::Taken, "taken"_L1},
};

/// Takes members out of a peer's object. The first one that is wrong is kept as the error, so that
/// the reading code needs no branches; what is read after it is not used.
class Reader final
{
public:
    explicit Reader(const QJsonObject& json) : m_json{json} { }

    QString text(QLatin1StringView key)
    {
        const auto value = m_json.value(key);
        if (!value.isString() || !isText(value.toString()))
            reject(key);
        return value.toString();
    }
    QStringList texts(QLatin1StringView key)
    {
        const auto array = m_json.value(key).toArray();
        if (!m_json.value(key).isArray() || array.size() > longestList)
            reject(key);
        QStringList all;
        for (const auto& value : array) {
            if (!value.isString() || !isText(value.toString()))
                reject(key);
            all += value.toString();
        }
        return all;
    }
    qint64 number(QLatin1StringView key, qint64 most)
    {
        const auto number = m_json.value(key).toInteger(-1);
        if (number < 0 || number > most)
            reject(key);
        return number;
    }
    Bytes bytes(QLatin1StringView key) { return {number(key, std::numeric_limits<qint64>::max())}; }
    bool flag(QLatin1StringView key)
    {
        if (!m_json.value(key).isBool())
            reject(key);
        return m_json.value(key).toBool();
    }
    QJsonObject object(QLatin1StringView key)
    {
        if (!m_json.value(key).isObject())
            reject(key);
        return m_json.value(key).toObject();
    }
    QList<QJsonObject> objects(QLatin1StringView key)
    {
        const auto array = m_json.value(key).toArray();
        if (!m_json.value(key).isArray() || array.size() > longestList)
            reject(key);
        QList<QJsonObject> all;
        for (const auto& value : array)
            all += value.toObject();
        return all;
    }
    void reject(QLatin1StringView key)
    {
        if (m_wrong.isEmpty())
            m_wrong = key;
    }
    /// The first wrong member, or empty.
    [[nodiscard]] QString wrong() const { return m_wrong; }

private:
    // What a peer says ends up in terminals and logs.
    static bool isText(const QString& text)
    {
        return text.size() <= longestText
            && std::ranges::all_of(text, [](QChar c) { return c.isPrint(); });
    }

    QJsonObject m_json;
    QString m_wrong;
};

/// Texts of libvirt and the system may have line breaks, and be of any length.
QString oneLine(const QString& text)
{
    auto line = text.simplified().left(longestText);
    std::ranges::replace_if(line, [](QChar c) { return !c.isPrint(); }, QChar{u'?'});
    return line;
}

QJsonObject hostToJson(const HostFacts& host)
{
    return {{u"name"_s, host.hostName},
            {u"uuid"_s, host.hostUuid.toString(QUuid::WithoutBraces)},
            {u"qemu-version"_s, host.qemuVersion},
            {u"qemu-package"_s, host.qemuPackage},
            {u"libvirt-version"_s, host.libvirtVersion},
            {u"machine-types"_s, QJsonArray::fromStringList(host.machineTypes)},
            {u"kvm"_s, host.kvmUsable},
            {u"memory-total"_s, host.memoryTotal.value},
            {u"memory-free"_s, host.memoryFree.value},
            {u"bridges"_s, QJsonArray::fromStringList(host.bridges)},
            {u"start-hook-problem"_s, oneLine(host.startHookProblem)}};
}

HostFacts hostFrom(Reader& reader)
{
    return {.hostName = reader.text("name"_L1),
            .hostUuid = QUuid::fromString(reader.text("uuid"_L1)),
            .qemuVersion = reader.text("qemu-version"_L1),
            .qemuPackage = reader.text("qemu-package"_L1),
            .libvirtVersion = reader.text("libvirt-version"_L1),
            .machineTypes = reader.texts("machine-types"_L1),
            .kvmUsable = reader.flag("kvm"_L1),
            .memoryTotal = reader.bytes("memory-total"_L1),
            .memoryFree = reader.bytes("memory-free"_L1),
            .bridges = reader.texts("bridges"_L1),
            .emulators = {},
            .startHookProblem = reader.text("start-hook-problem"_L1)};
}

NameConflict conflictFrom(Reader& reader)
{
    const auto* const found =
        std::ranges::find(conflictNames, reader.text("conflict"_L1), &ConflictName::name);
    if (found != conflictNames.end())
        return found->conflict;
    reader.reject("conflict"_L1);
    return NameConflict::Taken;
}

QJsonArray staleDisksToJson(const QList<StaleDisk>& disks)
{
    QJsonArray all;
    for (const auto& disk : disks)
        all.append(QJsonObject{{u"target"_s, disk.target},
                               {u"path"_s, disk.path},
                               {u"format"_s, disk.format},
                               {u"size"_s, disk.size.value}});
    return all;
}

QList<StaleDisk> staleDisksFrom(Reader& reader)
{
    QList<StaleDisk> disks;
    const auto found = reader.objects("stale-disks"_L1);
    for (const auto& object : found) {
        Reader disk{object};
        disks.append({disk.text("target"_L1), disk.text("path"_L1), disk.text("format"_L1),
                      disk.bytes("size"_L1)});
        if (!disk.wrong().isEmpty())
            reader.reject("stale-disks"_L1);
    }
    return disks;
}

QJsonArray refusalsToJson(const QList<ShadowRefusal>& refusals)
{
    QJsonArray all;
    for (const auto& refusal : refusals)
        all.append(QJsonObject{{u"element"_s, oneLine(refusal.element)},
                               {u"reason"_s, oneLine(refusal.reason)},
                               {u"remedy"_s, oneLine(refusal.remedy)}});
    return all;
}

/// Older versions do not send them.
QList<ShadowRefusal> refusalsFrom(Reader& reader, const QJsonObject& json)
{
    QList<ShadowRefusal> refusals;
    if (!json.contains(u"refusals"))
        return refusals;
    const auto found = reader.objects("refusals"_L1);
    for (const auto& object : found) {
        Reader refusal{object};
        refusals.append(
            {refusal.text("element"_L1), refusal.text("reason"_L1), refusal.text("remedy"_L1)});
        if (!refusal.wrong().isEmpty())
            reader.reject("refusals"_L1);
    }
    return refusals;
}

} // namespace

QJsonObject RemoteFacts::toJson() const
{
    const auto* const conflictName =
        std::ranges::find(conflictNames, conflict, &ConflictName::conflict);
    QJsonObject json{{u"protocol-version"_s, protocolVersion},
                     {u"host"_s, hostToJson(host)},
                     {u"image-directory"_s, imageDirectory},
                     {u"image-directory-problem"_s, oneLine(imageDirectoryProblem)},
                     {u"image-space-free"_s, imageSpaceFree.value},
                     {u"conflict"_s, QString{conflictName->name}},
                     {u"conflicting-domain"_s, conflictingDomain},
                     {u"cpu-problem"_s, oneLine(cpuProblem)},
                     {u"link-problem"_s, oneLine(linkProblem)},
                     {u"free-ports"_s, freePorts},
                     {u"missing-files"_s, QJsonArray::fromStringList(missingFiles)},
                     {u"stale-disks"_s, staleDisksToJson(staleDisks)}};
    if (!refusals.isEmpty())
        json.insert(u"refusals"_s, refusalsToJson(refusals));
    return json;
}

Result<RemoteFacts> RemoteFacts::fromJson(const QJsonObject& json)
{
    Reader reader{json};
    Reader hostReader{reader.object("host"_L1)};
    RemoteFacts facts{
        .protocolVersion =
            static_cast<int>(reader.number("protocol-version"_L1, std::numeric_limits<int>::max())),
        .host = hostFrom(hostReader),
        .imageDirectory = reader.text("image-directory"_L1),
        .imageDirectoryProblem = reader.text("image-directory-problem"_L1),
        .imageSpaceFree = reader.bytes("image-space-free"_L1),
        .conflict = conflictFrom(reader),
        .conflictingDomain = reader.text("conflicting-domain"_L1),
        .cpuProblem = reader.text("cpu-problem"_L1),
        .linkProblem = reader.text("link-problem"_L1),
        .freePorts =
            static_cast<int>(reader.number("free-ports"_L1, std::numeric_limits<quint16>::max())),
        .missingFiles = reader.texts("missing-files"_L1),
        .staleDisks = staleDisksFrom(reader),
        .refusals = refusalsFrom(reader, json),
    };
    if (!reader.wrong().isEmpty() || !hostReader.wrong().isEmpty()) {
        const auto wrong =
            reader.wrong().isEmpty() ? u"host."_s + hostReader.wrong() : reader.wrong();
        return failure(Errc::ProtocolError,
                       u"the other host's facts have no valid '%1'"_s.arg(wrong));
    }
    return facts;
}

QStringList filesNeeded(const DomainModel& domain)
{
    QStringList files{domain.kernel, domain.initrd, domain.loader};
    for (const auto& disk : domain.disks) {
        if (!disk.isReplicated() && (disk.type == u"file" || disk.type == u"block"))
            files += disk.source;
    }
    files.removeAll(QString{});
    return files;
}

int portsNeeded(const DomainModel& domain)
{
    constexpr int perDomain = 2; // migration, disks
    constexpr int perNic = 2;    // requests, responses
    return perDomain + perNic * static_cast<int>(domain.nics.size());
}

Bytes memoryNeeded(const DomainModel& domain)
{
    return domain.memory + domain.memory + qemuOverhead;
}

Bytes imageSpaceNeeded(const QList<DiskFacts>& disks, const QStringList& reused)
{
    Bytes needed;
    for (const auto& disk : disks) {
        needed = needed + std::max(leastOverlay, Bytes{disk.virtualSize.value / overlayShare});
        if (!reused.contains(disk.target))
            needed = needed + disk.virtualSize;
    }
    return needed;
}

} // namespace lockstep
