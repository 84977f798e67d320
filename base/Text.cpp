// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/Text.h"

namespace lockstep {

QString printable(QString text)
{
    constexpr qsizetype longest = 1000;
    text.truncate(longest);
    for (QChar& character : text) {
        if (!character.isPrint() && !character.isSurrogate())
            character = u'?';
    }
    return text;
}

QString shortened(const QString& text, qsizetype longest)
{
    if (text.size() <= longest)
        return printable(text);
    return printable(text.first(longest - 1)) + u'…';
}

} // namespace lockstep
