// SPDX-License-Identifier: LGPL-2.1-or-later
#include "files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_name_valid(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(name);
    return length > 0 && length < FILE_NAME_SIZE && name[0] != '.'
        && strspn(name, allowed) == length;
}

static void path_of(char *path, size_t size, const char *directory, const char *name)
{
    snprintf(path, size, "%s/files/%s", directory, name);
}

bool upload_begin(struct upload *upload, const char *directory, const char *name)
{
    static unsigned serial; // two uploads of one name must not share a partial file
    char path[256];
    snprintf(path, sizeof path, "%s/files", directory);
    mkdir(path, 0755);
    upload->directory = directory;
    snprintf(upload->name, sizeof upload->name, "%s", name);
    snprintf(upload->partial, sizeof upload->partial, ".%s.%u", name, ++serial);
    path_of(path, sizeof path, directory, upload->partial);
    upload->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    return upload->fd >= 0;
}

bool upload_add(struct upload *upload, const void *bytes, size_t length)
{
    const char *next = bytes;
    while (length > 0) {
        ssize_t written = write(upload->fd, next, length);
        if (written < 0)
            return false;
        next += written;
        length -= (size_t)written;
    }
    return true;
}

bool upload_end(struct upload *upload)
{
    char from[256];
    char to[256];
    path_of(from, sizeof from, upload->directory, upload->partial);
    path_of(to, sizeof to, upload->directory, upload->name);
    if (fsync(upload->fd) < 0 || rename(from, to) < 0)
        return false;
    close(upload->fd);
    upload->fd = -1;
    path_of(to, sizeof to, upload->directory, "");
    int fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool done = fsync(fd) == 0;
    close(fd);
    return done;
}

void upload_abandon(struct upload *upload)
{
    if (upload->fd < 0)
        return;
    char path[256];
    close(upload->fd);
    upload->fd = -1;
    path_of(path, sizeof path, upload->directory, upload->partial);
    unlink(path);
}

int file_open(const char *directory, const char *name, uint64_t *size)
{
    char path[256];
    struct stat status;
    path_of(path, sizeof path, directory, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0)
        return -1;
    // After a takeover the page cache is RAM that came over with the guest and says nothing about
    // the replica's disk. Uploads are synced, so all pages of a stored file can be dropped.
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    *size = (uint64_t)status.st_size;
    return fd;
}
