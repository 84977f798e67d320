// SPDX-License-Identifier: LGPL-2.1-or-later
/// XML of domains and of libvirt's capabilities. A shadow's comes from the other host's daemon.

#include "Target.h"
#include "hypervisor/Capabilities.h"
#include "pair/PreflightFacts.h"
#include "replication/DomainModel.h"
#include "replication/ShadowXml.h"
#include "replication/XmlElement.h"

namespace {

using namespace lockstep;
using namespace Qt::StringLiterals;
using fuzz::promise;

void build(const QString& xml, const ShadowMapping& mapping)
{
    const auto shadow = shadowXml(xml, mapping);
    if (!shadow)
        return;
    const auto again = shadowXml(*shadow, mapping);
    promise(again && *again == *shadow, "the shadow of a shadow is the same again");
    promise(plainXml(*shadow).has_value(), "a shadow can be made plain");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const QByteArray bytes = fuzz::bytes(data, size);
    const QString xml = QString::fromUtf8(bytes);
    (void)parseCapabilities(bytes);
    (void)parseDomainCpu(xml);
    if (const auto domain = parseDomain(xml)) {
        promise(memoryNeeded(*domain) > domain->memory, "a shadow needs more than the guest has");
        promise(portsNeeded(*domain) >= 2, "migration and disks need a port each");
        (void)filesNeeded(*domain);
    }
    if (const auto root = parseXml(xml))
        promise(parseXml(toXml(*root)).has_value(), "what we write can be read");
    // XML readers take a carriage return that is no reference for a line's end.
    if (xml.contains(u'\r') || xml.contains(u"&#"))
        return 0;
    build(xml, {});
    build(xml,
          {.disks = {{u"vda"_s, u"/var/lib/lockstep/images/web-vda.qcow2"_s, u"qcow2"_s}},
           .bridges = {{u"52:54:00:aa:00:01"_s, u"br7"_s}},
           .files = {}});
    return 0;
}
