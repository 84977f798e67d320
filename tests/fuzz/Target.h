// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QByteArray>

#include <cstddef>
#include <cstdint>

/// What libFuzzer and Replay.cpp call: one program per target. Any input is good; a crash, a report
/// of a sanitizer or a broken promise is a defect. Source: LLVM docs, LibFuzzer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
/// Once, before the first input: an application for code that needs one, and no log.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace lockstep::fuzz {

/// The input as a copy of its exact size, so that AddressSanitizer sees who reads beyond it.
[[nodiscard]] QByteArray bytes(const std::uint8_t* data, std::size_t size);

/// Ends the process as a crash does unless `kept`. `what` is the promise of the code under test.
void promise(bool kept, const char* what);

} // namespace lockstep::fuzz
