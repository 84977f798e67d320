// SPDX-License-Identifier: LGPL-2.1-or-later
#include "differ.h"

#include "sha256.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <x86intrin.h>

static uint64_t uptime_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void differ_uptime(char *text, size_t size)
{
    snprintf(text, size, "%" PRIu64 " ns, %" PRIu64 " ticks\n", uptime_ns(), (uint64_t)__rdtsc());
}

void differ_random(char *text, size_t size)
{
    // getrandom() alone would not do: after a checkpoint the shadow has the primary's generator,
    // and both draw the same numbers until it is seeded again. The clocks never agree.
    struct {
        uint64_t random[4];
        uint64_t uptime;
        uint64_t ticks;
    } seed = {.uptime = uptime_ns(), .ticks = __rdtsc()};
    if (getrandom(seed.random, sizeof seed.random, GRND_NONBLOCK) < 0)
        memset(seed.random, 0, sizeof seed.random);
    struct sha256 sum;
    char hex[SHA256_HEX_SIZE];
    sha256_begin(&sum);
    sha256_add(&sum, &seed, sizeof seed);
    sha256_end(&sum, hex);
    snprintf(text, size, "%s\n", hex);
}
