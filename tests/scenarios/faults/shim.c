/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loaded into lockstepd (LD_PRELOAD) by the fault scenarios: sees every call with which it changes
 * a guest or a file of one, writes it down, and makes one of them go wrong. The programs that
 * lockstepd runs inherit it, so qemu-img is one such call.
 *
 * In /var/lib/lab-fault, made by the scenario (without it this does nothing):
 *   plan   "ACTION WHAT N": the Nth call that matches WHAT. WHAT is "change" (every call that
 *          changes something) or a part of the call's text in `log`. ACTION is
 *          error        it is not made, and fails
 *          late         it is made, and fails all the same, as one whose answer was lost
 *          pause        `paused` appears, and it waits for `go` before it is made
 *          pause-after  the same once it is made
 *   log    a line per call: its number among the changes (0: a query), then its text
 *   state  how many calls there were; locked while it is used
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define DIRECTORY "/var/lib/lab-fault/"
#define NEXT(name) __typeof__(&name) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static const char Injected[] = "injected by the scenario";

enum Action { NONE, FAIL, LATE, PAUSE, PAUSE_AFTER };

struct Counts {
    unsigned changes;
    unsigned matches;
};

static struct Counts readCounts(int state)
{
    char text[64] = "";
    struct Counts counts = {0, 0};
    if (pread(state, text, sizeof text - 1, 0) > 0)
        sscanf(text, "%u %u", &counts.changes, &counts.matches);
    return counts;
}

static void writeCounts(int state, struct Counts counts)
{
    char text[64];
    const int length = snprintf(text, sizeof text, "%10u %10u\n", counts.changes, counts.matches);
    if (pwrite(state, text, (size_t)length, 0) != length)
        perror("lab-fault: state");
}

static enum Action readPlan(char what[static 128], unsigned* number)
{
    static const char* const names[] = {"", "error", "late", "pause", "pause-after"};
    char action[16] = "";
    FILE* const plan = fopen(DIRECTORY "plan", "re");
    if (!plan)
        return NONE;
    const int fields = fscanf(plan, "%15s %127s %u", action, what, number);
    fclose(plan);
    for (int i = FAIL; fields == 3 && i <= PAUSE_AFTER; ++i)
        if (strcmp(action, names[i]) == 0)
            return (enum Action)i;
    return NONE;
}

static void writeLog(unsigned number, const char* text)
{
    const int log = open(DIRECTORY "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0)
        return;
    dprintf(log, "%u %s\n", number, text);
    close(log);
}

static void waitForGo(void)
{
    close(open(DIRECTORY "paused", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    while (access(DIRECTORY "go", F_OK) != 0 && access(DIRECTORY "paused", F_OK) == 0)
        usleep(2000);
}

/* Counts a call and tells what is to become of it. */
static enum Action meet(bool change, const char* format, ...)
{
    char text[4096];
    char what[128];
    unsigned number = 0;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);

    const int state = open(DIRECTORY "state", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (state < 0 || flock(state, LOCK_EX) != 0)
        return NONE;
    const enum Action action = readPlan(what, &number);
    struct Counts counts = readCounts(state);
    counts.changes += change;
    bool hit = false;
    if (action != NONE && (strcmp(what, "change") == 0 ? change : strstr(text, what) != NULL))
        hit = ++counts.matches == number;
    writeCounts(state, counts);
    writeLog(change ? counts.changes : 0, text);
    close(state);

    if (!hit)
        return NONE;
    if (action == PAUSE)
        waitForGo();
    return action;
}

static void leave(enum Action action)
{
    if (action == PAUSE_AFTER)
        waitForGo();
}

/* libvirt keeps its last error per thread and lets nobody set it. */
static _Thread_local bool Pending;
static virError InjectedError = {.code = VIR_ERR_OPERATION_FAILED,
                                 .domain = VIR_FROM_QEMU,
                                 .level = VIR_ERR_ERROR,
                                 .message = (char*)Injected};

static void setError(void)
{
    Pending = true;
}

virErrorPtr virGetLastError(void)
{
    NEXT(virGetLastError);
    return Pending ? &InjectedError : next();
}

/* Any call resets the last error; this one is what lockstepd makes after it has read it. */
int virConnectIsAlive(virConnectPtr connection)
{
    NEXT(virConnectIsAlive);
    Pending = false;
    return next(connection);
}

/* A libvirt function that returns an int, with the call itself as the last argument. */
#define CALL_INT(action, call)                                                                     \
    do {                                                                                           \
        const int result = (action) == FAIL ? -1 : (call);                                         \
        leave(action);                                                                             \
        if ((action) != FAIL && (action) != LATE)                                                  \
            return result;                                                                         \
        setError();                                                                                \
        return -1;                                                                                 \
    } while (0)

static bool isQuery(const char* command)
{
    return strstr(command, "\"execute\":\"query-") || strstr(command, "\"execute\":\"qom-list\"")
        || strstr(command, "\"execute\":\"qom-get\"");
}

int virDomainQemuMonitorCommand(virDomainPtr domain, const char* command, char** result, unsigned flags)
{
    NEXT(virDomainQemuMonitorCommand);
    const enum Action action = meet(!isQuery(command), "qmp %s", command);
    const int status = action == FAIL ? 0 : next(domain, command, result, flags);
    leave(action);
    if (action != FAIL && action != LATE)
        return status;
    /* As QEMU says no. */
    if (asprintf(result, "{\"error\":{\"class\":\"GenericError\",\"desc\":\"%s\"}}", Injected) < 0)
        abort();
    return 0;
}

virDomainPtr virDomainCreateXML(virConnectPtr connection, const char* xml, unsigned flags)
{
    NEXT(virDomainCreateXML);
    const enum Action action = meet(true, "create");
    virDomainPtr domain = action == FAIL ? NULL : next(connection, xml, flags);
    leave(action);
    if (action == FAIL || action == LATE) {
        domain = NULL;
        setError();
    }
    return domain;
}

int virDomainDestroy(virDomainPtr domain)
{
    NEXT(virDomainDestroy);
    const enum Action action = meet(true, "destroy");
    CALL_INT(action, next(domain));
}

int virDomainAddIOThread(virDomainPtr domain, unsigned id, unsigned flags)
{
    NEXT(virDomainAddIOThread);
    const enum Action action = meet(true, "add-iothread %u", id);
    CALL_INT(action, next(domain, id, flags));
}

int virDomainDelIOThread(virDomainPtr domain, unsigned id, unsigned flags)
{
    NEXT(virDomainDelIOThread);
    const enum Action action = meet(true, "delete-iothread %u", id);
    CALL_INT(action, next(domain, id, flags));
}

char* virDomainGetXMLDesc(virDomainPtr domain, unsigned flags)
{
    NEXT(virDomainGetXMLDesc);
    const enum Action action = meet(false, "xml");
    char* const text = action == FAIL || action == LATE ? NULL : next(domain, flags);
    leave(action);
    if (action == FAIL || action == LATE)
        setError();
    return text;
}

int fchown(int descriptor, uid_t owner, gid_t group)
{
    NEXT(fchown);
    const bool daemon = strcmp(program_invocation_short_name, "lockstepd") == 0;
    const enum Action action = daemon ? meet(true, "fchown") : NONE;
    const int status = action == FAIL ? -1 : next(descriptor, owner, group);
    leave(action);
    if (action != FAIL && action != LATE)
        return status;
    errno = EIO;
    return -1;
}

static _Noreturn void failProgram(void)
{
    dprintf(STDERR_FILENO, "qemu-img: %s\n", Injected);
    _exit(1);
}

static enum Action ProgramAction;

static void endProgram(void)
{
    leave(ProgramAction);
    if (ProgramAction == LATE)
        failProgram();
}

/* qemu-img as a whole is one call. */
__attribute__((constructor)) static void startProgram(int argc, char** argv)
{
    if (strcmp(program_invocation_short_name, "qemu-img") != 0 || argc < 2)
        return;
    const bool change = strcmp(argv[1], "info") != 0;
    /* Before the size comes the file. */
    ProgramAction = meet(change, "qemu-img %s %s", argv[1], argc > 3 ? argv[argc - 2] : "");
    if (ProgramAction == FAIL)
        failProgram();
    atexit(endProgram);
}
