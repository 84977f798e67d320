// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/JobObject.h"

#include "api/Told.h"

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

/// Who may start a job may cancel it.
Action actionOf(const QString& kind)
{
    return kind == "takeover"_L1 || kind == "continue-alone"_L1 || kind == "switchover"_L1
            || kind == "drain"_L1
        ? Action::TakeOver
        : Action::Protect;
}

} // namespace

JobObject::JobObject(sdbus::IConnection& connection, Requests& requests, JobView view)
    : AdaptorInterfaces{connection, wire::jobPath(view.id)}, m_requests{requests},
      m_view{std::move(view)}, m_announcer{getObject(), INTERFACE_NAME}
{
    registerAdaptor();
}

JobObject::~JobObject() { unregisterAdaptor(); }

void JobObject::update(const JobView& view)
{
    Announcer::Changes changes;
    const auto compare = [](std::set<std::string>& names, const char* name, const auto& before,
                            const auto& now) {
        if (!(before == now))
            names.insert(name);
    };
    compare(changes.urgent, "State", m_view.state, view.state);
    compare(changes.urgent, "Phase", m_view.phase, view.phase);
    compare(changes.urgent, "Cancellable", m_view.cancellable, view.cancellable);
    compare(changes.urgent, "StartedUSec", m_view.started, view.started);
    compare(changes.urgent, "EndedUSec", m_view.ended, view.ended);
    compare(changes.urgent, "Error", m_view.error, view.error);
    compare(changes.urgent, "Result", m_view.result, view.result);
    compare(changes.figures, "Progress", m_view.progress, view.progress);
    compare(changes.figures, "BytesDone", m_view.bytesDone, view.bytesDone);
    compare(changes.figures, "BytesTotal", m_view.bytesTotal, view.bytesTotal);
    compare(changes.figures, "EtaUSec", m_view.timeLeft, view.timeLeft);
    m_view = view;
    m_announcer.announce(std::move(changes));
}

void JobObject::Cancel(sdbus::Result<>&& result, wire::Dictionary options)
{
    const QString title =
        u"cancel job %1 (%2 %3)"_s.arg(m_view.id.value).arg(m_view.kind, m_view.domain);
    CallRequest request{.caller = currentCaller(getObject()),
                        .title = wire::told(title, options),
                        .action = actionOf(m_view.kind),
                        .details = {{"domain", m_view.domain.toStdString()}, {"peer", ""}}};
    m_requests.runner().run<void>(
        std::move(result), std::move(request),
        [&requests = m_requests, id = m_view.id, options] { return requests.cancel(id, options); });
}

} // namespace lockstep
