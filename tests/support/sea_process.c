/*
 * sea_process.c — processes: made, ended, waited for, signalled.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sea_call.h"

/* Running out of processes is legal at any time, and ends fork bombs. */
static bool too_many(void)
{
    if (!page || page->alive < PAGE_FORKS)
        return false;
    atomic_fetch_or(&page->broken, TOO_MANY_FORKS);
    page->broken_pid = getpid();
    errno = EAGAIN;
    return true;
}

static int next_child(void)
{
    return page ? atomic_fetch_add(&page->proc[logbook_self()].forks, 1) + 1
                : 0;
}

static void child_made(struct sailing *s, pid_t pid, int parent, int ordinal)
{
    int error = pid < 0 ? errno : 0;

    if (!page)
        return;
    if (pid > 0) {
        int i = logbook_enter(pid, parent, ordinal);
        page->proc[i].ordinal = ordinal;
        atomic_fetch_add(&page->alive, 1);
    }
    if (pid < 0)
        atomic_fetch_sub(&page->proc[parent].forks, 1);
    sea_arrive(s, pid, error);
}

static pid_t forked(enum sea_call call, uintptr_t pc, pid_t (*make)(void))
{
    struct sailing s = sea_depart(call, pc, (const long[6]){0});
    int parent = page ? logbook_self() : 0, ordinal;
    pid_t pid;

    if (s.injected)
        return -1;
    ordinal = next_child();
    pid = too_many() ? -1 : make();
    if (pid == 0) {
        errno = s.saved_errno;
        if (page)
            logbook_enter(getpid(), parent, ordinal);
        return 0;
    }
    child_made(&s, pid, parent, ordinal);
    return pid;
}

pid_t sea_fork(void);
pid_t sea_fork(void)
{
    return forked(SEA_fork, PC, fork);
}

#pragma weak _Fork
pid_t _Fork(void);
pid_t sea__Fork(void);
pid_t sea__Fork(void)
{
    return forked(SEA__Fork, PC, _Fork);
}

/*
 * vfork's child borrows the caller's stack, so nothing may stand between the
 * caller and vfork: the wrapper (sea_vfork.S) calls this and then jumps.
 */
int sea_vfork_depart(uintptr_t pc);
int sea_vfork_depart(uintptr_t pc)
{
    struct sailing s = sea_depart(SEA_vfork, pc, (const long[6]){0});

    if (s.injected)
        return -1;
    if (too_many()) {
        sea_arrive(&s, -1, errno);
        return -1;
    }
    next_child();
    sea_arrive(&s, 0, 0);
    return 0;
}

extern void __asan_unpoison_memory_region(const volatile void *, size_t)
    __attribute__((weak));
enum { CLONE_STACK = 32768 };

int sea_clone(int (*)(void *), void *, int, void *, ...);
int sea_clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
    struct sailing s = DEPART(clone, (long)flags);
    int parent = page ? logbook_self() : 0, ordinal;
    void *extra[3];
    va_list list;
    pid_t pid;

    if (s.injected)
        return -1;
    va_start(list, arg);
    for (int i = 0; i < 3; i++)
        extra[i] = va_arg(list, void *);
    va_end(list);
    ordinal = next_child();
    pid = too_many()
              ? -1
              : clone(fn, stack, flags, arg, extra[0], extra[1], extra[2]);
    /* A child on a stack of its own that left with _exit has not told the
     * address sanitizer that its frames are gone. */
    if (flags & CLONE_VM && stack && __asan_unpoison_memory_region)
        __asan_unpoison_memory_region((char *)stack - CLONE_STACK, CLONE_STACK);
    child_made(&s, pid, parent, ordinal);
    return pid;
}

typedef int spawner(pid_t *, const char *, const posix_spawn_file_actions_t *,
                    const posix_spawnattr_t *, char *const[], char *const[]);

static int spawned(enum sea_call call, uintptr_t pc, spawner *make, pid_t *pid,
                   const char *path, const posix_spawn_file_actions_t *actions,
                   const posix_spawnattr_t *attributes, char *const argv[],
                   char *const envp[])
{
    struct sailing s = sea_depart(call, pc, (const long[6]){(long)path});
    int parent = page ? logbook_self() : 0, ordinal, error;
    pid_t child = 0;

    if (s.injected)
        return s.error;
    ordinal = next_child();
    error = make(&child, path, actions, attributes, argv, envp);
    errno = error ? error : s.saved_errno;
    child_made(&s, error ? -1 : child, parent, ordinal);
    errno = s.saved_errno;
    if (!error && pid)
        *pid = child;
    return error;
}

spawner sea_posix_spawn, sea_posix_spawnp;
int sea_posix_spawn(pid_t *pid, const char *path,
                    const posix_spawn_file_actions_t *actions,
                    const posix_spawnattr_t *attributes, char *const argv[],
                    char *const envp[])
{
    return spawned(SEA_posix_spawn, PC, posix_spawn, pid, path, actions,
                   attributes, argv, envp);
}
int sea_posix_spawnp(pid_t *pid, const char *path,
                     const posix_spawn_file_actions_t *actions,
                     const posix_spawnattr_t *attributes, char *const argv[],
                     char *const envp[])
{
    return spawned(SEA_posix_spawnp, PC, posix_spawnp, pid, path, actions,
                   attributes, argv, envp);
}

/* The calls a process does not come back from. */
#define LEAVE(name)                                                            \
    _Noreturn void sea_##name(int code);                                       \
    _Noreturn void sea_##name(int code)                                        \
    {                                                                          \
        (void)DEPART(name, code);                                              \
        name(code);                                                            \
    }
LEAVE(exit)
LEAVE(_exit)
LEAVE(_Exit)
_Noreturn void sea_abort(void);
_Noreturn void sea_abort(void)
{
    (void)DEPART(abort, 0);
    abort();
}

/* exec with its arguments one by one: counted, then put into a list. The list
 * lies on the stack, as a child of vfork may have nothing else. */
static int count_words(const char *first, va_list list)
{
    int n = 1;

    for (const char *word = first; word; n++)
        word = va_arg(list, const char *);
    return n;
}

static void take_words(char **argv, const char *first, va_list list)
{
    argv[0] = (char *)first;
    while (*argv)
        *++argv = va_arg(list, char *);
}

#define EXEC_LIST(name, call, take_envp, ...)                                  \
    int sea_##name(const char *path, const char *first, ...);                  \
    int sea_##name(const char *path, const char *first, ...)                   \
    {                                                                          \
        struct sailing s = DEPART(name, (long)path);                           \
        va_list list;                                                          \
        if (s.injected)                                                        \
            return -1;                                                         \
        va_start(list, first);                                                 \
        char *argv[count_words(first, list)];                                  \
        va_end(list);                                                          \
        va_start(list, first);                                                 \
        take_words(argv, first, list);                                         \
        take_envp;                                                             \
        va_end(list);                                                          \
        int r = call(__VA_ARGS__);                                             \
        sea_arrive(&s, r, errno);                                              \
        return r;                                                              \
    }
EXEC_LIST(execl, execv, , path, argv)
EXEC_LIST(execlp, execvp, , path, argv)
EXEC_LIST(execle, execve, char **envp = va_arg(list, char **), path, argv, envp)

/* A child that was reaped makes room for another. */
static pid_t reaped(struct sailing *s, pid_t pid, int status)
{
    if (page && pid > 0)
        atomic_fetch_sub(&page->alive, 1);
    sea_reaped(s, pid, status);
    sea_arrive(s, pid, pid < 0 ? errno : 0);
    return pid;
}

pid_t sea_wait(int *);
pid_t sea_wait(int *status)
{
    struct sailing s = DEPART(wait, (long)status);
    int own = 0, *seen = status ? status : &own;
    pid_t r;

    if (s.injected)
        return -1;
    r = wait(seen);
    return reaped(&s, r, r > 0 ? *seen : 0);
}

pid_t sea_waitpid(pid_t, int *, int);
pid_t sea_waitpid(pid_t pid, int *status, int options)
{
    struct sailing s = DEPART(waitpid, pid, (long)status, options);
    int own = 0, *seen = status ? status : &own;
    pid_t r;

    if (s.injected)
        return -1;
    r = waitpid(pid, seen, options);
    return reaped(&s, r, r > 0 ? *seen : 0);
}

pid_t sea_wait3(int *, int, struct rusage *);
pid_t sea_wait3(int *status, int options, struct rusage *usage)
{
    struct sailing s = DEPART(wait3, (long)status, options, (long)usage);
    int own = 0, *seen = status ? status : &own;
    pid_t r;

    if (s.injected)
        return -1;
    r = wait3(seen, options, usage);
    return reaped(&s, r, r > 0 ? *seen : 0);
}

pid_t sea_wait4(pid_t, int *, int, struct rusage *);
pid_t sea_wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
    struct sailing s = DEPART(wait4, pid, (long)status, options, (long)usage);
    int own = 0, *seen = status ? status : &own;
    pid_t r;

    if (s.injected)
        return -1;
    r = wait4(pid, seen, options, usage);
    return reaped(&s, r, r > 0 ? *seen : 0);
}

/* As waitpid would have given it. */
static int wait_status(const siginfo_t *info)
{
    return info->si_code == CLD_EXITED   ? info->si_status << 8
           : info->si_code == CLD_KILLED ? info->si_status
           : info->si_code == CLD_DUMPED ? info->si_status | WCOREFLAG
                                         : 0xffff; /* stopped, continued */
}

int sea_waitid(idtype_t, id_t, siginfo_t *, int);
int sea_waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    struct sailing s =
        DEPART(waitid, (long)type, (long)id, (long)info, options);
    siginfo_t own = {0}, *seen = info ? info : &own;
    int r;

    if (s.injected)
        return -1;
    seen->si_pid = 0;
    r = waitid(type, id, seen, options);
    if (page && r == 0 && seen->si_pid && !(options & WNOWAIT))
        atomic_fetch_sub(&page->alive, 1);
    if (r == 0)
        sea_reaped(&s, seen->si_pid, wait_status(seen));
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}

/* kill(-1, …) would end the learner's editor: it is noted, not done. */
int sea_kill(pid_t, int);
int sea_kill(pid_t pid, int sig)
{
    struct sailing s = DEPART(kill, pid, sig);
    int r = -1;

    if (s.injected)
        return -1;
    if (pid == -1 && page) {
        atomic_fetch_or(&page->broken, KILL_EVERYBODY);
        page->broken_pid = getpid();
        errno = EPERM;
    } else {
        r = kill(pid, sig);
    }
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}

int sea_killpg(pid_t, int);
int sea_killpg(pid_t group, int sig)
{
    struct sailing s = DEPART(killpg, group, sig);
    int r;

    if (s.injected)
        return -1;
    r = group == 1 ? (errno = EPERM, -1) : killpg(group, sig);
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}

sighandler_t sea_signal(int, sighandler_t);
sighandler_t sea_signal(int sig, sighandler_t handler)
{
    struct sailing s = DEPART(signal, sig, (long)handler);
    sighandler_t r = signal(sig, handler);

    sea_arrive(&s, (long)r, r == SIG_ERR ? errno : 0);
    return r;
}

/* The grader cannot see these timers in /proc, so it is told. */
unsigned sea_alarm(unsigned);
unsigned sea_alarm(unsigned seconds)
{
    struct sailing s = DEPART(alarm, seconds);
    unsigned r = alarm(seconds);

    if (page)
        page->timer = seconds > 0;
    sea_arrive(&s, r, 0);
    return r;
}

int sea_setitimer(int, const struct itimerval *, struct itimerval *);
int sea_setitimer(int which, const struct itimerval *new, struct itimerval *old)
{
    struct sailing s = DEPART(setitimer, which, (long)new, (long)old);
    int r = setitimer(which, new, old);

    if (page && new)
        page->timer = new->it_value.tv_sec || new->it_value.tv_usec;
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}
