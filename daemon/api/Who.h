// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"

#include <QString>

#include <memory>

namespace lockstep {

/// Who has sent a call, as the bus vouches for it.
struct Who
{
    uint user{0};
    QString name; ///< Of the user; empty if it has none, or none was found in time.
    uint process{0}; ///< 0 if the bus does not know it. The process may have ended since.
    QString busName; ///< E.g. ":1.42".

    /// For the history: "alice", or "uid 1000".
    [[nodiscard]] QString shortText() const;
    /// For the journal: "alice (uid 1000, pid 4711, :1.42)".
    [[nodiscard]] QString text() const;
};

/// Names of users. Where a directory server has them, asking may take for ever, so it is done
/// elsewhere, for one user at a time and not for long: a number is an answer, too.
class UserNames final
{
public:
    /// Empty if there is no such user, or nobody knows yet.
    [[nodiscard]] Task<QString> of(uint user);

private:
    std::shared_ptr<bool> m_asking{std::make_shared<bool>(false)};
};

} // namespace lockstep
