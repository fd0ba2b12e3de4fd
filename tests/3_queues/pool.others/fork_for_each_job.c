/*
 * Technique: a process for each job, a pipe for its result read to the end,
 * and its exit status
 */
#include "pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct run {
    pid_t pid;
    int job, failures;
    char *bytes;
    size_t have;
};

struct map {
    int (*fn)(const void *, void *);
    const char *in;
    size_t in_size, out_size;
    char *out;
    int running;
    struct run *run;
    struct pollfd *end;
};

static void child(const struct map *m, int job, int fd)
{
    char *bytes = malloc(m->out_size + 1);
    size_t sent = 0;

    if (!bytes || m->fn(m->in + (size_t)job * m->in_size, bytes) != 0)
        _exit(1);
    while (sent < m->out_size) {
        ssize_t n = write(fd, bytes + sent, m->out_size - sent);
        if (n == -1 && errno != EINTR)
            _exit(1);
        sent += n > 0 ? (size_t)n : 0;
    }
    _exit(0);
}

static bool start(struct map *m, int job, int failures)
{
    int fd[2];
    struct run r = {.job = job, .failures = failures};

    if (!(r.bytes = malloc(m->out_size + 1)))
        return false;
    if (pipe2(fd, O_CLOEXEC) == -1) {
        int error = errno;
        free(r.bytes);
        errno = error;
        return false;
    }
    if ((r.pid = fork()) == 0)
        child(m, job, fd[1]);
    int error = errno;
    close(fd[1]);
    if (r.pid == -1) {
        close(fd[0]);
        free(r.bytes);
        errno = error;
        return false;
    }
    m->end[m->running] = (struct pollfd){.fd = fd[0], .events = POLLIN};
    m->run[m->running++] = r;
    return true;
}

/* Returns the wait status of run i, which is no more. */
static int end(struct map *m, int i)
{
    int status = -1;

    close(m->end[i].fd);
    while (waitpid(m->run[i].pid, &status, 0) == -1 && errno == EINTR)
        ;
    free(m->run[i].bytes);
    m->run[i] = m->run[--m->running];
    m->end[i] = m->end[m->running];
    return status;
}

/* False: it has failed for good. */
static bool hear(struct map *m, int i, int retries, int *failed_job,
                 int *failures)
{
    struct run *r = &m->run[i], was = *r;
    ssize_t n =
        read(m->end[i].fd, r->bytes + r->have, m->out_size + 1 - r->have);

    if (n > 0)
        r->have += (size_t)n;
    if (n > 0 || (n == -1 && errno == EINTR))
        return true;
    was.bytes = NULL;
    if (was.have == m->out_size && m->out_size > 0) {
        /* copied below, if it ended well */
        was.bytes = r->bytes;
        r->bytes = NULL;
    }
    bool well = end(m, i) == 0 && was.have == m->out_size;
    if (well && m->out_size > 0)
        memcpy(m->out + (size_t)was.job * m->out_size, was.bytes, m->out_size);
    free(was.bytes);
    if (well)
        return true;
    *failed_job = was.job;
    *failures = was.failures + 1;
    return was.failures < retries;
}

static int run(struct map *m, int workers, int n, int retries)
{
    int next = 0, again = -1, failures = 0;

    while (next < n || again >= 0 || m->running > 0) {
        if (m->running < workers && again >= 0) {
            if (start(m, again, failures))
                again = -1;
            else if (m->running == 0)
                return -1;
        }
        while (again < 0 && m->running < workers && next < n) {
            if (start(m, next, 0))
                next++;
            else if (m->running == 0)
                return -1;
            else
                break;
        }
        if (poll(m->end, (nfds_t)m->running, -1) == -1)
            continue;
        for (int i = m->running - 1; i >= 0 && again < 0; i--)
            if (m->end[i].revents && !hear(m, i, retries, &again, &failures)) {
                errno = ECANCELED;
                return -1;
            }
    }
    return 0;
}

int pool_map(int workers, int (*fn)(const void *in, void *out), const void *in,
             size_t in_size, void *out, size_t out_size, int n, int retries)
{
    struct map m = {.fn = fn,
                    .in = in,
                    .in_size = in_size,
                    .out_size = out_size,
                    .out = out};
    int result = -1;

    if (workers < 1 || n < 0 || retries < 0) {
        errno = EINVAL;
        return -1;
    }
    if (n == 0)
        return 0;
    if (workers > n)
        workers = n;
    m.run = calloc((size_t)workers, sizeof(*m.run));
    m.end = calloc((size_t)workers, sizeof(*m.end));
    if (m.run && m.end)
        result = run(&m, workers, n, retries);
    int error = errno;
    for (int i = 0; i < m.running; i++)
        kill(m.run[i].pid, SIGKILL);
    while (m.running > 0)
        end(&m, 0);
    free(m.run);
    free(m.end);
    errno = error;
    return result;
}
