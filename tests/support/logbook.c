/*
 * logbook.c — writing the logbook, in the process that makes the call.
 */
#include "logbook.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "calls_shape.h"
#include "logbook_sockets.h"

enum { GUARD = 4 << 20 };

struct page *page;

void page_open(void)
{
    const char *given = getenv("SEA_PAGE");
    int fd = given ? atoi(given) : -1;
    int flags = MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0);
    char *around;

    /* Guards on both sides: who writes beyond a mapping of his own shall
     * crash, not scribble over this one. */
    around = mmap(NULL, GUARD + sizeof(*page) + GUARD, PROT_NONE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (around != MAP_FAILED)
        page = mmap(around + GUARD, sizeof(*page), PROT_READ | PROT_WRITE,
                    flags | MAP_FIXED, fd, 0);
    if (around == MAP_FAILED || page == MAP_FAILED) {
        perror("the test's shared page");
        exit(2);
    }
    if (fd >= 0)
        close(fd);
    unsetenv("SEA_PAGE");
    page->graded = fd >= 0;
    page->magic = PAGE_MAGIC;
    page->size = sizeof(*page);
    page->test_pid = getpid();
    logbook_clear();
}

/* After a fork the parent and the child enter it at the same time. */
static int claim(pid_t pid, bool *mine)
{
    for (int i = 0; i < PAGE_PROCS - 1; i++) {
        pid_t claimed = 0;
        *mine = atomic_compare_exchange_strong(&page->proc[i].claimed, &claimed,
                                               pid);
        if (*mine || claimed == pid)
            return i;
    }
    *mine = true;
    return PAGE_PROCS - 1; /* shared by all that came too late */
}

static void count_to(int procs)
{
    int now = page->procs;

    while (now < procs &&
           !atomic_compare_exchange_weak(&page->procs, &now, procs))
        ;
}

int logbook_enter(pid_t pid, int parent, int ordinal)
{
    bool mine;
    int i = claim(pid, &mine);
    struct page_proc *proc = &page->proc[i];

    /* Who has claimed it may have been killed before the rest was there. */
    for (int looks = 0; !mine && proc->pid != pid && looks < 10000; looks++)
        sched_yield();
    if (proc->pid == pid)
        return i;
    proc->parent = parent;
    proc->parent_pid = parent < 0 ? 0 : page->proc[parent].pid;
    proc->ordinal = ordinal;
    proc->path = parent < 0 ? 1 : page->proc[parent].path * 131u + ordinal;
    proc->forks = 0;
    proc->in = 0;
    proc->calls = 0;
    proc->moved = 0;
    for (int c = 0; c < SEA_CALLS; c++)
        proc->count[c] = 0;
    proc->pid = pid;
    count_to(i + 1);
    return i;
}

/*
 * Asked for anew at every call: a child made by fork, clone or vfork (which
 * even shares this memory) is recognised by its pid.
 */
int logbook_self(void)
{
    static _Atomic pid_t known;
    static _Atomic int place;
    pid_t pid = getpid();
    int i;

    i = place;
    if (known == pid && page->proc[i].pid == pid)
        return i;
    for (i = page->procs - 1; i >= 0; i--)
        if (page->proc[i].pid == pid)
            break;
    if (i < 0) {
        int parent = page->procs - 1;
        while (parent > 0 && page->proc[parent].pid != getppid())
            parent--;
        i = logbook_enter(pid, parent, page->proc[parent].forks);
    }
    known = pid;
    place = i;
    return i;
}

void logbook_clear(void)
{
    for (int i = 0; i < PAGE_PROCS; i++)
        page->proc[i].claimed = page->proc[i].pid = 0;
    page->procs = 0;
    page->events = 0;
    page->alive = 0;
    logbook_enter(getpid(), -1, 0);
}

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* O_RDONLY, O_WRONLY or O_RDWR, and O_CLOEXEC; of a socket what it is. */
static uint32_t flags_of(int fd, mode_t mode)
{
    int status = fcntl(fd, F_GETFL), own = fcntl(fd, F_GETFD);

    return (status < 0 ? O_RDWR : (uint32_t)status & O_ACCMODE) |
           (own > 0 && own & FD_CLOEXEC ? O_CLOEXEC : 0) |
           (S_ISSOCK(mode) ? logbook_socket_flags(fd) : 0);
}

static bool is_stream(mode_t mode)
{
    return S_ISFIFO(mode) || S_ISSOCK(mode);
}

/*
 * Reads and writes are many: their descriptors' flags are asked for once.
 * Whatever else happens to a descriptor forgets them; the process is part of
 * the key, as a child of vfork shares this memory.
 */
enum { REMEMBERED = 16 };
static struct {
    _Atomic pid_t pid;
    _Atomic int fd;
    _Atomic uint64_t object;
    _Atomic uint32_t flags;
} remembered[REMEMBERED];

static uint32_t flags_for(const struct page_event *event, int fd,
                          const struct stat *st)
{
    uint64_t ino = st->st_ino;
    unsigned i = (unsigned)fd % REMEMBERED;
    uint32_t flags;

    if (!call_moves_bytes(event->call)) {
        remembered[i].pid = 0;
        return flags_of(fd, st->st_mode);
    }
    if (remembered[i].pid == event->pid && remembered[i].fd == fd &&
        remembered[i].object == ino)
        return remembered[i].flags;
    remembered[i].pid = 0;
    flags = flags_of(fd, st->st_mode);
    remembered[i].fd = fd;
    remembered[i].object = ino;
    remembered[i].flags = flags;
    remembered[i].pid = event->pid;
    return flags;
}

void logbook_identify(struct page_event *event, int place, int fd)
{
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return;
    event->fd[place] = fd;
    event->object[place] = st.st_ino;
    event->mode[place] = st.st_mode;
    if (is_stream(st.st_mode))
        event->flags[place] = flags_for(event, fd, &st);
}

enum { MOST_FDS = 1024 };

void logbook_holds(void)
{
    struct stat st;

    page->holds = 0;
    for (int fd = 0; fd < MOST_FDS && page->holds < PAGE_HOLDS; fd++)
        if (fstat(fd, &st) == 0 && is_stream(st.st_mode) &&
            st.st_ino != page->output)
            page->hold[page->holds++] = (struct page_hold){
                getpid(), fd, st.st_mode, flags_of(fd, st.st_mode), st.st_ino};
}

static bool takes_path(enum sea_call call)
{
    switch (call) {
    case SEA_posix_spawn:
    case SEA_posix_spawnp:
    case SEA_open:
    case SEA_open64:
    case SEA_mkfifo:
    case SEA_unlink:
    case SEA_shm_open:
    case SEA_shm_unlink:
    case SEA_sem_open:
    case SEA_sem_unlink:
    case SEA_mq_open:
    case SEA_mq_unlink:
        return true;
    default:
        return call_is_exec(call);
    }
}

/* The path may be any pointer: the kernel looks, who minds nothing. */
static void note_path(struct page_event *event)
{
    struct iovec to = {event->preview, PAGE_PREVIEW - 1};
    struct iovec from = {(void *)event->arg[0], PAGE_PREVIEW - 1};
    uintptr_t left = 4096 - ((uintptr_t)event->arg[0] & 4095);

    if (from.iov_len > left) /* not over the edge of its page */
        from.iov_len = left;
    if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) > 0)
        event->previewed = (int)strnlen((char *)event->preview, PAGE_PREVIEW);
}

/* A futex's time-out, where it waits. */
static void note_limit(struct page_event *event)
{
    long command = event->arg[2] & FUTEX_CMD_MASK;
    struct iovec to = {event->preview, sizeof(struct timespec)};
    struct iovec from = {(void *)event->arg[4], sizeof(struct timespec)};

    if ((command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET ||
         command == FUTEX_LOCK_PI) &&
        event->arg[4] &&
        process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)to.iov_len)
        event->previewed = (int)to.iov_len;
}

/* The value of a socket's option, epoll's events: the kernel looks, for any
 * pointer may be given. */
static void note_value(struct page_event *event, int given)
{
    uint32_t value;
    struct iovec to = {&value, sizeof(value)};
    struct iovec from = {(void *)event->arg[3], sizeof(value)};

    if (event->call != given ||
        (given == SEA_setsockopt && event->arg[4] != (long)sizeof(value)))
        return;
    event->valued =
        process_vm_readv(getpid(), &to, 1, &from, 1, 0) == sizeof(value);
    event->value = value;
}

static bool comes_back(int call)
{
    return call != SEA_exit && call != SEA__exit && call != SEA__Exit &&
           call != SEA_abort && !call_is_exec(call);
}

/* The call that a process is in stays in the ring however long it sleeps
 * there while others fill it: it tells what that one waits for. */
static bool is_current(unsigned i)
{
    const struct page_event *e = &page->event[i];
    const struct page_proc *proc = &page->proc[e->proc];

    return e->began && !e->ended && e->proc < page->procs &&
           proc->pid == e->pid && proc->in == (int)i + 1 && comes_back(e->call);
}

static unsigned next_place(void)
{
    unsigned i;

    do
        i = atomic_fetch_add(&page->events, 1) % PAGE_EVENTS;
    while (is_current(i));
    return i;
}

struct page_event *logbook_begin(enum sea_call call, const long arg[6],
                                 uintptr_t pc)
{
    int self = logbook_self();
    struct page_proc *proc = &page->proc[self];
    unsigned i = next_place();
    struct page_event *event = &page->event[i];

    *event = (struct page_event){
        .began = now(),
        .proc = self,
        .pid = proc->pid,
        .tid = gettid(),
        .call = call,
        .ordinal = atomic_fetch_add(&proc->count[call], 1) + 1,
        .nth = atomic_fetch_add(&proc->calls, 1) + 1,
        .pc = pc,
        .fd = {-1, -1},
    };
    memcpy(event->arg, arg, sizeof(event->arg));
    if (call_takes_fd(call))
        logbook_identify(event, 0, (int)arg[0]);
    if (takes_path(call))
        note_path(event);
    if (call == SEA_syscall && arg[0] == SYS_futex)
        note_limit(event);
    logbook_socket_begins(event);
    note_value(event, SEA_setsockopt);
    note_value(event, SEA_epoll_ctl);
    proc->in = (int)i + 1;
    return event;
}

/* Did it move bytes of a pipe, a socket, a file or a device? (A timerfd has
 * no file type: its 8 bytes are a nap.) */
static bool moved_bytes(const struct page_event *event)
{
    switch (event->call) {
    case SEA_read:
    case SEA_readv:
    case SEA_recv:
    case SEA_recvfrom:
    case SEA_recvmsg:
    case SEA_write:
    case SEA_writev:
    case SEA_send:
    case SEA_sendto:
    case SEA_sendmsg:
        return event->result > 0 && event->mode[0] & S_IFMT;
    default:
        return false;
    }
}

void logbook_end(struct page_event *event, long result, int error)
{
    event->result = result;
    event->error = error;
    if (!error && call_gives_fd(event->call))
        logbook_identify(event, call_takes_fd(event->call) ? 1 : 0,
                         (int)result);
    if (!error && (event->call == SEA_pipe || event->call == SEA_pipe2 ||
                   event->call == SEA_socketpair)) {
        const int *end =
            (const int *)event->arg[event->call == SEA_socketpair ? 3 : 0];
        logbook_identify(event, 0, end[0]);
        logbook_identify(event, 1, end[1]);
    }
    logbook_socket_ends(event);
    if (!error)
        note_value(event, SEA_getsockopt);
    if (moved_bytes(event))
        page->proc[event->proc].moved++;
    event->ended = now();
    page->proc[event->proc].in = 0;
}
