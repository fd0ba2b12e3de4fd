/*
 * Mistake: the ends of the self-pipe stay open.
 * Caught by: every_slot_is_a_process_of_its_own
 * Saying: is still open in the caller
 */
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int wake[2];

static void ring(int sig)
{
    int saved = errno;
    unsigned char c = (unsigned char)sig;

    while (write(wake[1], &c, 1) < 0 && errno == EINTR)
        ;
    errno = saved;
}

static sigset_t ours, before;
static struct sigaction old_chld, old_term, old_int;

static void hook(void)
{
    struct sigaction sa = {.sa_handler = ring, .sa_flags = SA_RESTART};

    sa.sa_mask = ours;
    sigaction(SIGCHLD, &sa, &old_chld);
    sigaction(SIGTERM, &sa, &old_term);
    sigaction(SIGINT, &sa, &old_int);
}

static void unhook(void)
{
    sigaction(SIGCHLD, &old_chld, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    sigaction(SIGINT, &old_int, NULL);
}

/* Blocked around fork, so that no signal runs our handler in the child. */
static pid_t begin(int slot, int (*work)(int))
{
    pid_t pid;

    sigprocmask(SIG_BLOCK, &ours, NULL);
    pid = fork();
    if (pid == 0) {
        unhook();
        close(wake[0]);
        close(wake[1]);
        sigprocmask(SIG_SETMASK, &before, NULL);
        _exit(work(slot) == 0 ? 0 : 1);
    }
    int error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return pid;
}

static void halt(int n, pid_t *crew, int sig)
{
    for (int i = 0; i < n; i++)
        if (crew[i] > 0)
            kill(crew[i], sig);
    for (int i = 0; i < n; i++)
        while (crew[i] > 0 && waitpid(crew[i], NULL, 0) < 0 && errno == EINTR)
            ;
}

static int round_trip(int n, pid_t *crew, int (*work)(int), int *budget,
                      int *restarts)
{
    int running = 0;

    for (int i = 0; i < n; i++) {
        int st;
        if (crew[i] <= 0)
            continue;
        running++;
        if (waitpid(crew[i], &st, WNOHANG) != crew[i])
            continue;
        crew[i] = 0;
        running--;
        if (WIFEXITED(st) && !WEXITSTATUS(st))
            continue;
        if (--*budget < 0) {
            errno = ECANCELED;
            return -1;
        }
        if ((crew[i] = begin(i, work)) < 0)
            return -1;
        restarts[i]++;
        running++;
    }
    return running;
}

static int serve(int n, pid_t *crew, int (*work)(int), int budget,
                 int *restarts, int *stop_with)
{
    int running = n;

    for (int i = 0; i < n; i++)
        if ((crew[i] = begin(i, work)) < 0)
            return -1;
    while (running > 0) {
        unsigned char sig;
        ssize_t got = read(wake[0], &sig, 1);
        if (got < 0 && errno != EINTR)
            return -1;
        if (got == 1 && sig != SIGCHLD) {
            *stop_with = sig;
            return 1;
        }
        running = round_trip(n, crew, work, &budget, restarts);
    }
    return running;
}

int supervise(int n, int (*work)(int slot), int max_restarts, int restarts[])
{
    int result, stop_with = SIGTERM, error;
    pid_t *crew;

    if (n < 0 || max_restarts < 0) {
        errno = EINVAL;
        return -1;
    }
    crew = calloc((size_t)n + 1, sizeof(*crew));
    if (!crew)
        return -1;
    if (pipe2(wake, O_CLOEXEC) < 0) {
        free(crew);
        return -1;
    }
    fcntl(wake[1], F_SETFL, O_NONBLOCK);
    for (int i = 0; i < n; i++)
        restarts[i] = 0;
    sigemptyset(&ours);
    sigaddset(&ours, SIGCHLD);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigprocmask(SIG_BLOCK, NULL, &before);
    hook();
    result = serve(n, crew, work, max_restarts, restarts, &stop_with);
    error = errno;
    if (result != 0)
        halt(n, crew, stop_with);
    unhook();
    free(crew);
    errno = error;
    return result;
}
