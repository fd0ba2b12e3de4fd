/*
 * Technique: dprintf in the child; a thread of the parent waits for its end
 *   meanwhile
 */
#include "hello_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

struct ended {
    pid_t pid;
    int status;
};

static void *wait_for(void *arg)
{
    struct ended *ended = arg;

    while (waitpid(ended->pid, &ended->status, 0) == -1 && errno == EINTR)
        ;
    return NULL;
}

/* The caller's handlers are not for this thread. */
static int start_waiting(pthread_t *thread, struct ended *ended)
{
    sigset_t all, old;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(thread, NULL, wait_for, ended);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error;
}

static ssize_t drain(int in, char *buf, size_t cap)
{
    size_t have = 0, all = 0;

    for (;;) {
        char rest[512];
        bool full = have == cap;
        ssize_t n = read(in, full ? rest : buf + have,
                         full ? sizeof(rest) : cap - have);
        if (n == 0)
            break;
        if (n == -1 && errno != EINTR)
            return -1;
        if (n > 0)
            all += (size_t)n;
        if (n > 0 && !full)
            have += (size_t)n;
    }
    if (all == have)
        return (ssize_t)have;
    errno = EMSGSIZE;
    return -1;
}

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    int way[2], error;
    struct ended ended = {0, 0};
    pthread_t thread;
    ssize_t got = -1;

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    if (pipe2(way, O_CLOEXEC) == -1)
        return -1;
    ended.pid = fork();
    if (ended.pid == 0) {
        for (int i = 0; i < n; i++)
            if (dprintf(way[1], "%s\n", words[i]) < 0)
                _exit(1);
        _exit(0);
    }
    error = errno;
    close(way[1]);
    if (ended.pid != -1) {
        bool threaded = start_waiting(&thread, &ended) == 0;
        got = drain(way[0], buf, cap);
        error = errno;
        if (threaded)
            pthread_join(thread, NULL);
        else
            wait_for(&ended);
        if (got != -1 && ended.status != 0) {
            got = -1;
            error = EIO;
        }
    }
    close(way[0]);
    errno = error;
    return got;
}
