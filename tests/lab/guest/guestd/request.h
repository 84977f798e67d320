// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_HEAD = 8192, MAX_TARGET = 256 };

/// The head of an HTTP/1.1 request, as far as the guest's web server needs it.
struct request {
    char method[8];
    char target[MAX_TARGET];
    uint64_t body_length;
    bool keep_alive;
    bool expects_continue;
};

/// Reads a head from `bytes`. Returns its length, 0 if it is not complete yet, or minus the HTTP
/// status to refuse it with.
int request_parse(const char *bytes, size_t length, struct request *request);
