// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/FakeHost.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <QJsonDocument>
#include <QSignalSpy>
#include <QTest>

#include <sstream>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

PairEvent note(const QString& text, const QString& domain = u"web"_s)
{
    PairEvent event;
    event.domain = domain;
    event.text = text;
    return event;
}

QStringList textsOf(const QList<PairEvent>& events)
{
    QStringList texts;
    for (const PairEvent& event : events)
        texts << event.text;
    return texts;
}

QList<PairEvent> read(Chronicle& chronicle, const EventQuery& query = {})
{
    return QCoro::waitFor(chronicle.events(query)).value_or(QList<PairEvent>{});
}

} // namespace

/// The Chronicle, and what the tables of pairs and jobs tell it.
class ChronicleTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void cleanup();
    void keepsOrderAndContent();
    void tellsBeforeTheStoreHasIt();
    void selectsByDomainLimitAndId();
    void goesOnCountingAfterARestart();
    void neverReusesNumbersOfAHistoryItCannotRead();
    void survivesAStoreThatFails();
    void complainsWithinLimits();
    void dropsFieldsThatAreTooLong();
    void keepsStrangersTextHarmless();

    void recordsEachChangeOfAPair();
    void recordsNothingThatWasNotSaved();
    void recordsBeginAndEndOfJobs();

private:
    /// What is logged from now on.
    std::ostringstream& capture();
    std::ostringstream m_log;
    std::shared_ptr<spdlog::logger> m_before;
};

std::ostringstream& ChronicleTest::capture()
{
    m_log.str({});
    m_before = spdlog::default_logger();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(m_log)));
    return m_log;
}

void ChronicleTest::cleanup()
{
    if (m_before)
        spdlog::set_default_logger(std::exchange(m_before, {}));
}

void ChronicleTest::keepsOrderAndContent()
{
    FakeHost host{u"alpha"_s};
    PairEvent full = note(u"full"_s);
    full.kind = EventKind::Decision;
    full.severity = Severity::Warning;
    full.uuid = webUuid();
    full.role = Role::Secondary;
    full.state = PairState::Interrupted;
    full.epoch = Epoch{9'007'199'254'740'993};
    full.peer = u"beta"_s;
    full.fields = {{u"a"_s, 1}};
    full.time = QDateTime::fromMSecsSinceEpoch(1'795'000'000'123, QTimeZone::UTC);
    host.chronicle.record(full);
    constexpr int more = 50;
    for (int n = 0; n < more; ++n)
        host.chronicle.record(note(QString::number(n)));
    const auto events = read(host.chronicle);
    QCOMPARE(events.size(), more + 1);
    for (int n = 0; n < more; ++n)
        QCOMPARE(events[n + 1].text, QString::number(n));
    const PairEvent& first = events.first();
    QCOMPARE(first.id, quint64{1});
    QCOMPARE(first.time, full.time);
    QCOMPARE(toString(first.kind), u"decision"_s);
    QCOMPARE(toString(first.severity), u"warning"_s);
    QCOMPARE(toString(first.uuid), toString(webUuid()));
    QCOMPARE(toString(*first.role), u"secondary"_s);
    QCOMPARE(toString(*first.state), u"interrupted"_s);
    QCOMPARE(first.epoch, full.epoch);
    QCOMPARE(first.peer, u"beta"_s);
    QCOMPARE(first.fields, full.fields);
    QVERIFY(!events[1].role && !events[1].state && !events[1].epoch);
    QVERIFY(std::abs(events[1].time.secsTo(QDateTime::currentDateTimeUtc())) < 60);
}

void ChronicleTest::tellsBeforeTheStoreHasIt()
{
    FakeHost host{u"alpha"_s};
    QList<PairEvent> heard;
    connect(&host.chronicle, &Chronicle::recorded, this,
            [&heard](const PairEvent& event) { heard.append(event); });
    host.chronicle.record(note(u"one"_s));
    host.chronicle.record(note(u"two"_s));
    QCOMPARE(textsOf(heard), (QStringList{u"one"_s, u"two"_s}));
    QCOMPARE(heard.last().id, quint64{2});
    QVERIFY(host.store.entries.isEmpty());
    QCoro::waitFor(host.chronicle.drained());
    QCOMPARE(host.store.entries.size(), 2);
}

void ChronicleTest::selectsByDomainLimitAndId()
{
    FakeHost host{u"alpha"_s};
    for (int n = 1; n <= 6; ++n) {
        PairEvent event = note(QString::number(n), n % 2 == 0 ? u"db"_s : u"web"_s);
        if (n % 2 == 1)
            event.uuid = webUuid();
        host.chronicle.record(event);
    }
    const auto texts = [&host](const EventQuery& query) {
        return textsOf(read(host.chronicle, query)).join(u' ');
    };
    QCOMPARE(texts({}), u"1 2 3 4 5 6"_s);
    QCOMPARE(texts({.limit = 2, .since = {}, .domain = {}}), u"5 6"_s);
    QCOMPARE(texts({.limit = 2, .since = 0, .domain = {}}), u"1 2"_s);
    QCOMPARE(texts({.limit = 2, .since = 3, .domain = {}}), u"4 5"_s);
    QCOMPARE(texts({.limit = 9, .since = 6, .domain = {}}), QString{});
    QCOMPARE(texts({.limit = 9, .since = {}, .domain = u"db"_s}), u"2 4 6"_s);
    QCOMPARE(texts({.limit = 2, .since = {}, .domain = toString(webUuid())}), u"3 5"_s);
    QCOMPARE(texts({.limit = 9, .since = {}, .domain = u"none"_s}), QString{});
}

void ChronicleTest::goesOnCountingAfterARestart()
{
    FakeHost host{u"alpha"_s};
    for (int n = 0; n < 3; ++n)
        host.chronicle.record(note(u"x"_s));
    QCoro::waitFor(host.chronicle.drained());
    Chronicle again{host.store};
    QCoro::waitFor(again.start());
    again.record(note(u"later"_s));
    QCOMPARE(read(again).last().id, quint64{4});
}

void ChronicleTest::neverReusesNumbersOfAHistoryItCannotRead()
{
    FakeHost host{u"alpha"_s};
    for (int n = 0; n < 3; ++n)
        host.chronicle.record(note(u"x"_s));
    QCoro::waitFor(host.chronicle.drained());
    host.store.full = true;
    Chronicle again{host.store};
    QCoro::waitFor(again.start());
    host.store.full = false;
    again.record(note(u"later"_s));
    QVERIFY(read(again).last().id > 3);
}

void ChronicleTest::survivesAStoreThatFails()
{
    FakeHost host{u"alpha"_s};
    host.store.full = true;
    QSignalSpy recorded{&host.chronicle, &Chronicle::recorded};
    for (int n = 0; n < 2000; ++n) // more than may wait
        host.chronicle.record(note(u"lost"_s));
    QCOMPARE(recorded.size(), 2000);
    QCOMPARE(QCoro::waitFor(host.chronicle.events({})).error().code(), Errc::StoreError);
    QCoro::waitFor(host.chronicle.drained());
    host.store.full = false;
    host.chronicle.record(note(u"kept"_s));
    QCOMPARE(textsOf(read(host.chronicle)), QStringList{u"kept"_s});
}

void ChronicleTest::complainsWithinLimits()
{
    FakeHost host{u"alpha"_s};
    host.store.full = true;
    const auto& log = capture();
    spdlog::set_level(spdlog::level::warn);
    for (int n = 0; n < 100; ++n)
        host.chronicle.record(note(u"lost"_s)); // not logged at this level
    QCoro::waitFor(host.chronicle.drained());
    const QString logged = QString::fromStdString(log.str());
    spdlog::set_level(spdlog::level::off);
    QCOMPARE(logged.count(u"could not be added to the history: the disk is full"_s), 3);
    QCOMPARE(logged.count(u'\n'), 3);
}

void ChronicleTest::dropsFieldsThatAreTooLong()
{
    FakeHost host{u"alpha"_s};
    PairEvent event = note(QString{5000, QChar{0x20AC}}); // three bytes each in UTF-8
    event.fields = {{u"long"_s, QString{5000, u'x'}}};
    host.chronicle.record(event);
    const auto events = read(host.chronicle);
    QCOMPARE(events.size(), 1);
    QCOMPARE(events.first().text.size(), 1000);
    QVERIFY(events.first().fields.isEmpty());
    QVERIFY(QJsonDocument{host.store.entries.first().document}.toJson(QJsonDocument::Compact).size()
            <= Store::longestEntry);
}

void ChronicleTest::keepsStrangersTextHarmless()
{
    FakeHost host{u"alpha"_s};
    const auto& log = capture();
    spdlog::set_level(spdlog::level::info);
    host.chronicle.record(note(u"QEMU says\n2026-11-20 error: \x1b[31mboo"_s));
    spdlog::set_level(spdlog::level::off);
    QCOMPARE(QString::fromStdString(log.str()).count(u'\n'), 1);
    QCOMPARE(read(host.chronicle).first().text, u"QEMU says?2026-11-20 error: ?[31mboo"_s);
}

void ChronicleTest::recordsEachChangeOfAPair()
{
    FakeHost host{u"alpha"_s};
    PairRecord record = host.record(Role::Primary, PairState::Copying, 1);
    host.put(record);
    record.reason = u"only the reason"_s;
    host.put(record);
    record.state = PairState::Interrupted;
    record.reason = u"beta is gone"_s;
    host.put(record);
    record.epoch = {2};
    host.put(record);
    record.role = Role::Secondary;
    record.state = PairState::Stale;
    record.reason.clear();
    host.put(record);
    QVERIFY(QCoro::waitFor(host.pairs.remove(webUuid())));
    QVERIFY(QCoro::waitFor(host.pairs.remove(webUuid()))); // nothing is there any more
    const auto events = read(host.chronicle);
    const QStringList expected{
        u"new: primary, copying, epoch 1"_s, u"from copying to interrupted: beta is gone"_s,
        u"still interrupted, epoch 2: beta is gone"_s,
        u"from primary, interrupted to secondary, stale"_s, u"not paired any more; it was stale"_s};
    QCOMPARE(textsOf(events), expected);
    const PairEvent& second = events[1];
    QCOMPARE(toString(second.kind), u"state"_s);
    QCOMPARE(toString(second.severity), u"warning"_s);
    QCOMPARE(toString(*second.state), u"interrupted"_s);
    QCOMPARE(toString(second.uuid), toString(webUuid()));
    QCOMPARE(second.peer, host.peers.other.name);
    QCOMPARE(events[2].epoch, Epoch{2});
    QVERIFY(!events[4].state);
}

void ChronicleTest::recordsNothingThatWasNotSaved()
{
    FakeHost host{u"alpha"_s};
    host.put(host.record(Role::Primary, PairState::Protected, 1));
    QCoro::waitFor(host.chronicle.drained());
    host.store.full = true;
    QVERIFY(!QCoro::waitFor(host.pairs.update(
        webUuid(), [](PairRecord& record) { record.state = PairState::Interrupted; })));
    QVERIFY(!QCoro::waitFor(host.pairs.remove(webUuid())));
    host.store.full = false;
    QCOMPARE(read(host.chronicle).size(), 1);
}

void ChronicleTest::recordsBeginAndEndOfJobs()
{
    FakeHost host{u"alpha"_s};
    const auto run = [&host](const QString& kind, const Result<void>& outcome) {
        const auto job = host.jobs.start(kind, webUuid(), u"web"_s, true).value();
        host.jobs.setResult(job, u"live-ms"_s, 120);
        host.jobs.finish(job, outcome);
    };
    run(u"takeover"_s, {});
    run(u"protect"_s, failure(Errc::NoSpace, u"beta: full"_s));
    run(u"protect"_s, failure(Errc::Cancelled, u"cancelled"_s));
    const auto events = read(host.chronicle);
    const QStringList expected{
        u"job 1 (takeover) begins"_s, u"job 1 (takeover) is done"_s,
        u"job 2 (protect) begins"_s,  u"job 2 (protect) has failed: beta: full"_s,
        u"job 3 (protect) begins"_s,  u"job 3 (protect) was cancelled: cancelled"_s};
    QCOMPARE(textsOf(events), expected);
    QCOMPARE(toString(events[0].kind), u"job"_s);
    QCOMPARE(toString(events[0].uuid), toString(webUuid()));
    QCOMPARE(events[1].fields[u"result"][u"live-ms"].toInt(), 120);
    QCOMPARE(toString(events[3].severity), u"error"_s);
    QCOMPARE(events[3].fields[u"error"].toString(), u"NoSpace"_s);
    QCOMPARE(events[3].fields[u"job"].toInt(), 2);
    QCOMPARE(toString(events[5].severity), u"warning"_s);
}

QTEST_GUILESS_MAIN(ChronicleTest)
#include "ChronicleTest.moc"
