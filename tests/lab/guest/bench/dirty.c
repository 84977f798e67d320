// SPDX-License-Identifier: LGPL-2.1-or-later
// dirty PORT: writes to its own memory at a rate that clients set. A line per connection: "rate N",
// bytes a second from now on, is answered with "ok"; "total" with how many bytes it has written.
// Each page counts as written whole when a word of it is: that is what a checkpoint copies.

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, MEMORY = 64 * 1024 * 1024, TICK_MS = 10, MAX_LINE = 64 };

struct writer {
    char *memory;
    size_t next;
    uint64_t rate; ///< bytes a second
    uint64_t total;
    double due; ///< bytes that should have been written by now, and are not
    double since; ///< when that was reckoned, in seconds
};

static void fail(const char *what)
{
    fprintf(stderr, "dirty: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void)
{
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return (double)moment.tv_sec + (double)moment.tv_nsec / 1e9;
}

/// Writes what is due. Who was stopped for long does not make up for more than a second of it.
static void catch_up(struct writer *writer)
{
    double moment = now();
    writer->due += (double)writer->rate * (moment - writer->since);
    writer->since = moment;
    if (writer->due > (double)writer->rate)
        writer->due = (double)writer->rate;
    while (writer->due >= PAGE) {
        memcpy(writer->memory + writer->next, &writer->total, sizeof writer->total);
        writer->next = (writer->next + PAGE) % MEMORY;
        writer->total += PAGE;
        writer->due -= PAGE;
    }
}

static void set_rate(struct writer *writer, uint64_t rate)
{
    // The kernel's own work for the first write to a page is not what is measured.
    if (rate > 0 && writer->total == 0)
        memset(writer->memory, 1, MEMORY);
    writer->rate = rate;
    writer->due = 0;
    writer->since = now();
}

static int listen_on(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        fail("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 8) < 0)
        fail("listen");
    return fd;
}

/// Reads a line without its end. Returns false if none comes in time.
static bool read_line(int fd, char line[MAX_LINE])
{
    size_t length = 0;
    while (length < MAX_LINE - 1) {
        ssize_t got = recv(fd, line + length, MAX_LINE - 1 - length, 0);
        if (got <= 0)
            return false;
        length += (size_t)got;
        line[length] = '\0';
        char *end = strchr(line, '\n');
        if (end) {
            *end = '\0';
            return true;
        }
    }
    return false;
}

static void answer(struct writer *writer, int fd)
{
    char line[MAX_LINE];
    char text[MAX_LINE] = "error: say rate N or total\n";
    uint64_t rate;
    // Nothing is written meanwhile, so nobody may keep it waiting for long.
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 2}, sizeof(struct timeval));
    if (!read_line(fd, line))
        return;
    if (strcmp(line, "total") == 0) {
        snprintf(text, sizeof text, "%" PRIu64 "\n", writer->total);
    } else if (sscanf(line, "rate %" SCNu64, &rate) == 1) {
        set_rate(writer, rate);
        strcpy(text, "ok\n");
    }
    send(fd, text, strlen(text), MSG_NOSIGNAL);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: dirty PORT\n");
        return 2;
    }
    struct writer writer = {.since = now()};
    writer.memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (writer.memory == MAP_FAILED)
        fail("mmap");
    struct pollfd listener = {.fd = listen_on((uint16_t)atoi(argv[1])), .events = POLLIN};
    for (;;) {
        int ready = poll(&listener, 1, writer.rate > 0 ? TICK_MS : -1);
        catch_up(&writer);
        if (ready <= 0)
            continue;
        int fd = accept(listener.fd, NULL, NULL);
        if (fd < 0)
            continue;
        answer(&writer, fd);
        close(fd);
    }
}
