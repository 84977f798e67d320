// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Errc.h"

#include <QString>

#include <expected>
#include <utility>

namespace lockstep {

/// A failure, told so that an administrator can act on it: what happened, to which domain or host,
/// and what to do now. Layers add context with during(); code and remedy stay those of the cause.
class Error final
{
public:
    Error(Errc code, QString message, QString remedy = {})
        : m_code{code}, m_message{std::move(message)}, m_remedy{std::move(remedy)}
    { }

    [[nodiscard]] Errc code() const { return m_code; }
    /// One sentence without a final full stop: outermost context first, cause last, joined by ": ".
    [[nodiscard]] const QString& message() const { return m_message; }
    /// What to do now; the code's general remedy if the place of the failure gave none.
    [[nodiscard]] QString remedy() const
    {
        return m_remedy.isEmpty() ? QString{info(m_code).remedy} : m_remedy;
    }

    /// The same failure, seen from one layer up: "<context>: <message>".
    [[nodiscard]] Error during(const QString& context) const
    {
        return {m_code, context + QStringLiteral(": ") + m_message, m_remedy};
    }
    /// The same failure under another code, e.g. the peer's NoSpace as PeerRefused.
    [[nodiscard]] Error as(Errc code) const { return {code, m_message, m_remedy}; }

    friend bool operator==(const Error&, const Error&) = default;

private:
    Errc m_code;
    QString m_message;
    QString m_remedy;
};

template <typename T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> failure(Errc code, QString message, QString remedy = {})
{
    return std::unexpected{Error{code, std::move(message), std::move(remedy)}};
}

} // namespace lockstep

// Leaves a coroutine with the error of a failed Result<void>, or binds the value of a good one.
// Macros because no function can return for its caller; they are the only ones in the code base.
#define LOCKSTEP_CO_CHECK(expression)                                                              \
    do {                                                                                           \
        auto lockstepCheck = (expression);                                                         \
        if (!lockstepCheck)                                                                        \
            co_return std::unexpected{std::move(lockstepCheck).error()};                           \
    } while (false)

// NOLINTBEGIN(bugprone-macro-parentheses): a name that is declared cannot have any
#define LOCKSTEP_CO_TRY(name, expression)                                                          \
    auto name##Result = (expression);                                                              \
    if (!name##Result)                                                                             \
        co_return std::unexpected{std::move(name##Result).error()};                                \
    auto name = std::move(*name##Result)
// NOLINTEND(bugprone-macro-parentheses)
