/*
 * leftovers.c — what was there before a call, and what is left after it.
 */
#include "leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "belongings.h"
#include "calls_shape.h"
#include "check.h"
#include "fact_run.h"
#include "logbook.h"
#include "task.h"

enum { MOST_FDS = 1024, MOST_CHILDREN = 512, LAST_SIGNAL = 64 };

struct snapshot {
    int fds;
    int fd[MOST_FDS];
    int children;
    pid_t child[MOST_CHILDREN];
    int threads;
    sigset_t mask;
    struct sigaction action[LAST_SIGNAL + 1];
    struct itimerval timer;
};
/* Around the whole fact, and around one run within it. */
static struct snapshot fact_before, run_before, before, after;

static int read_numbers(const char *folder, int *number, int most, int skip)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int count = 0;

    while (dir && (entry = readdir(dir)) && count < most) {
        int n = atoi(entry->d_name);
        if (entry->d_name[0] != '.' && n != skip && n != dirfd(dir))
            number[count++] = n;
    }
    if (dir)
        closedir(dir);
    return count;
}

static int read_children(pid_t *child)
{
    siginfo_t any;
    DIR *dir;
    struct dirent *entry;
    int count = 0;

    /* The usual case costs one call. */
    if (waitid(P_ALL, 0, &any, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 &&
        errno == ECHILD)
        return 0;
    dir = opendir("/proc");
    while (dir && (entry = readdir(dir)) && count < MOST_CHILDREN) {
        struct task task;
        pid_t pid = atoi(entry->d_name);
        if (pid > 0 && task_read(&task, pid, pid) && task.parent == getpid())
            child[count++] = pid;
    }
    if (dir)
        closedir(dir);
    return count;
}

/* A joined thread may be visible for a moment; one that sleeps stays. */
static int count_threads(void)
{
    int tid[64], count, sleeping;

    do {
        struct task task;
        count = read_numbers("/proc/self/task", tid, 64, -1);
        sleeping = 1;
        for (int i = 0; i < count; i++)
            if (tid[i] != getpid() && tid[i] != watch_thread() &&
                (!task_read(&task, getpid(), tid[i]) || task.state != 'S'))
                sleeping = 0;
    } while (!sleeping && sched_yield() == 0);
    for (int i = 0; i < count; i++)
        if (tid[i] == watch_thread())
            return count - 1;
    return count;
}

static void look(struct snapshot *now)
{
    now->fds = read_numbers("/proc/self/fd", now->fd, MOST_FDS, -1);
    now->children = read_children(now->child);
    now->threads = count_threads();
    sigprocmask(SIG_SETMASK, NULL, &now->mask);
    for (int sig = 1; sig <= LAST_SIGNAL; sig++)
        sigaction(sig, NULL, &now->action[sig]);
    getitimer(ITIMER_REAL, &now->timer);
}

void leftovers_mark(void)
{
    look(&run_before);
    belongings_clear();
}

void leftovers_mark_fact(void)
{
    leftovers_mark();
    fact_before = run_before;
}

static bool among(int n, const int *list, int count)
{
    for (int i = 0; i < count; i++)
        if (list[i] == n)
            return true;
    return false;
}

/* Who opened it? The latest event that gave this descriptor. */
static uintptr_t opened_at(int fd)
{
    unsigned end = page->events, begin = 0;

    if (end > PAGE_EVENTS)
        begin = end - PAGE_EVENTS;
    while (end > begin) {
        const struct page_event *e = &page->event[--end % PAGE_EVENTS];
        bool gives = call_gives_fd(e->call) && !e->error && e->result == fd;
        bool pair = (e->call == SEA_pipe || e->call == SEA_pipe2 ||
                     e->call == SEA_socketpair) &&
                    (e->fd[0] == fd || e->fd[1] == fd);
        if (e->pid == getpid() && (gives || pair))
            return e->pc;
    }
    return 0;
}

/* ", and 2 more,": new descriptors behind the i-th. */
static const char *more_than(int i)
{
    static char text[32];
    int more = 0;

    while (++i < after.fds)
        more += !among(after.fd[i], before.fd, before.fds);
    snprintf(text, sizeof(text), ", and %d more,", more);
    return more ? text : "";
}

/* Of a message queue's descriptor /proc tells the queue's name only. */
static bool is_queue(int fd)
{
    struct mq_attr attr;

    return mq_getattr(fd, &attr) == 0;
}

static void check_descriptors(void)
{
    char path[64], target[128];
    ssize_t length;

    for (int i = 0; i < after.fds; i++) {
        int fd = after.fd[i];
        if (among(fd, before.fd, before.fds))
            continue;
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        length = readlink(path, target, sizeof(target) - 1);
        if (length < 0)
            continue;
        target[length] = '\0';
        page->failure.pc = opened_at(fd);
        page->failure.leaked = fd + 1;
        FAIL_TEST("descriptor %d (%s%s)%s is still open in the caller: whoever "
                  "opens a descriptor closes it on every way out, also when "
                  "something failed",
                  fd, is_queue(fd) ? "message queue " : "", target,
                  more_than(i));
    }
    for (int i = 0; i < before.fds; i++)
        if (!among(before.fd[i], after.fd, after.fds))
            FAIL_TEST("descriptor %d was the caller's and is closed now: "
                      "close only what you opened",
                      before.fd[i]);
}

static bool is_helper(pid_t pid)
{
    for (int i = 0; i < page->procs; i++)
        if (page->proc[i].pid == pid)
            return page->proc[i].parent >= 0 && page->proc[i].ordinal == 0;
    return false;
}

static void check_children(void)
{
    char role[64];

    for (int i = 0; i < after.children; i++) {
        pid_t pid = after.child[i];
        struct task task;
        if (among(pid, before.child, before.children) || is_helper(pid) ||
            !task_read(&task, pid, pid))
            continue;
        page_role(page, pid, role, sizeof(role));
        page->failure.child = pid;
        if (task.state == 'Z')
            FAIL_TEST("%s has ended, but nobody has waited for it: it stays "
                      "in the process table as a zombie until its parent "
                      "reaps it with waitpid",
                      role);
        FAIL_TEST("%s is still running: every child that was started has to "
                  "be stopped and reaped before the call returns, on every "
                  "way out",
                  role);
    }
    for (int i = 0; i < before.children; i++)
        if (!among(before.child[i], after.child, after.children))
            FAIL_TEST("a child that the caller had before has been reaped: "
                      "wait for your own children only, by their pid, never "
                      "with wait() or waitpid(-1)");
}

static void check_signals(void)
{
    sigset_t *was = &before.mask, *is = &after.mask;

    for (int sig = 1; sig <= LAST_SIGNAL; sig++) {
        const struct sigaction *a = &before.action[sig];
        const struct sigaction *b = &after.action[sig];
        bool function = a->sa_handler != SIG_DFL && a->sa_handler != SIG_IGN;
        if (sigismember(was, sig) != sigismember(is, sig))
            FAIL_TEST("the caller's signal mask has changed: %s is %s now; "
                      "save the mask that sigprocmask gives you and put it "
                      "back on every way out",
                      name_signal(sig),
                      sigismember(is, sig) == 1 ? "blocked" : "unblocked");
        if (a->sa_handler != b->sa_handler ||
            (function && a->sa_flags != b->sa_flags))
            FAIL_TEST("the caller's disposition of %s has changed: save what "
                      "sigaction gives you and put it back on every way out",
                      name_signal(sig));
    }
    if ((before.timer.it_value.tv_sec || before.timer.it_value.tv_usec) !=
        (after.timer.it_value.tv_sec || after.timer.it_value.tv_usec))
        FAIL_TEST("the caller's alarm has been set or cancelled: there is "
                  "only one per process, and it belongs to the caller");
}

static void check_belongings(void)
{
    struct leftover mapping = mappings_left(), memory = memory_left();
    const char *kind, *name;
    int i = 0;

    page->failure.pc = mapping.pc;
    if (mapping.what)
        FAIL_TEST("%zu bytes are still mapped: what mmap gave, munmap has to "
                  "give back, with the same length, on every way out",
                  mapping.bytes);
    page->failure.pc = memory.pc;
    if (memory.what)
        FAIL_TEST("%zu bytes of memory have not been freed: what malloc "
                  "gave, free has to give back on every way out",
                  memory.bytes);
    page->failure.pc = 0;
    while ((name = name_left(&i, &kind)))
        FAIL_TEST("the %s \"%s\" still exists: a name outlives every process "
                  "and has to be removed by whoever made it",
                  kind, name);
}

static void check_against(const struct snapshot *mark)
{
    before = *mark;
    errno = 0;
    check_home();
    look(&after);
    page->failure.pc = 0;
    page->failure.leaked = 0;
    page->failure.child = 0;
    check_children();
    page->failure.child = 0;
    check_descriptors();
    page->failure.leaked = 0;
    if (after.threads > before.threads)
        FAIL_TEST("a thread is still running: join it before the call "
                  "returns");
    check_signals();
    check_belongings();
}

void leftovers_check(void)
{
    check_against(&run_before);
}

void leftovers_check_fact(void)
{
    check_against(&fact_before);
}

bool gone(pid_t pid)
{
    struct task task;

    return !task_read(&task, pid, pid) || task.state == 'Z' ||
           task.state == 'X' || task.flags & TASK_EXITING || task_is_dying(pid);
}

char state_of(pid_t pid)
{
    struct task task;

    return task_read(&task, pid, pid) ? task.state : 'X';
}

void until_dead(pid_t pid)
{
    while (!strchr("ZX", state_of(pid)))
        moment();
}

void moment(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

void blink(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 15000}, NULL);
}

bool asleep(pid_t pid)
{
    struct task first, then;

    if (!task_read(&first, pid, pid) || first.state != 'S')
        return false;
    for (int i = 0; i < 5; i++) {
        moment(), moment();
        if (!task_read(&then, pid, pid) || then.state != 'S' ||
            then.ran != first.ran)
            return false;
    }
    return true;
}

static int listening = -1, mouth[2];

void quiet_begin(void)
{
    fflush(NULL);
    listening = memfd_create("quiet", MFD_CLOEXEC);
    for (int fd = 1; fd <= 2; fd++) {
        mouth[fd - 1] = fcntl(fd, F_DUPFD_CLOEXEC, 310);
        dup2(listening, fd);
    }
}

void quiet_lift(void)
{
    if (listening < 0)
        return;
    fflush(NULL);
    for (int fd = 1; fd <= 2; fd++) {
        dup2(mouth[fd - 1], fd);
        close(mouth[fd - 1]);
    }
    close(listening);
    listening = -1;
}

void quiet_end(void)
{
    char said[64] = "";
    struct stat st;

    fflush(NULL);
    fstat(listening, &st);
    if (pread(listening, said, sizeof(said) - 1, 0) < 0)
        said[0] = '\0';
    quiet_lift();
    CHECK(st.st_size == 0,
          "a library does not print (it said \"%s\"): it returns -1 and sets "
          "errno, and its caller decides what to say",
          said);
}
