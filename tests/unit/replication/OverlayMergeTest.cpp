// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/OverlayMerge.h"

#include "replication/ImageFiles.h"
#include "replication/Program.h"

#include <unistd.h>

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// With real images. Each letter is a sector that was written with it.
class OverlayMergeTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void mergesFromTheTop_data();
    void mergesFromTheTop();
    void putsLateWritesOverAllOthers();
    void canBeRepeated();
    void saysWhatFailed();

private:
    [[nodiscard]] QString path(const QString& name) const { return m_directory->filePath(name); }
    [[nodiscard]] bool make(const QString& name, const QString& format, const QString& text);
    [[nodiscard]] QString replica() const;
    [[nodiscard]] bool makeChain(const QString& format = QStringLiteral("qcow2"));
    [[nodiscard]] OverlayChain chain(const QString& late = {}) const
    {
        return {path(u"active"_s), path(u"hidden"_s), path(u"replica"_s), m_format, late};
    }

    static constexpr int sectors = 8;
    std::unique_ptr<QTemporaryDir> m_directory;
    QString m_format;
};

void OverlayMergeTest::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    QVERIFY(m_directory->isValid());
}

/// A dot is a sector that was not written.
bool OverlayMergeTest::make(const QString& name, const QString& format, const QString& text)
{
    const ImageSpec image{.path = path(name),
                          .format = format,
                          .size = Bytes{qint64{512} * sectors},
                          .uid = ::getuid(),
                          .gid = ::getgid(),
                          .bySector = format == u"qcow2"};
    if (!QCoro::waitFor(createImage(image)))
        return false;
    QStringList arguments{u"-f"_s, format};
    for (qsizetype at = 0; at < text.size(); ++at) {
        if (text[at] != u'.')
            arguments += {u"-c"_s, u"write -P %1 %2 512"_s.arg(text[at].unicode()).arg(512 * at)};
    }
    const auto done =
        QCoro::waitFor(runProgram(u"qemu-io"_s, arguments + QStringList{path(name)}, 30s));
    return done && done->exitStatus == 0;
}

bool OverlayMergeTest::makeChain(const QString& format)
{
    m_format = format;
    return make(u"replica"_s, format, u"rrrrrrrr"_s) && make(u"hidden"_s, u"qcow2"_s, u"hhhh...."_s)
        && make(u"active"_s, u"qcow2"_s, u"aa..aa.."_s);
}

QString OverlayMergeTest::replica() const
{
    const QString raw = path(u"raw"_s);
    const auto done = QCoro::waitFor(runProgram(
        u"qemu-img"_s,
        {u"convert"_s, u"-f"_s, m_format, u"-O"_s, u"raw"_s, path(u"replica"_s), raw}, 30s));
    QFile file{raw};
    if (!done || done->exitStatus != 0 || !file.open(QIODevice::ReadOnly))
        return {};
    const auto bytes = file.readAll();
    QString result;
    for (qsizetype at = 0; at < bytes.size(); at += 512) {
        const char first = bytes[at];
        result += bytes.sliced(at, 512) == QByteArray(512, first) ? QChar::fromLatin1(first)
                                                                  : QChar{u'?'};
    }
    return result;
}

void OverlayMergeTest::mergesFromTheTop_data()
{
    QTest::addColumn<QString>("format");
    QTest::newRow("raw") << u"raw"_s;
    QTest::newRow("qcow2") << u"qcow2"_s;
}

void OverlayMergeTest::mergesFromTheTop()
{
    QFETCH(const QString, format);
    QVERIFY(makeChain(format));
    const auto done = QCoro::waitFor(commitOverlays(chain()));
    QVERIFY2(done, done ? "" : qPrintable(done.error().message()));
    QCOMPARE(replica(), u"aahhaarr"_s);
}

void OverlayMergeTest::putsLateWritesOverAllOthers()
{
    QVERIFY(makeChain());
    QVERIFY(make(u"late"_s, u"qcow2"_s, u"l..l...l"_s));
    // QEMU was through with its own merge, and the guest has written past the overlays.
    const auto done = QCoro::waitFor(commitOverlays(chain(path(u"late"_s))));
    QVERIFY2(done, done ? "" : qPrintable(done.error().message()));
    QCOMPARE(replica(), u"lahlaarl"_s);
}

void OverlayMergeTest::canBeRepeated()
{
    QVERIFY(makeChain());
    QVERIFY(make(u"late"_s, u"qcow2"_s, u"l..l...l"_s));
    QVERIFY(QCoro::waitFor(commitOverlays(chain(path(u"late"_s)))));
    QVERIFY(QCoro::waitFor(commitOverlays(chain(path(u"late"_s)))));
    QCOMPARE(replica(), u"lahlaarl"_s);
}

void OverlayMergeTest::saysWhatFailed()
{
    QVERIFY(makeChain());
    const auto done = QCoro::waitFor(commitOverlays(chain(path(u"not-there"_s))));
    QVERIFY(!done);
    QCOMPARE(done.error().code(), Errc::StoreError);
    QVERIFY2(done.error().message().contains(u"not-there"), qPrintable(done.error().message()));
}

QTEST_GUILESS_MAIN(OverlayMergeTest)
#include "OverlayMergeTest.moc"
