// SPDX-License-Identifier: LGPL-2.1-or-later
#include "metrics/OpenMetrics.h"

#include <QLocale>

#include <array>
#include <cmath>

namespace lockstep {

namespace {

struct TypeInfo
{
    OpenMetrics::Type type;
    const char* word;
    const char* suffix;
};
constexpr std::array types{
    TypeInfo{OpenMetrics::Type::Counter, "counter", "_total"},
    TypeInfo{OpenMetrics::Type::Gauge, "gauge", ""},
    TypeInfo{OpenMetrics::Type::Histogram, "histogram", ""},
    TypeInfo{OpenMetrics::Type::Info, "info", "_info"},
    TypeInfo{OpenMetrics::Type::StateSet, "stateset", ""},
};

const TypeInfo& infoOf(OpenMetrics::Type type) { return types.at(static_cast<std::size_t>(type)); }

/// Other hosts, and whoever names a domain, choose some of it.
QByteArray escaped(const QString& text)
{
    QByteArray all;
    for (const char letter : text.toUtf8()) {
        if (letter == '\\')
            all += "\\\\";
        else if (letter == '"')
            all += "\\\"";
        else if (letter == '\n')
            all += "\\n";
        else
            all += letter;
    }
    return all;
}

} // namespace

void OpenMetrics::begin(const Family& family)
{
    const TypeInfo& info = infoOf(family.type);
    m_name = family.name;
    m_suffix = info.suffix;
    m_text += "# TYPE " + m_name + ' ' + info.word + '\n';
    if (*family.unit != '\0')
        m_text += "# UNIT " + m_name + ' ' + family.unit + '\n';
    m_text += "# HELP " + m_name + ' ' + escaped(QString::fromUtf8(family.help)) + '\n';
}

void OpenMetrics::sample(const Labels& labels, double value) { sample(m_suffix, labels, value); }

void OpenMetrics::sample(const char* suffix, const Labels& labels, double value)
{
    m_text += m_name + suffix;
    char before = '{';
    for (const auto& [name, text] : labels) {
        m_text += before;
        m_text += name + "=\"" + escaped(text) + '"';
        before = ',';
    }
    if (before == ',')
        m_text += '}';
    m_text += ' ' + number(value) + '\n';
}

QByteArray OpenMetrics::finish()
{
    m_text += "# EOF\n";
    return m_text;
}

QByteArray OpenMetrics::number(double value)
{
    if (std::isnan(value))
        return "NaN";
    if (std::isinf(value))
        return value > 0 ? "+Inf" : "-Inf";
    QByteArray text = QByteArray::number(value, 'f', QLocale::FloatingPointShortest);
    if (!text.contains('.'))
        text += ".0";
    constexpr qsizetype mostDigits = 6; // more of them before the point: with an exponent
    const qsizetype point = text.indexOf('.');
    if (value <= 0 || point <= mostDigits)
        return text;
    QByteArray digits = text.first(point) + text.sliced(point + 1);
    while (digits.size() > 1 && digits.endsWith('0'))
        digits.chop(1);
    QByteArray mantissa = digits.first(1);
    if (digits.size() > 1)
        mantissa += '.' + digits.sliced(1);
    const QByteArray exponent = QByteArray::number(point - 1);
    return mantissa + "e+" + exponent.rightJustified(2, '0');
}

} // namespace lockstep
