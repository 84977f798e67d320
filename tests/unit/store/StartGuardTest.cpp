// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/StartGuard.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sys/resource.h>
#include <sys/stat.h>
#include <csignal>

using namespace lockstep;
using namespace Qt::StringLiterals;

/// The files that libvirt's hook reads, in a folder of their own.
class StartGuardTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void keepsOneFilePerDomain();
    void writesWhatOthersMayRead();
    void putsTheReasonOnOneLine_data();
    void putsTheReasonOnOneLine();
    void replacesTheFileAsAWhole();
    void leavesAFileAloneThatIsRight();
    void putsRightWhatOthersChanged();
    void forgets();
    void survivesAPowerCutBeforeTheRename();
    void namesNothingButDomains();
    void reportsAFolderThatCannotBeMade();
    void reportsAFileThatCannotBeReplaced();
    void keepsTheOldFileWhenTheDiskIsFull();

private:
    [[nodiscard]] QString folder() const { return m_directory->filePath(u"starts"_s); }
    [[nodiscard]] QString pathOf(const DomainUuid& domain) const
    {
        return folder() + u'/' + toString(domain);
    }
    [[nodiscard]] QByteArray contentOf(const DomainUuid& domain) const
    {
        QFile file{pathOf(domain)};
        return file.open(QIODevice::ReadOnly) ? file.readAll() : "no file"_ba;
    }
    /// What a daemon that starts finds.
    [[nodiscard]] QStringList known() const
    {
        QStringList result;
        for (const auto& domain : StartGuard{folder()}.known())
            result.append(lockstep::toString(domain));
        result.sort();
        return result;
    }
    static void write(const QString& path, const QByteArray& content)
    {
        QFile file{path};
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        QCOMPARE(file.write(content), content.size());
    }
    [[nodiscard]] static struct stat statusOf(const QString& path)
    {
        struct stat result{};
        if (::stat(QFile::encodeName(path).constData(), &result) != 0)
            qFatal("%s is missing", qPrintable(path));
        return result;
    }

    const DomainUuid m_web{QUuid{u"642a14a9-9a71-4d14-a639-a9dbd902783e"_s}};
    const DomainUuid m_db{QUuid{u"0b0b8ac1-8b07-4f4e-9f7c-6e1f8a4c9d21"_s}};
    std::unique_ptr<QTemporaryDir> m_directory;
};

void StartGuardTest::init() { m_directory = std::make_unique<QTemporaryDir>(); }

void StartGuardTest::keepsOneFilePerDomain()
{
    StartGuard guard{folder()};
    QVERIFY(guard.known().isEmpty());
    QVERIFY(guard.allow(m_web));
    QVERIFY(guard.refuse(m_db, u"It runs on beta (epoch 7)."_s));
    QCOMPARE(contentOf(m_web), "allow\n"_ba);
    QCOMPARE(contentOf(m_db), "refuse\nIt runs on beta (epoch 7).\n"_ba);
    QCOMPARE(known(), QStringList({toString(m_db), toString(m_web)}));
}

void StartGuardTest::writesWhatOthersMayRead()
{
    const auto mask = ::umask(0077);
    StartGuard guard{folder()};
    const auto done = guard.refuse(m_web, u"It runs on beta."_s);
    ::umask(mask);
    QVERIFY(done);
    QCOMPARE(statusOf(folder()).st_mode & 07777U, 0755U);
    QCOMPARE(statusOf(pathOf(m_web)).st_mode & 07777U, 0644U);
}

void StartGuardTest::putsTheReasonOnOneLine_data()
{
    QTest::addColumn<QString>("why");
    QTest::addColumn<QByteArray>("line");
    QTest::newRow("two lines") << u"It runs\n on beta.\n"_s << "It runs on beta."_ba;
    QTest::newRow("not only ASCII") << u"Läuft auf β."_s << "Läuft auf β."_ba;
    QTest::newRow("nothing") << QString{} << "another host may be running it."_ba;
}

void StartGuardTest::putsTheReasonOnOneLine()
{
    QFETCH(QString, why);
    QFETCH(QByteArray, line);
    QVERIFY(StartGuard{folder()}.refuse(m_web, why));
    QCOMPARE(contentOf(m_web), "refuse\n" + line + '\n');
}

void StartGuardTest::replacesTheFileAsAWhole()
{
    StartGuard guard{folder()};
    QVERIFY(guard.refuse(m_web, u"It runs on beta."_s));
    QFile reader{pathOf(m_web)};
    QVERIFY(reader.open(QIODevice::ReadOnly));
    QVERIFY(guard.allow(m_web));
    QCOMPARE(contentOf(m_web), "allow\n"_ba);
    // Who has it open goes on reading what was there.
    QCOMPARE(reader.readAll(), "refuse\nIt runs on beta.\n"_ba);
    QCOMPARE(QDir{folder()}.entryList(QDir::Files), QStringList{toString(m_web)});
}

void StartGuardTest::leavesAFileAloneThatIsRight()
{
    StartGuard guard{folder()};
    QVERIFY(guard.allow(m_web));
    const auto inode = statusOf(pathOf(m_web)).st_ino;
    QFile keepsTheInode{pathOf(m_web)};
    QVERIFY(keepsTheInode.open(QIODevice::ReadOnly));
    QVERIFY(guard.allow(m_web));
    QCOMPARE(statusOf(pathOf(m_web)).st_ino, inode);
    // Whether it is on disk is not known to a daemon that did not write it.
    QVERIFY(StartGuard{folder()}.allow(m_web));
    QVERIFY(statusOf(pathOf(m_web)).st_ino != inode);
}

void StartGuardTest::putsRightWhatOthersChanged()
{
    StartGuard guard{folder()};
    QVERIFY(guard.refuse(m_web, u"It runs on beta."_s));
    write(pathOf(m_web), "allow\n"_ba);
    QVERIFY(guard.refuse(m_web, u"It runs on beta."_s));
    QCOMPARE(contentOf(m_web), "refuse\nIt runs on beta.\n"_ba);
    QVERIFY(QFile::remove(pathOf(m_web)));
    QVERIFY(guard.refuse(m_web, u"It runs on beta."_s));
    QCOMPARE(contentOf(m_web), "refuse\nIt runs on beta.\n"_ba);
}

void StartGuardTest::forgets()
{
    StartGuard guard{folder()};
    QVERIFY(guard.forget(m_web)); // not even a folder is there
    QVERIFY(guard.allow(m_web));
    QVERIFY(guard.refuse(m_db, u"It runs on beta."_s));
    QVERIFY(guard.forget(m_web));
    QVERIFY(guard.forget(m_web));
    QCOMPARE(known(), QStringList{toString(m_db)});
    QVERIFY(guard.allow(m_web));
    QCOMPARE(contentOf(m_web), "allow\n"_ba);
}

void StartGuardTest::survivesAPowerCutBeforeTheRename()
{
    QVERIFY(StartGuard{folder()}.refuse(m_web, u"It runs on beta."_s));
    write(pathOf(m_web) + u".new"_s, "all"_ba);
    write(pathOf(m_db) + u".new"_s, QByteArray{});
    StartGuard guard{folder()};
    QCOMPARE(known(), QStringList{toString(m_web)});
    QCOMPARE(contentOf(m_web), "refuse\nIt runs on beta.\n"_ba);
    QVERIFY(guard.allow(m_web));
    QVERIFY(guard.refuse(m_db, u"It runs on beta."_s));
    QCOMPARE(contentOf(m_web), "allow\n"_ba);
    QCOMPARE(contentOf(m_db), "refuse\nIt runs on beta.\n"_ba);
    QCOMPARE(QDir{folder()}.entryList(QDir::Files).size(), 2);
}

void StartGuardTest::namesNothingButDomains()
{
    QVERIFY(StartGuard{folder()}.allow(m_web));
    write(folder() + u"/README"_s, "x"_ba);
    write(folder() + u"/642A14A9-9A71-4D14-A639-A9DBD902783F"_s, "allow\n"_ba);
    QVERIFY(QDir{folder()}.mkdir(toString(m_db)));
    QCOMPARE(known(), QStringList{toString(m_web)});
}

void StartGuardTest::reportsAFolderThatCannotBeMade()
{
    write(folder(), "a file"_ba);
    StartGuard guard{folder()};
    for (const auto& done : {guard.allow(m_web), guard.refuse(m_web, u"It runs on beta."_s)}) {
        QVERIFY(!done);
        QCOMPARE(done.error().code(), Errc::StoreError);
        QVERIFY2(done.error().message().contains(folder()), qPrintable(done.error().message()));
    }
    QVERIFY(guard.known().isEmpty());
    QVERIFY(guard.forget(m_web));
}

void StartGuardTest::reportsAFileThatCannotBeReplaced()
{
    // Root may write in any folder, but nobody can put a file in the place of a folder.
    StartGuard guard{folder()};
    QVERIFY(guard.allow(m_db));
    QVERIFY(QDir{folder()}.mkdir(toString(m_web)));
    QVERIFY(QDir{folder()}.mkdir(toString(m_db) + u".new"_s));
    for (const auto& done : {guard.refuse(m_web, u"It runs on beta."_s), guard.forget(m_web),
                             guard.refuse(m_db, u"It runs on beta."_s)}) {
        QVERIFY(!done);
        QCOMPARE(done.error().code(), Errc::StoreError);
        QVERIFY2(done.error().message().contains(folder()), qPrintable(done.error().message()));
    }
    QCOMPARE(contentOf(m_db), "allow\n"_ba);
}

void StartGuardTest::keepsTheOldFileWhenTheDiskIsFull()
{
    StartGuard guard{folder()};
    QVERIFY(guard.allow(m_web));
    // As close to a full disk as one gets without one: no file may be longer than ten bytes.
    constexpr rlim_t most = 10;
    const auto signal = std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit small{.rlim_cur = most, .rlim_max = before.rlim_max};
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto done = guard.refuse(m_web, u"It runs on beta."_s);
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, signal);
    QVERIFY(!done);
    QCOMPARE(done.error().code(), Errc::StoreError);
    QCOMPARE(contentOf(m_web), "allow\n"_ba);
    QVERIFY(guard.refuse(m_web, u"It runs on beta."_s));
    QCOMPARE(contentOf(m_web), "refuse\nIt runs on beta.\n"_ba);
}

QTEST_GUILESS_MAIN(StartGuardTest)
#include "StartGuardTest.moc"
