/*
 * Mistake: an end of file is taken for a moment without news.
 * Caught by: a_failed_job_is_done_again
 * Saying: child
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

struct worker {
    pid_t pid; /* 0: nobody */
    int to, from, job;
    size_t have; /* of 1 + out_size bytes */
    char *buffer;
};

struct pool {
    int (*fn)(const void *, void *);
    const char *in;
    char *out;
    size_t in_size, out_size;
    int n, retries, slots, next, open;
    int *failed, *again, agains;
    struct worker *worker;
    struct pollfd *poll;
};

static bool all_of(int fd, void *bytes, size_t size, bool reading)
{
    char *at = bytes;

    while (size > 0) {
        ssize_t n = reading ? read(fd, at, size) : write(fd, at, size);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static void work(const struct pool *p, int orders, int results)
{
    char *buffer = calloc(1, p->out_size + 1);
    int job;

    if (!buffer)
        _exit(1);
    while (all_of(orders, &job, sizeof(job), true)) {
        buffer[0] = p->fn(p->in + (size_t)job * p->in_size, buffer + 1) != 0;
        if (!all_of(results, buffer, buffer[0] ? 1 : p->out_size + 1, false))
            break;
    }
    _exit(0);
}

static void close_all(const struct pool *p)
{
    for (int i = 0; i < p->slots; i++)
        if (p->worker[i].pid) {
            close(p->worker[i].to);
            close(p->worker[i].from);
        }
}

static bool start(struct pool *p, struct worker *w)
{
    int to[2], from[2];

    if (pipe2(to, O_CLOEXEC) == -1)
        return false;
    if (pipe2(from, O_CLOEXEC) == -1) {
        int error = errno;
        close(to[0]), close(to[1]);
        errno = error;
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close_all(p); /* or the others' pipes would never end */
        close(to[1]), close(from[0]);
        signal(SIGPIPE, SIG_DFL);
        work(p, to[0], from[1]);
    }
    int error = errno;
    close(to[0]), close(from[1]);
    if (pid == -1) {
        close(to[1]), close(from[0]);
        errno = error;
        return false;
    }
    w->pid = pid, w->to = to[1], w->from = from[0], w->job = -1, w->have = 0;
    return true;
}

static void end(struct worker *w)
{
    close(w->to);
    close(w->from);
    while (waitpid(w->pid, NULL, 0) == -1 && errno == EINTR)
        ;
    w->pid = 0;
}

static bool failed(struct pool *p, int job)
{
    if (p->failed[job]++ == p->retries) {
        errno = ECANCELED;
        return false;
    }
    p->again[p->agains++] = job;
    return true;
}

static int next_job(struct pool *p)
{
    return p->agains > 0    ? p->again[--p->agains]
           : p->next < p->n ? p->next++
                            : -1;
}

/* Gives every idle worker a job, and starts some where there are none. */
static bool deal(struct pool *p)
{
    int alive = 0;
    bool may_start = true;

    for (int i = 0; i < p->slots; i++) {
        struct worker *w = &p->worker[i];
        if (w->pid == 0 && may_start && (p->agains > 0 || p->next < p->n))
            may_start = start(p, w);
        alive += w->pid != 0;
        if (w->pid == 0 || w->job != -1 || (w->job = next_job(p)) == -1)
            continue;
        w->have = 0;
        if (!all_of(w->to, &w->job, sizeof(w->job), false)) {
            p->again[p->agains++] = w->job; /* it died while idle */
            end(w);
            i--, alive--;
        }
    }
    return alive > 0;
}

static bool take(struct pool *p, struct worker *w)
{
    ssize_t n = read(w->from, w->buffer + w->have, p->out_size + 1 - w->have);

    if (n == -1 && errno == EINTR)
        return true;
    if (n <= 0)
        return true;
    w->have += (size_t)n;
    if (w->buffer[0] != 0) {
        int job = w->job;
        w->job = -1;
        return failed(p, job);
    }
    if (w->have == p->out_size + 1) {
        if (p->out_size > 0)
            memcpy(p->out + (size_t)w->job * p->out_size, w->buffer + 1,
                   p->out_size);
        w->job = -1;
        p->open--;
    }
    return true;
}

static bool run(struct pool *p)
{
    while (p->open > 0) {
        if (!deal(p))
            return false;
        for (int i = 0; i < p->slots; i++)
            p->poll[i] =
                (struct pollfd){.fd = p->worker[i].pid ? p->worker[i].from : -1,
                                .events = POLLIN};
        if (poll(p->poll, (nfds_t)p->slots, -1) == -1)
            continue;
        for (int i = 0; i < p->slots; i++)
            if (p->poll[i].revents && !take(p, &p->worker[i]))
                return false;
    }
    return true;
}

static bool make_room(struct pool *p)
{
    size_t n = (size_t)p->n, slots = (size_t)p->slots;

    p->failed = calloc(n, sizeof(int));
    p->again = calloc(n, sizeof(int));
    p->poll = calloc(slots, sizeof(*p->poll));
    p->worker = calloc(slots, sizeof(*p->worker));
    if (!p->failed || !p->again || !p->poll || !p->worker)
        return false;
    for (int i = 0; i < p->slots; i++)
        if (!(p->worker[i].buffer = malloc(p->out_size + 1)))
            return false;
    return true;
}

int pool_map(int workers, int (*fn)(const void *in, void *out), const void *in,
             size_t in_size, void *out, size_t out_size, int n, int retries)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    struct pool p = {.fn = fn,
                     .in = in,
                     .out = out,
                     .in_size = in_size,
                     .out_size = out_size,
                     .n = n,
                     .retries = retries,
                     .slots = workers < n ? workers : n,
                     .open = n};

    if (workers < 1 || n < 0 || retries < 0) {
        errno = EINVAL;
        return -1;
    }
    if (n == 0)
        return 0;
    sigaction(SIGPIPE, &ignore, &before);
    bool well = make_room(&p) && run(&p);
    int error = errno;
    for (int i = 0; p.worker && i < p.slots; i++)
        if (p.worker[i].pid) {
            if (!well)
                kill(p.worker[i].pid, SIGKILL);
            end(&p.worker[i]);
        }
    for (int i = 0; p.worker && i < p.slots; i++)
        free(p.worker[i].buffer);
    free(p.worker), free(p.poll), free(p.again), free(p.failed);
    sigaction(SIGPIPE, &before, NULL);
    errno = error;
    return well ? 0 : -1;
}
