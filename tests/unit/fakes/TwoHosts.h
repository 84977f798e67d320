// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fakes/FakeHost.h"

namespace lockstep::test {

/// Two hosts whose daemons run: "web" runs on alpha, beta knows nothing of it; or it is protected,
/// built by the real code, with its shadow on beta.
struct TwoHosts
{
    static constexpr std::chrono::milliseconds deadline{20'000};

    explicit TwoHosts(ArbiterKind arbiter = ArbiterKind::Manual, bool begins = true);

    /// Puts a pair that is protected under epoch 1 on both. False if it could not be built.
    [[nodiscard]] bool putProtected();
    void begin();
    /// As putProtected(), and both daemons run and have heard each other.
    [[nodiscard]] bool beginProtected();
    /// Whether both come to stand so; the words are those of FakeHost::standing().
    [[nodiscard]] bool come(const QString& toAlpha, const QString& toBeta);
    /// What the arbiter has: "alpha 2", "beta 3 in step", or "" for nothing.
    [[nodiscard]] QString granted() const;
    /// How both stand, for a failed test to show.
    [[nodiscard]] QByteArray text();
    /// How many of the two run a guest that can send to clients.
    [[nodiscard]] int live();
    /// What a primary that has the shadow's word, or none, may ask.
    [[nodiscard]] Result<QJsonObject> askBeta(const QString& method, QJsonObject request = {});
    /// What a primary asks for a shadow with.
    [[nodiscard]] static QJsonObject wanted(quint64 epoch);
    /// Beta is to make one.
    [[nodiscard]] Result<QJsonObject> prepare(quint64 epoch = 5);

    FakeHost alpha{QStringLiteral("alpha")};
    FakeHost beta{QStringLiteral("beta")};
};

} // namespace lockstep::test
