// SPDX-License-Identifier: LGPL-2.1-or-later
/// What a trusted peer that is hostile can put into requests and answers: one JSON object, read as
/// each of the things that a peer may send.

#include "Target.h"
#include "doctor/HostReport.h"
#include "pair/PreflightFacts.h"
#include "pair/Record.h"
#include "peer/Hello.h"
#include "peer/JsonRpc.h"
#include "replication/Spec.h"

#include <QJsonDocument>

namespace {

using namespace lockstep;
using fuzz::promise;

/// What was read is within its bounds, so writing it and reading it again changes nothing.
template <typename T, typename Read, typename Write>
void roundTrip(const QJsonObject& json, const Read& read, const Write& write)
{
    const Result<T> first = read(json);
    if (!first)
        return;
    const QJsonObject written = write(*first);
    const Result<T> second = read(written);
    promise(second && write(*second) == written, "what was read from a peer can be sent again");
}

/// Counting with what a peer claims overflows nowhere.
void count(const QJsonObject& json)
{
    const auto facts = RemoteFacts::fromJson(json);
    if (!facts)
        return;
    QList<DiskFacts> disks;
    for (const StaleDisk& disk : facts->staleDisks)
        disks.append({.target = disk.target,
                      .virtualSize = disk.size,
                      .allocated = disk.size,
                      .internalSnapshots = {}});
    promise(imageSpaceNeeded(disks).value >= 0, "sizes are not negative");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const QJsonObject json = QJsonDocument::fromJson(fuzz::bytes(data, size)).object();
    const auto written = [](const auto& thing) { return thing.toJson(); };
    roundTrip<Hello>(json, helloFromJson, [](const Hello& hello) { return toJson(hello); });
    roundTrip<RemoteFacts>(json, RemoteFacts::fromJson, written);
    roundTrip<ReplicationSpec>(json, ReplicationSpec::fromJson, written);
    roundTrip<PairSettings>(json, PairSettings::fromJson, written);
    roundTrip<doctor::HostReport>(
        json, doctor::reportFromJson,
        [](const doctor::HostReport& report) { return doctor::toJson(report); });
    count(json);
    return 0;
}
