/*
 * syscalls.c — the system calls a process can sleep in, and for how long.
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <math.h>
#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "proc.h"
#include "syscalls.h"

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

/* clang-format off */
static const struct call_info calls[] = {
    {SYS_read, "read", CALL_READ, NO_LIMIT, 0},
    {SYS_readv, "readv", CALL_READ, NO_LIMIT, 0},
    {SYS_write, "write", CALL_WRITE, NO_LIMIT, 0},
    {SYS_writev, "writev", CALL_WRITE, NO_LIMIT, 0},
    {SYS_recvfrom, "recv", CALL_READ, NO_LIMIT, 0},
    {SYS_recvmsg, "recvmsg", CALL_READ, NO_LIMIT, 0},
    {SYS_recvmmsg, "recvmmsg", CALL_READ, LIMIT_TIMESPEC, 4},
    {SYS_sendto, "send", CALL_WRITE, NO_LIMIT, 0},
    {SYS_sendmsg, "sendmsg", CALL_WRITE, NO_LIMIT, 0},
    {SYS_sendmmsg, "sendmmsg", CALL_WRITE, NO_LIMIT, 0},
    {SYS_sendfile, "sendfile", CALL_WRITE, NO_LIMIT, 0},
    {SYS_splice, "splice", CALL_READ, NO_LIMIT, 0},
    {SYS_tee, "tee", CALL_READ, NO_LIMIT, 0},
    {SYS_vmsplice, "vmsplice", CALL_WRITE, NO_LIMIT, 0},
    {SYS_accept, "accept", CALL_ACCEPT, NO_LIMIT, 0},
    {SYS_accept4, "accept", CALL_ACCEPT, NO_LIMIT, 0},
    {SYS_connect, "connect", CALL_CONNECT, NO_LIMIT, 0},
#ifdef SYS_open
    {SYS_open, "open", CALL_OPEN, NO_LIMIT, 0},
    {SYS_creat, "creat", CALL_OPEN, NO_LIMIT, 0},
#endif
    {SYS_openat, "open", CALL_OPEN, NO_LIMIT, 0},
    {SYS_wait4, "wait", CALL_WAIT, NO_LIMIT, 0},
    {SYS_waitid, "waitid", CALL_WAIT, NO_LIMIT, 0},
    {SYS_nanosleep, "nanosleep", CALL_SLEEP, LIMIT_TIMESPEC, 0},
    {SYS_clock_nanosleep, "clock_nanosleep", CALL_SLEEP, LIMIT_BY_CLOCK, 2},
#ifdef SYS_pause
    {SYS_pause, "pause", CALL_PAUSE, NO_LIMIT, 0},
#endif
    {SYS_rt_sigsuspend, "sigsuspend", CALL_PAUSE, NO_LIMIT, 0},
    {SYS_rt_sigtimedwait, "sigwait", CALL_SIGWAIT, LIMIT_TIMESPEC, 2},
    {SYS_futex, "futex", CALL_FUTEX, LIMIT_BY_FUTEX, 3},
#ifdef SYS_poll
    {SYS_poll, "poll", CALL_POLL, LIMIT_MS, 2},
#endif
    {SYS_ppoll, "poll", CALL_POLL, LIMIT_TIMESPEC, 2},
#ifdef SYS_select
    {SYS_select, "select", CALL_SELECT, LIMIT_TIMEVAL, 4},
#endif
    {SYS_pselect6, "select", CALL_SELECT, LIMIT_TIMESPEC, 4},
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, "epoll_wait", CALL_EPOLL, LIMIT_MS, 3},
#endif
    {SYS_epoll_pwait, "epoll_wait", CALL_EPOLL, LIMIT_MS, 3},
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2, "epoll_wait", CALL_EPOLL, LIMIT_TIMESPEC, 3},
#endif
    {SYS_flock, "flock", CALL_FLOCK, NO_LIMIT, 0},
    {SYS_fcntl, "fcntl", CALL_FCNTL, NO_LIMIT, 0},
    {SYS_mq_timedreceive, "mq_receive", CALL_MQ_RECEIVE, LIMIT_REALTIME, 4},
    {SYS_mq_timedsend, "mq_send", CALL_MQ_SEND, LIMIT_REALTIME, 4},
    {SYS_msgrcv, "msgrcv", CALL_MSGRCV, NO_LIMIT, 0},
    {SYS_msgsnd, "msgsnd", CALL_MSGSND, NO_LIMIT, 0},
    {SYS_semop, "semop", CALL_SEMOP, NO_LIMIT, 0},
    {SYS_semtimedop, "semop", CALL_SEMOP, LIMIT_TIMESPEC, 3},
    {SYS_io_getevents, "io_getevents", CALL_UNKNOWN, LIMIT_TIMESPEC, 4},
#ifdef SYS_vfork
    {SYS_vfork, "vfork", CALL_VFORK, NO_LIMIT, 0},
#endif
    {SYS_clone, "vfork", CALL_VFORK, NO_LIMIT, 0},
#ifdef SYS_clone3
    {SYS_clone3, "vfork", CALL_VFORK, NO_LIMIT, 0},
#endif
#ifdef SYS_restart_syscall
    {SYS_restart_syscall, "a stopped call", CALL_UNKNOWN, LIMIT_UNKNOWN, 0},
#endif
};
/* clang-format on */

const struct call_info *call_info(long number)
{
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
        if (calls[i].number == number)
            return &calls[i];
    return NULL;
}

static bool waits_for_vfork(const struct task *t)
{
    uint64_t flags = t->arg[0];
#ifdef SYS_vfork
    if (t->call == SYS_vfork)
        return true;
#endif
#ifdef SYS_clone3
    if (t->call == SYS_clone3 &&
        proc_memory(t->pid, t->arg[0], &flags, sizeof(flags)) == 0)
        return false;
#endif
    return flags & CLONE_VFORK;
}

enum call_kind call_kind(const struct task *t)
{
    const struct call_info *info = call_info(t->call);
    if (!info)
        return CALL_UNKNOWN;
    if (info->kind == CALL_POLL && t->arg[1] == 0)
        return t->arg[2] == 0 && info->limit == LIMIT_TIMESPEC ? CALL_PAUSE
               : info->limit == LIMIT_MS && (int)t->arg[2] < 0 ? CALL_PAUSE
                                                               : CALL_SLEEP;
    if (info->kind == CALL_SELECT && t->arg[0] == 0)
        return t->arg[4] == 0 ? CALL_PAUSE : CALL_SLEEP;
    if (info->kind == CALL_FCNTL && t->arg[1] != F_SETLKW &&
        t->arg[1] != F_OFD_SETLKW)
        return CALL_UNKNOWN;
    if (info->kind == CALL_VFORK && !waits_for_vfork(t))
        return CALL_UNKNOWN;
    return info->kind;
}

/* The time stands in the process's memory, if the pointer is not null. */
static double read_time(const struct task *t, unsigned long at, bool micro)
{
    struct timespec when = {0};
    if (at == 0)
        return INFINITY;
    if (proc_memory(t->pid, at, &when, sizeof(when)) != sizeof(when))
        return -1;
    return when.tv_sec + when.tv_nsec / (micro ? 1e6 : 1e9);
}

static double until(clockid_t clock, double when)
{
    struct timespec now;
    if (when < 0 || isinf(when))
        return when;
    if (clock_gettime(clock, &now) == -1)
        return -1;
    double left = when - now.tv_sec - now.tv_nsec / 1e9;
    return left < 0 ? 0 : left;
}

static double futex_limit(const struct task *t)
{
    int op = t->arg[1] & FUTEX_CMD_MASK;
    double when = read_time(t, t->arg[3], false);
    switch (op) {
    case FUTEX_WAIT:
        return when;
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI:
    case FUTEX_LOCK_PI2:
        return until(t->arg[1] & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME
                                                      : CLOCK_MONOTONIC,
                     when);
    case FUTEX_LOCK_PI:
        return until(CLOCK_REALTIME, when);
    default:
        return -1;
    }
}

double call_limit(const struct task *t)
{
    const struct call_info *info = call_info(t->call);
    if (!info)
        return -1;
    unsigned long arg = t->arg[info->limit_arg];
    switch (info->limit) {
    case NO_LIMIT:
        return INFINITY;
    case LIMIT_MS:
        return (int)arg < 0 ? INFINITY : (int)arg / 1e3;
    case LIMIT_TIMESPEC:
        return read_time(t, arg, false);
    case LIMIT_TIMEVAL:
        return read_time(t, arg, true);
    case LIMIT_REALTIME:
        return until(CLOCK_REALTIME, read_time(t, arg, false));
    case LIMIT_BY_CLOCK:
        return t->arg[1] & TIMER_ABSTIME
                   ? until((clockid_t)t->arg[0], read_time(t, arg, false))
                   : read_time(t, arg, false);
    case LIMIT_BY_FUTEX:
        return futex_limit(t);
    default:
        return -1;
    }
}
