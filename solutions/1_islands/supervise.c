#include "supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct crew {
    int n, running;
    pid_t *pid; /* 0: the slot has ended */
    int (*work)(int slot);
    sigset_t awaited, callers;
};

static int start(struct crew *crew, int slot)
{
    pid_t pid = fork();

    if (pid == 0) {
        sigprocmask(SIG_SETMASK, &crew->callers, NULL);
        /* Of an exit status 8 bits arrive: 256 must not look like 0. */
        _exit(crew->work(slot) == 0 ? 0 : 1);
    }
    if (pid < 0)
        return -1;
    crew->pid[slot] = pid;
    crew->running++;
    return 0;
}

/* Has the worker in this slot ended? Asks for this one process, so that the
 * caller's other children stay the caller's. */
static int ended(struct crew *crew, int slot, int *status, int flags)
{
    pid_t pid;

    do
        pid = waitpid(crew->pid[slot], status, flags);
    while (pid < 0 && errno == EINTR);
    if (pid == 0)
        return 0;
    crew->pid[slot] = 0;
    crew->running--;
    return 1;
}

static void stop(struct crew *crew, int sig)
{
    int error = errno, status;

    for (int i = 0; i < crew->n; i++)
        if (crew->pid[i] > 0)
            kill(crew->pid[i], sig);
    for (int i = 0; i < crew->n; i++)
        if (crew->pid[i] > 0)
            ended(crew, i, &status, 0);
    errno = error;
}

/* One SIGCHLD may stand for many deaths: look at every slot. */
static int start_again(struct crew *crew, int *left, int restarts[])
{
    int status;

    for (int i = 0; i < crew->n; i++) {
        if (crew->pid[i] == 0 || !ended(crew, i, &status, WNOHANG) ||
            status == 0)
            continue;
        if (*left == 0) {
            errno = ECANCELED;
            return -1;
        }
        if (start(crew, i) < 0)
            return -1;
        --*left;
        restarts[i]++;
    }
    return 0;
}

static int run(struct crew *crew, int max_restarts, int restarts[])
{
    for (int i = 0; i < crew->n; i++)
        restarts[i] = 0;
    for (int i = 0; i < crew->n; i++)
        if (start(crew, i) < 0)
            return -1;
    while (crew->running > 0) {
        int sig = sigwaitinfo(&crew->awaited, NULL);

        if (sig == SIGTERM || sig == SIGINT) {
            stop(crew, sig);
            return 1;
        }
        if (sig == SIGCHLD && start_again(crew, &max_restarts, restarts) < 0)
            return -1;
    }
    return 0;
}

int supervise(int n, int (*work)(int slot), int max_restarts, int restarts[])
{
    struct crew crew = {.n = n, .work = work};
    int result, error;

    if (n < 0 || max_restarts < 0) {
        errno = EINVAL;
        return -1;
    }
    crew.pid = calloc((size_t)n + 1, sizeof(*crew.pid));
    if (crew.pid == NULL)
        return -1;
    sigemptyset(&crew.awaited);
    sigaddset(&crew.awaited, SIGCHLD);
    sigaddset(&crew.awaited, SIGTERM);
    sigaddset(&crew.awaited, SIGINT);
    /* Blocked, a signal that comes while we are not waiting stays pending
     * until sigwaitinfo asks for it: none can be lost. */
    sigprocmask(SIG_BLOCK, &crew.awaited, &crew.callers);
    result = run(&crew, max_restarts, restarts);
    if (result < 0)
        stop(&crew, SIGTERM);
    error = errno;
    sigprocmask(SIG_SETMASK, &crew.callers, NULL);
    free(crew.pid);
    errno = error;
    return result;
}
/* The trap: signals do not queue. Treat one as "look again", never as a
 * count; and only a blocked signal can be awaited without a gap. */
