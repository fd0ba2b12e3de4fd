/*
 * Mistake: looks at a flag, then sleeps in waitpid: a SIGTERM in between is lost.
 * Caught by: no_sigterm_is_lost
 * Saying: let one call let it in and fall asleep
 */
#include "supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t told;

static void on_stop(int sig)
{
    told = sig;
}

static struct sigaction old_term, old_int;

static pid_t start(int slot, int (*work)(int))
{
    pid_t pid = fork();

    if (pid == 0) {
        sigaction(SIGTERM, &old_term, NULL);
        sigaction(SIGINT, &old_int, NULL);
        _exit(work(slot) != 0);
    }
    return pid;
}

int supervise(int n, int (*work)(int slot), int max_restarts, int restarts[])
{
    struct sigaction stop = {.sa_handler = on_stop};
    int running = 0, result = 0, error = 0, status;
    pid_t *pid, ended;

    if (n < 0 || max_restarts < 0) {
        errno = EINVAL;
        return -1;
    }
    pid = calloc((size_t)n + 1, sizeof(*pid));
    told = 0;
    sigaction(SIGTERM, &stop, &old_term);
    sigaction(SIGINT, &stop, &old_int);
    for (int i = 0; i < n && result == 0; i++) {
        restarts[i] = 0;
        pid[i] = start(i, work);
        running += pid[i] > 0;
        result = pid[i] < 0 ? -1 : 0;
        error = errno;
    }
    while (running > 0 && !told && result == 0) {
        ended = waitpid(-1, &status, 0);
        for (int i = 0; i < n && ended > 0; i++) {
            if (pid[i] != ended)
                continue;
            running--;
            pid[i] = 0;
            if (status == 0 || told)
                continue;
            if (max_restarts-- == 0) {
                result = -1;
                error = ECANCELED;
                continue;
            }
            restarts[i]++;
            pid[i] = start(i, work);
            error = errno;
            running += pid[i] > 0;
            result = pid[i] < 0 ? -1 : 0;
            break;
        }
    }
    for (int i = 0; i < n; i++)
        if (pid[i] > 0 && (told || result < 0))
            kill(pid[i], told ? told : SIGTERM);
    for (int i = 0; i < n; i++)
        while (pid[i] > 0 && waitpid(pid[i], NULL, 0) < 0 && errno == EINTR)
            ;
    sigaction(SIGTERM, &old_term, NULL);
    sigaction(SIGINT, &old_int, NULL);
    free(pid);
    errno = error;
    return result < 0 ? -1 : told ? 1 : 0;
}
