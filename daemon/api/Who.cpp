// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/Who.h"

#include "base/Text.h"

#include <QStringList>
#include <QThreadPool>

#include <pwd.h>

#include <array>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 1s;

QString lookUp(uint user)
{
    constexpr std::size_t enoughForOneLine = 16384;
    std::array<char, enoughForOneLine> text{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(user, &entry, text.data(), text.size(), &found) != 0 || found == nullptr)
        return {};
    return printable(QString::fromLocal8Bit(found->pw_name));
}

} // namespace

QString Who::shortText() const { return name.isEmpty() ? u"uid %1"_s.arg(user) : name; }

QString Who::text() const
{
    QStringList more;
    if (!name.isEmpty())
        more.append(u"uid %1"_s.arg(user));
    if (process != 0)
        more.append(u"pid %1"_s.arg(process));
    more.append(busName);
    return u"%1 (%2)"_s.arg(shortText(), more.join(u", "_s));
}

Task<QString> UserNames::of(uint user)
{
    // Root may be in a hurry, and has the same name everywhere.
    if (user == 0)
        co_return u"root"_s;
    if (*m_asking)
        co_return QString{};
    *m_asking = true;
    const OneShot<QString> answer;
    answer.expire(patience, QString{});
    QThreadPool::globalInstance()->start([answer, user, asking = m_asking] {
        postToMainThread([answer, asking, name = lookUp(user)] {
            *asking = false;
            answer.complete(name);
        });
    });
    co_return co_await answer;
}

} // namespace lockstep
