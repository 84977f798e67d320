// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <stdbool.h>
#include <stdint.h>

/// A counter that never goes back, kept in a file that survives a crash at any moment.
struct numbers {
    int fd;
    uint64_t last;
};

/// Opens or makes the file DIR/number. Returns false, with a message on stderr, if it cannot be
/// used; that includes a file that was used and is damaged, for a counter that starts again from
/// zero would hide lost data.
bool numbers_open(struct numbers *numbers, const char *directory);
/// Counts up; the new number is on disk before this returns true.
bool numbers_next(struct numbers *numbers);
/// Serves `next` and `last`, a line each, on a TCP port.
void numbers_listen(struct numbers *numbers, uint16_t port);
