// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

#include <utility>

namespace lockstep {

/// Writes metrics in the OpenMetrics text format, version 1.0.0 (openmetrics.io, also RFC draft
/// draft-richih-opsawg-openmetrics).
class OpenMetrics final
{
public:
    static constexpr const char* contentType =
        "application/openmetrics-text; version=1.0.0; charset=utf-8";

    enum class Type {
        Counter, ///< Samples have the suffix "_total".
        Gauge, ///< No suffix.
        Histogram, ///< "_bucket" with a label "le", then "_count" and "_sum".
        Info, ///< "_info", 1.
        StateSet, ///< No suffix; the label of the family's name is a state, the value 0 or 1.
    };
    /// Its samples come together, so a family is begun once.
    struct Family
    {
        const char* name;
        Type type;
        const char* unit; ///< What the name ends with: "seconds", "bytes"; empty for none.
        const char* help;
    };
    using Labels = QList<std::pair<QByteArray, QString>>;

    void begin(const Family& family);
    /// Of the family that was begun last, with the suffix that its type asks for.
    void sample(const Labels& labels, double value);
    /// The same with a suffix: of a histogram.
    void sample(const char* suffix, const Labels& labels, double value);
    /// The whole text. Nothing may be added afterwards.
    [[nodiscard]] QByteArray finish();

    /// As Go writes numbers, which is what is canonical for the bounds of buckets: "0.0001",
    /// "1024.0", "1.048576e+06", "+Inf". For numbers below 1e10.
    [[nodiscard]] static QByteArray number(double value);

private:
    QByteArray m_text;
    QByteArray m_name;
    const char* m_suffix{""};
};

} // namespace lockstep
