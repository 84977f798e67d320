// SPDX-License-Identifier: LGPL-2.1-or-later
#include "numbers.h"

#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Number N goes to slot N % 2, so a write torn by a crash can only damage the number that nobody
// has been told yet; the other slot still holds the one before.
enum { SLOT_SIZE = 4096, SLOTS = 2, MAX_LINE = 256 };

/// FNV-1a; enough to tell a torn record from a whole one.
static uint32_t checksum(const char *text)
{
    uint32_t sum = 2166136261u;
    for (; *text; ++text)
        sum = (sum ^ (uint8_t)*text) * 16777619u;
    return sum;
}

static void make_record(char slot[SLOT_SIZE], uint64_t number)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%020" PRIu64, number);
    memset(slot, 0, SLOT_SIZE);
    snprintf(slot, SLOT_SIZE, "%s %08" PRIx32 "\n", digits, checksum(digits));
}

/// Returns 1 and the number, 0 for a slot never written, -1 for a damaged one.
static int read_record(const char slot[SLOT_SIZE], uint64_t *number)
{
    static const char empty[SLOT_SIZE];
    if (memcmp(slot, empty, SLOT_SIZE) == 0)
        return 0;
    char text[SLOT_SIZE + 1] = {0};
    memcpy(text, slot, SLOT_SIZE);
    char again[SLOT_SIZE];
    if (sscanf(text, "%20" SCNu64, number) != 1)
        return -1;
    make_record(again, *number);
    return memcmp(slot, again, SLOT_SIZE) == 0 ? 1 : -1;
}

static bool complain(const char *directory, const char *why)
{
    fprintf(stderr, "guestd: %s/number: %s\n", directory, why);
    return false;
}

/// A file that is too short comes from a crash while it was made, before it held a number.
static bool make_file(int fd, const char *directory)
{
    static const char empty[SLOTS * SLOT_SIZE];
    if (pwrite(fd, empty, sizeof empty, 0) != sizeof empty || fsync(fd) < 0)
        return false;
    int directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory_fd < 0)
        return false;
    bool done = fsync(directory_fd) == 0;
    close(directory_fd);
    return done;
}

bool numbers_open(struct numbers *numbers, const char *directory)
{
    char path[256];
    snprintf(path, sizeof path, "%s/number", directory);
    numbers->last = 0;
    numbers->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (numbers->fd < 0)
        return complain(directory, strerror(errno));
    off_t size = lseek(numbers->fd, 0, SEEK_END);
    if (size < SLOTS * SLOT_SIZE && !make_file(numbers->fd, directory))
        return complain(directory, strerror(errno));

    int whole = 0;
    int damaged = 0;
    for (int i = 0; i < SLOTS; ++i) {
        char slot[SLOT_SIZE];
        if (pread(numbers->fd, slot, SLOT_SIZE, (off_t)i * SLOT_SIZE) != SLOT_SIZE)
            return complain(directory, strerror(errno));
        uint64_t number = 0;
        int found = read_record(slot, &number);
        whole += found > 0;
        damaged += found < 0;
        if (found > 0 && number > numbers->last)
            numbers->last = number;
    }
    // The very first write may be torn, too: slot 1 then is damaged and slot 0 still empty.
    if (damaged == SLOTS)
        return complain(directory, "damaged: neither slot holds a number");
    printf("guestd: %s/number: %" PRIu64 " (%d whole, %d damaged)\n", directory, numbers->last,
           whole, damaged);
    return true;
}

bool numbers_next(struct numbers *numbers)
{
    uint64_t number = numbers->last + 1;
    char slot[SLOT_SIZE];
    make_record(slot, number);
    off_t where = (off_t)(number % SLOTS) * SLOT_SIZE;
    if (pwrite(numbers->fd, slot, SLOT_SIZE, where) != SLOT_SIZE || fdatasync(numbers->fd) < 0)
        return false;
    numbers->last = number;
    return true;
}

static bool answer_line(struct stream *stream)
{
    struct numbers *numbers = (struct numbers *)stream->service;
    const char *line = stream->in.bytes + stream->in.begin;
    const char *end = memchr(line, '\n', buffer_length(&stream->in));
    if (!end) {
        if (buffer_length(&stream->in) > MAX_LINE) {
            stream_printf(stream, "error: line too long\n");
            stream->close_when_sent = true;
            return true;
        }
        return false;
    }
    size_t length = (size_t)(end - line) + 1;
    if (length == 5 && memcmp(line, "next\n", 5) == 0) {
        if (numbers_next(numbers))
            stream_printf(stream, "%" PRIu64 "\n", numbers->last);
        else
            stream_printf(stream, "error: %s\n", strerror(errno));
    } else if (length == 5 && memcmp(line, "last\n", 5) == 0) {
        stream_printf(stream, "%" PRIu64 "\n", numbers->last);
    } else {
        stream_printf(stream, "error: say next or last\n");
    }
    buffer_consume(&stream->in, length);
    return true;
}

void numbers_listen(struct numbers *numbers, uint16_t port)
{
    static const struct protocol lines = {.input = answer_line};
    stream_listen(port, &lines, numbers);
}
