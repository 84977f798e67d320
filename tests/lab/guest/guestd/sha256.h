// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

/// SHA-256 as in FIPS 180-4.
struct sha256 {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
};

enum { SHA256_HEX_SIZE = 65 };

void sha256_begin(struct sha256 *sum);
void sha256_add(struct sha256 *sum, const void *bytes, size_t length);
/// Writes 64 lower-case hex digits and a zero; the sum must be begun again afterwards.
void sha256_end(struct sha256 *sum, char hex[SHA256_HEX_SIZE]);
