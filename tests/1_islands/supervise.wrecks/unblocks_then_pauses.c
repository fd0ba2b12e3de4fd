/*
 * Mistake: unblocks the signals and then calls pause: the gap is still there.
 * Caught by: no_sigterm_is_lost
 * Saying: let one call let it in and fall asleep
 */
#include "supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t child_ended, told;

static void note(int sig)
{
    if (sig == SIGCHLD)
        child_ended = 1;
    else
        told = sig;
}

static const int caught[] = {SIGCHLD, SIGTERM, SIGINT};
enum { CAUGHT = sizeof(caught) / sizeof(caught[0]) };

struct before {
    sigset_t mask;
    struct sigaction action[CAUGHT];
};

static void signals_take(struct before *before)
{
    struct sigaction action = {.sa_handler = note};
    sigset_t block;

    child_ended = told = 0;
    sigemptyset(&block);
    for (int i = 0; i < CAUGHT; i++)
        sigaddset(&block, caught[i]);
    sigprocmask(SIG_BLOCK, &block, &before->mask);
    for (int i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &action, &before->action[i]);
}

static void signals_give_back(const struct before *before)
{
    int error = errno;

    for (int i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &before->action[i], NULL);
    sigprocmask(SIG_SETMASK, &before->mask, NULL);
    errno = error;
}

static pid_t start(int slot, int (*work)(int), const struct before *before)
{
    pid_t pid = fork();

    if (pid == 0) {
        signals_give_back(before);
        _exit(work(slot) ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    return pid;
}

static void stop_all(pid_t *pid, int n, int sig)
{
    int error = errno;

    for (int i = 0; i < n; i++)
        if (pid[i] > 0)
            kill(pid[i], sig);
    for (int i = 0; i < n; i++)
        while (pid[i] > 0 && waitpid(pid[i], NULL, 0) < 0 && errno == EINTR)
            ;
    errno = error;
}

static int rounds(pid_t *pid, int n, int (*work)(int), int left, int restarts[],
                  const struct before *before)
{
    sigset_t open = before->mask;
    int running = n, status;

    for (int i = 0; i < CAUGHT; i++)
        sigdelset(&open, caught[i]);
    while (running > 0 && !told) {
        if (!child_ended)
            sigprocmask(SIG_SETMASK, &open, NULL), pause();
        for (int i = 0; i < CAUGHT; i++)
            sigaddset(&open, caught[i]);
        sigprocmask(SIG_SETMASK, &open, NULL);
        for (int i = 0; i < CAUGHT; i++)
            sigdelset(&open, caught[i]);
        if (told || !child_ended)
            continue;
        child_ended = 0;
        for (int i = 0; i < n; i++) {
            if (pid[i] <= 0 || waitpid(pid[i], &status, WNOHANG) <= 0)
                continue;
            pid[i] = 0;
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
                running--;
                continue;
            }
            if (left-- == 0) {
                errno = ECANCELED;
                return -1;
            }
            pid[i] = start(i, work, before);
            if (pid[i] < 0)
                return -1;
            restarts[i]++;
        }
    }
    return told ? 1 : 0;
}

int supervise(int n, int (*work)(int slot), int max_restarts, int restarts[])
{
    struct before before;
    pid_t *pid;
    int result = 0;

    if (n < 0 || max_restarts < 0) {
        errno = EINVAL;
        return -1;
    }
    if (n == 0)
        return 0;
    pid = calloc((size_t)n, sizeof(*pid));
    if (!pid)
        return -1;
    signals_take(&before);
    for (int i = 0; i < n && result == 0; i++) {
        restarts[i] = 0;
        pid[i] = start(i, work, &before);
        if (pid[i] < 0)
            result = -1;
    }
    if (result == 0)
        result = rounds(pid, n, work, max_restarts, restarts, &before);
    if (result != 0)
        stop_all(pid, n, result > 0 ? told : SIGTERM);
    signals_give_back(&before);
    free(pid);
    return result;
}
