// SPDX-License-Identifier: LGPL-2.1-or-later
#include "statistics/PackedHistory.h"

#include "statistics/CheckpointRing.h"

#include <QDataStream>
#include <QIODevice>

#include <cmath>
#include <functional>
#include <utility>

namespace lockstep::packed {

namespace {

constexpr quint8 format = 1;
constexpr quint32 mostBins = 1'000;

QByteArray written(const std::function<void(QDataStream&)>& write)
{
    QByteArray data;
    QDataStream out{&data, QIODevice::WriteOnly};
    out.setVersion(QDataStream::Qt_6_5);
    out << format;
    write(out);
    return data;
}

/// Whether `read` found what it wanted, and nothing was left.
bool isRead(const QByteArray& data, const std::function<bool(QDataStream&)>& read)
{
    QDataStream in{data};
    in.setVersion(QDataStream::Qt_6_5);
    quint8 found = 0;
    in >> found;
    return found == format && read(in) && in.status() == QDataStream::Ok && in.atEnd();
}

void write(QDataStream& out, const Second& second)
{
    out << second.checkpoints << second.asked << second.stopped << second.longest << second.released
        << second.memoryKib << second.diskKib;
}

void read(QDataStream& in, Second& second)
{
    in >> second.checkpoints >> second.asked >> second.stopped >> second.longest >> second.released
        >> second.memoryKib >> second.diskKib;
}

void write(QDataStream& out, const Checkpoint& checkpoint)
{
    out << checkpoint.time << checkpoint.memory << checkpoint.disk << checkpoint.stopped
        << checkpoint.duration.raw() << checkpoint.released.raw() << checkpoint.hold.raw()
        << std::to_underlying(checkpoint.reason);
}

void read(QDataStream& in, Checkpoint& checkpoint)
{
    quint32 duration = 0;
    quint32 released = 0;
    quint32 hold = 0;
    quint8 reason = 0;
    in >> checkpoint.time >> checkpoint.memory >> checkpoint.disk >> checkpoint.stopped >> duration
        >> released >> hold >> reason;
    checkpoint.duration = Maybe<quint32>::fromRaw(duration);
    checkpoint.released = Maybe<quint32>::fromRaw(released);
    checkpoint.hold = Maybe<quint32>::fromRaw(hold);
    checkpoint.reason = checkpointReason(reason);
}

void write(QDataStream& out, const Distributions& distributions)
{
    for (std::size_t n = 0; n < figureKinds; ++n) {
        const Distribution* const one = distributions.find(static_cast<Figure>(n));
        const auto contents = one ? one->contents() : Distribution::Contents{};
        out << contents.sum << contents.most << static_cast<quint32>(contents.bins.size());
        for (const auto& [bin, count] : contents.bins)
            out << static_cast<qint16>(bin) << count;
    }
}

bool read(QDataStream& in, Distributions& distributions)
{
    for (std::size_t n = 0; n < figureKinds; ++n) {
        Distribution::Contents contents;
        quint32 bins = 0;
        in >> contents.sum >> contents.most >> bins;
        const bool areNumbers = std::isfinite(contents.sum) && std::isfinite(contents.most);
        if (in.status() != QDataStream::Ok || bins > mostBins || !areNumbers)
            return false;
        for (quint32 left = bins; left > 0; --left) {
            qint16 bin = 0;
            quint64 count = 0;
            in >> bin >> count;
            contents.bins.emplaceBack(int{bin}, count);
        }
        if (bins > 0)
            distributions.change(static_cast<Figure>(n)).restore(contents);
    }
    return true;
}

} // namespace

QByteArray pack(const Minute& minute)
{
    return written([&minute](QDataStream& out) {
        out << minute.start << minute.observed << minute.busy;
        for (const Second& second : minute.seconds)
            write(out, second);
    });
}

std::optional<Minute> minute(const QByteArray& data)
{
    Minute found;
    const bool good = isRead(data, [&found](QDataStream& in) {
        in >> found.start >> found.observed >> found.busy;
        for (int n = 0; n < Minute::length; ++n) {
            if (!found.isBusy(n))
                continue;
            Second second;
            read(in, second);
            found.seconds.push_back(second);
        }
        return found.isSound();
    });
    return good ? std::optional{std::move(found)} : std::nullopt;
}

QByteArray pack(const Distributions& distributions)
{
    return written([&distributions](QDataStream& out) { write(out, distributions); });
}

std::optional<Distributions> distributions(const QByteArray& data)
{
    Distributions found;
    const bool good = isRead(data, [&found](QDataStream& in) { return read(in, found); });
    return good ? std::optional{std::move(found)} : std::nullopt;
}

QByteArray pack(const LifetimeFigures& figures)
{
    return written([&figures](QDataStream& out) {
        out << static_cast<quint8>(figures.checkpoints.size());
        for (const quint64 count : figures.checkpoints)
            out << count;
        out << figures.stopped << figures.released << figures.memory << figures.disk;
        write(out, figures.distributions);
    });
}

std::optional<LifetimeFigures> lifetime(const QByteArray& data)
{
    LifetimeFigures found;
    const bool good = isRead(data, [&found](QDataStream& in) {
        quint8 reasons = 0;
        in >> reasons;
        for (quint8 n = 0; n < reasons; ++n) {
            quint64 count = 0;
            in >> count;
            found.checkpoints.at(static_cast<std::size_t>(checkpointReason(n))) += count;
        }
        in >> found.stopped >> found.released >> found.memory >> found.disk;
        return read(in, found.distributions);
    });
    return good ? std::optional{std::move(found)} : std::nullopt;
}

QByteArray pack(const Block& block)
{
    return written([&block](QDataStream& out) {
        out << block.first << static_cast<quint32>(block.checkpoints.size());
        for (const Checkpoint& checkpoint : block.checkpoints)
            write(out, checkpoint);
    });
}

std::optional<Block> block(const QByteArray& data)
{
    Block found;
    const bool good = isRead(data, [&found](QDataStream& in) {
        quint32 count = 0;
        in >> found.first >> count;
        if (count > CheckpointRing::blockSize)
            return false;
        for (quint32 left = count; left > 0; --left) {
            Checkpoint checkpoint;
            read(in, checkpoint);
            found.checkpoints.append(checkpoint);
        }
        return true;
    });
    return good ? std::optional{std::move(found)} : std::nullopt;
}

} // namespace lockstep::packed
