// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Target.h"

#include <spdlog/spdlog.h>

#include <QCoreApplication>

#include <cstdio>
#include <cstdlib>

int LLVMFuzzerInitialize(int* argc, char*** argv)
{
    spdlog::set_level(spdlog::level::off); // inputs by the million
    // It lives as long as the process: libFuzzer ends that without a word.
    static const auto* const application = new QCoreApplication{*argc, *argv};
    return application == nullptr ? 1 : 0;
}

namespace lockstep::fuzz {

QByteArray bytes(const std::uint8_t* data, std::size_t size)
{
    return {reinterpret_cast<const char*>(data), static_cast<qsizetype>(size)};
}

void promise(bool kept, const char* what)
{
    if (kept)
        return;
    std::fprintf(stderr, "broken promise: %s\n", what);
    std::abort();
}

} // namespace lockstep::fuzz
