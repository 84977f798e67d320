// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <stdint.h>

/// One descriptor in the epoll loop. Embed it; `ready` gets back the same pointer.
struct watch {
    int fd;
    void (*ready)(struct watch *watch, uint32_t events);
};

/// Why the loop ended; also the exit status of guestd, which /init acts on.
enum loop_end {
    LOOP_END_FAILURE = 1,
    LOOP_END_POWEROFF = 10,
    LOOP_END_REBOOT = 11,
};

void loop_init(void);
void loop_add(struct watch *watch, uint32_t events);
void loop_change(struct watch *watch, uint32_t events);
void loop_remove(struct watch *watch);

/// Serves events until loop_stop(). A watch may be removed and freed in its own `ready` only.
enum loop_end loop_run(void);
void loop_stop(enum loop_end why);
