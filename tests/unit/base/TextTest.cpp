// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/Text.h"

#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;

/// Text from elsewhere, in logs and on terminals.
class TextTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void takesControlCharactersAway();
    void endsWhatIsTooLongWithAnEllipsis();
};

void TextTest::takesControlCharactersAway()
{
    QCOMPARE(printable(u"a\n\u001b[31mb\0c"_s), u"a??[31mb?c"_s);
    QCOMPARE(printable(u"Zürich \U0001F600"_s), u"Zürich \U0001F600"_s);
    QCOMPARE(printable(QString{5000, u'x'}).size(), 1000);
}

void TextTest::endsWhatIsTooLongWithAnEllipsis()
{
    QCOMPARE(shortened(u"web"_s, 3), u"web"_s);
    QCOMPARE(shortened(u"web1"_s, 3), u"we…"_s);
    QCOMPARE(shortened(u"w\neb"_s, 3), u"w?…"_s);
}

QTEST_GUILESS_MAIN(TextTest)
#include "TextTest.moc"
