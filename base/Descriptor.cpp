// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/Descriptor.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace lockstep {

Descriptor::~Descriptor()
{
    if (m_number >= 0)
        ::close(m_number);
}

bool writeAll(int file, const QByteArray& content)
{
    qsizetype done = 0;
    while (done < content.size()) {
        const ssize_t written =
            ::write(file, content.constData() + done, static_cast<size_t>(content.size() - done));
        if (written < 0 && errno != EINTR)
            return false;
        done += std::max<ssize_t>(written, 0);
    }
    return true;
}

} // namespace lockstep
