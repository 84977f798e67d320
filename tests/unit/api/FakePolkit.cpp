// SPDX-License-Identifier: LGPL-2.1-or-later
#include "FakePolkit.h"

namespace lockstep::test {

FakePolkit::FakePolkit(const QString& address)
    : m_connection{sdbus::createSessionBusConnectionWithAddress(address.toStdString())},
      m_pump{*m_connection},
      m_authority{sdbus::createObject(*m_connection,
                                      sdbus::ObjectPath{"/org/freedesktop/PolicyKit1/Authority"})}
{
    const auto method = [this](sdbus::Result<Verdict>&& result, const Subject& subject,
                               const std::string& action,
                               const std::map<std::string, std::string>& details, uint32_t flags,
                               const std::string& /*cancellation*/) {
        check(std::move(result),
              {.action = action,
               .subject = subject.get<1>().at("name").get<std::string>(),
               .details = details,
               .flags = flags});
    };
    m_authority->addVTable(sdbus::registerMethod("CheckAuthorization").implementedAs(method))
        .forInterface("org.freedesktop.PolicyKit1.Authority");
    m_connection->requestName(sdbus::ServiceName{"org.freedesktop.PolicyKit1"});
}

void FakePolkit::check(sdbus::Result<Verdict>&& result, Question question)
{
    questions.push_back(std::move(question));
    if (silent)
        m_unanswered.push_back(std::move(result));
    else
        result.returnResults(Verdict{authorized, challenge, {}});
}

} // namespace lockstep::test
