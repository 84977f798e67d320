// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Fingerprints.h"

#include "cli/Terminal.h"
#include "dbus/Fingerprint.h"

#include <algorithm>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

/// Two lines of eight blocks: short enough to be read aloud and compared.
void showFingerprint(const QString& whose, const QString& fingerprint)
{
    const qsizetype half = fingerprint.size() / 2;
    writeLine(Stream::Err, whose);
    writeLine(Stream::Err, u"    "_s + dbus::groupedFingerprint(fingerprint.first(half)));
    writeLine(Stream::Err, u"    "_s + dbus::groupedFingerprint(fingerprint.sliced(half)));
}

Result<QString> askAboutKey(const QJsonObject& own, const Stranger& stranger)
{
    showFingerprint(u"This host, %1:"_s.arg(own[u"host-name"].toString()),
                    own[u"fingerprint"].toString());
    showFingerprint(u"The other host, %1 at %2:"_s.arg(stranger.name, stranger.address),
                    stranger.fingerprint);
    writeLine(Stream::Err,
              u"Compare both with what 'lockstep peer list --own' shows at each host's console."_s);
    if (ask(u"Are both the same there? Type yes to trust %1: "_s.arg(stranger.name)) == "yes"_L1)
        return stranger.fingerprint;
    return failure(Errc::Cancelled, u"%1 is not trusted; nothing was changed"_s.arg(stranger.name));
}

} // namespace

Result<QString> confirmFingerprint(Daemon& daemon, const Stranger& stranger, const QString& given,
                                   bool yes)
{
    if (!given.isEmpty()) {
        const auto expected = dbus::parseFingerprint(given);
        if (!expected)
            return expected;
        if (*expected == stranger.fingerprint)
            return expected;
        return failure(
            Errc::FingerprintMismatch,
            u"%1 at %2 shows the fingerprint %3, not the one given"_s.arg(
                stranger.name, stranger.address, dbus::groupedFingerprint(stranger.fingerprint)));
    }
    if (yes)
        return stranger.fingerprint;
    if (!canAsk()) {
        return failure(
            Errc::InvalidArgument,
            u"the fingerprint of %1 has to be confirmed, and there is no terminal to ask at"_s.arg(
                stranger.name),
            u"Give --fingerprint with what 'lockstep peer list --own' shows on %1, or --yes to trust without comparing."_s
                .arg(stranger.name));
    }
    return daemon.own().and_then(
        [&stranger](const QJsonObject& own) { return askAboutKey(own, stranger); });
}

} // namespace lockstep::cli
