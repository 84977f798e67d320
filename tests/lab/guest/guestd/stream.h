// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "loop.h"

#include <stdbool.h>
#include <stddef.h>

enum { BUFFER_SIZE = 32 * 1024 };

/// Bytes waiting between `begin` and `end`.
struct buffer {
    size_t begin;
    size_t end;
    char bytes[BUFFER_SIZE];
};

size_t buffer_length(const struct buffer *buffer);
/// Room at the end, after moving what is there to the front.
size_t buffer_room(struct buffer *buffer);
void buffer_consume(struct buffer *buffer, size_t length);

struct stream;

/// What a service does with a connection. All of it runs in the loop's one thread.
struct protocol {
    size_t state_size;
    /// Takes what it can from `in` and answers into `out`; called only while `out` is empty,
    /// so that one answer always fits. Returns false if it needs more input first.
    bool (*input)(struct stream *stream);
    /// Called when `out` has been sent: goes on with a long answer. Returns false if there is
    /// none. May do a slice of work and leave `out` empty; it is called again at once. Optional.
    bool (*produce)(struct stream *stream);
    /// The connection is gone; release what the state holds. Optional.
    void (*closed)(struct stream *stream);
};

/// One accepted TCP connection.
struct stream {
    struct watch watch;
    const struct protocol *protocol;
    const void *service;   ///< what the listener was made with
    void *state;           ///< protocol->state_size bytes, zero at first
    bool peer_done;        ///< the peer will send no more
    bool close_when_sent;  ///< set by the protocol: end after this answer
    struct buffer in;
    struct buffer out;
};

/// Serves `protocol` on a TCP port of every address. Exits with a message if that fails.
void stream_listen(uint16_t port, const struct protocol *protocol, const void *service);
/// Appends to `out`; the answer must fit (see input).
void stream_write(struct stream *stream, const void *bytes, size_t length);
void stream_printf(struct stream *stream, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
