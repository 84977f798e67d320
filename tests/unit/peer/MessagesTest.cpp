// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/RateLimit.h"
#include "peer/Frames.h"
#include "peer/Hello.h"
#include "peer/JsonRpc.h"
#include "peer/PeerRecord.h"

#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class MessagesTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void framesSurviveAnySplit();
    void longFrameIsRefusedByItsLength();
    void readsRequests();
    void readsResponses();
    void faultsFollowTheSpecification_data();
    void faultsFollowTheSpecification();
    void errorsComeBackAsTheyWere();
    void greetingComesBackAsItWas();
    void refusesBadGreetings_data();
    void refusesBadGreetings();
    void newerProtocolIsToldApart();
    void cleansTextFromOthers();
    void limitsTheRate();
    void readsAddresses();
};

namespace {

const PeerId someId{QString(64, u'a')};

QJsonObject greeting()
{
    return toJson(Hello{
        .version = u"1.0"_s, .name = u"alpha"_s, .id = someId, .port = 49500, .accepts = true});
}

} // namespace

void MessagesTest::framesSurviveAnySplit()
{
    const QByteArray stream = toFrame("one") + toFrame({}) + toFrame(QByteArray(300, 'x'));
    for (qsizetype step = 1; step <= stream.size(); ++step) {
        FrameReader reader;
        QList<QByteArray> frames;
        for (qsizetype from = 0; from < stream.size(); from += step) {
            reader.append(stream.sliced(from, std::min(step, stream.size() - from)));
            for (auto frame = reader.next(); *frame; frame = reader.next())
                frames << **frame;
        }
        QCOMPARE(frames, (QList<QByteArray>{"one", {}, QByteArray(300, 'x')}));
    }
}

void MessagesTest::longFrameIsRefusedByItsLength()
{
    FrameReader reader;
    reader.append(QByteArray::fromHex("00100000"));
    QVERIFY(reader.next().has_value()); // exactly the limit: wait for it
    FrameReader other;
    other.append(QByteArray::fromHex("00100001"));
    QVERIFY(!other.next().has_value());
    QCOMPARE(other.next().error().announced, FrameReader::largest + 1);
    other.setLimit(10);
    FrameReader strict;
    strict.setLimit(10);
    strict.append(toFrame(QByteArray(11, 'x')));
    QVERIFY(!strict.next().has_value());
}

void MessagesTest::readsRequests()
{
    const auto request =
        std::get<rpc::Request>(rpc::parse(rpc::request(7, u"a.b"_s, {{u"x"_s, 1}})));
    QCOMPARE(request.id.toInt(), 7);
    QCOMPARE(request.method, u"a.b"_s);
    QCOMPARE(request.params, (QJsonObject{{u"x"_s, 1}}));
    QVERIFY(!request.isNotification());
    QVERIFY(std::get<rpc::Request>(rpc::parse(rpc::notification(u"n"_s, {}))).isNotification());
    const auto named =
        std::get<rpc::Request>(rpc::parse(R"({"jsonrpc":"2.0","method":"m","id":"text"})"));
    QCOMPARE(named.id.toString(), u"text"_s);
}

void MessagesTest::readsResponses()
{
    const auto response =
        std::get<rpc::Response>(rpc::parse(rpc::response(7, QJsonObject{{u"x"_s, 1}})));
    QCOMPARE(response.id, 7);
    QCOMPARE(*response.result, (QJsonObject{{u"x"_s, 1}}));
}

void MessagesTest::faultsFollowTheSpecification_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("code");
    QTest::addColumn<QJsonValue>("id");
    const QJsonValue null{QJsonValue::Null};
    QTest::newRow("empty") << QByteArray{} << rpc::parseError << null;
    QTest::newRow("garbage") << "\x80\xff\x01"_ba << rpc::parseError << null;
    QTest::newRow("cut off") << R"({"jsonrpc":"2.0","method":)"_ba << rpc::parseError << null;
    QTest::newRow("two values") << "{}{}"_ba << rpc::parseError << null;
    QTest::newRow("deep") << QByteArray(100'000, '[') << rpc::parseError << null;
    QTest::newRow("number") << "5"_ba << rpc::parseError << null;
    QTest::newRow("batch") << R"([{"jsonrpc":"2.0","method":"m","id":1}])"_ba << rpc::invalidRequest
                           << null;
    QTest::newRow("no version") << R"({"method":"m","id":1})"_ba << rpc::invalidRequest
                                << QJsonValue{1};
    QTest::newRow("version 1") << R"({"jsonrpc":"1.0","method":"m","id":1})"_ba
                               << rpc::invalidRequest << QJsonValue{1};
    QTest::newRow("method is a number")
        << R"({"jsonrpc":"2.0","method":1,"id":1})"_ba << rpc::invalidRequest << QJsonValue{1};
    QTest::newRow("id is an object")
        << R"({"jsonrpc":"2.0","method":"m","id":{}})"_ba << rpc::invalidRequest << null;
    QTest::newRow("id is null") << R"({"jsonrpc":"2.0","method":"m","id":null})"_ba
                                << rpc::invalidRequest << null;
    QTest::newRow("params is a list") << R"({"jsonrpc":"2.0","method":"m","id":1,"params":[]})"_ba
                                      << rpc::invalidParams << QJsonValue{1};
    QTest::newRow("nothing in it") << R"({"jsonrpc":"2.0"})"_ba << rpc::invalidRequest << null;
    QTest::newRow("result and error") << R"({"jsonrpc":"2.0","id":1,"result":{},"error":{}})"_ba
                                      << rpc::invalidRequest << QJsonValue{1};
    QTest::newRow("error is text")
        << R"({"jsonrpc":"2.0","id":1,"error":"x"})"_ba << rpc::invalidRequest << QJsonValue{1};
    QTest::newRow("result without id")
        << R"({"jsonrpc":"2.0","result":{}})"_ba << rpc::invalidRequest << null;
    QTest::newRow("negative id") << R"({"jsonrpc":"2.0","id":-1,"result":{}})"_ba
                                 << rpc::invalidRequest << null;
    QTest::newRow("fractional id")
        << R"({"jsonrpc":"2.0","id":1.5,"result":{}})"_ba << rpc::invalidRequest << null;
    QTest::newRow("huge id") << R"({"jsonrpc":"2.0","id":1e300,"result":{}})"_ba
                             << rpc::invalidRequest << null;
    QTest::newRow("text id") << R"({"jsonrpc":"2.0","id":"1","result":{}})"_ba
                             << rpc::invalidRequest << null;
}

void MessagesTest::faultsFollowTheSpecification()
{
    QFETCH(const QByteArray, text);
    QFETCH(const int, code);
    QFETCH(const QJsonValue, id);
    const auto message = rpc::parse(text);
    const auto* const fault = std::get_if<rpc::Fault>(&message);
    QVERIFY(fault != nullptr);
    QCOMPARE(fault->code, code);
    QCOMPARE(fault->id, id);
    QCOMPARE(fault->breaksProtocol(), code != rpc::invalidParams);
    // The other side can read what we answer.
    QVERIFY(!std::holds_alternative<rpc::Request>(rpc::parse(rpc::response(*fault))));
}

void MessagesTest::errorsComeBackAsTheyWere()
{
    for (int code = 0; code <= static_cast<int>(Errc::Internal); ++code) {
        const Error error{static_cast<Errc>(code), u"cannot %1"_s.arg(code), u"Do it."_s};
        const auto response =
            std::get<rpc::Response>(rpc::parse(rpc::response(1, std::unexpected{error})));
        QCOMPARE(response.result.error(), error);
    }
}

void MessagesTest::greetingComesBackAsItWas()
{
    const auto hello = helloFromJson(greeting());
    QVERIFY(hello);
    QCOMPARE(toJson(*hello), greeting());
}

void MessagesTest::refusesBadGreetings_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<QJsonValue>("value");
    const auto row = [](const char* tag, const QString& key, const QJsonValue& value) {
        QTest::newRow(tag) << key << value;
    };
    row("no protocol", u"protocol"_s, {});
    row("protocol is a number", u"protocol"_s, 1);
    row("protocol reversed", u"protocol"_s, QJsonObject{{u"min"_s, 2}, {u"max"_s, 1}});
    row("name with a line break", u"name"_s, u"a\nb"_s);
    row("name is a number", u"name"_s, 5);
    row("name too long", u"name"_s, QString(51, u'x'));
    row("id too short", u"id"_s, QString(63, u'a'));
    row("id in capitals", u"id"_s, QString(64, u'A'));
    row("port zero", u"port"_s, 0);
    row("port too large", u"port"_s, 65'536);
    row("port is text", u"port"_s, u"1"_s);
    row("accepts is text", u"accepts"_s, u"yes"_s);
    row("version empty", u"version"_s, QString{});
    row("version too long", u"version"_s, QString(65, u'1'));
    row("version with escapes", u"version"_s, u"\x1b[31m"_s);
}

void MessagesTest::refusesBadGreetings()
{
    QFETCH(const QString, key);
    QFETCH(const QJsonValue, value);
    QJsonObject json = greeting();
    json[key] = value;
    const auto hello = helloFromJson(json);
    QVERIFY(!hello);
    QCOMPARE(hello.error().code(), Errc::ProtocolError);
}

void MessagesTest::newerProtocolIsToldApart()
{
    // Everything but protocol and version may look different there.
    const QJsonObject json{{u"protocol"_s, QJsonObject{{u"min"_s, 2}, {u"max"_s, 3}}},
                           {u"version"_s, u"7.0"_s}};
    const auto hello = helloFromJson(json);
    QVERIFY(!hello);
    QCOMPARE(hello.error().code(), Errc::VersionMismatch);
    QVERIFY(hello.error().message().contains(u"7.0"_s));
    QJsonObject wider = greeting();
    wider[u"protocol"_s] = QJsonObject{{u"min"_s, 1}, {u"max"_s, 9}};
    QVERIFY(helloFromJson(wider));
}

void MessagesTest::cleansTextFromOthers()
{
    QCOMPARE(printable(u"a\nb\x1b[0m"_s), u"a?b?[0m"_s);
    QCOMPARE(printable(u"grün 🐂"_s), u"grün 🐂"_s);
    QCOMPARE(printable(QString(5'000, u'x')).size(), 1'000);
}

void MessagesTest::limitsTheRate()
{
    RateLimit limit{2, 1};
    const auto start = RateLimit::Clock::time_point{100s};
    QVERIFY(limit.take(start));
    QVERIFY(limit.take(start));
    QVERIFY(!limit.take(start));
    QVERIFY(!limit.take(start + 900ms));
    QVERIFY(limit.take(start + 1100ms));
    QVERIFY(!limit.take(start + 1200ms));
    QVERIFY(limit.take(start + 1h));
    QVERIFY(limit.take(start + 1h));
    QVERIFY(!limit.take(start + 1h)); // no more than the burst, however long it was quiet
}

void MessagesTest::readsAddresses()
{
    const auto is = [](const QString& text, const QString& host, quint16 port) {
        const auto parsed = parseAddress(text, 1);
        return parsed && parsed->host == host && parsed->port == port;
    };
    QVERIFY(is(u"alpha.example"_s, u"alpha.example"_s, 1));
    QVERIFY(is(u"alpha:65535"_s, u"alpha"_s, 65535));
    QVERIFY(is(u" 10.0.0.1:2 "_s, u"10.0.0.1"_s, 2));
    QVERIFY(is(u"fd00::1"_s, u"fd00::1"_s, 1));
    QVERIFY(is(u"[fd00::1]"_s, u"fd00::1"_s, 1));
    QVERIFY(is(u"[fd00::1]:2"_s, u"fd00::1"_s, 2));
}

QTEST_GUILESS_MAIN(MessagesTest)
#include "MessagesTest.moc"
