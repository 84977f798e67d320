// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/Capabilities.h"

#include <QXmlStreamReader>
#include <QXmlStreamWriter>

using namespace Qt::StringLiterals;

namespace lockstep {

namespace {

void addOnce(QStringList& list, const QString& entry)
{
    if (!entry.isEmpty() && !list.contains(entry))
        list.append(entry);
}

void readDomainType(QXmlStreamReader& reader, Capabilities& into)
{
    if (reader.attributes().value("type"_L1) == "kvm"_L1)
        into.kvmOffered = true;
    while (reader.readNextStartElement()) {
        if (reader.name() == "machine"_L1) {
            addOnce(into.machineTypes, reader.attributes().value("canonical"_L1).toString());
            addOnce(into.machineTypes, reader.readElementText());
        } else if (reader.name() == "emulator"_L1) {
            addOnce(into.emulators, reader.readElementText());
        } else {
            reader.skipCurrentElement();
        }
    }
}

void readArch(QXmlStreamReader& reader, Capabilities& into)
{
    while (reader.readNextStartElement()) {
        if (reader.name() == "emulator"_L1) {
            into.emulator = reader.readElementText();
            addOnce(into.emulators, into.emulator);
        } else if (reader.name() == "machine"_L1) {
            addOnce(into.machineTypes, reader.attributes().value("canonical"_L1).toString());
            addOnce(into.machineTypes, reader.readElementText());
        } else if (reader.name() == "domain"_L1) {
            readDomainType(reader, into);
        } else {
            reader.skipCurrentElement();
        }
    }
}

void readGuest(QXmlStreamReader& reader, Capabilities& into)
{
    bool isHvm = false;
    while (reader.readNextStartElement()) {
        if (reader.name() == "os_type"_L1)
            isHvm = reader.readElementText() == "hvm"_L1;
        else if (isHvm && reader.name() == "arch"_L1
                 && reader.attributes().value("name"_L1) == "x86_64"_L1)
            readArch(reader, into);
        else
            reader.skipCurrentElement();
    }
}

/// The element that the reader has just entered, as text; the reader stands at its end afterwards.
QString copyElement(QXmlStreamReader& reader)
{
    QString text;
    QXmlStreamWriter writer{&text};
    for (int depth = 0; !reader.atEnd(); reader.readNext()) {
        writer.writeCurrentToken(reader);
        if (reader.isStartElement())
            ++depth;
        if (reader.isEndElement() && --depth == 0)
            break;
    }
    return text;
}

std::unexpected<Error> malformed(const QXmlStreamReader& reader, const QString& what)
{
    return failure(Errc::Malformed,
                   reader.hasError() ? what + u": "_s + reader.errorString() : what);
}

} // namespace

Result<Capabilities> parseCapabilities(const QByteArray& xml)
{
    Capabilities found;
    QXmlStreamReader reader{xml};
    if (reader.readNextStartElement() && reader.name() == "capabilities"_L1) {
        while (reader.readNextStartElement()) {
            if (reader.name() == "host"_L1) {
                while (reader.readNextStartElement()) {
                    if (reader.name() == "uuid"_L1)
                        found.hostUuid = QUuid::fromString(reader.readElementText());
                    else
                        reader.skipCurrentElement();
                }
            } else if (reader.name() == "guest"_L1) {
                readGuest(reader, found);
            } else {
                reader.skipCurrentElement();
            }
        }
    }
    if (reader.hasError() || found.hostUuid.isNull())
        return malformed(reader, u"libvirt's capabilities cannot be read"_s);
    return found;
}

Result<DomainCpu> parseDomainCpu(const QString& domainXml)
{
    DomainCpu found;
    QXmlStreamReader reader{domainXml};
    if (!reader.readNextStartElement() || reader.name() != "domain"_L1)
        return malformed(reader, u"the domain definition cannot be read"_s);
    found.virtType = reader.attributes().value("type"_L1).toString();
    while (reader.readNextStartElement()) {
        if (reader.name() == "cpu"_L1) {
            found.mode = reader.attributes().value("mode"_L1).toString();
            found.cpuXml = copyElement(reader);
        } else if (reader.name() == "os"_L1) {
            while (reader.readNextStartElement()) {
                if (reader.name() == "type"_L1) {
                    found.arch = reader.attributes().value("arch"_L1).toString();
                    found.machine = reader.attributes().value("machine"_L1).toString();
                }
                reader.skipCurrentElement();
            }
        } else if (reader.name() == "devices"_L1) {
            while (reader.readNextStartElement()) {
                if (reader.name() == "emulator"_L1)
                    found.emulator = reader.readElementText();
                else
                    reader.skipCurrentElement();
            }
        } else {
            reader.skipCurrentElement();
        }
    }
    if (reader.hasError())
        return malformed(reader, u"the domain definition cannot be read"_s);
    return found;
}

} // namespace lockstep
