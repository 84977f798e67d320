// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QList>
#include <QString>

#include <utility>
#include <vector>

namespace lockstep {

/// One element of an XML document as a plain value, with the order of attributes and children kept,
/// so that reading, changing and writing a domain's XML gives the same bytes every time. Prefixes
/// are part of the names ("qemu:commandline"), namespace declarations are attributes. Comments and
/// indentation are dropped; document types are refused.
struct XmlElement
{
    QString name; ///< Empty for a piece of text.
    QString text; ///< Of a piece of text only; an element's is innerText().
    QList<std::pair<QString, QString>> attributes;
    std::vector<XmlElement> children;

    [[nodiscard]] QString attribute(QStringView key) const; ///< Empty if it is not there.
    [[nodiscard]] bool hasAttribute(QStringView key) const;
    void setAttribute(QStringView key, const QString& value);
    void removeAttribute(QStringView key);

    /// The first child of that name, or nullptr; valid until `children` changes.
    [[nodiscard]] const XmlElement* child(QStringView key) const;
    [[nodiscard]] XmlElement* child(QStringView key);
    [[nodiscard]] bool hasChild(QStringView key) const { return child(key) != nullptr; }
    [[nodiscard]] std::vector<const XmlElement*> childrenNamed(QStringView key) const;
    [[nodiscard]] QString childAttribute(QStringView childName, QStringView key) const;
    [[nodiscard]] QString childText(QStringView childName) const;
    [[nodiscard]] QString innerText() const;
    void removeChildren(QStringView key);

    [[nodiscard]] static XmlElement named(const QString& name)
    {
        return {.name = name, .text = {}, .attributes = {}, .children = {}};
    }

    friend bool operator==(const XmlElement&, const XmlElement&) = default;
};

/// Errors: Malformed, with line and reason.
[[nodiscard]] Result<XmlElement> parseXml(const QString& document);
/// Without an XML declaration, indented by two spaces, as libvirt writes its own.
[[nodiscard]] QString toXml(const XmlElement& root);

} // namespace lockstep
