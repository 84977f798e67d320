// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/Qmp.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;

class QmpTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void sendsArgumentsOnlyIfThereAreAny();
    void unwrapsTheReturn_data();
    void unwrapsTheReturn();
    void keepsClassAndTextOfARefusal();
    void reportsWhatIsNoReply_data();
    void reportsWhatIsNoReply();
    void readsEventData();
    void countsEventTimeInMicroseconds();
};

void QmpTest::sendsArgumentsOnlyIfThereAreAny()
{
    QCOMPARE(qmpCommand(u"stop"_s, {}), QByteArray{R"({"execute":"stop"})"});
    const auto sent =
        QJsonDocument::fromJson(qmpCommand(u"blockdev-del"_s, {{u"node-name"_s, u"a\"b"_s}}));
    QCOMPARE(sent.object().value("arguments"_L1).toObject().value("node-name"_L1).toString(),
             u"a\"b"_s);
}

void QmpTest::unwrapsTheReturn_data()
{
    QTest::addColumn<QByteArray>("reply");
    QTest::addColumn<QJsonValue>("value");
    QTest::newRow("nothing") << QByteArray{R"({"return":{},"id":"libvirt-17"})"}
                             << QJsonValue{QJsonObject{}};
    QTest::newRow("object") << QByteArray{R"({"return":{"running":true}})"}
                            << QJsonValue{QJsonObject{{u"running"_s, true}}};
    QTest::newRow("list") << QByteArray{R"({"return":[1,2]})"} << QJsonValue{QJsonArray{1, 2}};
    QTest::newRow("text") << QByteArray{R"({"return":"\r\n"})"} << QJsonValue{u"\r\n"_s};
}

void QmpTest::unwrapsTheReturn()
{
    QFETCH(QByteArray, reply);
    QFETCH(QJsonValue, value);
    const auto result = qmpReturn(reply);
    QVERIFY(result);
    QCOMPARE(*result, value);
}

void QmpTest::keepsClassAndTextOfARefusal()
{
    const auto result = qmpReturn(
        R"({"id":"libvirt-9","error":{"class":"GenericError","desc":"Permission conflict"}})");
    QVERIFY(!result);
    QCOMPARE(result.error().code(), Errc::Refused);
    QCOMPARE(result.error().message(), u"GenericError: Permission conflict"_s);
}

void QmpTest::reportsWhatIsNoReply_data()
{
    QTest::addColumn<QByteArray>("reply");
    for (const char* reply : {"", "{", "[]", "{}", R"({"event":"STOP"})", R"({"error":1})"})
        QTest::addRow("'%s'", reply) << QByteArray{reply};
}

void QmpTest::reportsWhatIsNoReply()
{
    QFETCH(QByteArray, reply);
    const auto result = qmpReturn(reply);
    QVERIFY(!result);
    QCOMPARE(result.error().code(), Errc::Malformed);
}

void QmpTest::readsEventData()
{
    QCOMPARE(qmpEventData(R"({"guest":true,"reason":"guest-shutdown"})").value("guest"_L1).toBool(),
             true);
    QVERIFY(qmpEventData({}).isEmpty()); // an event without data
}

void QmpTest::countsEventTimeInMicroseconds()
{
    QCOMPARE(qmpTime(1'795'201'523, 42U), Q_INT64_C(1'795'201'523'000'042));
}

QTEST_GUILESS_MAIN(QmpTest)
#include "QmpTest.moc"
