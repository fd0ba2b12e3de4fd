/*
 * legal.c — the legality table: which faults a call may be given, and when.
 *
 * legal_test.c shows each row to be true. Left out on purpose, because a
 * right answer would be failed by them: EPIPE and ECONNRESET (the peer is
 * alive and its end is open: kill it instead), EINTR from close (nothing
 * here brings it), ESRCH from kill (an unreaped child can be signalled),
 * EACCES from setpgid (only an exec that has happened brings it), and
 * anything from sleep (it returns the time left, never -1), and from
 * getrandom (up to 256 bytes come at once). ECONNABORTED from accept is left
 * to tests that ask for it: Linux itself mostly gives the dead connection.
 * Datagrams, records and the messages of queues are never cut. Mutexes,
 * conditions and the other locks of pthreads know no EINTR.
 */
#include "legal.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "legal_now.h"
#include "sea.h"

atomic_uint legal_knows;

/* Those to try, then more that are legal but not worth a run of their own,
 * then the condition; NULL: always. */
struct row {
    const int *tries, *also;
    legal_when *when;
};

/* clang-format off */
#define TRY(...) (const int[]){__VA_ARGS__, 0}
#define ALSO(...) TRY(__VA_ARGS__)
static const int none[] = {0};
#define NONE none
static const struct row table[SEA_CALLS] = {
    [SEA_fork] = {TRY(EAGAIN, ENOMEM), NONE, NULL},
    [SEA__Fork] = {TRY(EAGAIN, ENOMEM), NONE, NULL},
    [SEA_vfork] = {TRY(EAGAIN, ENOMEM), NONE, NULL},
    [SEA_clone] = {TRY(EAGAIN, ENOMEM), NONE, NULL},
    [SEA_posix_spawn] = {TRY(EAGAIN, ENOMEM), NONE, NULL},
    [SEA_posix_spawnp] = {TRY(EAGAIN, ENOMEM), NONE, NULL},
    [SEA_execv] = {TRY(ENOMEM), NONE, NULL},
    [SEA_execve] = {TRY(ENOMEM), NONE, NULL},
    [SEA_execvp] = {TRY(ENOMEM), NONE, NULL},
    [SEA_execvpe] = {TRY(ENOMEM), NONE, NULL},
    [SEA_execl] = {TRY(ENOMEM), NONE, NULL},
    [SEA_execlp] = {TRY(ENOMEM), NONE, NULL},
    [SEA_execle] = {TRY(ENOMEM), NONE, NULL},
    [SEA_wait] = {TRY(EINTR), NONE, legal_wait},
    [SEA_waitpid] = {TRY(EINTR), NONE, legal_wait},
    [SEA_waitid] = {TRY(EINTR), NONE, legal_wait},
    [SEA_wait3] = {TRY(EINTR), NONE, legal_wait},
    [SEA_wait4] = {TRY(EINTR), NONE, legal_wait},
    [SEA_read] = {TRY(EINTR, SEA_SHORT_COUNT), ALSO(EAGAIN), legal_read},
    [SEA_readv] = {TRY(EINTR, SEA_SHORT_COUNT), ALSO(EAGAIN), legal_read},
    [SEA_recv] = {TRY(EINTR, SEA_SHORT_COUNT), ALSO(EAGAIN), legal_read},
    [SEA_recvfrom] = {TRY(EINTR, SEA_SHORT_COUNT), ALSO(EAGAIN), legal_read},
    [SEA_recvmsg] = {TRY(EINTR, SEA_SHORT_COUNT), ALSO(EAGAIN), legal_read},
    [SEA_recvmmsg] = {TRY(EINTR), ALSO(EAGAIN), legal_read},
    [SEA_write] = {TRY(EINTR, SEA_SHORT_COUNT), ALSO(EAGAIN, ENOBUFS), legal_write},
    [SEA_writev] = {TRY(EINTR, SEA_SHORT_COUNT), ALSO(EAGAIN, ENOBUFS), legal_write},
    [SEA_send] = {TRY(EINTR, SEA_SHORT_COUNT, ENOBUFS), ALSO(EAGAIN), legal_write},
    [SEA_sendto] = {TRY(EINTR, SEA_SHORT_COUNT, ENOBUFS), ALSO(EAGAIN), legal_write},
    [SEA_sendmsg] = {TRY(EINTR, SEA_SHORT_COUNT, ENOBUFS), ALSO(EAGAIN), legal_write},
    [SEA_sendmmsg] = {TRY(EINTR, ENOBUFS), ALSO(EAGAIN), legal_write},
    [SEA_accept] = {TRY(EINTR, EMFILE), ALSO(EAGAIN, ENFILE, ENOMEM, ENOBUFS, ECONNABORTED), legal_accept},
    [SEA_accept4] = {TRY(EINTR, EMFILE), ALSO(EAGAIN, ENFILE, ENOMEM, ENOBUFS, ECONNABORTED), legal_accept},
    [SEA_connect] = {TRY(EINTR), NONE, legal_connect},
    [SEA_bind] = {TRY(ENOSPC, EADDRINUSE), NONE, legal_bind},
    [SEA_listen] = {TRY(EADDRINUSE), NONE, legal_listen},
    [SEA_open] = {TRY(EMFILE, EINTR), ALSO(ENFILE), legal_open},
    [SEA_open64] = {TRY(EMFILE, EINTR), ALSO(ENFILE), legal_open},
    [SEA_openat] = {TRY(EMFILE, EINTR), ALSO(ENFILE), legal_open},
    [SEA_openat64] = {TRY(EMFILE, EINTR), ALSO(ENFILE), legal_open},
    [SEA_fcntl] = {TRY(EMFILE, EINTR), NONE, legal_lock},
    [SEA_fcntl64] = {TRY(EMFILE, EINTR), NONE, legal_lock},
    [SEA_flock] = {TRY(EINTR), NONE, legal_lock},
    [SEA_pipe] = {TRY(EMFILE), ALSO(ENFILE), NULL},
    [SEA_pipe2] = {TRY(EMFILE), ALSO(ENFILE), NULL},
    [SEA_socketpair] = {TRY(EMFILE), ALSO(ENFILE), NULL},
    [SEA_socket] = {TRY(EMFILE), ALSO(ENFILE, ENOMEM, ENOBUFS), NULL},
    [SEA_dup] = {TRY(EMFILE), NONE, NULL},
    [SEA_pidfd_open] = {TRY(EMFILE), ALSO(ENFILE), NULL},
    [SEA_memfd_create] = {TRY(EMFILE), ALSO(ENFILE), NULL},
    [SEA_shm_open] = {TRY(EMFILE), ALSO(ENFILE), NULL},
    [SEA_eventfd] = {TRY(EMFILE), ALSO(ENFILE), NULL},
    [SEA_timerfd_create] = {TRY(EMFILE), ALSO(ENFILE), NULL},
    [SEA_epoll_create] = {TRY(EMFILE), ALSO(ENFILE), NULL},
    [SEA_epoll_create1] = {TRY(EMFILE), ALSO(ENFILE), NULL},
    [SEA_signalfd] = {TRY(EMFILE), ALSO(ENFILE), legal_signalfd},
    [SEA_mkfifo] = {TRY(ENOSPC), NONE, legal_mkfifo},
    [SEA_malloc] = {TRY(ENOMEM), NONE, legal_memory},
    [SEA_calloc] = {TRY(ENOMEM), NONE, legal_memory},
    [SEA_realloc] = {TRY(ENOMEM), NONE, legal_memory},
    [SEA_reallocarray] = {TRY(ENOMEM), NONE, legal_memory},
    [SEA_strdup] = {TRY(ENOMEM), NONE, NULL},
    [SEA_mmap] = {TRY(ENOMEM), NONE, NULL},
    [SEA_mmap64] = {TRY(ENOMEM), NONE, NULL},
    [SEA_mremap] = {TRY(ENOMEM), NONE, legal_memory},
    [SEA_nanosleep] = {TRY(EINTR), NONE, legal_sleep},
    [SEA_clock_nanosleep] = {TRY(EINTR), NONE, legal_sleep},
    [SEA_usleep] = {TRY(EINTR), NONE, legal_sleep},
    [SEA_poll] = {TRY(EINTR), NONE, legal_poll},
    [SEA_ppoll] = {TRY(EINTR), NONE, legal_poll},
    [SEA_select] = {TRY(EINTR), NONE, legal_poll},
    [SEA_pselect] = {TRY(EINTR), NONE, legal_poll},
    [SEA_epoll_wait] = {TRY(EINTR), NONE, legal_poll},
    [SEA_epoll_pwait] = {TRY(EINTR), NONE, legal_poll},
    [SEA_epoll_ctl] = {NONE, ALSO(ENOSPC, ENOMEM), legal_epoll_ctl},
    [SEA_pause] = {TRY(EINTR), NONE, legal_signal_wait},
    [SEA_sigsuspend] = {TRY(EINTR), NONE, legal_signal_wait},
    [SEA_sigtimedwait] = {TRY(EINTR), NONE, legal_signal_wait},
    [SEA_sigwaitinfo] = {TRY(EINTR), NONE, legal_signal_wait},
    [SEA_sem_wait] = {TRY(EINTR), NONE, legal_semaphore},
    [SEA_sem_timedwait] = {TRY(EINTR), NONE, legal_semaphore},
    [SEA_sem_clockwait] = {TRY(EINTR), NONE, legal_semaphore},
    [SEA_sem_open] = {TRY(EMFILE), ALSO(ENFILE), NULL},
    [SEA_eventfd_read] = {TRY(EINTR), ALSO(EAGAIN), legal_read},
    [SEA_eventfd_write] = {TRY(EINTR), NONE, legal_write},
    [SEA_mq_open] = {TRY(EMFILE, ENOSPC), ALSO(ENFILE), legal_mq_open},
    [SEA_mq_send] = {TRY(EINTR), NONE, legal_mq_send},
    [SEA_mq_timedsend] = {TRY(EINTR), NONE, legal_mq_send},
    [SEA_mq_receive] = {TRY(EINTR), ALSO(EAGAIN), legal_mq_receive},
    [SEA_mq_timedreceive] = {TRY(EINTR), ALSO(EAGAIN), legal_mq_receive},
    [SEA_semget] = {TRY(ENOSPC), NONE, legal_sysv_get},
    [SEA_msgget] = {TRY(ENOSPC), NONE, legal_sysv_get},
    [SEA_shmget] = {TRY(ENOSPC), ALSO(ENOMEM), legal_sysv_get},
    [SEA_shmat] = {TRY(ENOMEM), NONE, NULL},
    [SEA_semop] = {TRY(EINTR), NONE, legal_semop},
    [SEA_semtimedop] = {TRY(EINTR), NONE, legal_semop},
    [SEA_msgsnd] = {TRY(EINTR), NONE, legal_msgsnd},
    [SEA_msgrcv] = {TRY(EINTR), ALSO(ENOMSG), legal_msgrcv},
    [SEA_pthread_cond_wait] = {TRY(SEA_WOKEN), NONE, NULL},
    [SEA_pthread_cond_timedwait] = {TRY(SEA_WOKEN), NONE, NULL},
    [SEA_pthread_cond_clockwait] = {TRY(SEA_WOKEN), NONE, NULL},
    [SEA_syscall] = {TRY(EINTR, EMFILE, EAGAIN, ENOMEM, SEA_SHORT_COUNT, SEA_WOKEN), ALSO(ENFILE), NULL},
};

/* syscall(SYS_x, …) is the row of x, where that is simple. */
static const struct {
    long number;
    enum sea_call call;
} numbers[] = {
#ifdef SYS_fork
    {SYS_fork, SEA_fork},
#endif
#ifdef SYS_vfork
    {SYS_vfork, SEA_vfork},
#endif
#ifdef SYS_pipe
    {SYS_pipe, SEA_pipe},
#endif
#ifdef SYS_open
    {SYS_open, SEA_open},
#endif
#ifdef SYS_poll
    {SYS_poll, SEA_poll},
#endif
    {SYS_clone, SEA_clone},
    {SYS_wait4, SEA_wait4},
    {SYS_waitid, SEA_waitid},
    {SYS_read, SEA_read},
    {SYS_write, SEA_write},
    {SYS_openat, SEA_openat},
    {SYS_dup, SEA_dup},
    {SYS_pipe2, SEA_pipe2},
    {SYS_socket, SEA_socket},
    {SYS_socketpair, SEA_socketpair},
    {SYS_pidfd_open, SEA_pidfd_open},
    {SYS_memfd_create, SEA_memfd_create},
    {SYS_eventfd2, SEA_eventfd},
    {SYS_signalfd4, SEA_signalfd},
    {SYS_timerfd_create, SEA_timerfd_create},
    {SYS_epoll_create1, SEA_epoll_create1},
    {SYS_mmap, SEA_mmap},
    {SYS_nanosleep, SEA_nanosleep},
    {SYS_clock_nanosleep, SEA_clock_nanosleep},
};
/* clang-format on */

/* syscall becomes the call it stands for; SEA_CALLS if there is no row. */
static enum sea_call unwrap(enum sea_call call, const long **arg, long room[6])
{
    if (call != SEA_syscall)
        return call;
    for (int i = 0; i < 6; i++)
        room[i] = i < 5 ? (*arg)[i + 1] : 0;
    long number = (*arg)[0];
    *arg = room;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (numbers[i].number == number)
            return numbers[i].call;
    return SEA_CALLS;
}

static bool among(const int *list, int fault)
{
    while (list && *list && *list != fault)
        list++;
    return list && *list;
}

static bool in_row(enum sea_call call, const long arg[], int fault)
{
    const struct row *row = &table[call];

    return (among(row->tries, fault) || among(row->also, fault)) &&
           (!row->when || row->when(call, arg, fault));
}

const int *legal_faults(enum sea_call call)
{
    return table[call].tries ? table[call].tries : none;
}

int legal_kind(int fault)
{
    switch (fault) {
    case EINTR:
        return SEA_EINTR;
    case SEA_SHORT_COUNT:
        return SEA_SHORT;
    case SEA_KILLED:
        return SEA_KILLS;
    case SEA_WOKEN:
        return SEA_WAKES;
    default:
        return SEA_ERRORS;
    }
}

bool legal(enum sea_call call, const long arg[], int fault)
{
    int kept = errno;
    long room[6];
    bool could = fault == SEA_KILLED;

    if (call == SEA_syscall && arg[0] == SYS_futex)
        could |= legal_futex(call, arg, fault);
    call = unwrap(call, &arg, room);
    if (call != SEA_CALLS && fault)
        could |= in_row(call, arg, fault);
    errno = kept;
    return could;
}

/* The smallest piece a stream comes in: a byte on TCP and a raw terminal,
 * but pipes and local sockets deliver small messages whole. */
static size_t grain(struct end e)
{
    if (e.fifo || (e.stream && e.local))
        return PIPE_BUF;
    return e.stream || e.raw;
}

/* Only what does not fit in is written in part. */
static bool may_cut_write(struct transfer t, struct end e)
{
    if (e.nonblock && legal_knows & EDGES)
        return false;
    return e.writable && t.bytes > room_in(t.fd, e) &&
           (e.nonblock || t.flags & MSG_DONTWAIT || handled(true, NULL));
}

static bool may_cut_read(struct transfer t, struct end e)
{
    bool all_there = legal_knows & WAITING_DATA && held_in(t.fd) >= t.bytes;

    /* epoll(7): after a short count there is nothing left, and an edge to
     * come. */
    if (e.nonblock && legal_knows & EDGES)
        return false;
    return e.readable && !all_there &&
           !(t.flags & (MSG_WAITALL | MSG_PEEK | MSG_TRUNC));
}

size_t legal_short(enum sea_call call, const long arg[])
{
    int kept = errno;
    long room[6];
    size_t bytes = 0;

    call = unwrap(call, &arg, room);
    if (call != SEA_CALLS && among(table[call].tries, SEA_SHORT_COUNT)) {
        struct transfer t = transfer_of(call, arg);
        struct end e = look_at(t.fd);
        if (t.bytes > grain(e) &&
            (t.write ? may_cut_write(t, e) : may_cut_read(t, e)))
            bytes = grain(e);
    }
    errno = kept;
    return bytes;
}

void legal_traces(enum sea_call call, const long arg[], int fault)
{
    long room[6];
    const struct timespec *asked = NULL;
    struct timespec *left = NULL;

    call = unwrap(call, &arg, room);
    if (call == SEA_nanosleep) {
        asked = POINTER(arg[0]);
        left = POINTER(arg[1]);
    } else if (call == SEA_clock_nanosleep && arg[1] == 0) {
        asked = POINTER(arg[2]);
        left = POINTER(arg[3]);
    }
    if (fault == EINTR && left)
        *left = *asked;
    if (fault == ECONNABORTED)
        drop_connection((int)arg[0]);
}

static bool asks_for_edges(enum sea_call call, const long arg[])
{
    const struct epoll_event *event = POINTER(arg[3]);

    return call == SEA_epoll_ctl && arg[1] != EPOLL_CTL_DEL &&
           event->events & EPOLLET;
}

void legal_learnt(enum sea_call call, const long arg[])
{
    long room[6];
    legal_when *when;

    call = unwrap(call, &arg, room);
    if (call == SEA_CALLS)
        return;
    when = table[call].when;
    if (when == legal_poll || when == legal_signal_wait ||
        call == SEA_sigwait || call == SEA_signalfd ||
        (call == SEA_waitid && arg[3] & WNOWAIT))
        legal_knows |= ENDED_CHILDREN | WAITING_DATA;
    if (when == legal_wait || when == legal_write || call == SEA_vfork ||
        call == SEA_posix_spawn || call == SEA_posix_spawnp ||
        call == SEA_connect || call == SEA_sem_post || when == legal_mq_send ||
        when == legal_msgsnd || when == legal_semop)
        legal_knows |= WAITING_DATA;
    if (asks_for_edges(call, arg))
        legal_knows |= EDGES;
}

void legal_forget(void)
{
    legal_knows = 0;
}
