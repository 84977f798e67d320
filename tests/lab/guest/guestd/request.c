// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE // memmem, strcasestr
#include "request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/// Returns 0 or minus an HTTP status.
static int parse_field(char *line, struct request *request)
{
    char *colon = strchr(line, ':');
    if (!colon)
        return -400;
    *colon = '\0';
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    if (strcasecmp(line, "Content-Length") == 0) {
        char *end;
        request->body_length = strtoull(value, &end, 10);
        if (end == value || *end != '\0' || *value == '-')
            return -400;
    } else if (strcasecmp(line, "Transfer-Encoding") == 0) {
        return -411; // chunks would be more code than they are worth here
    } else if (strcasecmp(line, "Connection") == 0) {
        if (strcasestr(value, "close"))
            request->keep_alive = false;
    } else if (strcasecmp(line, "Expect") == 0) {
        request->expects_continue = strcasecmp(value, "100-continue") == 0;
    }
    return 0;
}

int request_parse(const char *bytes, size_t length, struct request *request)
{
    const char *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (!end)
        return length < MAX_HEAD ? 0 : -431;
    size_t head_length = (size_t)(end - bytes) + 4;
    if (head_length > MAX_HEAD)
        return -431;

    char head[MAX_HEAD + 1];
    memcpy(head, bytes, head_length - 2);
    head[head_length - 2] = '\0';
    *request = (struct request){.keep_alive = true};

    char *rest = head;
    char *line = strsep(&rest, "\n");
    int minor;
    if (sscanf(line, "%7s %255s HTTP/1.%d", request->method, request->target, &minor) != 3)
        return -400;
    request->keep_alive = minor >= 1;
    while ((line = strsep(&rest, "\n")) && *line != '\0') {
        line[strcspn(line, "\r")] = '\0';
        int refused = parse_field(line, request);
        if (refused)
            return refused;
    }
    return (int)head_length;
}
