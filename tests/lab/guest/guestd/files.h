// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "sha256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILE_NAME_SIZE = 65 };

/// A file on its way to disk: it gets its name only when it is complete and safe there.
struct upload {
    int fd; ///< -1 if none
    const char *directory;
    char name[FILE_NAME_SIZE];
    char partial[FILE_NAME_SIZE + 32];
};

/// Letters, digits and "._-", not starting with a dot.
bool file_name_valid(const char *name);
bool upload_begin(struct upload *upload, const char *directory, const char *name);
bool upload_add(struct upload *upload, const void *bytes, size_t length);
bool upload_end(struct upload *upload);
/// Drops an unfinished upload; does nothing if there is none.
void upload_abandon(struct upload *upload);

/// Opens a stored file for reading from the disk itself, not from the page cache.
/// Returns -1 and errno if it cannot.
int file_open(const char *directory, const char *name, uint64_t *size);
