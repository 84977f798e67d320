// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/XmlElement.h"

#include <QXmlStreamReader>
#include <QXmlStreamWriter>

#include <algorithm>
#include <ranges>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

/// libvirt's deepest nesting, backing chains included, stays far below this.
constexpr int deepest = 1000;

bool isIndentation(const XmlElement& node)
{
    return node.name.isEmpty() && QStringView{node.text}.trimmed().isEmpty();
}

void dropIndentation(XmlElement& element)
{
    if (std::ranges::any_of(element.children,
                            [](const XmlElement& node) { return !node.name.isEmpty(); }))
        std::erase_if(element.children, isIndentation);
}

XmlElement startedBy(const QXmlStreamReader& reader)
{
    auto element = XmlElement::named(reader.qualifiedName().toString());
    const auto attributes = reader.attributes();
    for (const auto& attribute : attributes)
        element.attributes.emplaceBack(attribute.qualifiedName().toString(),
                                       attribute.value().toString());
    return element;
}

void append(XmlElement& parent, QStringView text)
{
    if (!parent.children.empty() && parent.children.back().name.isEmpty())
        parent.children.back().text += text;
    else
        parent.children.push_back(
            {.name = {}, .text = text.toString(), .attributes = {}, .children = {}});
}

void write(QXmlStreamWriter& writer, const XmlElement& node)
{
    if (node.name.isEmpty()) {
        writer.writeCharacters(node.text);
        return;
    }
    if (node.children.empty())
        writer.writeEmptyElement(node.name);
    else
        writer.writeStartElement(node.name);
    for (const auto& [key, value] : node.attributes)
        writer.writeAttribute(key, value);
    for (const auto& child : node.children)
        write(writer, child);
    if (!node.children.empty())
        writer.writeEndElement();
}

} // namespace

QString XmlElement::attribute(QStringView key) const
{
    const auto found = std::ranges::find(attributes, key, &std::pair<QString, QString>::first);
    return found == attributes.end() ? QString{} : found->second;
}

bool XmlElement::hasAttribute(QStringView key) const
{
    return std::ranges::contains(attributes, key, &std::pair<QString, QString>::first);
}

void XmlElement::setAttribute(QStringView key, const QString& value)
{
    const auto found = std::ranges::find(attributes, key, &std::pair<QString, QString>::first);
    if (found == attributes.end())
        attributes.emplaceBack(key.toString(), value);
    else
        found->second = value;
}

void XmlElement::removeAttribute(QStringView key)
{
    attributes.removeIf([key](const auto& attribute) { return attribute.first == key; });
}

const XmlElement* XmlElement::child(QStringView key) const
{
    const auto found = std::ranges::find(children, key, &XmlElement::name);
    return found == children.end() ? nullptr : &*found;
}

XmlElement* XmlElement::child(QStringView key)
{
    const auto found = std::ranges::find(children, key, &XmlElement::name);
    return found == children.end() ? nullptr : &*found;
}

std::vector<const XmlElement*> XmlElement::childrenNamed(QStringView key) const
{
    std::vector<const XmlElement*> found;
    for (const auto& node : children) {
        if (node.name == key)
            found.push_back(&node);
    }
    return found;
}

QString XmlElement::childAttribute(QStringView childName, QStringView key) const
{
    const auto* const found = child(childName);
    return found ? found->attribute(key) : QString{};
}

QString XmlElement::childText(QStringView childName) const
{
    const auto* const found = child(childName);
    return found ? found->innerText() : QString{};
}

QString XmlElement::innerText() const
{
    QString all;
    for (const auto& node : children) {
        if (node.name.isEmpty())
            all += node.text;
    }
    return all.trimmed();
}

void XmlElement::removeChildren(QStringView key)
{
    std::erase_if(children, [key](const XmlElement& node) { return node.name == key; });
}

Result<XmlElement> parseXml(const QString& document)
{
    QXmlStreamReader reader{document};
    reader.setNamespaceProcessing(false); // prefixes are kept as written
    XmlElement root;
    std::vector<XmlElement> open; // elements whose end has not come yet
    while (!reader.atEnd()) {
        switch (reader.readNext()) {
        case QXmlStreamReader::DTD:
            reader.raiseError(u"a document type is not allowed"_s);
            break;
        case QXmlStreamReader::StartElement:
            if (open.size() >= deepest)
                reader.raiseError(u"elements are nested too deeply"_s);
            open.push_back(startedBy(reader));
            break;
        case QXmlStreamReader::Characters:
            if (!open.empty())
                append(open.back(), reader.text());
            break;
        case QXmlStreamReader::EndElement: {
            auto closed = std::move(open.back());
            open.pop_back();
            dropIndentation(closed);
            if (open.empty())
                root = std::move(closed);
            else
                open.back().children.push_back(std::move(closed));
            break;
        }
        default:
            break;
        }
    }
    if (reader.hasError())
        return failure(Errc::Malformed,
                       u"XML line %1: %2"_s.arg(reader.lineNumber()).arg(reader.errorString()));
    return root;
}

QString toXml(const XmlElement& root)
{
    QString document;
    QXmlStreamWriter writer{&document};
    writer.setAutoFormatting(true);
    writer.setAutoFormattingIndent(2);
    write(writer, root);
    return document.trimmed() + u'\n';
}

} // namespace lockstep
