/*
 * legal_try.h — for the tests of legal.c: a body tried in a process of its
 * own, and a look at whether a process sleeps.
 */
#ifndef LEGAL_TRY_H
#define LEGAL_TRY_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "legal.h"
#include "sea.h"

enum { AS_IT_OUGHT = 0, NOT_AS_IT_OUGHT = 1, CANNOT_BE_SHOWN = 77 };

/* cmocka's own asserts must not be used in a child. */
#define OUGHT(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            dprintf(2, "%s:%d: not so: %s (%s)\n", __FILE__, __LINE__,         \
                    #condition, strerror(errno));                              \
            _exit(NOT_AS_IT_OUGHT);                                            \
        }                                                                      \
    } while (0)

/* legal, with the call's arguments as they are written. */
#define LEGAL(call, fault, ...)                                                \
    legal(SEA_##call, (const long[6]){__VA_ARGS__}, fault)
#define AT(address) (long)(uintptr_t)(address)

/* Die with the parent, also if it is dead already. */
static inline void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(NOT_AS_IT_OUGHT);
}

/* The body in a child of its own, which dies with the test. */
static inline pid_t start(void (*body)(void))
{
    pid_t pid, self = getpid();

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        die_with(self);
        legal_forget();
        body();
        _exit(AS_IT_OUGHT);
    }
    return pid;
}

static inline int ended(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline void try(void (*body)(void))
{
    int status = ended(start(body));

    if (status == CANNOT_BE_SHOWN)
        skip();
    assert_int_equal(status, AS_IT_OUGHT);
}

/* R, S, T, Z … of /proc/PID/stat; 0 if there is none. */
static inline char state_of(pid_t pid)
{
    char path[32], text[256], *end;
    int fd;
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    end = strrchr(text, ')');
    return end ? end[2] : '\0';
}

/* Let the others go on; on a busy machine better than sched_yield. */
static inline void meanwhile(void)
{
    const struct timespec moment = {.tv_nsec = 50000};

    nanosleep(&moment, NULL);
}

/* Wait until it is so; false if it ended instead. */
static inline bool becomes(pid_t pid, char state)
{
    char now;

    while ((now = state_of(pid)) != state) {
        if (now == 'Z' || now == '\0')
            return false;
        meanwhile();
    }
    return true;
}

#endif
