// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Stage.h"

#include <QCoroTask>
#include <QTest>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

Result<std::vector<wire::Dictionary>> getEvents(BusClient& client,
                                                const wire::Dictionary& options = {})
{
    return client.call<std::vector<wire::Dictionary>>(root, managerInterface, "GetEvents", options)
        .transform([](const auto& values) { return std::get<0>(values); });
}

sdbus::Variant number(uint64_t value) { return sdbus::Variant{value}; }

std::string word(const wire::Dictionary& event, const char* key)
{
    return event.at(key).get<std::string>();
}

uint64_t idOf(const wire::Dictionary& event) { return event.at("id").get<uint64_t>(); }

/// The events of each signal.
using Told = std::vector<std::vector<wire::Dictionary>>;

/// `told` must outlive the client.
void listen(BusClient& client, Told& told)
{
    client.connection().addMatch(
        "type='signal',interface='org.lockstep.Lockstep1.Manager',member='Events'",
        [&told](sdbus::Message message) {
            std::vector<wire::Dictionary> events;
            message >> events;
            told.push_back(std::move(events));
        });
}

PairEvent bare(const QString& text)
{
    PairEvent event;
    event.text = text;
    return event;
}

} // namespace

/// The history on D-Bus.
class EventsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void returnsEventsWithAllThatIsKnown();
    void passesItsOptions();
    void refusesBadOptions_data();
    void refusesBadOptions();
    void everybodyMayCallIt();
    void returnsTheStoresError();
    void announcesWhatTheMethodReturns();
    void announcesTheFirstAtOnceAndThenWhatCameTogether();
    void announcesTheNewestOfVeryMany();
    void announcesTheLastBeforeItStops();
};

void EventsTest::returnsEventsWithAllThatIsKnown()
{
    Stage stage;
    PairEvent full = sampleEvent();
    full.severity = Severity::Warning;
    full.fields = {{u"job"_s, 3}, {u"error"_s, u"NoSpace"_s}};
    stage.pairs.record(full);
    stage.pairs.record(bare(u"bare"_s));
    const auto events = getEvents(*stage.client);
    QVERIFY2(events, events ? "" : qPrintable(events.error().message()));
    QCOMPARE(events->size(), std::size_t{2});
    const auto& first = events->at(0);
    QCOMPARE(first.size(), std::size_t{12});
    QCOMPARE(first.at("id").get<uint64_t>(), uint64_t{1});
    QCOMPARE(first.at("time-usec").get<uint64_t>(), wire::microseconds(full.time));
    QCOMPARE(word(first, "event"), std::string{"state"});
    QCOMPARE(word(first, "severity"), std::string{"warning"});
    QCOMPARE(word(first, "domain"), std::string{"web1"});
    QCOMPARE(word(first, "uuid"), toString(full.uuid).toStdString());
    QCOMPARE(word(first, "text"), full.text.toStdString());
    QCOMPARE(word(first, "role"), std::string{"primary"});
    QCOMPARE(word(first, "state"), std::string{"protected"});
    QCOMPARE(word(first, "peer"), std::string{"beta"});
    QCOMPARE(first.at("epoch").get<uint64_t>(), uint64_t{3});
    const auto fields = first.at("fields").get<wire::Dictionary>();
    QCOMPARE(fields.at("job").get<int64_t>(), int64_t{3});
    QCOMPARE(word(fields, "error"), std::string{"NoSpace"});
    const auto& second = events->at(1);
    QCOMPARE(second.size(), std::size_t{7});
    QCOMPARE(word(second, "uuid"), std::string{});
    QCOMPARE(word(second, "event"), std::string{"note"});
}

void EventsTest::passesItsOptions()
{
    Stage stage;
    QVERIFY(getEvents(*stage.client));
    QVERIFY(getEvents(*stage.client, {{"domain", sdbus::Variant{"web1"}}, {"limit", number(7)}}));
    QVERIFY(getEvents(*stage.client, {{"since", number(0)}, {"limit", number(1'000)}}));
    // However a UUID is written.
    const QString uuid = toString(samplePair().uuid);
    QVERIFY(getEvents(*stage.client,
                      {{"domain", sdbus::Variant{uuid.toUpper().toStdString()}},
                       {"since", number(~uint64_t{0})}}));
    QCOMPARE(stage.pairs.calls,
             (QStringList{u"events  100 -"_s, u"events web1 7 -"_s, u"events  1000 0"_s,
                          u"events %1 100 9223372036854775807"_s.arg(uuid)}));
}

void EventsTest::refusesBadOptions_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<int>("value"); // 0 and more as t; else a string
    QTest::addColumn<QString>("allowed");
    QTest::newRow("none at all") << u"limit"_s << 0 << u"from 1 to 1000"_s;
    QTest::newRow("too many") << u"limit"_s << 1'001 << u"from 1 to 1000"_s;
    QTest::newRow("limit of another type") << u"limit"_s << -1 << u"of type t"_s;
    QTest::newRow("since of another type") << u"since"_s << -1 << u"of type t"_s;
    QTest::newRow("domain of another type") << u"domain"_s << 1 << u"not a string"_s;
    QTest::newRow("unknown") << u"until"_s << 1 << u"until"_s;
}

void EventsTest::refusesBadOptions()
{
    QFETCH(const QString, key);
    QFETCH(const int, value);
    QFETCH(const QString, allowed);
    Stage stage;
    const auto given = value < 0 ? sdbus::Variant{"12"} : number(static_cast<uint64_t>(value));
    const auto events = getEvents(*stage.client, {{key.toStdString(), given}});
    QVERIFY(!events);
    QCOMPARE(events.error().code(), Errc::InvalidArgument);
    QVERIFY2(events.error().message().contains(allowed), qPrintable(events.error().message()));
    QVERIFY(events.error().message().contains(key));
    QVERIFY(stage.pairs.calls.isEmpty());
}

void EventsTest::everybodyMayCallIt()
{
    Stage stage{BusClient::User::Nobody};
    const FakePolkit polkit{stage.bus.address()};
    stage.pairs.record(sampleEvent());
    const auto events = getEvents(*stage.client);
    QVERIFY(events);
    QCOMPARE(events->size(), std::size_t{1});
    QVERIFY(polkit.questions.empty());
}

void EventsTest::returnsTheStoresError()
{
    Stage stage;
    stage.pairs.refusal = Error{Errc::StoreError, u"history.db: disk I/O error"_s};
    const auto events = getEvents(*stage.client);
    QVERIFY(!events);
    QCOMPARE(events.error().code(), Errc::StoreError);
}

void EventsTest::announcesWhatTheMethodReturns()
{
    Told told;
    Stage stage;
    listen(*stage.client, told);
    stage.pairs.record(sampleEvent());
    stage.pairs.record(bare(u"second"_s));
    QTRY_COMPARE(told.size(), std::size_t{1});
    QCOMPARE(told[0].size(), std::size_t{2});
    QCOMPARE(word(told[0][0], "state"), std::string{"protected"});
    QCOMPARE(idOf(told[0][1]), uint64_t{2});
    const auto events = getEvents(*stage.client);
    QVERIFY(events);
    QCOMPARE(events->size(), std::size_t{2});
    for (std::size_t index = 0; index < events->size(); ++index) {
        QCOMPARE(told[0][index].size(), events->at(index).size());
        QCOMPARE(word(told[0][index], "text"), word(events->at(index), "text"));
    }
}

void EventsTest::announcesTheFirstAtOnceAndThenWhatCameTogether()
{
    Told told;
    Stage stage;
    listen(*stage.client, told);
    stage.pairs.record(bare(u"first"_s));
    QTRY_COMPARE(told.size(), std::size_t{1});
    QCOMPARE(told[0].size(), std::size_t{1});
    stage.pairs.record(bare(u"second"_s));
    stage.pairs.record(bare(u"third"_s));
    QTRY_COMPARE(told.size(), std::size_t{2});
    QCOMPARE(told[1].size(), std::size_t{2});
    QCOMPARE(word(told[1][0], "text"), std::string{"second"});
    QCOMPARE(word(told[1][1], "text"), std::string{"third"});
}

void EventsTest::announcesTheNewestOfVeryMany()
{
    constexpr std::size_t many = 250;
    constexpr std::size_t most = 100;
    Told told;
    Stage stage;
    listen(*stage.client, told);
    for (std::size_t n = 0; n < many; ++n)
        stage.pairs.record(bare(u"one of many"_s));
    QTRY_COMPARE(told.size(), std::size_t{1});
    QCOMPARE(told[0].size(), most);
    QCOMPARE(idOf(told[0].front()), uint64_t{many - most + 1});
    QCOMPARE(idOf(told[0].back()), uint64_t{many});
    // The others can be had.
    const auto events = getEvents(*stage.client, {{"since", number(0)}, {"limit", number(many)}});
    QVERIFY(events);
    QCOMPARE(events->size(), many);
}

void EventsTest::announcesTheLastBeforeItStops()
{
    Told told;
    Stage stage;
    listen(*stage.client, told);
    stage.pairs.record(bare(u"last"_s));
    QCoro::waitFor(stage.service.stop());
    QTRY_COMPARE(told.size(), std::size_t{1});
    QCOMPARE(word(told[0][0], "text"), std::string{"last"});
}

QTEST_GUILESS_MAIN(EventsTest)
#include "EventsTest.moc"
