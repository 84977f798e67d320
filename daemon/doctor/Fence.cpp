// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Fence.h"

#include "arbiter/FenceAgent.h"

#include <QElapsedTimer>
#include <QFileInfo>

#include <algorithm>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds longestWait = 10s;
constexpr int isOn = 0;
constexpr int isOff = 2;

Task<Finding> askAgent(QString host, Config::Fence fence)
{
    if (!QFileInfo{fence.agent}.isExecutable())
        co_return wrong(
            Id::Fence,
            u"there is no fence agent %1, which is to turn %2 off"_s.arg(fence.agent, host),
            u"apt install fence-agents, or correct [fence.%1] agent in lockstepd.conf"_s.arg(host));
    const auto wait = std::min(fence.timeout, longestWait);
    QElapsedTimer clock;
    clock.start();
    // Never another action than this one: it changes nothing.
    const auto status = co_await runFenceAgent({.agent = fence.agent,
                                                .options = fence.options,
                                                .timeout = wait,
                                                .takeoverDelay = fence.takeoverDelay},
                                               u"status"_s);
    const QString remedy =
        u"%1 --action=status with the options of [fence.%2]; correct them in lockstepd.conf, then "
        "systemctl restart lockstepd"_s.arg(QFileInfo{fence.agent}.fileName(), host);
    if (!status && fence.timeout > wait && clock.elapsed() >= wait.count())
        co_return warning(
            Id::Fence,
            u"the fence device of %1 has not answered within the %2 ms that doctor waits; its "
            "timeout-ms is %3"_s.arg(host)
                .arg(wait.count())
                .arg(fence.timeout.count()),
            remedy);
    if (!status)
        co_return wrong(
            Id::Fence,
            u"the fence device of %1 does not answer: %2"_s.arg(host, status.error().message()),
            remedy);
    if (*status != isOn && *status != isOff)
        co_return wrong(
            Id::Fence,
            u"%1 cannot tell the status of %2: exit status %3; its plug may be unknown"_s
                .arg(fence.agent, host)
                .arg(*status),
            remedy);
    co_return fine(Id::Fence,
                   u"%1 could be turned off: its device says '%2'"_s.arg(
                       host, *status == isOn ? u"on"_s : u"off"_s));
}

} // namespace

Task<QList<Finding>> examineFence(Config config, QStringList peers)
{
    QList<Finding> found;
    std::vector<Task<Finding>> questions;
    for (const auto& [host, fence] : config.fence.asKeyValueRange()) {
        if (peers.contains(host))
            questions.push_back(askAgent(host, fence));
        else if (host != config.control.name)
            found << note(
                Id::Fence,
                u"[fence.%1] is for no peer: lockstep peer list has their names"_s.arg(host));
    }
    for (const QString& peer : peers) {
        if (!config.fence.isEmpty() && !config.fence.contains(peer))
            found << warning(Id::Fence, u"no fence agent can turn %1 off from here"_s.arg(peer),
                             u"add a section [fence.%1] to lockstepd.conf, then systemctl restart "
                             "lockstepd"_s.arg(peer));
    }
    for (auto& question : questions)
        found << co_await question;
    co_return found;
}

} // namespace lockstep::doctor
