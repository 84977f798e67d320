// SPDX-License-Identifier: LGPL-2.1-or-later
#include "http.h"

#include "differ.h"
#include "files.h"
#include "power.h"
#include "request.h"
#include "stream.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 16 * 1024, HASH_SLICE = 256 * 1024 };

enum phase {
    PHASE_HEAD,    ///< waiting for a request
    PHASE_UPLOAD,  ///< its body goes to a file
    PHASE_PATTERN, ///< sending /size/N
    PHASE_FILE,    ///< sending a file
    PHASE_SUM,     ///< reading a file for its checksum
    PHASE_POWER,   ///< the answer is on its way, then the machine goes
};

struct exchange {
    enum phase phase;
    bool keep_alive;
    uint64_t rest; ///< bytes of body still to come or go
    uint64_t offset;
    int fd;
    struct upload upload;
    struct sha256 sum;
    enum loop_end power;
};

static const char *reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 411: return "Length Required";
    case 431: return "Request Header Fields Too Large";
    case 507: return "Insufficient Storage";
    default: return "Internal Server Error";
    }
}

static void answer_head(struct stream *stream, int status, uint64_t length)
{
    struct exchange *exchange = stream->state;
    stream_printf(stream,
                  "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %" PRIu64
                  "\r\nConnection: %s\r\n\r\n",
                  status, reason(status), length, exchange->keep_alive ? "keep-alive" : "close");
    stream->close_when_sent = !exchange->keep_alive;
}

static void answer_text(struct stream *stream, int status, const char *text)
{
    answer_head(stream, status, strlen(text));
    stream_write(stream, text, strlen(text));
}

/// For requests whose body, if any, is left unread: what follows is no request then.
static void refuse(struct stream *stream, int status, const char *text)
{
    struct exchange *exchange = stream->state;
    exchange->keep_alive = false;
    answer_text(stream, status, text);
}

static void begin_pattern(struct stream *stream, const char *text)
{
    struct exchange *exchange = stream->state;
    char *end;
    exchange->rest = strtoull(text, &end, 10);
    if (end == text || *end != '\0') {
        answer_text(stream, 400, "not a size\n");
        return;
    }
    exchange->offset = 0;
    answer_head(stream, 200, exchange->rest);
    exchange->phase = PHASE_PATTERN;
}

static void begin_file(struct stream *stream, const char *directory, char *name)
{
    struct exchange *exchange = stream->state;
    char *suffix = strchr(name, '/');
    bool sum = suffix && strcmp(suffix, "/sha256") == 0;
    if (suffix)
        *suffix = '\0';
    if ((suffix && !sum) || !file_name_valid(name)) {
        answer_text(stream, 404, "no such page\n");
        return;
    }
    exchange->fd = file_open(directory, name, &exchange->rest);
    if (exchange->fd < 0) {
        answer_text(stream, 404, "no such file\n");
        return;
    }
    sha256_begin(&exchange->sum);
    exchange->phase = sum ? PHASE_SUM : PHASE_FILE;
    if (!sum)
        answer_head(stream, 200, exchange->rest);
}

static void begin_upload(struct stream *stream, const char *directory,
                         const struct request *request, const char *name)
{
    struct exchange *exchange = stream->state;
    if (!file_name_valid(name)) {
        refuse(stream, 400, "bad file name\n");
        return;
    }
    if (!upload_begin(&exchange->upload, directory, name)) {
        refuse(stream, 507, strerror(errno));
        return;
    }
    exchange->rest = request->body_length;
    exchange->phase = PHASE_UPLOAD;
    if (request->expects_continue)
        stream_printf(stream, "HTTP/1.1 100 Continue\r\n\r\n");
}

/// Takes one piece of an upload's body; answers after the last. Returns false if none is there.
static bool continue_upload(struct stream *stream)
{
    struct exchange *exchange = stream->state;
    size_t length = buffer_length(&stream->in);
    if (length > exchange->rest)
        length = exchange->rest;
    if (length == 0 && exchange->rest > 0)
        return false;
    if (!upload_add(&exchange->upload, stream->in.bytes + stream->in.begin, length)) {
        exchange->phase = PHASE_HEAD;
        upload_abandon(&exchange->upload);
        refuse(stream, 507, "cannot write\n");
        return true;
    }
    buffer_consume(&stream->in, length);
    exchange->rest -= length;
    if (exchange->rest > 0)
        return true;
    exchange->phase = PHASE_HEAD;
    if (upload_end(&exchange->upload)) {
        answer_text(stream, 201, "stored\n");
    } else {
        upload_abandon(&exchange->upload);
        answer_text(stream, 507, "cannot store\n");
    }
    return true;
}

static void begin_power(struct stream *stream, enum loop_end why)
{
    struct exchange *exchange = stream->state;
    exchange->keep_alive = false;
    answer_text(stream, 200, why == LOOP_END_REBOOT ? "rebooting\n" : "powering off\n");
    exchange->power = why;
    exchange->phase = PHASE_POWER;
}

/// Returns what follows `/files/` or `/files2/` and the disk's directory, or NULL.
static char *file_target(const struct site *site, char *target, const char **directory)
{
    static const char *const prefixes[2] = {"/files/", "/files2/"};
    for (int i = 0; i < 2; ++i) {
        *directory = site->directories[i];
        if (*directory && strncmp(target, prefixes[i], strlen(prefixes[i])) == 0)
            return target + strlen(prefixes[i]);
    }
    return NULL;
}

static void get(struct stream *stream, struct request *request)
{
    const struct site *site = stream->service;
    const char *directory;
    char *name = file_target(site, request->target, &directory);
    char text[256];
    if (name) {
        begin_file(stream, directory, name);
    } else if (strncmp(request->target, "/size/", 6) == 0) {
        begin_pattern(stream, request->target + 6);
    } else if (strcmp(request->target, "/") == 0) {
        snprintf(text, sizeof text, "This is %s, a guest of the Lockstep lab.\n", site->name);
        answer_text(stream, 200, text);
    } else if (strcmp(request->target, "/boot-id") == 0) {
        answer_text(stream, 200, site->boot_id);
    } else if (strcmp(request->target, "/uptime") == 0) {
        differ_uptime(text, sizeof text);
        answer_text(stream, 200, text);
    } else if (strcmp(request->target, "/random") == 0) {
        differ_random(text, sizeof text);
        answer_text(stream, 200, text);
    } else {
        answer_text(stream, 404, "no such page\n");
    }
}

static void put(struct stream *stream, struct request *request)
{
    const struct site *site = stream->service;
    bool post = strcmp(request->method, "POST") == 0;
    const char *directory;
    char *name = file_target(site, request->target, &directory);
    if (name)
        begin_upload(stream, directory, request, name);
    else if (post && strcmp(request->target, "/poweroff") == 0)
        begin_power(stream, LOOP_END_POWEROFF);
    else if (post && strcmp(request->target, "/reboot") == 0)
        begin_power(stream, LOOP_END_REBOOT);
    else
        refuse(stream, 404, "no such page\n");
}

static bool http_input(struct stream *stream)
{
    struct exchange *exchange = stream->state;
    if (exchange->phase == PHASE_UPLOAD)
        return continue_upload(stream);
    struct request request;
    int length = request_parse(stream->in.bytes + stream->in.begin, buffer_length(&stream->in),
                               &request);
    if (length == 0)
        return false;
    if (length < 0) {
        refuse(stream, -length, "cannot read this request\n");
        return true;
    }
    buffer_consume(&stream->in, (size_t)length);
    exchange->keep_alive = request.keep_alive;
    if (strcmp(request.method, "PUT") == 0 || strcmp(request.method, "POST") == 0)
        put(stream, &request);
    else if (strcmp(request.method, "GET") == 0 && request.body_length == 0)
        get(stream, &request);
    else
        refuse(stream, 405, "only GET, PUT and POST\n");
    return true;
}

static bool end_body(struct exchange *exchange)
{
    if (exchange->phase == PHASE_FILE || exchange->phase == PHASE_SUM)
        close(exchange->fd);
    exchange->phase = PHASE_HEAD;
    return false;
}

/// Byte number i of /size/N is i modulo 251: a prime, so a lost or doubled piece shows.
static bool produce_pattern(struct stream *stream)
{
    struct exchange *exchange = stream->state;
    if (exchange->rest == 0)
        return end_body(exchange);
    static char pattern[CHUNK + 251];
    if (pattern[1] == 0) {
        for (size_t i = 0; i < sizeof pattern; ++i)
            pattern[i] = (char)(i % 251);
    }
    size_t length = exchange->rest < CHUNK ? exchange->rest : CHUNK;
    stream_write(stream, pattern + exchange->offset % 251, length);
    exchange->offset += length;
    exchange->rest -= length;
    return true;
}

static bool produce_file(struct stream *stream)
{
    struct exchange *exchange = stream->state;
    if (exchange->rest == 0)
        return end_body(exchange);
    char bytes[CHUNK];
    size_t wanted = exchange->rest < CHUNK ? exchange->rest : CHUNK;
    ssize_t length = read(exchange->fd, bytes, wanted);
    if (length <= 0) { // too late for a status: a short body is how the client learns of it
        stream->close_when_sent = true;
        return end_body(exchange);
    }
    stream_write(stream, bytes, (size_t)length);
    exchange->rest -= (uint64_t)length;
    return true;
}

static bool produce_sum(struct stream *stream)
{
    struct exchange *exchange = stream->state;
    static char bytes[HASH_SLICE];
    ssize_t length = read(exchange->fd, bytes, sizeof bytes);
    if (length > 0) {
        sha256_add(&exchange->sum, bytes, (size_t)length);
        return true;
    }
    if (length < 0) {
        answer_text(stream, 500, strerror(errno));
    } else {
        char hex[SHA256_HEX_SIZE + 1];
        sha256_end(&exchange->sum, hex);
        strcat(hex, "\n");
        answer_text(stream, 200, hex);
    }
    end_body(exchange);
    return true;
}

static bool http_produce(struct stream *stream)
{
    struct exchange *exchange = stream->state;
    switch (exchange->phase) {
    case PHASE_PATTERN: return produce_pattern(stream);
    case PHASE_FILE: return produce_file(stream);
    case PHASE_SUM: return produce_sum(stream);
    case PHASE_POWER:
        power_wait_until_sent(stream->watch.fd);
        loop_stop(exchange->power);
        return end_body(exchange);
    default: return false;
    }
}

static void http_closed(struct stream *stream)
{
    struct exchange *exchange = stream->state;
    if (exchange->phase == PHASE_UPLOAD)
        upload_abandon(&exchange->upload);
    end_body(exchange);
}

void http_listen(struct site *site, uint16_t port)
{
    static const struct protocol http = {
        .state_size = sizeof(struct exchange),
        .input = http_input,
        .produce = http_produce,
        .closed = http_closed,
    };
    stream_listen(port, &http, site);
}
