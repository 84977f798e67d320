// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/XmlElement.h"

#include "XmlFixtures.h"

#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;

class XmlElementTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    static void keepsTheOrderOfAttributesAndChildren();
    static void writesWhatItReadAgain();
    static void keepsTextBetweenElements();
    static void escapesWhatXmlNeedsEscaped();
    static void keepsPrefixesWithoutUnderstandingThem();
    static void refusesBrokenDocuments_data();
    static void refusesBrokenDocuments();
};

void XmlElementTest::keepsTheOrderOfAttributesAndChildren()
{
    const auto root = parseXml(u"<r z='1' a='2' m='3'><b/><a/><b x='1'/></r>"_s);
    QVERIFY(root);
    QCOMPARE(toXml(*root),
             u"<r z=\"1\" a=\"2\" m=\"3\">\n  <b/>\n  <a/>\n  <b x=\"1\"/>\n</r>\n"_s);
}

void XmlElementTest::writesWhatItReadAgain()
{
    const auto first = parseXml(fixture(u"web-live.xml"_s));
    QVERIFY(first);
    const auto written = toXml(*first);
    const auto second = parseXml(written);
    QVERIFY(second);
    QCOMPARE(*second, *first);
    QCOMPARE(toXml(*second), written);
}

void XmlElementTest::keepsTextBetweenElements()
{
    const auto root = parseXml(u"<n>a <b>bold</b> note</n>"_s);
    QVERIFY(root);
    const auto again = parseXml(toXml(*root));
    QVERIFY(again);
    QCOMPARE(again->innerText(), u"a  note"_s);
    QCOMPARE(again->childText(u"b"), u"bold"_s);
    QCOMPARE(toXml(*again), toXml(*root));
}

void XmlElementTest::escapesWhatXmlNeedsEscaped()
{
    const auto root =
        parseXml(u"<r a='&lt;&quot;&amp;&apos;'>1 &lt; 2 &amp; 3<![CDATA[ <x> ]]></r>"_s);
    QVERIFY(root);
    QCOMPARE(root->attribute(u"a"), u"<\"&'"_s);
    QCOMPARE(root->innerText(), u"1 < 2 & 3 <x>"_s);
    const auto again = parseXml(toXml(*root));
    QVERIFY(again);
    QCOMPARE(*again, *root);
}

void XmlElementTest::keepsPrefixesWithoutUnderstandingThem()
{
    const auto root = parseXml(u"<d xmlns:q='urn:q'><q:x q:y='1'/></d>"_s);
    QVERIFY(root);
    QCOMPARE(root->childAttribute(u"q:x", u"q:y"), u"1"_s);
    QCOMPARE(toXml(*root), u"<d xmlns:q=\"urn:q\">\n  <q:x q:y=\"1\"/>\n</d>\n"_s);
}

void XmlElementTest::refusesBrokenDocuments_data()
{
    QTest::addColumn<QString>("document");
    QTest::newRow("nothing") << u""_s;
    QTest::newRow("no XML") << u"hello"_s;
    QTest::newRow("unclosed") << u"<a><b></a>"_s;
    QTest::newRow("cut off") << u"<a><b>"_s;
    QTest::newRow("two roots") << u"<a/><b/>"_s;
    QTest::newRow("document type") << u"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"_s;
    QTest::newRow("too deep") << u"<a>"_s.repeated(2000) + u"</a>"_s.repeated(2000);
}

void XmlElementTest::refusesBrokenDocuments()
{
    QFETCH(const QString, document);
    const auto root = parseXml(document);
    QVERIFY(!root);
    QCOMPARE(root.error().code(), Errc::Malformed);
}

QTEST_GUILESS_MAIN(XmlElementTest)
#include "XmlElementTest.moc"
