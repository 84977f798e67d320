// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/Frames.h"

#include <QtEndian>

namespace lockstep {

namespace {

constexpr qsizetype headerSize = sizeof(quint32);

} // namespace

std::expected<std::optional<QByteArray>, FrameReader::Oversized> FrameReader::next()
{
    if (m_buffer.size() < headerSize)
        return std::nullopt;
    const auto size = qFromBigEndian<quint32>(m_buffer.constData());
    if (size > m_limit)
        return std::unexpected{Oversized{size}};
    if (m_buffer.size() - headerSize < static_cast<qsizetype>(size))
        return std::nullopt;
    QByteArray frame = m_buffer.sliced(headerSize, size);
    m_buffer.remove(0, headerSize + size);
    return frame;
}

QByteArray toFrame(const QByteArray& payload)
{
    QByteArray frame{headerSize, Qt::Uninitialized};
    qToBigEndian(static_cast<quint32>(payload.size()), frame.data());
    return frame + payload;
}

} // namespace lockstep
