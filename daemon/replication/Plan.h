// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"
#include "base/Types.h"

#include <QString>

#include <functional>
#include <stop_token>
#include <vector>

namespace lockstep {

/// How far the step at work has come.
struct StepProgress
{
    QString title;
    double total{0}; ///< Of the whole plan, 0..1.
    Bytes done;      ///< Of what the step copies; 0 of 0 if it copies nothing.
    Bytes size;
};

/// Told by a running step about its own progress: bytes done, bytes in all.
using ReportBytes = std::function<void(Bytes done, Bytes size)>;

/// What a step may use while it works.
struct StepContext
{
    std::stop_token stop;
    ReportBytes report;
};

/// One change to a host, with what takes it back. `undo` must be right whatever part of `act` took
/// effect, none included: it runs after a failure, a cancel, and after a restart of the daemon.
struct Step
{
    QString host;      ///< Name of the host it changes.
    QString title;     ///< E.g. "copy disk vda".
    QString undoTitle; ///< Empty if nothing needs to be undone.
    std::function<Task<Result<void>>(StepContext)> act;
    std::function<Task<Result<void>>()> undo; ///< May be empty.
    double weight{1};  ///< Share of the plan's time, relative to the other steps.
};

/// An ordered list of steps. A step that fails or is cancelled undoes what was done, last first,
/// itself included. Lives until its tasks have ended.
class Plan final
{
public:
    using Observer = std::function<void(const StepProgress&)>;

    void add(Step step) { m_steps.push_back(std::move(step)); }
    [[nodiscard]] const std::vector<Step>& steps() const { return m_steps; }

    /// Runs all steps. On failure everything is undone before the error is returned.
    [[nodiscard]] Task<Result<void>> run(std::stop_token stop, Observer observer);
    /// Takes back every step, last first, done or not. Goes on after an undo that fails and returns
    /// the first such failure: what could be cleaned is clean.
    [[nodiscard]] Task<Result<void>> undoAll();

private:
    [[nodiscard]] Task<Result<void>> undoFrom(std::size_t end);
    void report(const Observer& observer, std::size_t index, Bytes done, Bytes size) const;

    std::vector<Step> m_steps;
};

} // namespace lockstep
