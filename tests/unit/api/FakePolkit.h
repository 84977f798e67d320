// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "api/BusPump.h"

#include <sdbus-c++/sdbus-c++.h>

#include <QString>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lockstep::test {

/// org.freedesktop.PolicyKit1 on a private bus; says what the test wants and notes what it was
/// asked.
class FakePolkit final
{
public:
    struct Question
    {
        std::string action;
        std::string subject; ///< Bus name of who wants it.
        std::map<std::string, std::string> details;
        uint32_t flags{0};
    };
    explicit FakePolkit(const QString& address);

    bool authorized{false};
    bool challenge{false};
    bool silent{false}; ///< Does not answer, as while somebody looks for the password.
    std::vector<Question> questions;

private:
    using Subject = sdbus::Struct<std::string, std::map<std::string, sdbus::Variant>>;
    using Verdict = sdbus::Struct<bool, bool, std::map<std::string, std::string>>;
    void check(sdbus::Result<Verdict>&& result, Question question);

    std::unique_ptr<sdbus::IConnection> m_connection;
    BusPump m_pump;
    std::unique_ptr<sdbus::IObject> m_authority;
    std::vector<sdbus::Result<Verdict>> m_unanswered;
};

} // namespace lockstep::test
