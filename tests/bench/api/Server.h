// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QStringList>

#include <memory>
#include <optional>

namespace lockstep::bench {

/// What another process did, and what it cost this one to answer.
struct Answered
{
    QByteArray out; ///< Its standard output.
    double milliseconds{0}; ///< From its start to its end.
    double cpuHere{0}; ///< Milliseconds of CPU of this process meanwhile.
};

/// The D-Bus service with that many pairs on a bus of its own, in this process.
class Server final
{
public:
    explicit Server(int pairs);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] QString address() const;
    /// Runs a program whose system bus this is, and answers it. Nothing if it fails.
    [[nodiscard]] std::optional<Answered> run(const QString& program,
                                              const QStringList& arguments) const;

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace lockstep::bench
