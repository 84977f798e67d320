// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QByteArray>

#include <expected>
#include <optional>

namespace lockstep {

/// Frames of the control channel: length as 4 bytes big-endian, then that many bytes.
class FrameReader final
{
public:
    static constexpr quint32 largest = 1024 * 1024;
    struct Oversized
    {
        quint32 announced;
    };

    void append(const QByteArray& bytes) { m_buffer.append(bytes); }
    /// The next whole frame, nothing until it is there, or Oversized as soon as its length is: then
    /// the stream cannot be read on.
    [[nodiscard]] std::expected<std::optional<QByteArray>, Oversized> next();
    /// Frames above this many bytes are Oversized; at most `largest`.
    void setLimit(quint32 limit) { m_limit = limit; }

private:
    QByteArray m_buffer;
    quint32 m_limit{largest};
};

/// The frame of a payload of at most FrameReader::largest bytes.
[[nodiscard]] QByteArray toFrame(const QByteArray& payload);

} // namespace lockstep
