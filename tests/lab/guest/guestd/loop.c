// SPDX-License-Identifier: LGPL-2.1-or-later
#include "loop.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

static int epoll_fd = -1;
static bool stopped;
static enum loop_end stopped_why;

static void control(int operation, struct watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(epoll_fd, operation, watch->fd, &event) < 0) {
        perror("guestd: epoll_ctl");
        exit(LOOP_END_FAILURE);
    }
}

void loop_init(void)
{
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0) {
        perror("guestd: epoll_create1");
        exit(LOOP_END_FAILURE);
    }
}

void loop_add(struct watch *watch, uint32_t events)
{
    control(EPOLL_CTL_ADD, watch, events);
}

void loop_change(struct watch *watch, uint32_t events)
{
    control(EPOLL_CTL_MOD, watch, events);
}

void loop_remove(struct watch *watch)
{
    control(EPOLL_CTL_DEL, watch, 0);
}

enum loop_end loop_run(void)
{
    while (!stopped) {
        struct epoll_event events[32];
        int count = epoll_wait(epoll_fd, events, 32, -1);
        if (count < 0 && errno != EINTR) {
            perror("guestd: epoll_wait");
            return LOOP_END_FAILURE;
        }
        for (int i = 0; i < count; ++i) {
            struct watch *watch = events[i].data.ptr;
            watch->ready(watch, events[i].events);
        }
    }
    return stopped_why;
}

void loop_stop(enum loop_end why)
{
    stopped = true;
    stopped_why = why;
}
