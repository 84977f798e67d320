// SPDX-License-Identifier: LGPL-2.1-or-later
#include "metrics/OpenMetrics.h"

#include <QTest>

#include <limits>

using namespace lockstep;
using namespace Qt::StringLiterals;

/// The writer of the text format; unit.metrics_parse has Prometheus's parser read all of it.
class OpenMetricsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void writesFamiliesAsTheFormatWants();
    void escapesWhatOthersChoose();
    void writesNumbersAsGoDoes_data();
    void writesNumbersAsGoDoes();
};

void OpenMetricsTest::writesFamiliesAsTheFormatWants()
{
    OpenMetrics text;
    text.begin({"x_bytes", OpenMetrics::Type::Counter, "bytes", "Bytes of x."});
    text.sample({{"a", u"1"_s}, {"b", u"2"_s}}, 5);
    text.sample({}, 0.5);
    text.begin({"y", OpenMetrics::Type::Info, "", "What y is."});
    text.sample({{"v", u"1"_s}}, 1);
    QCOMPARE(QString::fromUtf8(text.finish()),
             u"# TYPE x_bytes counter\n# UNIT x_bytes bytes\n# HELP x_bytes Bytes of x.\n"
             "x_bytes_total{a=\"1\",b=\"2\"} 5.0\nx_bytes_total 0.5\n"
             "# TYPE y info\n# HELP y What y is.\ny_info{v=\"1\"} 1.0\n# EOF\n"_s);
}

void OpenMetricsTest::escapesWhatOthersChoose()
{
    OpenMetrics text;
    text.begin({"x", OpenMetrics::Type::Gauge, "", "X."});
    text.sample({{"name", u"a\"b\\c\nd é"_s}}, 1);
    QVERIFY(text.finish().contains("x{name=\"a\\\"b\\\\c\\nd \xc3\xa9\"} 1.0\n"));
}

void OpenMetricsTest::writesNumbersAsGoDoes_data()
{
    QTest::addColumn<double>("value");
    QTest::addColumn<QByteArray>("text");
    const auto row = [](double value, const QByteArray& text) {
        QTest::newRow(text.constData()) << value << text;
    };
    row(0, "0.0");
    row(1, "1.0");
    row(1e-4, "0.0001");
    row(104.8576, "104.8576");
    row(1'024, "1024.0");
    row(524'288, "524288.0");
    row(1'048'576, "1.048576e+06");
    row(2'000'000, "2e+06");
    row(8'589'934'592, "8.589934592e+09");
    row(std::numeric_limits<double>::infinity(), "+Inf");
    row(std::numeric_limits<double>::quiet_NaN(), "NaN");
}

void OpenMetricsTest::writesNumbersAsGoDoes()
{
    QFETCH(const double, value);
    QFETCH(const QByteArray, text);
    QCOMPARE(OpenMetrics::number(value), text);
}

QTEST_GUILESS_MAIN(OpenMetricsTest)
#include "OpenMetricsTest.moc"
