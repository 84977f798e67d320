// SPDX-License-Identifier: LGPL-2.1-or-later
// guestd [-p OFFSET] NAME DIRECTORY [DIRECTORY2]: all that a guest of the lab serves. One thread
// and no clocks, so that two guests in lock-step give the same answers. Its exit status tells
// /init what to do, see enum loop_end. OFFSET is added to the ports, for its own tests.

#include "http.h"
#include "loop.h"
#include "numbers.h"
#include "power.h"
#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PORT_ECHO = 7, PORT_HTTP = 80, PORT_NUMBERS = 7000 };

static bool echo_input(struct stream *stream)
{
    size_t length = buffer_length(&stream->in);
    if (length == 0)
        return false;
    stream_write(stream, stream->in.bytes + stream->in.begin, length);
    buffer_consume(&stream->in, length);
    return true;
}

/// Read once and kept: the kernel makes it up on first use.
static void read_boot_id(struct site *site)
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    if (!file || !fgets(site->boot_id, sizeof site->boot_id, file))
        strcpy(site->boot_id, "unknown\n");
    if (file)
        fclose(file);
}

int main(int argc, char **argv)
{
    static const struct protocol echo = {.input = echo_input};
    static struct numbers numbers[2];
    static struct site site;
    int offset = 0;
    int option;
    while ((option = getopt(argc, argv, "p:")) == 'p')
        offset = atoi(optarg);
    int directories = argc - optind - 1;
    if (option != -1 || directories < 1 || directories > 2) {
        fprintf(stderr, "usage: guestd [-p OFFSET] NAME DIRECTORY [DIRECTORY2]\n");
        return 2;
    }
    loop_init();
    site.name = argv[optind];
    read_boot_id(&site);
    for (int i = 0; i < directories; ++i) {
        site.directories[i] = argv[optind + 1 + i];
        if (!numbers_open(&numbers[i], site.directories[i]))
            return LOOP_END_FAILURE;
        numbers_listen(&numbers[i], (uint16_t)(offset + PORT_NUMBERS + i));
    }
    power_listen();
    stream_listen((uint16_t)(offset + PORT_ECHO), &echo, NULL);
    http_listen(&site, (uint16_t)(offset + PORT_HTTP));
    printf("guestd: %s is ready\n", site.name);
    fflush(stdout);
    return loop_run();
}
