/*
 * logbook.c — writing the logbook, in the process that makes the call.
 */
#include "logbook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "calls_shape.h"

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

int logbook_enter(pid_t pid, int parent, int ordinal)
{
    int i;

    for (i = page->procs - 1; i >= 0; i--)
        if (page->proc[i].pid == pid)
            return i;
    i = atomic_fetch_add(&page->procs, 1);
    if (i >= PAGE_PROCS) {
        /* The last place is shared by all that came too late. */
        page->procs = PAGE_PROCS;
        i = PAGE_PROCS - 1;
    }
    struct page_proc *proc = &page->proc[i];
    proc->parent = parent;
    proc->parent_pid = parent < 0 ? 0 : page->proc[parent].pid;
    proc->ordinal = ordinal;
    proc->path = parent < 0 ? 1 : page->proc[parent].path * 131u + ordinal;
    proc->forks = 0;
    proc->in = 0;
    proc->calls = 0;
    for (int c = 0; c < SEA_CALLS; c++)
        proc->count[c] = 0;
    proc->pid = pid;
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

static void identify(struct page_event *event, int place, int fd)
{
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return;
    event->fd[place] = fd;
    event->object[place] = st.st_ino;
    event->mode[place] = st.st_mode;
}

struct page_event *logbook_begin(enum sea_call call, const long arg[6],
                                 uintptr_t pc)
{
    int self = logbook_self();
    struct page_proc *proc = &page->proc[self];
    unsigned i = atomic_fetch_add(&page->events, 1) % PAGE_EVENTS;
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
        identify(event, 0, (int)arg[0]);
    proc->in = (int)i + 1;
    return event;
}

void logbook_end(struct page_event *event, long result, int error)
{
    event->result = result;
    event->error = error;
    if (!error && call_gives_fd(event->call))
        identify(event, call_takes_fd(event->call) ? 1 : 0, (int)result);
    if (!error && (event->call == SEA_pipe || event->call == SEA_pipe2 ||
                   event->call == SEA_socketpair)) {
        const int *end =
            (const int *)event->arg[event->call == SEA_socketpair ? 3 : 0];
        identify(event, 0, end[0]);
        identify(event, 1, end[1]);
    }
    event->ended = now();
    page->proc[event->proc].in = 0;
}
