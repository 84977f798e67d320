// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE // accept4
#include "stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct listener {
    struct watch watch;
    const struct protocol *protocol;
    const void *service;
};

static void fail(const char *what)
{
    fprintf(stderr, "guestd: %s: %s\n", what, strerror(errno));
    exit(LOOP_END_FAILURE);
}

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        fail("calloc");
    return memory;
}

size_t buffer_length(const struct buffer *buffer)
{
    return buffer->end - buffer->begin;
}

size_t buffer_room(struct buffer *buffer)
{
    size_t length = buffer_length(buffer);
    if (buffer->begin > 0)
        memmove(buffer->bytes, buffer->bytes + buffer->begin, length);
    buffer->begin = 0;
    buffer->end = length;
    return BUFFER_SIZE - length;
}

void buffer_consume(struct buffer *buffer, size_t length)
{
    buffer->begin += length;
    if (buffer->begin == buffer->end)
        buffer->begin = buffer->end = 0;
}

void stream_write(struct stream *stream, const void *bytes, size_t length)
{
    if (length > buffer_room(&stream->out)) {
        fprintf(stderr, "guestd: an answer of %zu bytes does not fit\n", length);
        exit(LOOP_END_FAILURE);
    }
    memcpy(stream->out.bytes + stream->out.end, bytes, length);
    stream->out.end += length;
}

void stream_printf(struct stream *stream, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    stream_write(stream, text, (size_t)length);
}

static void stream_close(struct stream *stream)
{
    if (stream->protocol->closed)
        stream->protocol->closed(stream);
    loop_remove(&stream->watch);
    close(stream->watch.fd);
    free(stream->state);
    free(stream);
}

/// Reads once. Returns false if the connection broke.
static bool receive(struct stream *stream)
{
    size_t room = buffer_room(&stream->in);
    if (room == 0)
        return true;
    ssize_t got = recv(stream->watch.fd, stream->in.bytes + stream->in.end, room, 0);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got == 0)
        stream->peer_done = true;
    stream->in.end += (size_t)got;
    return true;
}

/// Sends what the socket takes. Returns false if the connection broke.
static bool transmit(struct stream *stream)
{
    size_t length = buffer_length(&stream->out);
    if (length == 0)
        return true;
    ssize_t sent = send(stream->watch.fd, stream->out.bytes + stream->out.begin, length,
                        MSG_NOSIGNAL);
    if (sent < 0)
        return errno == EAGAIN || errno == EINTR;
    buffer_consume(&stream->out, (size_t)sent);
    return true;
}

/// Answers what can be answered now. Returns false if the connection is to end.
static bool serve(struct stream *stream, uint32_t *wanted)
{
    for (;;) {
        if (!transmit(stream))
            return false;
        *wanted = EPOLLOUT;
        if (buffer_length(&stream->out) > 0)
            return true;
        if (stream->protocol->produce && stream->protocol->produce(stream)) {
            if (buffer_length(&stream->out) > 0)
                continue;
            return true; // a slice of work: others get their turn before the next
        }
        if (stream->close_when_sent)
            return false;
        if (stream->protocol->input(stream))
            continue;
        *wanted = EPOLLIN;
        return !stream->peer_done;
    }
}

static void stream_ready(struct watch *watch, uint32_t events)
{
    struct stream *stream = (struct stream *)watch;
    uint32_t wanted = 0;
    if ((events & EPOLLERR) || ((events & (EPOLLIN | EPOLLHUP)) && !receive(stream))
        || !serve(stream, &wanted)) {
        stream_close(stream);
        return;
    }
    loop_change(watch, wanted);
}

static void listener_ready(struct watch *watch, uint32_t events)
{
    (void)events;
    struct listener *listener = (struct listener *)watch;
    int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return; // the client was gone before we looked
    // Answers are small and each is awaited: Nagle's wait would be all that is measured.
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct stream *stream = allocate(sizeof *stream);
    stream->watch = (struct watch){.fd = fd, .ready = stream_ready};
    stream->protocol = listener->protocol;
    stream->service = listener->service;
    stream->state = allocate(listener->protocol->state_size + 1);
    loop_add(&stream->watch, EPOLLIN);
}

void stream_listen(uint16_t port, const struct protocol *protocol, const void *service)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        fail("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 512) < 0)
        fail("listen");
    struct listener *listener = allocate(sizeof *listener);
    listener->watch = (struct watch){.fd = fd, .ready = listener_ready};
    listener->protocol = protocol;
    listener->service = service;
    loop_add(&listener->watch, EPOLLIN);
}
