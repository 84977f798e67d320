// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QByteArray>

namespace lockstep {

/// A file descriptor, closed in the end; one below 0 is none.
class Descriptor final
{
public:
    explicit Descriptor(int number) : m_number{number} { }
    ~Descriptor();
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int number() const { return m_number; }

private:
    int m_number;
};

/// Writes all of it, whatever signals come. False: see errno. Blocks.
[[nodiscard]] bool writeAll(int file, const QByteArray& content);

} // namespace lockstep
