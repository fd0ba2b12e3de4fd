/*
 * Technique: the workers are one process group, waited for with
 *            waitid(P_PGID); SIGTERM's handler itself passes the signal on,
 *            so that nothing has to be woken
 */
#include "supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t told;
static volatile pid_t *crew; /* 0: ended */
static volatile sig_atomic_t crew_size;

static void pass_on(int sig)
{
    int error = errno;

    told = sig;
    for (int i = 0; i < crew_size; i++)
        if (crew[i] > 0)
            kill(crew[i], sig);
    errno = error;
}

static sigset_t stops, callers;
static struct sigaction old_term, old_int;
static pid_t group;

/* With SIGTERM and SIGINT blocked: a worker is in crew, or not started. */
static int start(int slot, int (*work)(int))
{
    pid_t pid;

    if (told)
        return 0;
    pid = fork();
    if (pid == 0) {
        setpgid(0, group);
        sigaction(SIGTERM, &old_term, NULL);
        sigaction(SIGINT, &old_int, NULL);
        sigprocmask(SIG_SETMASK, &callers, NULL);
        _exit(work(slot) != 0);
    }
    if (pid < 0)
        return -1;
    setpgid(pid, group);
    if (group == 0)
        group = pid;
    crew[slot] = pid;
    return 1;
}

static int find(pid_t pid)
{
    for (int i = 0; i < crew_size; i++)
        if (crew[i] == pid)
            return i;
    return -1;
}

/* One worker has ended and is a zombie still, so the group exists. */
static int replace(const siginfo_t *dead, int (*work)(int), int *left,
                   int restarts[])
{
    int slot = find(dead->si_pid), result = 0;
    int well = dead->si_code == CLD_EXITED && dead->si_status == 0;

    crew[slot] = 0;
    if (!well && !told && *left == 0) {
        errno = ECANCELED;
        result = -1;
    } else if (!well && (result = start(slot, work)) > 0) {
        restarts[slot]++;
        --*left;
    }
    int error = errno;
    waitpid(dead->si_pid, NULL, 0);
    errno = error;
    return result;
}

static int wait_all(int (*work)(int), int left, int restarts[])
{
    siginfo_t dead;
    sigset_t open;

    for (;;) {
        sigprocmask(SIG_UNBLOCK, &stops, &open);
        int r = waitid(P_PGID, (id_t)group, &dead, WEXITED | WNOWAIT);
        int error = errno;
        sigprocmask(SIG_SETMASK, &open, NULL);
        if (r < 0 && error == EINTR)
            continue;
        if (r < 0)
            return 0; /* ECHILD: none left */
        if (replace(&dead, work, &left, restarts) < 0)
            return -1;
    }
}

static void stop_all(void)
{
    int error = errno;

    for (int i = 0; i < crew_size; i++)
        if (crew[i] > 0)
            kill(crew[i], SIGTERM);
    for (int i = 0; i < crew_size; i++)
        while (crew[i] > 0 && waitpid(crew[i], NULL, 0) < 0 && errno == EINTR)
            ;
    errno = error;
}

int supervise(int n, int (*work)(int slot), int max_restarts, int restarts[])
{
    struct sigaction action = {.sa_handler = pass_on};
    int result = 0, error;

    if (n < 0 || max_restarts < 0) {
        errno = EINVAL;
        return -1;
    }
    crew = calloc((size_t)n + 1, sizeof(*crew));
    if (!crew)
        return -1;
    group = 0;
    told = 0;
    crew_size = n;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    action.sa_mask = stops;
    sigprocmask(SIG_BLOCK, &stops, &callers);
    sigaction(SIGTERM, &action, &old_term);
    sigaction(SIGINT, &action, &old_int);
    for (int i = 0; i < n && result >= 0; i++) {
        restarts[i] = 0;
        result = start(i, work);
    }
    if (result >= 0 && group)
        result = wait_all(work, max_restarts, restarts);
    if (result < 0)
        stop_all();
    error = errno;
    sigaction(SIGTERM, &old_term, NULL);
    sigaction(SIGINT, &old_int, NULL);
    sigprocmask(SIG_SETMASK, &callers, NULL);
    free((void *)crew);
    errno = error;
    return result < 0 ? -1 : told ? 1 : 0;
}
