/*
 * legal_eintr_test.c — EINTR, row by row, against the real kernel.
 *
 * Each call is made to sleep in a process of its own. Before it sleeps,
 * legal() is asked; then a signal arrives, and what the kernel does must be
 * what legal() said.
 */
#include "legal_try.h"

#include <errno.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>

static struct {
    atomic_bool asleep_soon, expected;
    atomic_int signals;
} * shared;

/* The last thing before the call: does legal() expect what will come? */
static void ask(enum sea_call call, const long arg[6])
{
    OUGHT(legal(call, arg, EINTR) == shared->expected);
    shared->asleep_soon = true;
}
#define ASK(call, ...) ask(SEA_##call, (const long[6]){__VA_ARGS__})

static int empty_pipe[2], full_pipe[2], pair[2];
static struct timespec minute = {.tv_sec = 60};
static char bytes[64];
static struct iovec part = {bytes, sizeof(bytes)};
static struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

static void fill(int fd)
{
    static const char zeros[4096];

    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (write(fd, zeros, sizeof(zeros)) > 0)
        continue;
    fcntl(fd, F_SETFL, 0);
}

static void paused(void)
{
    for (;;)
        pause();
}

/* ---- the calls: each returns -1 with errno, or what it returned -------- */

static long by_wait(void)
{
    start(paused);
    ASK(wait, 0);
    return wait(NULL);
}
static long by_waitpid(void)
{
    pid_t child = start(paused);
    ASK(waitpid, child, 0, 0);
    return waitpid(child, NULL, 0);
}
static long by_waitpid_group(void)
{
    start(paused);
    ASK(waitpid, 0, 0, 0);
    return waitpid(0, NULL, 0);
}
static long by_waitid(void)
{
    pid_t child = start(paused);
    ASK(waitid, P_PID, child, 0, WEXITED);
    return waitid(P_PID, (id_t)child, NULL, WEXITED);
}
static long by_wait3(void)
{
    start(paused);
    ASK(wait3, 0, 0, 0);
    return wait3(NULL, 0, NULL);
}
static long by_wait4(void)
{
    pid_t child = start(paused);
    ASK(wait4, child, 0, 0, 0);
    return wait4(child, NULL, 0, NULL);
}
static long by_syscall_waitid(void)
{
    pid_t child = start(paused);
    ASK(syscall, SYS_waitid, P_PID, child, 0, WEXITED);
    return syscall(SYS_waitid, P_PID, child, NULL, WEXITED, NULL);
}
static long by_read(void)
{
    ASK(read, empty_pipe[0], AT(bytes), sizeof(bytes));
    return read(empty_pipe[0], bytes, sizeof(bytes));
}
static long by_readv(void)
{
    ASK(readv, empty_pipe[0], AT(&part), 1);
    return readv(empty_pipe[0], &part, 1);
}
static long by_read_socket(void)
{
    ASK(read, pair[0], AT(bytes), sizeof(bytes));
    return read(pair[0], bytes, sizeof(bytes));
}
static long by_read_eventfd(void)
{
    int fd = eventfd(0, 0);
    ASK(read, fd, AT(bytes), 8);
    return read(fd, bytes, 8);
}
static long by_read_timerfd(void)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    ASK(read, fd, AT(bytes), 8);
    return read(fd, bytes, 8);
}
static long by_read_signalfd(void)
{
    static struct signalfd_siginfo info;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    int fd = signalfd(-1, &set, 0);
    ASK(read, fd, AT(&info), sizeof(info));
    return read(fd, &info, sizeof(info));
}
static long by_read_terminal(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || unlockpt(master) < 0)
        _exit(CANNOT_BE_SHOWN);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    ASK(read, slave, AT(bytes), sizeof(bytes));
    return read(slave, bytes, sizeof(bytes));
}
static long by_recv(void)
{
    ASK(recv, pair[0], AT(bytes), sizeof(bytes), 0);
    return recv(pair[0], bytes, sizeof(bytes), 0);
}
static long by_recvmsg(void)
{
    ASK(recvmsg, pair[0], AT(&message), 0);
    return recvmsg(pair[0], &message, 0);
}
static long by_write(void)
{
    ASK(write, full_pipe[1], AT(bytes), sizeof(bytes));
    return write(full_pipe[1], bytes, sizeof(bytes));
}
static long by_writev(void)
{
    ASK(writev, full_pipe[1], AT(&part), 1);
    return writev(full_pipe[1], &part, 1);
}
static long by_send(void)
{
    fill(pair[0]);
    ASK(send, pair[0], AT(bytes), sizeof(bytes), 0);
    return send(pair[0], bytes, sizeof(bytes), 0);
}
static long by_sendmsg(void)
{
    fill(pair[0]);
    ASK(sendmsg, pair[0], AT(&message), 0);
    return sendmsg(pair[0], &message, 0);
}

static long by_recvfrom(void)
{
    ASK(recvfrom, pair[0], AT(bytes), sizeof(bytes), 0, 0, 0);
    return recvfrom(pair[0], bytes, sizeof(bytes), 0, NULL, NULL);
}
static long by_sendto(void)
{
    fill(pair[0]);
    ASK(sendto, pair[0], AT(bytes), sizeof(bytes), 0, 0, 0);
    return sendto(pair[0], bytes, sizeof(bytes), 0, NULL, 0);
}
static struct mmsghdr messages = {
    .msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};

static long by_recvmmsg(void)
{
    ASK(recvmmsg, pair[0], AT(&messages), 1, 0, 0);
    return recvmmsg(pair[0], &messages, 1, 0, NULL);
}
static long by_sendmmsg(void)
{
    fill(pair[0]);
    ASK(sendmmsg, pair[0], AT(&messages), 1, 0);
    return sendmmsg(pair[0], &messages, 1, 0);
}

/* With a time-out of its own a socket's call is never restarted, not even
 * after SIGSTOP and SIGCONT: signal(7). */
static int with_timeout(int fd, int which)
{
    struct timeval limit = {.tv_sec = 60};
    OUGHT(setsockopt(fd, SOL_SOCKET, which, &limit, sizeof(limit)) == 0);
    return fd;
}
static int new_end(int type)
{
    int ends[2];
    OUGHT(socketpair(AF_UNIX, type, 0, ends) == 0);
    return ends[0];
}
static long by_timed_recv(void)
{
    int fd = with_timeout(new_end(SOCK_STREAM), SO_RCVTIMEO);
    ASK(recv, fd, AT(bytes), sizeof(bytes), 0);
    return recv(fd, bytes, sizeof(bytes), 0);
}
static long by_timed_send(void)
{
    int fd = with_timeout(new_end(SOCK_STREAM), SO_SNDTIMEO);
    fill(fd);
    ASK(send, fd, AT(bytes), sizeof(bytes), 0);
    return send(fd, bytes, sizeof(bytes), 0);
}
static long by_recv_datagram(void)
{
    int fd = new_end(SOCK_DGRAM);
    ASK(recv, fd, AT(bytes), sizeof(bytes), 0);
    return recv(fd, bytes, sizeof(bytes), 0);
}
static long by_send_datagram(void)
{
    int fd = new_end(SOCK_DGRAM);
    fill(fd);
    ASK(send, fd, AT(bytes), sizeof(bytes), 0);
    return send(fd, bytes, sizeof(bytes), 0);
}

/* A listening socket without a name that could be left behind. */
static struct sockaddr_un here = {.sun_family = AF_UNIX};
static socklen_t here_length = sizeof(sa_family_t);

static int listening(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    OUGHT(bind(fd, (struct sockaddr *)&here, here_length) == 0);
    here_length = sizeof(here);
    OUGHT(getsockname(fd, (struct sockaddr *)&here, &here_length) == 0);
    OUGHT(listen(fd, 0) == 0);
    return fd;
}
static long by_accept(void)
{
    int fd = listening();
    ASK(accept, fd, 0, 0);
    return accept(fd, NULL, NULL);
}
static long by_accept4(void)
{
    int fd = listening();
    ASK(accept4, fd, 0, 0, 0);
    return accept4(fd, NULL, NULL, 0);
}
static long by_connect(void)
{
    int fd;
    listening();
    for (;;) { /* until no more are taken in */
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(fd, (struct sockaddr *)&here, here_length) < 0)
            break;
    }
    fcntl(fd, F_SETFL, 0);
    ASK(connect, fd, AT(&here), here_length);
    return connect(fd, (struct sockaddr *)&here, here_length);
}

/* A TCP listener that takes in no more: who knocks, knocks again and again. */
static struct sockaddr_in there;

static int full_house(void)
{
    socklen_t size = sizeof(there);
    int door = socket(AF_INET, SOCK_STREAM, 0), fd;
    there = (struct sockaddr_in){.sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    OUGHT(bind(door, (struct sockaddr *)&there, size) == 0);
    OUGHT(getsockname(door, (struct sockaddr *)&there, &size) == 0);
    OUGHT(listen(door, 0) == 0);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    OUGHT(connect(fd, (struct sockaddr *)&there, size) == 0);
    return socket(AF_INET, SOCK_STREAM, 0);
}
static long by_tcp_connect(void)
{
    int fd = full_house();
    ASK(connect, fd, AT(&there), sizeof(there));
    return connect(fd, (struct sockaddr *)&there, sizeof(there));
}
static long by_timed_tcp_connect(void)
{
    int fd = with_timeout(full_house(), SO_SNDTIMEO);
    ASK(connect, fd, AT(&there), sizeof(there));
    return connect(fd, (struct sockaddr *)&there, sizeof(there));
}
static long by_tcp_connect_again(void)
{
    int fd = full_house();
    fcntl(fd, F_SETFL, O_NONBLOCK);
    OUGHT(connect(fd, (struct sockaddr *)&there, sizeof(there)) == -1);
    fcntl(fd, F_SETFL, 0);
    ASK(connect, fd, AT(&there), sizeof(there));
    return connect(fd, (struct sockaddr *)&there, sizeof(there));
}
static long by_timed_accept(void)
{
    int fd = with_timeout(listening(), SO_RCVTIMEO);
    ASK(accept, fd, 0, 0);
    return accept(fd, NULL, NULL);
}

static char fifo[64];

static long by_open(void)
{
    ASK(open, AT(fifo), O_RDONLY);
    return open(fifo, O_RDONLY);
}
static long by_openat(void)
{
    ASK(openat, AT_FDCWD, AT(fifo), O_WRONLY);
    return openat(AT_FDCWD, fifo, O_WRONLY);
}

/* A file whose lock a child holds. */
static int locked(bool by_fcntl)
{
    static int fd, ready[2];
    static struct flock lock = {.l_type = F_WRLCK};
    fd = memfd_create("lock", 0);
    OUGHT(pipe(ready) == 0);
    pid_t self = getpid();
    if (fork() == 0) {
        die_with(self);
        char path[32];
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        int own = open(path, O_RDWR);
        OUGHT(by_fcntl ? fcntl(own, F_SETLK, &lock) == 0
                       : flock(own, LOCK_EX) == 0);
        OUGHT(write(ready[1], "", 1) == 1);
        paused();
    }
    OUGHT(read(ready[0], bytes, 1) == 1);
    return fd;
}
static long by_flock(void)
{
    int fd = locked(false);
    ASK(flock, fd, LOCK_EX);
    return flock(fd, LOCK_EX);
}
static long by_fcntl(void)
{
    struct flock lock = {.l_type = F_WRLCK};
    int fd = locked(true);
    ASK(fcntl, fd, F_SETLKW, AT(&lock));
    return fcntl(fd, F_SETLKW, &lock);
}
static long by_nanosleep(void)
{
    ASK(nanosleep, AT(&minute), 0);
    return nanosleep(&minute, NULL);
}
static long by_clock_nanosleep(void)
{
    ASK(clock_nanosleep, CLOCK_MONOTONIC, 0, AT(&minute), 0);
    errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &minute, NULL);
    return errno ? -1 : 0;
}
static long by_usleep(void)
{
    ASK(usleep, 60000000);
    return usleep(60000000);
}
static long by_poll(void)
{
    struct pollfd p = {.fd = empty_pipe[0], .events = POLLIN};
    ASK(poll, AT(&p), 1, -1);
    return poll(&p, 1, -1);
}
static long by_ppoll(void)
{
    struct pollfd p = {.fd = empty_pipe[0], .events = POLLIN};
    ASK(ppoll, AT(&p), 1, AT(&minute), 0);
    return ppoll(&p, 1, &minute, NULL);
}
static long by_select(void)
{
    struct timeval tv = {.tv_sec = 60};
    ASK(select, 0, 0, 0, 0, AT(&tv));
    return select(0, NULL, NULL, NULL, &tv);
}
static long by_pselect(void)
{
    ASK(pselect, 0, 0, 0, 0, 0, 0);
    return pselect(0, NULL, NULL, NULL, NULL, NULL);
}
static long by_epoll_wait(void)
{
    struct epoll_event event;
    int fd = epoll_create1(0);
    ASK(epoll_wait, fd, AT(&event), 1, -1);
    return epoll_wait(fd, &event, 1, -1);
}
static long by_epoll_pwait(void)
{
    struct epoll_event event;
    int fd = epoll_create1(0);
    ASK(epoll_pwait, fd, AT(&event), 1, -1, 0);
    return epoll_pwait(fd, &event, 1, -1, NULL);
}
static long by_pause(void)
{
    ASK(pause, 0);
    return pause();
}
static long by_sigsuspend(void)
{
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    ASK(sigsuspend, AT(&mask));
    return sigsuspend(&mask);
}
static long by_sigtimedwait(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    ASK(sigtimedwait, AT(&set), 0, AT(&minute));
    return sigtimedwait(&set, NULL, &minute);
}
static long by_sigwaitinfo(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    ASK(sigwaitinfo, AT(&set), 0);
    return sigwaitinfo(&set, NULL);
}
static long by_sem_wait(void)
{
    sem_t sem;
    sem_init(&sem, 1, 0);
    ASK(sem_wait, AT(&sem));
    return sem_wait(&sem);
}
static long by_sem_timedwait(void)
{
    sem_t sem;
    struct timespec end = {.tv_sec = time(NULL) + 60};
    sem_init(&sem, 1, 0);
    ASK(sem_timedwait, AT(&sem), AT(&end));
    return sem_timedwait(&sem, &end);
}
static long by_sem_clockwait(void)
{
    sem_t sem;
    struct timespec end;
    sem_init(&sem, 1, 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += 60;
    ASK(sem_clockwait, AT(&sem), CLOCK_MONOTONIC, AT(&end));
    return sem_clockwait(&sem, CLOCK_MONOTONIC, &end);
}
static long by_eventfd_read(void)
{
    eventfd_t value;
    int fd = eventfd(0, 0);
    ASK(eventfd_read, fd, AT(&value));
    return eventfd_read(fd, &value);
}
static long by_eventfd_write(void)
{
    int fd = eventfd(0, 0);
    OUGHT(eventfd_write(fd, UINT64_MAX - 1) == 0);
    ASK(eventfd_write, fd, 1);
    return eventfd_write(fd, 1);
}

/* A queue for one message of 8 bytes, whose name is gone again. */
static mqd_t queue_with(int messages)
{
    struct mq_attr shape = {.mq_maxmsg = 1, .mq_msgsize = 8};
    char name[64];

    snprintf(name, sizeof(name), "/legal-%d", (int)getpid());
    mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &shape);
    if (q < 0)
        _exit(CANNOT_BE_SHOWN);
    mq_unlink(name);
    OUGHT(messages == 0 || mq_send(q, "", 1, 0) == 0);
    return q;
}
static long by_mq_receive(void)
{
    mqd_t q = queue_with(0);
    ASK(mq_receive, q, AT(bytes), 8, 0);
    return mq_receive(q, bytes, 8, NULL);
}
static long by_mq_timedreceive(void)
{
    mqd_t q = queue_with(0);
    struct timespec end = {.tv_sec = time(NULL) + 60};
    ASK(mq_timedreceive, q, AT(bytes), 8, 0, AT(&end));
    return mq_timedreceive(q, bytes, 8, NULL, &end);
}
static long by_mq_send(void)
{
    mqd_t q = queue_with(1);
    ASK(mq_send, q, AT(bytes), 8, 0);
    return mq_send(q, bytes, 8, 0);
}
static long by_mq_timedsend(void)
{
    mqd_t q = queue_with(1);
    struct timespec end = {.tv_sec = time(NULL) + 60};
    ASK(mq_timedsend, q, AT(bytes), 8, 0, AT(&end));
    return mq_timedsend(q, bytes, 8, 0, &end);
}

/* System V's. Nobody else can remove them when the sleeper is killed, so the
 * test makes them. */
static int sysv_semaphore, sysv_queue;
static struct {
    long type;
    char text[64];
} letter = {.type = 1};

static long by_semop(void)
{
    struct sembuf down = {.sem_op = -1};
    ASK(semop, sysv_semaphore, AT(&down), 1);
    return semop(sysv_semaphore, &down, 1);
}
static long by_semtimedop(void)
{
    struct sembuf ops[] = {{.sem_op = 0}, {.sem_op = -1}};
    ASK(semtimedop, sysv_semaphore, AT(ops), 2, AT(&minute));
    return semtimedop(sysv_semaphore, ops, 2, &minute);
}
static long by_msgrcv(void)
{
    ASK(msgrcv, sysv_queue, AT(&letter), sizeof(letter.text), 2, 0);
    return msgrcv(sysv_queue, &letter, sizeof(letter.text), 2, 0);
}
static long by_msgsnd(void)
{
    while (msgsnd(sysv_queue, &letter, sizeof(letter.text), IPC_NOWAIT) == 0)
        continue;
    ASK(msgsnd, sysv_queue, AT(&letter), sizeof(letter.text), 0);
    return msgsnd(sysv_queue, &letter, sizeof(letter.text), 0);
}

static int word = 3;

static long by_futex(void)
{
    ASK(syscall, SYS_futex, AT(&word), FUTEX_WAIT, 3, 0);
    return syscall(SYS_futex, &word, FUTEX_WAIT, 3, NULL);
}
static long by_futex_until(void)
{
    struct timespec end = {.tv_sec = time(NULL) + 60};
    int how = FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME;
    ASK(syscall, SYS_futex, AT(&word), how, 3, AT(&end));
    return syscall(SYS_futex, &word, how, 3, &end, NULL,
                   FUTEX_BITSET_MATCH_ANY);
}
static long by_futex_for(void)
{
    ASK(syscall, SYS_futex, AT(&word), FUTEX_WAIT, 3, AT(&minute));
    return syscall(SYS_futex, &word, FUTEX_WAIT, 3, &minute);
}

/* ---- the rows ---------------------------------------------------------- */

enum { WITHOUT_RESTART = 0, ANY_HANDLER = 1, STOPPED_TOO = 2 };

static const struct row {
    const char *name;
    long (*call)(void);
    int ends; /* which signals end it */
} rows[] = {
    {"wait", by_wait, WITHOUT_RESTART},
    {"waitpid", by_waitpid, WITHOUT_RESTART},
    {"waitpid of a group", by_waitpid_group, WITHOUT_RESTART},
    {"waitid", by_waitid, WITHOUT_RESTART},
    {"wait3", by_wait3, WITHOUT_RESTART},
    {"wait4", by_wait4, WITHOUT_RESTART},
    {"syscall(SYS_waitid)", by_syscall_waitid, WITHOUT_RESTART},
    {"read", by_read, WITHOUT_RESTART},
    {"readv", by_readv, WITHOUT_RESTART},
    {"read of a socket", by_read_socket, WITHOUT_RESTART},
    {"read of an eventfd", by_read_eventfd, WITHOUT_RESTART},
    {"read of a timerfd", by_read_timerfd, WITHOUT_RESTART},
    {"read of a signalfd", by_read_signalfd, WITHOUT_RESTART},
    {"read of a terminal", by_read_terminal, WITHOUT_RESTART},
    {"recv", by_recv, WITHOUT_RESTART},
    {"recvmsg", by_recvmsg, WITHOUT_RESTART},
    {"write", by_write, WITHOUT_RESTART},
    {"writev", by_writev, WITHOUT_RESTART},
    {"send", by_send, WITHOUT_RESTART},
    {"sendmsg", by_sendmsg, WITHOUT_RESTART},
    {"accept", by_accept, WITHOUT_RESTART},
    {"accept4", by_accept4, WITHOUT_RESTART},
    {"connect", by_connect, WITHOUT_RESTART},
    {"connect of TCP", by_tcp_connect, WITHOUT_RESTART},
    {"connect that goes on", by_tcp_connect_again, WITHOUT_RESTART},
    {"connect with a time-out", by_timed_tcp_connect, STOPPED_TOO},
    {"accept with a time-out", by_timed_accept, STOPPED_TOO},
    {"recv with a time-out", by_timed_recv, STOPPED_TOO},
    {"send with a time-out", by_timed_send, STOPPED_TOO},
    {"recv of a datagram", by_recv_datagram, WITHOUT_RESTART},
    {"send of a datagram", by_send_datagram, WITHOUT_RESTART},
    {"recvfrom", by_recvfrom, WITHOUT_RESTART},
    {"sendto", by_sendto, WITHOUT_RESTART},
    {"recvmmsg", by_recvmmsg, WITHOUT_RESTART},
    {"sendmmsg", by_sendmmsg, WITHOUT_RESTART},
    {"open", by_open, WITHOUT_RESTART},
    {"openat", by_openat, WITHOUT_RESTART},
    {"flock", by_flock, WITHOUT_RESTART},
    {"fcntl(F_SETLKW)", by_fcntl, WITHOUT_RESTART},
    {"sem_wait", by_sem_wait, WITHOUT_RESTART},
    {"sem_timedwait", by_sem_timedwait, ANY_HANDLER},
    {"sem_clockwait", by_sem_clockwait, ANY_HANDLER},
    {"eventfd_read", by_eventfd_read, WITHOUT_RESTART},
    {"eventfd_write", by_eventfd_write, WITHOUT_RESTART},
    {"mq_receive", by_mq_receive, WITHOUT_RESTART},
    {"mq_timedreceive", by_mq_timedreceive, WITHOUT_RESTART},
    {"mq_send", by_mq_send, WITHOUT_RESTART},
    {"mq_timedsend", by_mq_timedsend, WITHOUT_RESTART},
    {"semop", by_semop, STOPPED_TOO},
    {"semtimedop", by_semtimedop, STOPPED_TOO},
    {"msgrcv", by_msgrcv, ANY_HANDLER},
    {"msgsnd", by_msgsnd, ANY_HANDLER},
    {"FUTEX_WAIT", by_futex, WITHOUT_RESTART},
    {"FUTEX_WAIT_BITSET with a deadline", by_futex_until, ANY_HANDLER},
    {"FUTEX_WAIT with a time-out", by_futex_for, ANY_HANDLER},
    {"nanosleep", by_nanosleep, ANY_HANDLER},
    {"clock_nanosleep", by_clock_nanosleep, ANY_HANDLER},
    {"usleep", by_usleep, ANY_HANDLER},
    {"poll", by_poll, ANY_HANDLER},
    {"ppoll", by_ppoll, ANY_HANDLER},
    {"select", by_select, ANY_HANDLER},
    {"pselect", by_pselect, ANY_HANDLER},
    {"pause", by_pause, ANY_HANDLER},
    {"sigsuspend", by_sigsuspend, ANY_HANDLER},
    {"sigtimedwait", by_sigtimedwait, STOPPED_TOO},
    {"sigwaitinfo", by_sigwaitinfo, STOPPED_TOO},
    {"epoll_wait", by_epoll_wait, STOPPED_TOO},
    {"epoll_pwait", by_epoll_pwait, STOPPED_TOO},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
static const struct row *row;

static void count_signal(int sig)
{
    (void)sig;
    shared->signals++;
}

static void handle(int sig, int flags)
{
    struct sigaction act = {.sa_handler = count_signal, .sa_flags = flags};

    sigaction(sig, &act, NULL);
}

static void block(int sig)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, sig);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static void make_call(void)
{
    OUGHT(row->call() == -1 && errno == EINTR);
}
static void with_handler(void)
{
    handle(SIGUSR1, 0);
    make_call();
}
static void with_restart(void)
{
    handle(SIGUSR1, SA_RESTART);
    make_call();
}
static void with_signal_blocked(void)
{
    handle(SIGUSR1, 0);
    block(SIGUSR1);
    make_call();
}
/* The harness's own, for crashes, interrupts nobody. */
static void with_crash_handler(void)
{
    handle(SIGSEGV, 0);
    make_call();
}

static pid_t asleep(void (*how)(void), bool expected)
{
    shared->asleep_soon = false;
    shared->signals = 0;
    shared->expected = expected;
    pid_t pid = start(how);
    while (!shared->asleep_soon && state_of(pid) != 'Z')
        meanwhile();
    if (!becomes(pid, 'S')) {
        print_error("in the row of %s\n", row->name);
        assert_int_equal(ended(pid), AS_IT_OUGHT);
    }
    return pid;
}

static void sleeps_on(pid_t pid)
{
    bool so = becomes(pid, 'S');

    kill(pid, SIGKILL);
    if (ended(pid) != 128 + SIGKILL || !so)
        fail_msg("%s does not sleep on", row->name);
}

static void is_interrupted(pid_t pid)
{
    if (ended(pid) != AS_IT_OUGHT)
        fail_msg("%s is not interrupted", row->name);
}

#define EACH_ROW for (row = rows; row < rows + ROWS; row++)

static void handler_interrupts(void **state)
{
    (void)state;
    EACH_ROW
    {
        pid_t pid = asleep(with_handler, true);
        kill(pid, SIGUSR1);
        is_interrupted(pid);
    }
}

static void restarting_handler_interrupts_some(void **state)
{
    (void)state;
    EACH_ROW
    {
        bool interrupts = row->ends != WITHOUT_RESTART;
        pid_t pid = asleep(with_restart, interrupts);
        kill(pid, SIGUSR1);
        if (interrupts) {
            is_interrupted(pid);
            continue;
        }
        while (!shared->signals)
            meanwhile();
        sleeps_on(pid);
    }
}

static void blocked_signal_interrupts_nothing(void **state)
{
    (void)state;
    EACH_ROW
    {
        pid_t pid = asleep(with_signal_blocked, row->ends == STOPPED_TOO);
        kill(pid, SIGUSR1);
        sleeps_on(pid);
    }
}

static void stop_and_continue_interrupts_some(void **state)
{
    (void)state;
    EACH_ROW
    {
        pid_t pid = asleep(with_crash_handler, row->ends == STOPPED_TOO);
        kill(pid, SIGSTOP);
        assert_true(becomes(pid, 'T'));
        kill(pid, SIGCONT);
        if (row->ends == STOPPED_TOO)
            is_interrupted(pid);
        else
            sleeps_on(pid);
    }
}

/* A mask given to the call counts, not the one around it. */
static long by_ppoll_with_mask(void)
{
    sigset_t none;
    sigemptyset(&none);
    ASK(ppoll, 0, 0, 0, AT(&none));
    return ppoll(NULL, 0, NULL, &none);
}
static long by_pselect_with_mask(void)
{
    sigset_t none;
    sigemptyset(&none);
    ASK(pselect, 0, 0, 0, 0, 0, AT(&none));
    return pselect(0, NULL, NULL, NULL, NULL, &none);
}
static long by_sigsuspend_with_mask(void)
{
    sigset_t none;
    sigemptyset(&none);
    ASK(sigsuspend, AT(&none));
    return sigsuspend(&none);
}

static void mask_of_the_call_counts(void **state)
{
    static const struct row masked[] = {
        {"ppoll with a mask", by_ppoll_with_mask, ANY_HANDLER},
        {"pselect with a mask", by_pselect_with_mask, ANY_HANDLER},
        {"sigsuspend with a mask", by_sigsuspend_with_mask, ANY_HANDLER},
    };

    (void)state;
    for (row = masked; row < masked + 3; row++) {
        pid_t pid = asleep(with_signal_blocked, true);
        kill(pid, SIGUSR1);
        is_interrupted(pid);
    }
}

static void nobody_handles_anything(void)
{
    static long none[6];

    OUGHT(!LEGAL(pause, EINTR, 0));
    OUGHT(!LEGAL(read, EINTR, empty_pipe[0], 0, 1));
    OUGHT(!LEGAL(poll, EINTR, 0, 0, -1));
    signal(SIGUSR1, SIG_IGN);
    OUGHT(!legal(SEA_pause, none, EINTR));
}

static void no_handler_no_interrupt(void **state)
{
    (void)state;
    try(nobody_handles_anything);
}

static void connects_that_do_not_sleep(void)
{
    int udp = socket(AF_INET, SOCK_DGRAM, 0), tcp = full_house();
    int door = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in any = {.sin_family = AF_INET};
    socklen_t size = sizeof(any);

    OUGHT(!LEGAL(connect, EINTR, udp, AT(&there), sizeof(there)));
    OUGHT(bind(door, (struct sockaddr *)&any, size) == 0);
    OUGHT(listen(door, 5) == 0);
    OUGHT(getsockname(door, (struct sockaddr *)&any, &size) == 0);
    OUGHT(LEGAL(connect, EINTR, tcp, AT(&any), sizeof(any)));
    OUGHT(connect(tcp, (struct sockaddr *)&any, size) == 0);
    OUGHT(!LEGAL(connect, EINTR, tcp, AT(&any), sizeof(any))); /* EISCONN */
    OUGHT(!LEGAL(connect, EINTR, door, AT(&any), sizeof(any)));
}

/* Calls that do not sleep are not interrupted. */
static void nothing_sleeps(void)
{
    struct timespec zero = {0};
    struct timeval no_time = {0};
    sigset_t set;
    int file = memfd_create("file", 0), fd = empty_pipe[0];
    pid_t child = start(paused);

    handle(SIGUSR1, 0);
    sigemptyset(&set);
    OUGHT(!LEGAL(waitpid, EINTR, child, 0, WNOHANG));
    OUGHT(!LEGAL(waitid, EINTR, P_ALL, 0, 0, WEXITED | WNOHANG));
    OUGHT(!LEGAL(waitpid, EINTR, getppid(), 0, 0)); /* ECHILD */
    OUGHT(!LEGAL(poll, EINTR, 0, 0, 0));
    OUGHT(!LEGAL(ppoll, EINTR, 0, 0, AT(&zero), 0));
    OUGHT(!LEGAL(select, EINTR, 0, 0, 0, 0, AT(&no_time)));
    OUGHT(!LEGAL(pselect, EINTR, 0, 0, 0, 0, AT(&zero), 0));
    OUGHT(!LEGAL(epoll_wait, EINTR, 0, 0, 1, 0));
    OUGHT(!LEGAL(nanosleep, EINTR, AT(&zero), 0));
    OUGHT(!LEGAL(usleep, EINTR, 0));
    OUGHT(!LEGAL(sigtimedwait, EINTR, AT(&set), 0, AT(&zero)));
    OUGHT(!LEGAL(flock, EINTR, file, LOCK_EX | LOCK_NB));
    OUGHT(!LEGAL(flock, EINTR, file, LOCK_UN));
    OUGHT(!LEGAL(fcntl, EINTR, fd, F_GETFL));
    OUGHT(!LEGAL(open, EINTR, AT("/dev/null"), O_RDONLY));
    OUGHT(!LEGAL(open, EINTR, AT(fifo), O_RDWR));
    OUGHT(!LEGAL(open, EINTR, AT(fifo), O_PATH));
    int own = open(fifo, O_RDONLY | O_NONBLOCK); /* the other end is there */
    OUGHT(!LEGAL(open, EINTR, AT(fifo), O_WRONLY));
    OUGHT(LEGAL(open, EINTR, AT(fifo), O_RDONLY));
    OUGHT(open(fifo, O_WRONLY) != -1 && close(own) == 0);
    OUGHT(!LEGAL(read, EINTR, file, 0, 8));
    OUGHT(!LEGAL(read, EINTR, open("/dev/zero", O_RDONLY), 0, 8));
    OUGHT(!LEGAL(read, EINTR, fd, 0, 0));
    OUGHT(!LEGAL(read, EINTR, empty_pipe[1], 0, 8)); /* EBADF */
    OUGHT(!LEGAL(read, EINTR, 999, 0, 8));
    OUGHT(!LEGAL(write, EINTR, empty_pipe[1], 0, 8)); /* there is room */
    OUGHT(!LEGAL(recv, EINTR, pair[0], 0, 8, MSG_DONTWAIT));
    OUGHT(!LEGAL(recvfrom, EINTR, pair[0], 0, 8, MSG_DONTWAIT, 0, 0));
    OUGHT(!LEGAL(sendto, EINTR, new_end(SOCK_STREAM), 0, 8, 0, 0,
                 0)); /* there is room */
    OUGHT(!LEGAL(epoll_pwait, EINTR, 0, 0, 1, 0, 0));
    connects_that_do_not_sleep();
    fcntl(fd, F_SETFL, O_NONBLOCK);
    OUGHT(!LEGAL(read, EINTR, fd, 0, 8));
}

static void calls_that_do_not_sleep(void **state)
{
    (void)state;
    try(nothing_sleeps);
}

static int begin(void **state)
{
    (void)state;
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(fifo, sizeof(fifo), "/tmp/legal-%d", (int)getpid());
    if (shared == MAP_FAILED || pipe(empty_pipe) || pipe(full_pipe) ||
        mkfifo(fifo, 0600) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        return -1;
    fill(full_pipe[1]);
    sysv_semaphore = semget(IPC_PRIVATE, 1, 0600);
    sysv_queue = msgget(IPC_PRIVATE, 0600);
    return sysv_semaphore < 0 || sysv_queue < 0;
}

static int end(void **state)
{
    (void)state;
    semctl(sysv_semaphore, 0, IPC_RMID);
    msgctl(sysv_queue, IPC_RMID, NULL);
    return unlink(fifo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handler_interrupts),
        cmocka_unit_test(restarting_handler_interrupts_some),
        cmocka_unit_test(blocked_signal_interrupts_nothing),
        cmocka_unit_test(stop_and_continue_interrupts_some),
        cmocka_unit_test(mask_of_the_call_counts),
        cmocka_unit_test(no_handler_no_interrupt),
        cmocka_unit_test(calls_that_do_not_sleep),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
