// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/ShadowShape.h"

#include "base/Text.h"
#include "replication/ShadowRules.h"
#include "replication/XmlElement.h"

#include <QRegularExpression>
#include <QSet>

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype longestValue = 4'096;

QString joined(const QString& path, const QString& name)
{
    return path.isEmpty() ? name : path + u'/' + name;
}

bool isPrintable(const QString& text)
{
    return text.size() <= longestValue && std::ranges::all_of(text, [](QChar c) {
               return c.isPrint() || c.isSurrogate() || c == u'\n' || c == u'\t';
           });
}

/// What cannot be a path, an option or a command.
bool isPlain(const QString& text)
{
    static const QRegularExpression plain{
        QRegularExpression::anchoredPattern(u"[A-Za-z0-9_.:,+@%()\\[\\]~^# -]*"_s)};
    return text.size() <= longestValue && plain.match(text).hasMatch() && !text.contains(u".."_s);
}

bool isOneOf(const QString& text, QStringView words)
{
    const auto all = words.split(u'|');
    return std::ranges::any_of(all, [&text](QStringView word) { return text == word; });
}

bool fits(const QString& path, QLatin1StringView pattern)
{
    const auto names = QStringView{path}.split(u'/');
    const auto wanted = QString{pattern}.split(u'/');
    return std::ranges::equal(names, wanted, [](QStringView name, const QString& part) {
        return part == u"?" || name == part;
    });
}

bool isRepeatable(const ShadowRule& rule) { return rule.path.startsWith('*'_L1); }

QLatin1StringView pathOf(const ShadowRule& rule)
{
    return isRepeatable(rule) ? rule.path.sliced(1) : rule.path;
}

const ShadowRule* ruleFor(const QString& path)
{
    const auto rules = shadowRules();
    const auto exact = std::ranges::find_if(
        rules, [&path](const ShadowRule& rule) { return pathOf(rule) == path; });
    if (exact != rules.end())
        return &*exact;
    const auto wild = std::ranges::find_if(rules, [&path](const ShadowRule& rule) {
        return pathOf(rule).contains('?'_L1) && fits(path, pathOf(rule));
    });
    return wild == rules.end() ? nullptr : &*wild;
}

enum class Verdict { Good, WrongValue, Unknown };

Verdict judge(const ShadowRule& rule, const QString& name, const QString& value)
{
    const auto entries = QString{rule.attributes}.split(u' ', Qt::SkipEmptyParts);
    for (const QString& entry : entries) {
        const auto sign = entry.indexOf(QRegularExpression{u"[=~!]"_s});
        const auto length = sign < 0 ? entry.size() : sign;
        if (QStringView{entry}.first(length) != name)
            continue;
        bool isGood = true; // '!': ShadowPolicy looks at it
        if (sign < 0)
            isGood = isPlain(value);
        else if (entry[sign] == u'=')
            isGood = isOneOf(value, QStringView{entry}.sliced(sign + 1));
        else if (entry[sign] == u'~')
            isGood = isPrintable(value);
        return isGood ? Verdict::Good : Verdict::WrongValue;
    }
    return Verdict::Unknown;
}

bool isAllowedText(const ShadowRule& rule, const QString& text)
{
    if (rule.text == "!"_L1)
        return true;
    return rule.text == "~"_L1 ? isPrintable(text) : isOneOf(text, QString{rule.text});
}

/// Walks through a domain's XML and notes what no rule names.
class Walk final
{
public:
    explicit Walk(QString domain) : m_domain{std::move(domain)} { }

    void visit(const XmlElement& element, const QString& path)
    {
        const auto* const rule = ruleFor(path);
        if (!rule) {
            refuseElement(path);
            return;
        }
        for (const auto& [name, value] : element.attributes) {
            const auto verdict = judge(*rule, name, value);
            if (verdict == Verdict::Unknown)
                refuseElement(joined(path, u'@' + name));
            else if (verdict == Verdict::WrongValue)
                refuseValue(joined(path, u'@' + name), value);
        }
        if (!isAllowedText(*rule, element.innerText()))
            refuseValue(path, element.innerText());
        visitChildren(element, path);
    }
    [[nodiscard]] QList<ShadowRefusal> refusals() const { return m_refusals; }

private:
    void visitChildren(const XmlElement& element, const QString& path)
    {
        QSet<QString> seen;
        for (const auto& child : element.children) {
            // Notes of other programs, which libvirt keeps and does not read.
            if (child.name.isEmpty() || (path.isEmpty() && child.name == u"metadata"))
                continue;
            const QString childPath = joined(path, child.name);
            const auto* const rule = ruleFor(childPath);
            // libvirt might take the one that nobody looked at.
            if (rule && !isRepeatable(*rule) && seen.contains(child.name))
                refuse(childPath, u"is there more than once"_s,
                       u"Keep one of them, with virsh edit %1."_s.arg(m_domain));
            seen.insert(child.name);
            visit(child, childPath);
        }
    }
    void refuseElement(const QString& path)
    {
        refuse(path, u"is nothing that a shadow may have"_s,
               u"Remove it with virsh edit %1 and start the domain anew."_s.arg(m_domain));
    }
    void refuseValue(const QString& path, const QString& value)
    {
        refuse(path, u"must not be '%1' in a shadow"_s.arg(shortened(value, 200)),
               u"Change it with virsh edit %1 and start the domain anew."_s.arg(m_domain));
    }
    void refuse(const QString& element, const QString& reason, const QString& remedy)
    {
        const ShadowRefusal refusal{shortened(element, 200), reason, remedy};
        if (m_refusals.size() < mostShadowRefusals && !m_refusals.contains(refusal))
            m_refusals.append(refusal);
    }

    QString m_domain;
    QList<ShadowRefusal> m_refusals;
};

} // namespace

QList<ShadowRefusal> shapeRefusals(const XmlElement& domain)
{
    Walk walk{shortened(domain.childText(u"name"), 100)};
    walk.visit(domain, {});
    return walk.refusals();
}

} // namespace lockstep
