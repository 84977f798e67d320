// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Figures.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace lockstep::bench {

using namespace Qt::StringLiterals;

namespace {

double rounded(double value) { return std::round(value * 100) / 100; }

} // namespace

void print(const Figure& figure)
{
    QList<double> sorted = figure.rounds;
    std::ranges::sort(sorted);
    const auto middle = sorted.size() / 2;
    const double median =
        sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    const QJsonObject line{
        {u"figure"_s, figure.name},
        {u"value"_s, rounded(median)},
        {u"unit"_s, u"ms"_s},
        {u"spread"_s, QJsonArray{rounded(sorted.constFirst()), rounded(sorted.constLast())}},
        {u"rounds"_s, sorted.size()}};
    std::printf("%s\n", QJsonDocument{line}.toJson(QJsonDocument::Compact).constData());
    std::fflush(stdout);
}

double cpuTime()
{
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) * 1e3 + double(time.tv_nsec) / 1e6;
}

} // namespace lockstep::bench
