// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/ImageFiles.h"

#include "replication/Program.h"

#include <sys/stat.h>
#include <unistd.h>

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// With a real qemu-img and real files in a directory of its own.
class ImageFilesTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void makesImagesAsTold_data();
    void makesImagesAsTold();
    void makesImagesWithoutCopyOnWrite();
    void neverOverwrites();
    void neverFollowsALinkWhenMaking();
    void leavesNothingBehindWhenMakingFails();
    void refusesSpecsThatMakeNoSense_data();
    void refusesSpecsThatMakeNoSense();
    void namesADirectoryThatIsNotThere();
    void readsBackingChainsAndSnapshots();
    void doesNotGuessTheFormatOfARawImage();
    void saysWhyAnImageCannotBeRead();
    static void refusesAnswersWithoutSize();
    void removesOneFile();
    void isContentWithAFileThatIsGone();
    void removesNothingOutsideItsDirectory_data();
    void removesNothingOutsideItsDirectory();
    void leavesLinksAndDirectoriesAlone();
    void tellsFreeSpace();
    static void killsProgramsThatAreLate();
    static void namesProgramsThatAreNotThere();
    static void reportsStatusAndErrorText();

private:
    [[nodiscard]] QString path(const QString& name) const { return m_directory->filePath(name); }
    [[nodiscard]] ImageSpec spec(const QString& name, const QString& format) const
    {
        return {.path = path(name),
                .format = format,
                .size = Bytes::fromMiB(3),
                .uid = ::getuid(),
                .gid = ::getgid(),
                .mode = 0640};
    }
    std::unique_ptr<QTemporaryDir> m_directory;
};

void ImageFilesTest::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    QVERIFY(m_directory->isValid());
}

void ImageFilesTest::makesImagesAsTold_data()
{
    QTest::addColumn<QString>("format");
    QTest::newRow("raw") << u"raw"_s;
    QTest::newRow("qcow2") << u"qcow2"_s;
}

void ImageFilesTest::makesImagesAsTold()
{
    QFETCH(const QString, format);
    const auto made = QCoro::waitFor(createImage(spec(u"a.img"_s, format)));
    QVERIFY2(made, qPrintable(made ? QString{} : made.error().message()));
    struct stat status{};
    QCOMPARE(::stat(QFile::encodeName(path(u"a.img"_s)).constData(), &status), 0);
    QCOMPARE(status.st_mode & 07777U, 0640U);
    const auto read = QCoro::waitFor(imageInfo(path(u"a.img"_s), format));
    QVERIFY(read);
    QCOMPARE(read->format, format);
    QCOMPARE(read->virtualSize, Bytes::fromMiB(3));
    QVERIFY(read->allocated < Bytes::fromMiB(1));
    QVERIFY(read->backingChain.isEmpty() && read->snapshots.isEmpty() && !read->encrypted);
}

void ImageFilesTest::makesImagesWithoutCopyOnWrite()
{
    auto sectors = spec(u"a.qcow2"_s, u"qcow2"_s);
    sectors.bySector = true;
    QVERIFY(QCoro::waitFor(createImage(sectors)));
    const auto info = QCoro::waitFor(
        runProgram(u"qemu-img"_s, {u"info"_s, u"--output=json"_s, path(u"a.qcow2"_s)}, 10s));
    QVERIFY(info);
    const auto json = QJsonDocument::fromJson(info->output);
    QCOMPARE(json[u"cluster-size"].toInt() / 32, 512);
    QVERIFY(json[u"format-specific"][u"data"][u"extended-l2"].toBool());
    // QEMU refuses a table of clusters above 32 MiB.
    sectors.path = path(u"large.qcow2"_s);
    sectors.size = {qint64{100} << 40};
    const auto large = QCoro::waitFor(createImage(sectors));
    QVERIFY2(large, large ? "" : qPrintable(large.error().message()));
}

void ImageFilesTest::neverOverwrites()
{
    QFile precious{path(u"a.img"_s)};
    QVERIFY(precious.open(QIODevice::WriteOnly));
    precious.write("precious");
    precious.close();
    const auto made = QCoro::waitFor(createImage(spec(u"a.img"_s, u"raw"_s)));
    QVERIFY(!made);
    QCOMPARE(made.error().code(), Errc::StoreError);
    QVERIFY(precious.open(QIODevice::ReadOnly));
    QCOMPARE(precious.readAll(), "precious");
}

void ImageFilesTest::neverFollowsALinkWhenMaking()
{
    QVERIFY(QFile::link(path(u"elsewhere"_s), path(u"a.img"_s)));
    QVERIFY(!QCoro::waitFor(createImage(spec(u"a.img"_s, u"raw"_s))));
    QVERIFY(!QFile::exists(path(u"elsewhere"_s)));
}

void ImageFilesTest::leavesNothingBehindWhenMakingFails()
{
    auto tooLarge = spec(u"a.img"_s, u"qcow2"_s);
    tooLarge.size = {std::numeric_limits<qint64>::max() / 512 * 512};
    const auto made = QCoro::waitFor(createImage(tooLarge));
    QVERIFY(!made);
    QCOMPARE(made.error().code(), Errc::StoreError);
    QVERIFY(made.error().message().contains(u"a.img"_s));
    QVERIFY(QDir{m_directory->path()}.isEmpty());
}

void ImageFilesTest::refusesSpecsThatMakeNoSense_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("format");
    QTest::addColumn<qint64>("size");
    QTest::newRow("relative") << u"a.img"_s << u"raw"_s << qint64{512};
    QTest::newRow("up") << u"/tmp/../etc/a.img"_s << u"raw"_s << qint64{512};
    QTest::newRow("protocol") << u"nbd:localhost:1"_s << u"raw"_s << qint64{512};
    QTest::newRow("format") << u"/nowhere/a.img"_s << u"vmdk"_s << qint64{512};
    QTest::newRow("no size") << u"/nowhere/a.img"_s << u"raw"_s << qint64{0};
    QTest::newRow("odd size") << u"/nowhere/a.img"_s << u"raw"_s << qint64{513};
}

void ImageFilesTest::refusesSpecsThatMakeNoSense()
{
    QFETCH(const QString, path);
    QFETCH(const QString, format);
    QFETCH(const qint64, size);
    const auto made = QCoro::waitFor(createImage({.path = path, .format = format, .size = {size}}));
    QVERIFY(!made);
    QCOMPARE(made.error().code(), Errc::InvalidArgument);
}

void ImageFilesTest::namesADirectoryThatIsNotThere()
{
    const auto made = QCoro::waitFor(createImage(spec(u"not/there.img"_s, u"raw"_s)));
    QVERIFY(!made);
    QCOMPARE(made.error().code(), Errc::StoreError);
    QVERIFY(made.error().message().contains(u"not/there.img"_s));
    QVERIFY(made.error().message().contains(u"No such file"_s));
}

void ImageFilesTest::readsBackingChainsAndSnapshots()
{
    QVERIFY(QCoro::waitFor(createImage(spec(u"base.img"_s, u"raw"_s))));
    const auto run = [](const QStringList& arguments) {
        const auto ended = QCoro::waitFor(runProgram(u"qemu-img"_s, arguments, 20s));
        return ended && ended->exitStatus == 0;
    };
    QVERIFY(run({u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, u"-b"_s, path(u"base.img"_s), u"-F"_s,
                 u"raw"_s, path(u"top.img"_s)}));
    QVERIFY(run({u"snapshot"_s, u"-c"_s, u"before update"_s, path(u"top.img"_s)}));
    const auto read = QCoro::waitFor(imageInfo(path(u"top.img"_s), u"qcow2"_s));
    QVERIFY(read);
    QCOMPARE(read->backingChain, QStringList{path(u"base.img"_s)});
    QCOMPARE(read->snapshots, QStringList{u"before update"_s});
    QCOMPARE(read->virtualSize, Bytes::fromMiB(3));
}

void ImageFilesTest::doesNotGuessTheFormatOfARawImage()
{
    QVERIFY(QCoro::waitFor(createImage(spec(u"guest.img"_s, u"qcow2"_s))));
    const auto read = QCoro::waitFor(imageInfo(path(u"guest.img"_s), u"raw"_s));
    QVERIFY(read);
    QCOMPARE(read->format, u"raw"_s);
    QVERIFY(read->virtualSize < Bytes::fromMiB(3));
}

void ImageFilesTest::saysWhyAnImageCannotBeRead()
{
    const auto gone = QCoro::waitFor(imageInfo(path(u"gone.img"_s), u"raw"_s));
    QVERIFY(!gone);
    QCOMPARE(gone.error().code(), Errc::StoreError);
    QVERIFY(gone.error().message().contains(u"No such file"_s));
    const auto remote = QCoro::waitFor(imageInfo(u"nbd:localhost:1"_s, u"raw"_s));
    QVERIFY(!remote);
    QCOMPARE(remote.error().code(), Errc::InvalidArgument);
}

void ImageFilesTest::refusesAnswersWithoutSize()
{
    for (const auto* const text :
         {"", "[]", "{}", "[{}]", R"([{"format":"raw"}])", R"([{"virtual-size":1}])", "[1]"}) {
        const auto read = parseImageInfo(text);
        QVERIFY2(!read, text);
        QCOMPARE(read.error().code(), Errc::Malformed);
    }
}

void ImageFilesTest::removesOneFile()
{
    QVERIFY(QCoro::waitFor(createImage(spec(u"a.img"_s, u"raw"_s))));
    QVERIFY(QCoro::waitFor(createImage(spec(u"b.img"_s, u"raw"_s))));
    QVERIFY(QCoro::waitFor(removeFile(m_directory->path() + u'/', path(u"a.img"_s))));
    QCOMPARE(QDir{m_directory->path()}.entryList(QDir::Files), QStringList{u"b.img"_s});
}

void ImageFilesTest::isContentWithAFileThatIsGone()
{
    QVERIFY(QCoro::waitFor(removeFile(m_directory->path(), path(u"gone.img"_s))));
    QVERIFY(QCoro::waitFor(removeFile(path(u"gone"_s), path(u"gone/gone.img"_s))));
}

void ImageFilesTest::removesNothingOutsideItsDirectory_data()
{
    QTest::addColumn<QString>("victim");
    QTest::newRow("elsewhere") << u"/victim.img"_s;
    QTest::newRow("up") << u"%1/../victim.img"_s;
    QTest::newRow("below") << u"%1/sub/victim.img"_s;
    QTest::newRow("itself") << u"%1"_s;
    QTest::newRow("relative") << u"victim.img"_s;
    QTest::newRow("nothing") << QString{};
}

void ImageFilesTest::removesNothingOutsideItsDirectory()
{
    QFETCH(QString, victim);
    victim.replace(u"%1"_s, m_directory->path());
    const auto removed = QCoro::waitFor(removeFile(m_directory->path(), victim));
    QVERIFY(!removed);
    QCOMPARE(removed.error().code(), Errc::InvalidArgument);
}

void ImageFilesTest::leavesLinksAndDirectoriesAlone()
{
    QVERIFY(QCoro::waitFor(createImage(spec(u"target.img"_s, u"raw"_s))));
    QVERIFY(QFile::link(path(u"target.img"_s), path(u"link.img"_s)));
    QVERIFY(QDir{m_directory->path()}.mkdir(u"folder.img"_s));
    for (const auto& name : {u"link.img"_s, u"folder.img"_s}) {
        const auto removed = QCoro::waitFor(removeFile(m_directory->path(), path(name)));
        QVERIFY(!removed);
        QCOMPARE(removed.error().code(), Errc::StoreError);
    }
    QCOMPARE(QDir{m_directory->path()}.entryList(QDir::AllEntries | QDir::NoDotAndDotDot).size(),
             3);
}

void ImageFilesTest::tellsFreeSpace()
{
    const auto space = QCoro::waitFor(freeSpace(m_directory->path()));
    QVERIFY(space);
    QVERIFY(*space > Bytes{0});
    const auto nowhere = QCoro::waitFor(freeSpace(path(u"nowhere"_s)));
    QVERIFY(!nowhere);
    QCOMPARE(nowhere.error().code(), Errc::StoreError);
}

void ImageFilesTest::killsProgramsThatAreLate()
{
    const auto ended = QCoro::waitFor(runProgram(u"tail"_s, {u"-f"_s, u"/dev/null"_s}, 50ms));
    QVERIFY(!ended);
    QCOMPARE(ended.error().code(), Errc::Timeout);
}

void ImageFilesTest::namesProgramsThatAreNotThere()
{
    const auto ended = QCoro::waitFor(runProgram(u"lockstep-no-such-program"_s, {}, 10s));
    QVERIFY(!ended);
    QCOMPARE(ended.error().code(), Errc::NotSupported);
    QVERIFY(ended.error().message().contains(u"lockstep-no-such-program"_s));
}

void ImageFilesTest::reportsStatusAndErrorText()
{
    const auto ended = QCoro::waitFor(runProgram(u"ls"_s, {u"/no/such; echo shell"_s}, 10s));
    QVERIFY(ended);
    QVERIFY(ended->exitStatus != 0);
    QVERIFY(ended->output.isEmpty());
    QVERIFY(ended->errors.contains(u"No such file or directory"_s));
}

QTEST_GUILESS_MAIN(ImageFilesTest)
#include "ImageFilesTest.moc"
