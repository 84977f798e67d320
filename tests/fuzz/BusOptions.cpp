// SPDX-License-Identifier: LGPL-2.1-or-later
/// What any user of this host can put into the arguments of D-Bus calls. One argument or option a
/// line: "NAME TYPE VALUE", the types as busctl has them: b, s, t, x, d and as
/// (words). The first line's value also stands for names, addresses and fingerprints.

#include "Target.h"
#include "api/Wire.h"
#include "api/WireStatistics.h"
#include "dbus/ErrorText.h"
#include "dbus/Fingerprint.h"
#include "peer/PeerRecord.h"

#include <algorithm>
#include <optional>

namespace {

using namespace lockstep;
using namespace Qt::StringLiterals;
using fuzz::promise;

constexpr qsizetype mostOptions = 32;

/// Errors of the D-Bus library: what it refuses does not arrive either.
std::optional<sdbus::Variant> variant(const QByteArray& type, const QByteArray& value)
{
    try {
        const std::string text = value.toStdString();
        if (type == "b")
            return sdbus::Variant{value == "true"};
        if (type == "s")
            return sdbus::Variant{text};
        if (type == "t")
            return sdbus::Variant{uint64_t{value.toULongLong()}};
        if (type == "x")
            return sdbus::Variant{int64_t{value.toLongLong()}};
        if (type == "d")
            return sdbus::Variant{value.toDouble()};
        if (type == "as") {
            std::vector<std::string> words;
            const auto all = value.split(' ');
            for (const QByteArray& word : all)
                words.push_back(word.toStdString());
            return sdbus::Variant{words};
        }
    } catch (const sdbus::Error&) {
        return std::nullopt;
    }
    return std::nullopt;
}

/// What D-Bus carries as a string: UTF-8 without NUL.
bool isText(const QByteArray& bytes) { return !bytes.contains('\0') && bytes.isValidUtf8(); }

struct Input
{
    QByteArray first;
    wire::Dictionary options;
};

Input partsOf(const QByteArray& bytes)
{
    Input input;
    const auto lines = bytes.split('\n').first(std::min(mostOptions, bytes.count('\n') + 1));
    for (const QByteArray& line : lines) {
        const auto space = line.indexOf(' ');
        const auto second = line.indexOf(' ', space + 1);
        if (space < 0 || second < 0 || !isText(line))
            continue;
        const QByteArray value = line.sliced(second + 1);
        if (input.first.isEmpty())
            input.first = value;
        if (auto option = variant(line.sliced(space + 1, second - space - 1), value))
            input.options.emplace(line.first(space).toStdString(), *std::move(option));
    }
    return input;
}

void readOptions(const wire::Dictionary& options)
{
    (void)wire::force(options);
    (void)wire::protectOptions(options);
    (void)wire::settingsChange(options);
    (void)wire::peerName(options);
    (void)wire::noOptions(options);
    if (const auto hosts = wire::hosts(options))
        promise(std::ranges::all_of(
                    *hosts, [](const QString& host) { return wire::checkName(host).has_value(); }),
                "names of hosts are no longer than names are");
    if (const auto query = wire::eventQuery(options))
        promise(query->limit <= EventQuery::mostEvents, "no more events than there may be");
    if (const auto settings = wire::heartbeatSettings({}, options)) {
        if (const auto good = checked(*settings))
            promise(checked(*good).has_value(), "settings that are good stay so");
    }
}

void readText(const QByteArray& bytes)
{
    const QString text = QString::fromUtf8(bytes);
    (void)wire::checkName(text);
    (void)parseAddress(text, 49'500);
    (void)wire::fingerprint(bytes.toStdString());
    if (const auto digits = dbus::parseFingerprint(text))
        promise(dbus::parseFingerprint(dbus::groupedFingerprint(*digits)) == *digits,
                "a fingerprint that is shown can be typed");
    (void)dbus::decodeError(dbus::errorName(Errc::Busy), text);
    const auto number = bytes.toULongLong();
    const auto query = wire::statisticsQuery(number, number / 2, {}, 1'800'000'000'000'000);
    if (query)
        promise(query->since >= 0 && query->since <= query->until, "a time has its ends in order");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const Input input = partsOf(fuzz::bytes(data, size));
    readOptions(input.options);
    (void)wire::statisticsQuery(0, 0, input.options, 1'800'000'000'000'000);
    readText(input.first);
    return 0;
}
