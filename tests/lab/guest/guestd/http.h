// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <stdint.h>

/// What the web server of one guest knows.
struct site {
    const char *name;           ///< of the guest
    char boot_id[40];           ///< another one after each boot, the same in both twins
    const char *directories[2]; ///< of /files and /files2; NULL if there is no such disk
};

/// Serves HTTP/1.1. No answer holds a date or anything else that differs between two machines
/// doing the same, but for /uptime and /random, which are there to differ.
void http_listen(struct site *site, uint16_t port);
