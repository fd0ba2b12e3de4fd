/*
 * outside.c — calls that are not modelled, but may sleep or leave something
 * in the kernel.
 *
 * They are made in earnest, in such a way that they do not sleep. Who would
 * have, waits until another one has made such a call with success, and tries
 * again.
 */
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/pidfd.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models.h"

struct errand {
    const char *call;
    uintptr_t pc;
    struct interleave_step *step;
    int fd, flags; /* its own flags, if it sleeps; -1: it does not */
    int64_t deadline;
    int too_late; /* errno then; 0: it returns 0 */
};

/* What a waiter keeps in detail[]. */
enum { CHANGES_THEN, ITS_FD };

static struct il_object *the_kernel(void)
{
    return il_object(IL_KERNEL, NULL);
}

static bool something_has_changed(const struct il_actor *actor)
{
    return actor->object->kernel.changes !=
           (unsigned)actor->detail[CHANGES_THEN];
}

static void stay_awake(struct errand *e)
{
    e->flags = e->fd < 0 ? -1 : fcntl(e->fd, F_GETFL);
    if (e->flags != -1 && e->flags & O_NONBLOCK)
        e->flags = -1;
    if (e->flags != -1)
        fcntl(e->fd, F_SETFL, e->flags | O_NONBLOCK);
}

static void as_it_was(const struct errand *e)
{
    int error = errno;

    if (e->flags != -1)
        fcntl(e->fd, F_SETFL, e->flags);
    errno = error;
}

static struct errand begin(const char *call, int fd, uintptr_t pc)
{
    struct errand e = {
        .call = call, .pc = pc, .fd = fd, .deadline = IL_FOR_EVER};

    il_needs_real_processes();
    e.step = il_call(call, NULL, pc);
    stay_awake(&e);
    return e;
}

/* false: it is too late. */
static bool sleep_on(struct errand *e)
{
    struct il_actor *self = il_actor_self();

    if (e->deadline <= il->time)
        return false;
    self->detail[CHANGES_THEN] = the_kernel()->kernel.changes;
    self->detail[ITS_FD] = e->fd;
    return il_wait_for(the_kernel(), something_has_changed, e->deadline, false,
                       e->call, e->pc) != IL_TIMED_OUT;
}

/* It would have slept. true: now try again; else r is what it returns. */
static bool again(struct errand *e, bool would_sleep, long *r)
{
    if (!would_sleep)
        return false;
    as_it_was(e);
    if (sleep_on(e)) {
        stay_awake(e);
        return true;
    }
    e->flags = -1;
    errno = e->too_late;
    *r = e->too_late ? -1 : 0;
    return false;
}

static long end(struct errand *e, long r)
{
    struct il_object *kernel = the_kernel();
    int error = errno;

    as_it_was(e);
    e->step->result = r;
    e->step->value = r == -1 ? (uint64_t)error : 0;
    il_acquire(kernel);
    if (r != -1) {
        il_release(kernel);
        kernel->kernel.changes++;
        il_changed();
    }
    errno = error;
    return r;
}

/* -------------------------------------------- descriptors that may sleep */

#define BLOCKS(R, name, fd, params, args)                                      \
    R il_##name params;                                                        \
    R il_##name params                                                         \
    {                                                                          \
        struct errand e;                                                       \
        long r;                                                                \
                                                                               \
        if (!il_active())                                                      \
            return name args;                                                  \
        e = begin(#name, fd, IL_PC);                                           \
        do                                                                     \
            r = name args;                                                     \
        while (again(&e, r == -1 && errno == EAGAIN && e.flags != -1, &r));    \
        return (R)end(&e, r);                                                  \
    }

BLOCKS(ssize_t, read, fd, (int fd, void *to, size_t n), (fd, to, n))
BLOCKS(ssize_t, readv, fd, (int fd, const struct iovec *v, int n), (fd, v, n))
BLOCKS(ssize_t, writev, fd, (int fd, const struct iovec *v, int n), (fd, v, n))
BLOCKS(ssize_t, send, fd, (int fd, const void *p, size_t n, int flags),
       (fd, p, n, flags))
BLOCKS(ssize_t, sendto, fd,
       (int fd, const void *p, size_t n, int flags, const struct sockaddr *to,
        socklen_t size),
       (fd, p, n, flags, to, size))
BLOCKS(ssize_t, sendmsg, fd, (int fd, const struct msghdr *m, int flags),
       (fd, m, flags))
BLOCKS(ssize_t, recv, fd, (int fd, void *p, size_t n, int flags),
       (fd, p, n, flags))
BLOCKS(ssize_t, recvfrom, fd,
       (int fd, void *p, size_t n, int flags, struct sockaddr *from,
        socklen_t *size),
       (fd, p, n, flags, from, size))
BLOCKS(ssize_t, recvmsg, fd, (int fd, struct msghdr *m, int flags),
       (fd, m, flags))
BLOCKS(int, eventfd_read, fd, (int fd, eventfd_t *value), (fd, value))
BLOCKS(int, eventfd_write, fd, (int fd, eventfd_t value), (fd, value))
BLOCKS(int, mq_send, q, (mqd_t q, const char *p, size_t n, unsigned priority),
       (q, p, n, priority))
BLOCKS(ssize_t, mq_receive, q, (mqd_t q, char *p, size_t n, unsigned *priority),
       (q, p, n, priority))

/* It writes all, or sleeps until there is room. */
ssize_t il_write(int, const void *, size_t);
ssize_t il_write(int fd, const void *from, size_t n)
{
    struct errand e;
    size_t done = 0;
    bool full;
    long r;

    if (!il_active())
        return write(fd, from, n);
    e = begin("write", fd, IL_PC);
    do {
        r = write(fd, (const char *)from + done, n - done);
        done += r > 0 ? (size_t)r : 0;
        full = r == -1 ? errno == EAGAIN : done < n;
    } while (again(&e, full && e.flags != -1, &r));
    return end(&e, done ? (long)done : r);
}

/* Virtual time, so that the kernel is not told of it. */
#define BLOCKS_UNTIL(R, name, params, plain)                                   \
    R il_##name params;                                                        \
    R il_##name params                                                         \
    {                                                                          \
        struct errand e;                                                       \
        long r;                                                                \
                                                                               \
        if (!il_active())                                                      \
            return name(q, p, n, priority, until);                             \
        e = begin(#name, q, IL_PC);                                            \
        e.deadline = il_is_time(until) ? il_moment(CLOCK_REALTIME, until) : 0; \
        e.too_late = il_is_time(until) ? ETIMEDOUT : EINVAL;                   \
        do                                                                     \
            r = plain(q, p, n, priority);                                      \
        while (again(&e, r == -1 && errno == EAGAIN && e.flags != -1, &r));    \
        return (R)end(&e, r);                                                  \
    }
BLOCKS_UNTIL(int, mq_timedsend,
             (mqd_t q, const char *p, size_t n, unsigned priority,
              const struct timespec *until),
             mq_send)
BLOCKS_UNTIL(ssize_t, mq_timedreceive,
             (mqd_t q, char *p, size_t n, unsigned *priority,
              const struct timespec *until),
             mq_receive)

/* ---------------------------------------------- poll and those of its kind */

static int64_t after_ms(int ms)
{
    return ms < 0 ? IL_FOR_EVER : il->time + (int64_t)ms * 1000000;
}

static int64_t after_time(const struct timespec *t)
{
    return t ? il_after(t) : IL_FOR_EVER;
}

static int64_t after_timeval(const struct timeval *t)
{
    return t ? il->time + (int64_t)t->tv_sec * 1000000000 +
                   (int64_t)t->tv_usec * 1000
             : IL_FOR_EVER;
}

static const struct timespec at_once;

int il_poll(struct pollfd *, nfds_t, int);
int il_poll(struct pollfd *fds, nfds_t n, int ms)
{
    struct errand e;
    long r;

    if (!il_active())
        return poll(fds, n, ms);
    e = begin("poll", -1, IL_PC);
    e.deadline = after_ms(ms);
    do
        r = poll(fds, n, 0);
    while (again(&e, r == 0, &r));
    return (int)end(&e, r);
}

int il_ppoll(struct pollfd *, nfds_t, const struct timespec *,
             const sigset_t *);
int il_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *t,
             const sigset_t *mask)
{
    struct errand e;
    long r;

    if (!il_active())
        return ppoll(fds, n, t, mask);
    e = begin("ppoll", -1, IL_PC);
    e.deadline = after_time(t);
    do
        r = ppoll(fds, n, &at_once, mask);
    while (again(&e, r == 0, &r));
    return (int)end(&e, r);
}

int il_epoll_wait(int, struct epoll_event *, int, int);
int il_epoll_wait(int fd, struct epoll_event *events, int n, int ms)
{
    struct errand e;
    long r;

    if (!il_active())
        return epoll_wait(fd, events, n, ms);
    e = begin("epoll_wait", -1, IL_PC);
    e.deadline = after_ms(ms);
    do
        r = epoll_wait(fd, events, n, 0);
    while (again(&e, r == 0, &r));
    return (int)end(&e, r);
}

/* select changes its sets also when there is nothing. */
static int select_until(int64_t deadline, const char *call, int n,
                        fd_set *set[3], const sigset_t *mask, uintptr_t pc)
{
    struct errand e = begin(call, -1, pc);
    fd_set asked[3];
    long r;

    e.deadline = deadline;
    for (int i = 0; i < 3; i++)
        if (set[i])
            asked[i] = *set[i];
    do {
        for (int i = 0; i < 3; i++)
            if (set[i])
                *set[i] = asked[i];
        r = pselect(n, set[0], set[1], set[2], &at_once, mask);
    } while (again(&e, r == 0, &r));
    return (int)end(&e, r);
}

int il_select(int, fd_set *, fd_set *, fd_set *, struct timeval *);
int il_select(int n, fd_set *in, fd_set *out, fd_set *ex, struct timeval *t)
{
    if (!il_active())
        return select(n, in, out, ex, t);
    return select_until(after_timeval(t), "select", n,
                        (fd_set *[]){in, out, ex}, NULL, IL_PC);
}

int il_pselect(int, fd_set *, fd_set *, fd_set *, const struct timespec *,
               const sigset_t *);
int il_pselect(int n, fd_set *in, fd_set *out, fd_set *ex,
               const struct timespec *t, const sigset_t *mask)
{
    if (!il_active())
        return pselect(n, in, out, ex, t, mask);
    return select_until(after_time(t), "pselect", n, (fd_set *[]){in, out, ex},
                        mask, IL_PC);
}

/* -------------------------------------------------------------- file locks */

int il_flock(int, int);
int il_flock(int fd, int operation)
{
    struct errand e;
    long r;

    if (!il_active())
        return flock(fd, operation);
    e = begin("flock", -1, IL_PC);
    do
        r = flock(fd, operation | LOCK_NB);
    while (again(&e, r == -1 && errno == EWOULDBLOCK && !(operation & LOCK_NB),
                 &r));
    return (int)end(&e, r);
}

int il_lockf(int, int, off_t);
int il_lockf(int fd, int command, off_t size)
{
    struct errand e;
    long r;

    if (!il_active())
        return lockf(fd, command, size);
    e = begin("lockf", -1, IL_PC);
    do
        r = lockf(fd, command == F_LOCK ? F_TLOCK : command, size);
    while (again(&e,
                 r == -1 && command == F_LOCK &&
                     (errno == EAGAIN || errno == EACCES),
                 &r));
    return (int)end(&e, r);
}

static int control_file(int fd, int command, void *arg, uintptr_t pc)
{
    bool waits = command == F_SETLKW || command == F_OFD_SETLKW;
    int tries = command == F_SETLKW       ? F_SETLK
                : command == F_OFD_SETLKW ? F_OFD_SETLK
                                          : command;
    struct errand e;
    long r;

    if (!il_active())
        return fcntl(fd, command, arg);
    e = begin("fcntl", -1, pc);
    do
        r = fcntl(fd, tries, arg);
    while (again(&e, waits && r == -1 && (errno == EAGAIN || errno == EACCES),
                 &r));
    return (int)end(&e, r);
}

#define CONTROL_FILE(name)                                                     \
    int il_##name(int, int, ...);                                              \
    int il_##name(int fd, int command, ...)                                    \
    {                                                                          \
        va_list ap;                                                            \
        void *arg;                                                             \
                                                                               \
        va_start(ap, command);                                                 \
        arg = va_arg(ap, void *);                                              \
        va_end(ap);                                                            \
        return control_file(fd, command, arg, IL_PC);                          \
    }
CONTROL_FILE(fcntl)
CONTROL_FILE(fcntl64)

/* ----------------------------------------------------------- those of SysV */

enum { OPERATIONS = 32 };

static int operate(int set, struct sembuf *ops, size_t n, int64_t deadline,
                   const char *call, uintptr_t pc)
{
    struct errand e = begin(call, -1, pc);
    struct sembuf now[OPERATIONS];
    bool waits = n <= OPERATIONS;
    long r;

    e.deadline = deadline;
    e.too_late = EAGAIN;
    for (size_t i = 0; i < n && n <= OPERATIONS; i++) {
        waits = waits && !(ops[i].sem_flg & IPC_NOWAIT);
        now[i] = ops[i];
        now[i].sem_flg |= IPC_NOWAIT;
    }
    do
        r = semop(set, n <= OPERATIONS ? now : ops, n);
    while (again(&e, waits && r == -1 && errno == EAGAIN, &r));
    return (int)end(&e, r);
}

int il_semop(int, struct sembuf *, size_t);
int il_semop(int set, struct sembuf *ops, size_t n)
{
    if (!il_active())
        return semop(set, ops, n);
    return operate(set, ops, n, IL_FOR_EVER, "semop", IL_PC);
}

int il_semtimedop(int, struct sembuf *, size_t, const struct timespec *);
int il_semtimedop(int set, struct sembuf *ops, size_t n,
                  const struct timespec *t)
{
    if (!il_active())
        return semtimedop(set, ops, n, t);
    return operate(set, ops, n, after_time(t), "semtimedop", IL_PC);
}

int il_msgsnd(int, const void *, size_t, int);
int il_msgsnd(int queue, const void *p, size_t n, int flags)
{
    struct errand e;
    long r;

    if (!il_active())
        return msgsnd(queue, p, n, flags);
    e = begin("msgsnd", -1, IL_PC);
    do
        r = msgsnd(queue, p, n, flags | IPC_NOWAIT);
    while (again(&e, r == -1 && errno == EAGAIN && !(flags & IPC_NOWAIT), &r));
    return (int)end(&e, r);
}

ssize_t il_msgrcv(int, void *, size_t, long, int);
ssize_t il_msgrcv(int queue, void *p, size_t n, long type, int flags)
{
    struct errand e;
    long r;

    if (!il_active())
        return msgrcv(queue, p, n, type, flags);
    e = begin("msgrcv", -1, IL_PC);
    do
        r = msgrcv(queue, p, n, type, flags | IPC_NOWAIT);
    while (again(&e, r == -1 && errno == ENOMSG && !(flags & IPC_NOWAIT), &r));
    return end(&e, r);
}

pid_t il_waitpid(pid_t, int *, int);
pid_t il_waitpid(pid_t pid, int *status, int flags)
{
    struct errand e;
    long r;

    if (!il_active())
        return waitpid(pid, status, flags);
    e = begin("waitpid", -1, IL_PC);
    do
        r = waitpid(pid, status, flags | WNOHANG);
    while (again(&e, r == 0 && !(flags & WNOHANG), &r));
    return (pid_t)end(&e, r);
}

/* -------------------------------------- those that leave something behind */

#define LEAVES(R, name, params, args)                                          \
    R il_##name params;                                                        \
    R il_##name params                                                         \
    {                                                                          \
        struct errand e;                                                       \
                                                                               \
        if (!il_active())                                                      \
            return name args;                                                  \
        e = begin(#name, -1, IL_PC);                                           \
        return (R)end(&e, (long)name args);                                    \
    }
LEAVES(int, eventfd, (unsigned value, int flags), (value, flags))
LEAVES(int, pipe, (int ends[2]), (ends))
LEAVES(int, pipe2, (int ends[2], int flags), (ends, flags))
LEAVES(int, socketpair, (int domain, int type, int protocol, int ends[2]),
       (domain, type, protocol, ends))
LEAVES(int, close, (int fd), (fd))
LEAVES(int, dup, (int fd), (fd))
LEAVES(int, dup2, (int fd, int to), (fd, to))
LEAVES(int, dup3, (int fd, int to, int flags), (fd, to, flags))
LEAVES(int, unlink, (const char *name), (name))
LEAVES(int, ftruncate, (int fd, off_t size), (fd, size))
LEAVES(int, shm_open, (const char *name, int flags, mode_t mode),
       (name, flags, mode))
LEAVES(int, shm_unlink, (const char *name), (name))
LEAVES(int, epoll_create1, (int flags), (flags))
LEAVES(int, epoll_ctl, (int fd, int op, int on, struct epoll_event *event),
       (fd, op, on, event))
LEAVES(int, semget, (key_t key, int n, int flags), (key, n, flags))
LEAVES(int, msgget, (key_t key, int flags), (key, flags))
LEAVES(int, msgctl, (int queue, int command, struct msqid_ds *data),
       (queue, command, data))
LEAVES(int, shmget, (key_t key, size_t n, int flags), (key, n, flags))
LEAVES(int, shmctl, (int id, int command, struct shmid_ds *data),
       (id, command, data))
LEAVES(int, mq_close, (mqd_t q), (q))
LEAVES(int, mq_unlink, (const char *name), (name))
LEAVES(int, mq_getattr, (mqd_t q, struct mq_attr *attr), (q, attr))
LEAVES(int, mq_setattr,
       (mqd_t q, const struct mq_attr *attr, struct mq_attr *old),
       (q, attr, old))
LEAVES(int, kill, (pid_t pid, int sig), (pid, sig))
LEAVES(int, pidfd_open, (pid_t pid, unsigned flags), (pid, flags))

#define OPENS(name, parameters, arguments)                                     \
    int il_##name parameters;                                                  \
    int il_##name parameters                                                   \
    {                                                                          \
        struct errand e;                                                       \
        va_list ap;                                                            \
        mode_t mode;                                                           \
                                                                               \
        va_start(ap, flags);                                                   \
        mode = va_arg(ap, mode_t);                                             \
        va_end(ap);                                                            \
        if (!il_active())                                                      \
            return name arguments;                                             \
        e = begin(#name, -1, IL_PC);                                           \
        return (int)end(&e, name arguments);                                   \
    }
OPENS(open, (const char *path, int flags, ...), (path, flags, mode))
OPENS(open64, (const char *path, int flags, ...), (path, flags, mode))
OPENS(openat, (int at, const char *path, int flags, ...),
      (at, path, flags, mode))
OPENS(openat64, (int at, const char *path, int flags, ...),
      (at, path, flags, mode))

mqd_t il_mq_open(const char *, int, ...);
mqd_t il_mq_open(const char *name, int flags, ...)
{
    struct errand e;
    va_list ap;
    mode_t mode = 0;
    struct mq_attr *attr = NULL;

    if (flags & O_CREAT) {
        va_start(ap, flags);
        mode = va_arg(ap, mode_t);
        attr = va_arg(ap, struct mq_attr *);
        va_end(ap);
    }
    if (!il_active())
        return mq_open(name, flags, mode, attr);
    e = begin("mq_open", -1, IL_PC);
    return (mqd_t)end(&e, mq_open(name, flags, mode, attr));
}

int il_semctl(int, int, int, ...);
int il_semctl(int set, int n, int command, ...)
{
    struct errand e;
    va_list ap;
    void *arg;

    va_start(ap, command);
    arg = va_arg(ap, void *);
    va_end(ap);
    if (!il_active())
        return semctl(set, n, command, arg);
    e = begin("semctl", -1, IL_PC);
    return (int)end(&e, semctl(set, n, command, arg));
}

/* -------------------------------------------------------------- sentences */

bool il_outside_tell(const struct il_actor *actor, char *buf, size_t cap)
{
    char fd[40] = "";
    int n = (int)(actor - il->actor);

    if (!actor->object || actor->object->kind != IL_KERNEL)
        return false;
    if (actor->detail[ITS_FD] >= 0)
        snprintf(fd, sizeof(fd), " of descriptor %ld", actor->detail[ITS_FD]);
    snprintf(buf, cap,
             "%s waits in %s%s%s, and nobody is left to do what it waits for.",
             il_name(n), actor->wait_call, fd, il_at(actor->wait_pc).text);
    return true;
}
