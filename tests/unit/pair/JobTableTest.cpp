// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/JobTable.h"
#include "fakes/MemoryStore.h"

#include <spdlog/spdlog.h>

#include <QCoroTask>
#include <QSignalSpy>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;

class JobTableTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { spdlog::set_level(spdlog::level::off); }
    void init()
    {
        m_store.entries.clear();
        m_chronicle = std::make_unique<Chronicle>(m_store);
    }
    void cleanup() { QCoro::waitFor(m_chronicle->drained()); }
    void letsOneJobWorkOnADomain();
    void cancelsOnlyWhatCanBeCancelled();
    void survivesACancelThatEndsTheJobAtOnce();
    void tellsHowItEnded();
    void tellsWhoAskedForIt();
    void forgetsTheOldestEndedOnes();
    void neverForgetsARunningOne();
    void clampsProgress();

private:
    const DomainUuid m_web{QUuid::createUuid()};
    const DomainUuid m_db{QUuid::createUuid()};
    MemoryStore m_store;
    std::unique_ptr<Chronicle> m_chronicle;
};

void JobTableTest::letsOneJobWorkOnADomain()
{
    JobTable jobs{*m_chronicle};
    const auto first = jobs.start(u"protect"_s, m_web, u"web"_s, true);
    QVERIFY(first);
    const auto second = jobs.start(u"takeover"_s, m_web, u"web"_s, false);
    QCOMPARE(second.error().code(), Errc::Busy);
    QVERIFY2(second.error().message().contains(u"protect"), "whom to wait for");
    QVERIFY(jobs.start(u"protect"_s, m_db, u"db"_s, true));
    jobs.finish(*first, {});
    QVERIFY(!jobs.isBusy(m_web));
    QVERIFY(jobs.start(u"takeover"_s, m_web, u"web"_s, false));
}

void JobTableTest::cancelsOnlyWhatCanBeCancelled()
{
    JobTable jobs{*m_chronicle};
    QCOMPARE(jobs.cancel({99}).error().code(), Errc::UnknownJob);
    const auto id = jobs.start(u"protect"_s, m_web, u"web"_s, true).value();
    const auto token = jobs.stopToken(id);
    jobs.setCancellable(id, false);
    QCOMPARE(jobs.cancel(id).error().code(), Errc::Busy);
    QVERIFY(!token.stop_requested());
    jobs.setCancellable(id, true);
    QVERIFY(jobs.cancel(id));
    QVERIFY(token.stop_requested());
    QVERIFY(jobs.isBusy(m_web)); // until it has undone what it did
    jobs.finish(id, failure(Errc::Cancelled, u"cancelled"_s));
    QCOMPARE(jobs.cancel(id).error().code(), Errc::Busy);
}

void JobTableTest::survivesACancelThatEndsTheJobAtOnce()
{
    JobTable jobs{*m_chronicle};
    const auto id = jobs.start(u"protect"_s, m_web, u"web"_s, true).value();
    const std::stop_callback onStop{
        jobs.stopToken(id), [&] {
            jobs.finish(id, failure(Errc::Cancelled, u"cancelled"_s));
            for (int i = 0; i < 101; ++i)
                jobs.finish(jobs.start(u"protect"_s, m_web, u"web"_s, true).value(), {});
        }};
    QVERIFY(jobs.cancel(id));
    QCOMPARE(jobs.find(id).error().code(), Errc::UnknownJob);
}

void JobTableTest::tellsHowItEnded()
{
    JobTable jobs{*m_chronicle};
    const auto good = jobs.start(u"protect"_s, m_web, u"web"_s, true).value();
    jobs.progress(good, u"copy"_s, 0.5);
    jobs.setResult(good, u"epoch"_s, 3);
    QVERIFY(!jobs.find(good)->ended.isValid());
    jobs.finish(good, {});
    QCOMPARE(toString(jobs.find(good)->state), toString(JobState::Done));
    QCOMPARE(jobs.find(good)->progress, 1.0);
    QCOMPARE(jobs.find(good)->result[u"epoch"].toInt(), 3);
    QVERIFY(jobs.find(good)->ended.isValid());
    const auto bad = jobs.start(u"protect"_s, m_web, u"web"_s, true).value();
    jobs.progress(bad, u"copy"_s, 0.5);
    jobs.finish(bad, failure(Errc::NoSpace, u"beta: full"_s));
    QCOMPARE(toString(jobs.find(bad)->state), toString(JobState::Failed));
    QCOMPARE(jobs.find(bad)->progress, 0.5);
    QCOMPARE(jobs.find(bad)->error->code(), Errc::NoSpace);
    QVERIFY(!jobs.find(bad)->cancellable);
}

void JobTableTest::tellsWhoAskedForIt()
{
    QList<PairEvent> told;
    connect(m_chronicle.get(), &Chronicle::recorded, this,
            [&told](const PairEvent& event) { told.append(event); });
    JobTable jobs{*m_chronicle};
    const auto asked = jobs.start(u"protect"_s, m_web, u"web"_s, true).value();
    jobs.attribute(asked, u"alice"_s);
    jobs.finish(asked, {});
    jobs.finish(jobs.start(u"takeover"_s, m_web, u"web"_s, false).value(), {}); // by itself
    jobs.attribute({99}, u"mallory"_s);
    QCOMPARE(told.size(), 5);
    QCOMPARE(told[1].text, u"job 1 (protect) was asked for by alice"_s);
    QCOMPARE(told[1].domain, u"web"_s);
    QCOMPARE(told[1].fields[u"by"].toString(), u"alice"_s);
    QCOMPARE(told[2].text, u"job 1 (protect) is done"_s);
    QCOMPARE(told[2].fields[u"by"].toString(), u"alice"_s);
    QVERIFY(!told[4].fields.contains(u"by"));
}

void JobTableTest::forgetsTheOldestEndedOnes()
{
    JobTable jobs{*m_chronicle};
    QSignalSpy removed{&jobs, &JobTable::removed};
    for (int i = 0; i < 103; ++i)
        jobs.finish(jobs.start(u"protect"_s, m_web, u"web"_s, true).value(), {});
    QCOMPARE(jobs.all().size(), 100);
    QCOMPARE(removed.size(), 3);
    QCOMPARE(jobs.all().first().id, JobId{4});
    QCOMPARE(jobs.find({3}).error().code(), Errc::UnknownJob);
}

void JobTableTest::neverForgetsARunningOne()
{
    JobTable jobs{*m_chronicle};
    const auto running = jobs.start(u"protect"_s, m_db, u"db"_s, true).value();
    for (int i = 0; i < 150; ++i)
        jobs.finish(jobs.start(u"protect"_s, m_web, u"web"_s, true).value(), {});
    QCOMPARE(toString(jobs.find(running)->state), toString(JobState::Running));
    QCOMPARE(jobs.all().size(), 101);
}

void JobTableTest::clampsProgress()
{
    JobTable jobs{*m_chronicle};
    const auto id = jobs.start(u"protect"_s, m_web, u"web"_s, true).value();
    jobs.progress(id, u"copy"_s, 1.5);
    QCOMPARE(jobs.find(id)->progress, 1.0);
    jobs.progress(id, u"copy"_s, -1);
    QCOMPARE(jobs.find(id)->progress, 0.0);
    jobs.progress({77}, u"copy"_s, 0.5); // one that is gone
}

QTEST_GUILESS_MAIN(JobTableTest)
#include "JobTableTest.moc"
