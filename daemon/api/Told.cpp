// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/Told.h"

#include "base/Text.h"

#include <QStringList>

namespace lockstep::wire {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype longestName = 100;
constexpr qsizetype mostOptions = 16;

QString toldValue(const sdbus::Variant& value)
{
    if (value.containsValueOfType<std::string>())
        return told(value.get<std::string>());
    if (value.containsValueOfType<bool>())
        return value.get<bool>() ? u"true"_s : u"false"_s;
    if (value.containsValueOfType<uint64_t>())
        return QString::number(value.get<uint64_t>());
    return u"(%1)"_s.arg(told(std::string{value.peekValueType()}));
}

} // namespace

QString told(const std::string& name)
{
    return shortened(QString::fromStdString(name), longestName);
}

QString told(const QString& title, const Dictionary& options)
{
    if (options.empty())
        return title;
    QStringList words;
    for (const auto& [key, value] : options) {
        if (words.size() == mostOptions) {
            words.append(u"…"_s);
            break;
        }
        words.append(told(key) + u'=' + toldValue(value));
    }
    return u"%1 (%2)"_s.arg(title, words.join(u", "_s));
}

} // namespace lockstep::wire
