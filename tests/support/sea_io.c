/*
 * sea_io.c — bytes and descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "belongings.h"
#include "legal.h"
#include "sea_call.h"

/* A channel may deliver less than was asked for; legal.h knows how much. */
size_t sea_cut(const struct sailing *s, size_t n)
{
    size_t less = s->shorten ? legal_short(s->call, s->arg) : n;

    return less && less < n ? less : n;
}

ssize_t sea_read(int, void *, size_t);
ssize_t sea_read(int fd, void *buf, size_t n)
{
    struct sailing s = DEPART(read, fd, (long)buf, (long)n);
    ssize_t r;

    if (s.injected)
        return -1;
    r = read(fd, buf, sea_cut(&s, n));
    sea_saw(&s, &(struct iovec){(void *)buf, n}, 1, r);
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}

ssize_t sea_write(int, const void *, size_t);
ssize_t sea_write(int fd, const void *buf, size_t n)
{
    struct sailing s = DEPART(write, fd, (long)buf, (long)n);
    ssize_t r;

    if (s.injected)
        return -1;
    r = write(fd, buf, sea_cut(&s, n));
    sea_saw(&s, &(struct iovec){(void *)buf, n}, 1, r);
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}

int sea_cut_vector(struct iovec *cut, const struct iovec *v, int n,
                   size_t bytes)
{
    int parts = 0;

    for (; parts < n && parts < CUT_PARTS && bytes > 0; parts++) {
        cut[parts] = v[parts];
        if (cut[parts].iov_len > bytes)
            cut[parts].iov_len = bytes;
        bytes -= cut[parts].iov_len;
    }
    return parts;
}

typedef ssize_t vector_call(int, const struct iovec *, int);

static ssize_t vectored(struct sailing *s, vector_call *call, int fd,
                        const struct iovec *v, int n)
{
    struct iovec cut[CUT_PARTS];
    ssize_t r;

    if (s->injected)
        return -1;
    if (s->shorten) {
        n = sea_cut_vector(cut, v, n, legal_short(s->call, s->arg));
        v = cut;
    }
    r = call(fd, v, n);
    sea_saw(s, v, n, r);
    sea_arrive(s, r, r < 0 ? errno : 0);
    return r;
}

vector_call sea_readv, sea_writev;
ssize_t sea_readv(int fd, const struct iovec *v, int n)
{
    struct sailing s = DEPART(readv, fd, (long)v, n);
    return vectored(&s, readv, fd, v, n);
}
ssize_t sea_writev(int fd, const struct iovec *v, int n)
{
    struct sailing s = DEPART(writev, fd, (long)v, n);
    return vectored(&s, writev, fd, v, n);
}

static int opened(struct sailing *s, int fd, const char *path, int flags)
{
    if (fd >= 0 && flags & O_CREAT)
        name_made("file", path);
    sea_arrive(s, fd, fd < 0 ? errno : 0);
    return fd;
}

#define OPEN(name)                                                             \
    int sea_##name(const char *, int, ...);                                    \
    int sea_##name(const char *path, int flags, ...)                           \
    {                                                                          \
        struct sailing s = DEPART(name, (long)path, flags);                    \
        va_list list;                                                          \
        va_start(list, flags);                                                 \
        unsigned mode = MODE(flags, list);                                     \
        va_end(list);                                                          \
        if (s.injected)                                                        \
            return -1;                                                         \
        return opened(&s, name(path, flags, mode), path, flags);               \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                           \
    int sea_##name(int, const char *, int, ...);                               \
    int sea_##name(int at, const char *path, int flags, ...)                   \
    {                                                                          \
        struct sailing s = DEPART(name, at, (long)path, flags);                \
        va_list list;                                                          \
        va_start(list, flags);                                                 \
        unsigned mode = MODE(flags, list);                                     \
        va_end(list);                                                          \
        if (s.injected)                                                        \
            return -1;                                                         \
        return opened(&s, name(at, path, flags, mode),                         \
                      at == AT_FDCWD ? path : NULL, flags);                    \
    }
OPENAT(openat)
OPENAT(openat64)

#define FCNTL(name)                                                            \
    int sea_##name(int, int, ...);                                             \
    int sea_##name(int fd, int command, ...)                                   \
    {                                                                          \
        va_list list;                                                          \
        va_start(list, command);                                               \
        long arg = va_arg(list, long);                                         \
        va_end(list);                                                          \
        struct sailing s = DEPART(name, fd, command, arg);                     \
        if (s.injected)                                                        \
            return -1;                                                         \
        int r = name(fd, command, arg);                                        \
        sea_arrive(&s, r, r < 0 ? errno : 0);                                  \
        return r;                                                              \
    }
FCNTL(fcntl)
FCNTL(fcntl64)

int sea_pipe(int[2]);
int sea_pipe(int end[2])
{
    struct sailing s = DEPART(pipe, (long)end);
    int r;

    if (s.injected)
        return -1;
    r = pipe(end);
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}

int sea_pipe2(int[2], int);
int sea_pipe2(int end[2], int flags)
{
    struct sailing s = DEPART(pipe2, (long)end, flags);
    int r;

    if (s.injected)
        return -1;
    r = pipe2(end, flags);
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}

int sea_socketpair(int, int, int, int[2]);
int sea_socketpair(int domain, int type, int protocol, int end[2])
{
    struct sailing s = DEPART(socketpair, domain, type, protocol, (long)end);
    int r;

    if (s.injected)
        return -1;
    r = socketpair(domain, type, protocol, end);
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}

/* Is its time-out a moment of the wall clock? */
static bool until_wall_clock(long operation)
{
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_LOCK_PI:
        return true;
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI:
        return operation & FUTEX_CLOCK_REALTIME;
    default:
        return false;
    }
}

static long futex(struct sailing *s, const long a[6])
{
    struct timespec room;
    const struct timespec *limit = (const struct timespec *)a[3];
    long r;

    if (until_wall_clock(a[1]))
        limit = sea_until(CLOCK_REALTIME, limit, &room);
    r = s->woken ? 0 : syscall(SYS_futex, a[0], a[1], a[2], limit, a[4], a[5]);
    sea_arrive(s, r, r == -1 ? errno : 0);
    return r;
}

long sea_syscall(long, ...);
long sea_syscall(long number, ...)
{
    long a[6], r;
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    struct sailing s = DEPART(syscall, number, a[0], a[1], a[2], a[3], a[4]);
    if (s.injected)
        return -1;
    if (s.shorten) /* SYS_read and SYS_write: the count is their third */
        a[2] = (long)legal_short(SEA_syscall, s.arg);
    if (number == SYS_futex)
        return futex(&s, a);
    r = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    sea_arrive(&s, r, r == -1 ? errno : 0);
    return r;
}
