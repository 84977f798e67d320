// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "api/Announcer.h"
#include "api/Requests.h"

#include "glue/JobAdaptor.h"

namespace lockstep {

/// org.lockstep.Lockstep1.Job.
class JobObject final : public sdbus::AdaptorInterfaces<org::lockstep::Lockstep1::Job_adaptor>
{
public:
    JobObject(sdbus::IConnection& connection, Requests& requests, JobView view);
    ~JobObject();
    JobObject(const JobObject&) = delete;
    JobObject& operator=(const JobObject&) = delete;

    /// Takes the new state and announces what differs.
    void update(const JobView& view);
    [[nodiscard]] Announcer& announcer() { return m_announcer; }

private:
    void Cancel(sdbus::Result<>&& result, wire::Dictionary options) override;
    uint64_t Id() override { return m_view.id.value; }
    std::string Kind() override { return m_view.kind.toStdString(); }
    std::string Domain() override { return m_view.domain.toStdString(); }
    std::string Uuid() override { return toString(m_view.uuid).toStdString(); }
    std::string State() override { return toString(m_view.state).toStdString(); }
    std::string Phase() override { return m_view.phase.toStdString(); }
    double Progress() override { return m_view.progress; }
    uint64_t BytesDone() override { return wire::bytes(m_view.bytesDone); }
    uint64_t BytesTotal() override { return wire::bytes(m_view.bytesTotal); }
    uint64_t EtaUSec() override { return static_cast<uint64_t>(m_view.timeLeft.count()); }
    bool Cancellable() override { return m_view.cancellable; }
    uint64_t StartedUSec() override { return wire::microseconds(m_view.started); }
    uint64_t EndedUSec() override { return wire::microseconds(m_view.ended); }
    wire::ErrorTriple Error() override { return wire::errorTriple(m_view.error); }
    wire::Dictionary Result() override { return wire::dictionary(m_view.result); }

    Requests& m_requests;
    JobView m_view;
    Announcer m_announcer;
};

} // namespace lockstep
