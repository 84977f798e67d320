// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/PeerBook.h"
#include "store/SqliteStore.h"

#include <QTemporaryDir>
#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;

class PeerBookTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void remembersAcceptedHostsOnly();
    void keepsEveryField();
    void refusesAnIncompleteEntry();
    void namesAreUnique();
    void longNamesStayNames();
    void declinedHostStaysAwayUntilItIsAdded();
    void findsByUnambiguousDigitsOnly();
    void lastUpdateIsSaved();
    void erasedHostStaysErased();

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<SqliteStore> m_store;
};

namespace {

PeerRecord record(QChar digit, const QString& name)
{
    return {.id = PeerId{QString(64, digit)},
            .name = name,
            .address = u"10.0.0."_s + digit,
            .port = 49500,
            .accepted = true,
            .authority = "pem",
            .localAddress = QHostAddress{u"10.0.0.1"_s},
            .remoteAddress = QHostAddress{u"fd00::2"_s},
            .version = u"1"_s};
}

} // namespace

void PeerBookTest::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_store = QCoro::waitFor(SqliteStore::open(m_folder->path())).value();
}

void PeerBookTest::cleanup() { m_store.reset(); }

void PeerBookTest::remembersAcceptedHostsOnly()
{
    PeerBook book{*m_store};
    QVERIFY(QCoro::waitFor(book.insert(record(u'2', u"beta"_s))));
    QVERIFY(book.noteAsking(record(u'3', u"gamma"_s)));
    QCOMPARE(book.all().size(), 2);
    PeerBook later{*m_store};
    QVERIFY(QCoro::waitFor(later.load()));
    QCOMPARE(later.all().size(), 1);
    QCOMPARE(later.all().first(), record(u'2', u"beta"_s));
}

void PeerBookTest::keepsEveryField()
{
    PeerRecord full = record(u'2', u"beta"_s);
    full.addressSeen = full.acceptsUs = full.withdrawn = true;
    QCOMPARE(recordFromJson(full.id.value, toJson(full)).value(), full);
}

void PeerBookTest::refusesAnIncompleteEntry()
{
    for (const auto& key : {u"name"_s, u"address"_s, u"port"_s, u"authority"_s}) {
        QJsonObject json = toJson(record(u'2', u"beta"_s));
        json.remove(key);
        QVERIFY(QCoro::waitFor(m_store->save(u"peer"_s, QString(64, u'2'), json)));
        PeerBook book{*m_store};
        const auto loaded = QCoro::waitFor(book.load());
        QVERIFY(!loaded);
        QCOMPARE(loaded.error().code(), Errc::StoreError);
    }
}

void PeerBookTest::namesAreUnique()
{
    PeerBook book{*m_store};
    QVERIFY(book.noteAsking(record(u'3', u"beta"_s)));
    QVERIFY(book.noteAsking(record(u'4', u"beta"_s)));
    QCOMPARE(book.get(PeerId{QString(64, u'3')})->name, u"beta"_s);
    QCOMPARE(book.get(PeerId{QString(64, u'4')})->name, u"beta-44444444"_s);
    QVERIFY(QCoro::waitFor(book.insert(record(u'2', u"beta"_s)))); // accepted: its name counts
    QCOMPARE(book.get(PeerId{QString(64, u'3')})->name, u"beta-33333333"_s);
    const auto taken = QCoro::waitFor(book.insert(record(u'5', u"beta"_s)));
    QCOMPARE(taken.error().code(), Errc::PeerExists);
    QCOMPARE(QCoro::waitFor(m_store->load(u"peer"_s))->size(), 1);
}

void PeerBookTest::longNamesStayNames()
{
    PeerBook book{*m_store};
    const QString name(50, u'x');
    QVERIFY(QCoro::waitFor(book.insert(record(u'2', name))));
    QVERIFY(book.noteAsking(record(u'3', name)));
    const PeerRecord asking = *book.get(PeerId{QString(64, u'3')});
    QVERIFY(asking.name != name);
    QVERIFY(QCoro::waitFor(book.insert(asking)));
    PeerBook later{*m_store};
    QVERIFY(QCoro::waitFor(later.load()));
    QCOMPARE(later.all().size(), 2);
}

void PeerBookTest::declinedHostStaysAwayUntilItIsAdded()
{
    PeerBook book{*m_store};
    const PeerRecord beta = record(u'2', u"beta"_s);
    QVERIFY(book.noteAsking(beta));
    QVERIFY(QCoro::waitFor(book.erase(beta.id)));
    QCOMPARE(book.noteAsking(beta).error().code(), Errc::PeerRefused);
    QVERIFY(book.all().isEmpty());
    QVERIFY(QCoro::waitFor(book.insert(beta)));
    QVERIFY(QCoro::waitFor(book.erase(beta.id))); // of an accepted one: it may ask again
    QVERIFY(book.noteAsking(beta));
}

void PeerBookTest::findsByUnambiguousDigitsOnly()
{
    PeerBook book{*m_store};
    PeerRecord first = record(u'2', u"beta"_s);
    PeerRecord second = record(u'2', u"gamma"_s);
    second.id.value.replace(10, 1, u"3"_s);
    second.address = u"10.0.0.3"_s;
    QVERIFY(QCoro::waitFor(book.insert(first)));
    QVERIFY(QCoro::waitFor(book.insert(second)));
    QCOMPARE(book.find(u"22222222"_s).error().code(), Errc::InvalidArgument);
    QCOMPARE(book.find(u"22222222223"_s)->name, u"gamma"_s);
    QCOMPARE(book.find(u"10.0.0.3:49500"_s)->name, u"gamma"_s);
    QCOMPARE(book.find(u"10.0.0.3:1"_s).error().code(), Errc::UnknownPeer);
}

void PeerBookTest::lastUpdateIsSaved()
{
    PeerBook book{*m_store};
    PeerRecord beta = record(u'2', u"beta"_s);
    QVERIFY(QCoro::waitFor(book.insert(beta)));
    std::vector<Task<Result<void>>> running;
    for (const auto& version : {u"2"_s, u"3"_s}) {
        beta.version = version;
        running.push_back(book.update(beta));
        QCOMPARE(book.get(beta.id)->version, version);
    }
    for (auto& task : running)
        QVERIFY(QCoro::waitFor(std::move(task)));
    PeerBook later{*m_store};
    QVERIFY(QCoro::waitFor(later.load()));
    QCOMPARE(later.all().first().version, u"3"_s);
}

void PeerBookTest::erasedHostStaysErased()
{
    PeerBook book{*m_store};
    PeerRecord beta = record(u'2', u"beta"_s);
    QVERIFY(QCoro::waitFor(book.insert(beta)));
    auto erasing = book.erase(beta.id);
    QVERIFY(book.get(beta.id) == nullptr); // from this moment on, not only when the disk is done
    beta.version = u"2"_s;
    QVERIFY(QCoro::waitFor(book.update(beta))); // somebody who has not noticed
    QVERIFY(QCoro::waitFor(std::move(erasing)));
    QVERIFY(QCoro::waitFor(m_store->load(u"peer"_s))->isEmpty());
    QCOMPARE(QCoro::waitFor(book.erase(beta.id)).error().code(), Errc::UnknownPeer);
}

QTEST_GUILESS_MAIN(PeerBookTest)
#include "PeerBookTest.moc"
