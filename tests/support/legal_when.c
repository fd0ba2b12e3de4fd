/*
 * legal_when.c — the conditions of the legality table, one for each family
 * of calls: could the kernel do this now, as far as the caller can know?
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "legal.h"
#include "legal_now.h"
#include "sea.h"

bool legal_read(enum sea_call call, const long arg[], int fault)
{
    struct transfer t = transfer_of(call, arg);
    struct end e = look_at(t.fd);
    bool nonblock = e.nonblock || t.flags & MSG_DONTWAIT;

    if (fault == SEA_SHORT_COUNT)
        return legal_short(call, arg) > 0;
    if (!e.readable || !e.sleepy || t.bytes == 0 || sure_to_succeed(t.fd))
        return false;
    if (fault == EAGAIN)
        return nonblock && !(legal_knows & EDGES);
    return !nonblock && (e.timed_in || handled(false, NULL));
}

/* No caller can know how full the queue of a network card is, or that of
 * somebody else's datagram socket. */
static bool may_be_full(struct end e)
{
    return !(legal_knows & EDGES) && (e.inet || (e.local && e.dgram));
}

/* Room is no secret to the only writer of a pipe, so EINTR comes only where
 * it would really sleep. */
bool legal_write(enum sea_call call, const long arg[], int fault)
{
    struct transfer t = transfer_of(call, arg);
    struct end e = look_at(t.fd);
    bool nonblock = e.nonblock || t.flags & MSG_DONTWAIT;

    if (fault == SEA_SHORT_COUNT)
        return legal_short(call, arg) > 0;
    if (fault == ENOBUFS) /* a stream waits until there is memory */
        return e.dgram;
    if (fault == EAGAIN)
        return nonblock && may_be_full(e);
    return e.writable && e.sleepy && t.bytes && !nonblock &&
           !is_ready(t.fd, POLLOUT) && (e.timed_out || handled(false, NULL));
}

/* waitid's arguments for each of the wait calls. */
struct wanted {
    idtype_t type;
    id_t id;
    int options;
};

static struct wanted wanted_by(enum sea_call call, const long arg[])
{
    pid_t pid = call == SEA_wait || call == SEA_wait3 ? -1 : (pid_t)arg[0];
    int options = call == SEA_wait ? 0 : (int)arg[call == SEA_wait3 ? 1 : 2];

    if (call == SEA_waitid)
        return (struct wanted){(idtype_t)arg[0], (id_t)arg[1], (int)arg[3]};
    if (pid > 0)
        return (struct wanted){P_PID, (id_t)pid, options | WEXITED};
    if (pid == -1)
        return (struct wanted){P_ALL, 0, options | WEXITED};
    return (struct wanted){P_PGID, (id_t)-pid, options | WEXITED};
}

/* The kernel looks for an ended child before it looks at signals, so a
 * caller who knows of one gets no EINTR. */
bool legal_wait(enum sea_call call, const long arg[], int fault)
{
    struct wanted w = wanted_by(call, arg);
    siginfo_t info = {0};

    (void)fault;
    if (w.options & WNOHANG ||
        waitid(w.type, w.id, &info, w.options | WNOHANG | WNOWAIT) == -1)
        return false;
    if (info.si_pid && (legal_knows & ENDED_CHILDREN || handles_sigchld()))
        return false;
    return handled(false, NULL);
}

/* A time-out that is there and is 0 does not sleep. */
static bool sleeps(const struct timespec *limit)
{
    return !limit || limit->tv_sec || limit->tv_nsec;
}

bool legal_sleep(enum sea_call call, const long arg[], int fault)
{
    (void)fault;
    if (call == SEA_usleep)
        return (useconds_t)arg[0] && handled(true, NULL);
    return sleeps(POINTER(arg[call == SEA_nanosleep ? 0 : 2])) &&
           handled(true, NULL);
}

bool legal_poll(enum sea_call call, const long arg[], int fault)
{
    const struct timeval *tv;

    (void)fault;
    switch (call) {
    case SEA_poll:
        return (int)arg[2] && handled(true, NULL);
    case SEA_ppoll:
        return sleeps(POINTER(arg[2])) && handled(true, POINTER(arg[3]));
    case SEA_pselect:
        return sleeps(POINTER(arg[4])) && handled(true, POINTER(arg[5]));
    case SEA_select:
        tv = POINTER(arg[4]);
        return (!tv || tv->tv_sec || tv->tv_usec) && handled(true, NULL);
    default: /* epoll_wait: even SIGSTOP and SIGCONT end it */
        return (int)arg[3] != 0;
    }
}

/* sigwaitinfo and sigtimedwait: even SIGSTOP and SIGCONT end them. */
bool legal_signal_wait(enum sea_call call, const long arg[], int fault)
{
    (void)fault;
    if (call == SEA_pause)
        return handled(true, NULL);
    if (call == SEA_sigsuspend)
        return handled(true, POINTER(arg[0]));
    return call == SEA_sigwaitinfo || sleeps(POINTER(arg[2]));
}

bool legal_semaphore(enum sea_call call, const long arg[], int fault)
{
    int value = 0;

    (void)fault;
    if (legal_knows & WAITING_DATA &&
        sem_getvalue(POINTER(arg[0]), &value) == 0 && value > 0)
        return false;
    return handled(call != SEA_sem_wait, NULL);
}

/* flock, and what fcntl does that can fail. */
bool legal_lock(enum sea_call call, const long arg[], int fault)
{
    int how = (int)arg[1];
    const struct flock *lock;

    if (call == SEA_flock)
        return !(how & (LOCK_NB | LOCK_UN)) && handled(false, NULL);
    if (fault == EMFILE)
        return how == F_DUPFD || how == F_DUPFD_CLOEXEC;
    if (how != F_SETLKW && how != F_OFD_SETLKW)
        return false;
    lock = POINTER(arg[2]);
    return lock->l_type != F_UNLCK && handled(false, NULL);
}

/* Does this process hold the other end of the FIFO itself? */
static bool holds_other_end(const struct stat *fifo, int flags)
{
    struct stat st;

    for (int fd = 0; fd < 256; fd++) {
        if (fstat(fd, &st) == -1 || st.st_ino != fifo->st_ino ||
            st.st_dev != fifo->st_dev)
            continue;
        struct end e = look_at(fd);
        if ((flags & O_ACCMODE) == O_WRONLY ? e.readable : e.writable)
            return true;
    }
    return false;
}

/* Opening a FIFO sleeps until the other end is opened. */
bool legal_open(enum sea_call call, const long arg[], int fault)
{
    int at = call == SEA_openat || call == SEA_openat64;
    int flags = (int)arg[1 + at];
    struct stat st;

    if (fault != EINTR)
        return true;
    return !(flags & (O_NONBLOCK | O_PATH)) && (flags & O_ACCMODE) != O_RDWR &&
           fstatat(at ? (int)arg[0] : AT_FDCWD, POINTER(arg[at]), &st, 0) ==
               0 &&
           S_ISFIFO(st.st_mode) && handled(false, NULL) &&
           !holds_other_end(&st, flags);
}

/* A name that is there is EEXIST, however full the disk. */
bool legal_mkfifo(enum sea_call call, const long arg[], int fault)
{
    struct stat st;

    (void)call, (void)fault;
    return lstat(POINTER(arg[0]), &st) == -1 && errno == ENOENT;
}

/* Given a descriptor, it makes none. */
bool legal_signalfd(enum sea_call call, const long arg[], int fault)
{
    (void)call, (void)fault;
    return (int)arg[0] == -1;
}

/* What makes a mapping smaller, where it is, always succeeds. */
bool legal_memory(enum sea_call call, const long arg[], int fault)
{
    (void)fault;
    if (call == SEA_mremap)
        return arg[2] > arg[1];
    if (call == SEA_malloc)
        return arg[0] != 0;
    if (call == SEA_reallocarray)
        return arg[1] != 0 && arg[2] != 0;
    return arg[1] != 0 && (call != SEA_calloc || arg[0] != 0);
}
