// SPDX-License-Identifier: LGPL-2.1-or-later
/// Runs a target without libFuzzer: replay DIRECTORY... gives it each file of the directories,
/// whole, cut short, and with single bytes changed. The same every time, so that it is a test like
/// others.

#include "Target.h"

#include <QDir>
#include <QFile>

#include <cstdio>
#include <random>

namespace {

constexpr qsizetype mostCuts = 64; ///< Per file.
constexpr int changes = 64;        ///< Per file.

void run(const QByteArray& input)
{
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.constData()),
                           static_cast<std::size_t>(input.size()));
}

void runCut(const QByteArray& seed)
{
    const qsizetype step = seed.size() / mostCuts + 1;
    for (qsizetype size = 0; size < seed.size(); size += step)
        run(seed.first(size));
}

void runChanged(const QByteArray& seed)
{
    if (seed.isEmpty())
        return;
    std::mt19937 random{1}; // NOLINT(bugprone-random-generator-seed): the same in every run
    for (int i = 0; i < changes; ++i) {
        QByteArray changed = seed;
        const auto at = static_cast<qsizetype>(random() % static_cast<quint64>(seed.size()));
        changed[at] = static_cast<char>(random());
        run(changed);
    }
}

} // namespace

int main(int argc, char** argv)
{
    LLVMFuzzerInitialize(&argc, &argv);
    int files = 0;
    for (int i = 1; i < argc; ++i) {
        const auto entries = QDir{QString::fromLocal8Bit(argv[i])}.entryInfoList(QDir::Files);
        for (const QFileInfo& entry : entries) {
            QFile file{entry.filePath()};
            if (!file.open(QIODevice::ReadOnly)) {
                std::fprintf(stderr, "%s: %s\n", qPrintable(entry.filePath()),
                             qPrintable(file.errorString()));
                return 1;
            }
            // A crash is to tell which file it was.
            std::printf("%s\n", qPrintable(entry.fileName()));
            std::fflush(stdout);
            const QByteArray seed = file.readAll();
            run(seed);
            runCut(seed);
            runChanged(seed);
            ++files;
        }
    }
    if (files == 0)
        std::fprintf(stderr, "no inputs in the directories given\n");
    return files == 0 ? 1 : 0;
}
