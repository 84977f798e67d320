// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/ShadowXml.h"

#include "replication/XmlElement.h"

#include <QRegularExpression>

#include <algorithm>
#include <array>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

XmlElement qemuArgument(const QString& value)
{
    auto argument = XmlElement::named(u"qemu:arg"_s);
    argument.setAttribute(u"value", value);
    return argument;
}

/// Removes each "-incoming" and its value.
void removeIncoming(XmlElement& commandLine)
{
    auto& arguments = commandLine.children;
    for (auto at = arguments.begin(); at != arguments.end();) {
        if (at->name == u"qemu:arg" && at->attribute(u"value") == u"-incoming") {
            at = arguments.erase(at);
            if (at != arguments.end() && at->name == u"qemu:arg")
                at = arguments.erase(at);
        } else {
            ++at;
        }
    }
}

void removeIncomingFrom(XmlElement& domain)
{
    if (auto* const commandLine = domain.child(u"qemu:commandline")) {
        removeIncoming(*commandLine);
        if (commandLine->children.empty())
            domain.removeChildren(u"qemu:commandline");
    }
}

void waitForState(XmlElement& domain)
{
    removeIncomingFrom(domain);
    domain.setAttribute(u"xmlns:qemu", qemuNamespace);
    if (!domain.hasChild(u"qemu:commandline"))
        domain.children.push_back(XmlElement::named(u"qemu:commandline"_s));
    auto& arguments = domain.child(u"qemu:commandline")->children;
    arguments.push_back(qemuArgument(u"-incoming"_s));
    arguments.push_back(qemuArgument(u"defer"_s));
}

/// libvirt makes a label for each start of a domain; of a dynamic one only the user's base stays.
/// One of the model "none" says that the host has no security driver.
void dropMadeLabels(XmlElement& domain)
{
    std::erase_if(domain.children, [](const XmlElement& node) {
        return node.name == u"seclabel"
            && (node.attribute(u"model") == u"none"
                || (node.attribute(u"type") == u"dynamic" && !node.hasChild(u"baselabel")));
    });
    for (auto& node : domain.children) {
        if (node.name == u"seclabel" && node.attribute(u"type") == u"dynamic") {
            node.removeChildren(u"label");
            node.removeChildren(u"imagelabel");
        }
    }
}

void useReplica(XmlElement& disk, const ReplicaDisk& replica)
{
    disk.setAttribute(u"type", u"file"_s);
    disk.removeChildren(u"backingStore");
    disk.removeChildren(u"mirror");
    if (!disk.hasChild(u"driver")) {
        disk.children.insert(disk.children.begin(), XmlElement::named(u"driver"_s));
        disk.child(u"driver")->setAttribute(u"name", u"qemu"_s);
    }
    disk.child(u"driver")->setAttribute(u"type", replica.format);
    auto source = XmlElement::named(u"source"_s);
    source.setAttribute(u"file", replica.path);
    // libvirt's order: driver, then source.
    if (auto* const old = disk.child(u"source"))
        *old = std::move(source);
    else
        disk.children.insert(disk.children.begin() + 1, std::move(source));
}

Result<void> mapDisks(XmlElement& devices, const QList<ReplicaDisk>& replicas)
{
    for (const auto& replica : replicas) {
        if (!replica.path.startsWith(u'/'))
            return failure(Errc::InvalidArgument,
                           u"the replica of disk %1 has no absolute path"_s.arg(replica.target));
        const auto disk =
            std::ranges::find_if(devices.children, [&replica](const XmlElement& node) {
                return node.name == u"disk"
                    && node.childAttribute(u"target", u"dev") == replica.target;
            });
        if (disk == devices.children.end())
            return failure(Errc::InvalidArgument,
                           u"the domain has no disk %1"_s.arg(replica.target));
        useReplica(*disk, replica);
    }
    return {};
}

void useBridge(XmlElement& nic, const QString& bridge)
{
    nic.setAttribute(u"type", u"bridge"_s);
    auto source = XmlElement::named(u"source"_s);
    source.setAttribute(u"bridge", bridge);
    if (auto* const old = nic.child(u"source"))
        *old = std::move(source);
    else
        nic.children.push_back(std::move(source));
}

void mapNics(XmlElement& devices, const QMap<QString, QString>& bridges)
{
    // Names that libvirt hands out itself; one that the user chose stays the domain's.
    static const QRegularExpression madeName{u"^(vnet|vif|macvtap|macvlan)\\d+$"_s};
    for (auto& nic : devices.children) {
        if (nic.name != u"interface")
            continue;
        if (madeName.match(nic.childAttribute(u"target", u"dev")).hasMatch())
            nic.removeChildren(u"target");
        if (auto* const source = nic.child(u"source"))
            source->removeAttribute(u"portid");
        const auto bridge = bridges.value(nic.childAttribute(u"mac", u"address").toLower());
        if (!bridge.isEmpty())
            useBridge(nic, bridge);
    }
}

void mapFile(XmlElement& holder, const QMap<QString, QString>& files)
{
    if (auto* const source = holder.child(u"source")) {
        const auto path = source->attribute(u"file");
        if (files.contains(path))
            source->setAttribute(u"file", files.value(path));
        return;
    }
    const auto path = holder.innerText();
    if (files.contains(path))
        holder.children = {
            {.name = {}, .text = files.value(path), .attributes = {}, .children = {}}};
}

void mapFiles(XmlElement& domain, const QMap<QString, QString>& files)
{
    static constexpr std::array<QStringView, 3> holders{u"kernel", u"initrd", u"nvram"};
    auto* const system = domain.child(u"os");
    if (!system)
        return;
    for (const auto name : holders) {
        if (auto* const holder = system->child(name))
            mapFile(*holder, files);
    }
}

Result<XmlElement> parseDomainElement(const QString& xml)
{
    auto domain = parseXml(xml);
    if (domain && domain->name != u"domain")
        return failure(Errc::Malformed, u"the domain's XML has no <domain>"_s);
    return domain;
}

bool usesQemuNamespace(const XmlElement& domain)
{
    return std::ranges::any_of(
        domain.children, [](const XmlElement& node) { return node.name.startsWith("qemu:"_L1); });
}

} // namespace

Result<QString> shadowXml(const QString& migratableXml, const ShadowMapping& mapping)
{
    auto domain = parseDomainElement(migratableXml);
    if (!domain)
        return std::unexpected{domain.error().during(u"making the shadow's XML"_s)};
    auto* const devices = domain->child(u"devices");
    if (!devices)
        return failure(Errc::Malformed, u"the domain's XML has no <devices>"_s);
    domain->removeAttribute(u"id");
    if (const auto done = mapDisks(*devices, mapping.disks); !done)
        return std::unexpected{done.error().during(u"making the shadow's XML"_s)};
    mapNics(*devices, mapping.bridges);
    mapFiles(*domain, mapping.files);
    dropMadeLabels(*domain);
    waitForState(*domain);
    return toXml(*domain);
}

Result<QString> plainXml(const QString& xml)
{
    auto domain = parseDomainElement(xml);
    if (!domain)
        return std::unexpected{domain.error().during(u"making the domain's definition"_s)};
    removeIncomingFrom(*domain);
    if (!usesQemuNamespace(*domain))
        domain->removeAttribute(u"xmlns:qemu");
    return toXml(*domain);
}

} // namespace lockstep
