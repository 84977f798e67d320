// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/Plan.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <numeric>
#include <optional>

namespace lockstep {

using namespace Qt::StringLiterals;

void Plan::report(const Observer& observer, std::size_t index, Bytes done, Bytes size) const
{
    if (!observer)
        return;
    const auto sum = [](double total, const Step& step) { return total + step.weight; };
    const auto here = m_steps.begin() + static_cast<std::ptrdiff_t>(index);
    const double all = std::accumulate(m_steps.begin(), m_steps.end(), 0.0, sum);
    const double before = std::accumulate(m_steps.begin(), here, 0.0, sum);
    const double part = size.value > 0
        ? std::clamp(double(done.value) / double(size.value), 0.0, 1.0) * here->weight
        : 0.0;
    observer({here->title, all > 0 ? (before + part) / all : 0, done, size});
}

Task<Result<void>> Plan::run(std::stop_token stop, Observer observer)
{
    for (std::size_t index = 0; index < m_steps.size(); ++index) {
        const Step& step = m_steps[index];
        report(observer, index, {}, {});
        spdlog::info("step {}/{} on {}: {}", index + 1, m_steps.size(), step.host.toStdString(),
                     step.title.toStdString());
        Result<void> result;
        if (stop.stop_requested()) {
            result = failure(Errc::Cancelled, u"cancelled"_s);
        } else {
            const auto onBytes = [this, observer, index](Bytes done, Bytes size) {
                report(observer, index, done, size);
            };
            result = co_await step.act({stop, onBytes});
        }
        if (result)
            continue;
        const Error error = result.error().during(step.title);
        spdlog::warn("{}; undoing {} steps", error.message().toStdString(), index + 1);
        const auto undone = co_await undoFrom(index + 1);
        if (!undone) {
            co_return failure(error.code(),
                              error.message() + u"; undoing it left something behind: "_s
                                  + undone.error().message(),
                              undone.error().remedy());
        }
        co_return std::unexpected{error};
    }
    co_return {};
}

Task<Result<void>> Plan::undoAll() { co_return co_await undoFrom(m_steps.size()); }

Task<Result<void>> Plan::undoFrom(std::size_t end)
{
    std::optional<Error> first;
    for (std::size_t index = end; index-- > 0;) {
        const Step& step = m_steps[index];
        if (!step.undo)
            continue;
        spdlog::info("undo on {}: {}", step.host.toStdString(), step.undoTitle.toStdString());
        const auto result = co_await step.undo();
        if (result)
            continue;
        spdlog::error("undo on {}: {}: {}", step.host.toStdString(), step.undoTitle.toStdString(),
                      result.error().message().toStdString());
        if (!first)
            first = result.error().during(step.undoTitle);
    }
    if (first)
        co_return std::unexpected{*first};
    co_return {};
}

} // namespace lockstep
