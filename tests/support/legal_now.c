/*
 * legal_now.c — the state of handlers and descriptors, asked of the kernel.
 */
#include "legal_now.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>

/* Signals of a program's own mistakes: the harness has handlers for them. */
static bool is_accident(int sig)
{
    return sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL ||
           sig == SIGABRT || sig == SIGTRAP || sig == SIGSYS;
}

static bool has_handler(int sig, struct sigaction *act)
{
    return sigaction(sig, NULL, act) == 0 && act->sa_handler != SIG_DFL &&
           act->sa_handler != SIG_IGN;
}

bool handled(bool restarts_too, const sigset_t *mask)
{
    struct sigaction act;
    sigset_t now;

    if (!mask) {
        pthread_sigmask(SIG_BLOCK, NULL, &now);
        mask = &now;
    }
    for (int sig = 1; sig <= 64; sig++)
        if (!is_accident(sig) && sigismember(mask, sig) != 1 &&
            has_handler(sig, &act) &&
            (restarts_too || !(act.sa_flags & SA_RESTART)))
            return true;
    return false;
}

bool handles_sigchld(void)
{
    struct sigaction act;

    return has_handler(SIGCHLD, &act);
}

int socket_option(int fd, int name)
{
    int value = -1;
    socklen_t size = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, name, &value, &size) ? -1 : value;
}

static bool has_timeout(int fd, int name)
{
    struct timeval limit = {0};
    socklen_t size = sizeof(limit);

    return getsockopt(fd, SOL_SOCKET, name, &limit, &size) == 0 &&
           (limit.tv_sec || limit.tv_usec);
}

static void look_at_socket(int fd, struct end *e)
{
    int type = socket_option(fd, SO_TYPE);
    int domain = socket_option(fd, SO_DOMAIN);

    e->stream = type == SOCK_STREAM;
    e->dgram = type == SOCK_DGRAM;
    e->local = domain == AF_UNIX;
    e->inet = domain == AF_INET || domain == AF_INET6;
    e->timed_in = has_timeout(fd, SO_RCVTIMEO);
    e->timed_out = has_timeout(fd, SO_SNDTIMEO);
}

struct end look_at(int fd)
{
    struct end e = {0};
    struct stat st;
    struct termios tio;
    int flags = fcntl(fd, F_GETFL);
    bool socket, tty;

    if (flags == -1 || fstat(fd, &st) == -1)
        return e;
    e.readable = (flags & O_ACCMODE) != O_WRONLY;
    e.writable = (flags & O_ACCMODE) != O_RDONLY;
    e.nonblock = flags & O_NONBLOCK;
    e.fifo = S_ISFIFO(st.st_mode);
    socket = S_ISSOCK(st.st_mode);
    if (socket)
        look_at_socket(fd, &e);
    tty = S_ISCHR(st.st_mode) && tcgetattr(fd, &tio) == 0;
    e.raw = tty && !(tio.c_lflag & ICANON);
    /* eventfd, timerfd and signalfd have no file type at all. */
    e.sleepy = e.fifo || socket || tty || !(st.st_mode & S_IFMT);
    return e;
}

bool is_ready(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};

    return poll(&p, 1, 0) > 0;
}

bool sure_to_succeed(int fd)
{
    return legal_knows & WAITING_DATA && is_ready(fd, POLLIN);
}

size_t held_in(int fd)
{
    int held = 0;

    return ioctl(fd, FIONREAD, &held) == 0 ? (size_t)held : 0;
}

size_t room_in(int fd, struct end e)
{
    int size = e.fifo ? fcntl(fd, F_GETPIPE_SZ) : socket_option(fd, SO_SNDBUF);
    int held = e.fifo ? (int)held_in(fd) : 0;

    return size > held ? (size_t)(size - held) : 0;
}

static size_t total(const struct iovec *iov, size_t n)
{
    size_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += iov[i].iov_len;
    return sum;
}

struct transfer transfer_of(enum sea_call call, const long arg[])
{
    struct transfer t = {.fd = (int)arg[0], .bytes = (size_t)arg[2]};
    const struct msghdr *msg;

    t.write = call == SEA_write || call == SEA_writev || call == SEA_send ||
              call == SEA_sendto || call == SEA_sendmsg ||
              call == SEA_sendmmsg || call == SEA_eventfd_write;
    if (call == SEA_eventfd_read || call == SEA_eventfd_write)
        t.bytes = 8;
    if (call == SEA_readv || call == SEA_writev)
        t.bytes = total(POINTER(arg[1]), (size_t)arg[2]);
    if (call == SEA_send || call == SEA_recv || call == SEA_sendto ||
        call == SEA_recvfrom || call == SEA_sendmmsg || call == SEA_recvmmsg)
        t.flags = (int)arg[3];
    if (call == SEA_sendmsg || call == SEA_recvmsg) {
        msg = POINTER(arg[1]);
        t.bytes = total(msg->msg_iov, msg->msg_iovlen);
        t.flags = (int)arg[2];
    }
    return t;
}
