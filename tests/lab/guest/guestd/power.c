// SPDX-License-Identifier: LGPL-2.1-or-later
#include "power.h"

#include "loop.h"

#include <fcntl.h>
#include <glob.h>
#include <linux/input.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static void button_ready(struct watch *watch, uint32_t events)
{
    (void)events;
    struct input_event event;
    if (read(watch->fd, &event, sizeof event) != sizeof event)
        return;
    if (event.type == EV_KEY && event.code == KEY_POWER && event.value == 1)
        loop_stop(LOOP_END_POWEROFF);
}

void power_listen(void)
{
    glob_t found;
    if (glob("/dev/input/event*", 0, NULL, &found) != 0)
        return; // no input device: nothing can press the button
    for (size_t i = 0; i < found.gl_pathc; ++i) {
        int fd = open(found.gl_pathv[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        struct watch *watch = fd < 0 ? NULL : calloc(1, sizeof *watch);
        if (!watch)
            continue;
        *watch = (struct watch){.fd = fd, .ready = button_ready};
        loop_add(watch, EPOLLIN);
    }
    globfree(&found);
}

void power_wait_until_sent(int fd)
{
    for (int i = 0; i < 100; ++i) {
        int unacknowledged = 0;
        if (ioctl(fd, SIOCOUTQ, &unacknowledged) < 0 || unacknowledged == 0)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
    }
}
