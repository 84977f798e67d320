// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Chart.h"

#include <langinfo.h>
#include <clocale>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

constexpr int eighths = 8;

} // namespace

Letters usualLetters()
{
    const locale_t locale = ::newlocale(LC_CTYPE_MASK, "", nullptr);
    if (locale == nullptr)
        return Letters::Ascii;
    const bool isUtf8 = std::string_view{::nl_langinfo_l(CODESET, locale)} == "UTF-8";
    ::freelocale(locale);
    return isUtf8 ? Letters::Unicode : Letters::Ascii;
}

QString sparkline(const QList<std::optional<double>>& values, double top, Letters letters)
{
    static const QString unicode = u"▁▂▃▄▅▆▇█"_s;
    static const QString ascii = u"_.-:=+*#"_s;
    const QString& levels = letters == Letters::Unicode ? unicode : ascii;
    const auto most = static_cast<double>(levels.size() - 1);
    QString line;
    for (const auto& value : values) {
        if (!value) {
            line += u' ';
            continue;
        }
        const double share = top > 0 ? std::clamp(*value / top, 0.0, 1.0) : 0;
        line += levels[static_cast<qsizetype>(std::ceil(share * most))];
    }
    return line;
}

QString bar(double share, int width, Letters letters)
{
    const double length = std::clamp(share, 0.0, 1.0) * width;
    if (letters == Letters::Ascii)
        return QString{static_cast<qsizetype>(std::lround(length)), u'#'};
    static const QString parts = u"▏▎▍▌▋▊▉"_s;
    const auto steps = static_cast<qsizetype>(std::lround(length * eighths));
    QString line{steps / eighths, u'█'};
    if (const qsizetype rest = steps % eighths; rest > 0)
        line += parts[rest - 1];
    return line;
}

} // namespace lockstep::cli
