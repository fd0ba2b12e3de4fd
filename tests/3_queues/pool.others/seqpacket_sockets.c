/*
 * Technique: a SOCK_SEQPACKET pair for each worker; results in a memfd that
 * both map
 */
#include "pool.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct worker {
    pid_t pid;
    int sock, job, failures; /* the job stays with its slot until it is done */
};

static struct call {
    int (*fn)(const void *, void *);
    const char *in;
    char *out, *map;
    size_t in_size, out_size;
    int workers, n, next, left, retries, alive, epoll;
    struct worker *worker;
} idle_call;

static void work(const struct call *c, int sock)
{
    int job;
    ssize_t n;

    for (;;) {
        do
            n = recv(sock, &job, sizeof(job), 0);
        while (n == -1 && errno == EINTR);
        if (n != sizeof(job))
            _exit(0);
        job = c->fn(c->in + (size_t)job * c->in_size,
                    c->map + (size_t)job * c->out_size) != 0;
        do
            n = send(sock, &job, sizeof(job), MSG_NOSIGNAL);
        while (n == -1 && errno == EINTR);
    }
}

static bool employ(struct call *c, int slot)
{
    int pair[2];
    struct worker *w = &c->worker[slot];
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (unsigned)slot};

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
        return false;
    w->pid = fork();
    if (w->pid == 0) {
        for (int i = 0; i < c->workers; i++)
            if (c->worker[i].sock >= 0)
                close(c->worker[i].sock);
        close(pair[0]);
        work(c, pair[1]);
    }
    int error = errno;
    close(pair[1]);
    if (w->pid == -1) {
        close(pair[0]);
        errno = error;
        return false;
    }
    w->sock = pair[0];
    c->alive++;
    epoll_ctl(c->epoll, EPOLL_CTL_ADD, w->sock, &event);
    return true;
}

static void dismiss(struct call *c, struct worker *w)
{
    if (w->sock < 0)
        return;
    epoll_ctl(c->epoll, EPOLL_CTL_DEL, w->sock, NULL);
    close(w->sock);
    w->sock = -1;
    c->alive--;
    while (waitpid(w->pid, NULL, 0) == -1 && errno == EINTR)
        ;
}

static void order(const struct worker *w)
{
    /* If it is dead, its socket says so afterwards. */
    while (send(w->sock, &w->job, sizeof(w->job), MSG_NOSIGNAL) == -1 &&
           errno == EINTR)
        ;
}

/* Whoever has a place, and can have a job, gets both. */
static bool man(struct call *c)
{
    bool hopeful = true;

    for (int i = 0; i < c->workers; i++) {
        struct worker *w = &c->worker[i];
        bool wants = w->job >= 0 || c->next < c->n;
        if (w->sock >= 0 ? w->job >= 0 || !wants : !wants || !hopeful)
            continue;
        if (w->sock < 0 && !(hopeful = employ(c, i)))
            continue;
        if (w->job < 0) {
            w->job = c->next++;
            w->failures = 0;
        }
        order(w);
    }
    return c->alive > 0;
}

static bool listen_to(struct call *c, int slot)
{
    struct worker *w = &c->worker[slot];
    int failed;
    ssize_t n = recv(w->sock, &failed, sizeof(failed), MSG_DONTWAIT);

    if (n == -1 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n == sizeof(failed) && !failed) {
        w->job = -1;
        c->left--;
        return true;
    }
    if (n != sizeof(failed))
        dismiss(c, w);
    if (w->job >= 0 && w->failures++ == c->retries) {
        errno = ECANCELED;
        return false;
    }
    if (w->sock >= 0 && w->job >= 0)
        order(w);
    return true;
}

static bool run(struct call *c)
{
    struct epoll_event event[8];

    while (c->left > 0) {
        if (!man(c))
            return false;
        int n = epoll_wait(c->epoll, event, 8, -1);
        for (int i = 0; i < n; i++)
            if (!listen_to(c, (int)event[i].data.u32))
                return false;
    }
    return true;
}

static int map_results(struct call *c, size_t size)
{
    int fd = memfd_create("results", MFD_CLOEXEC);

    if (fd == -1)
        return -1;
    int result = ftruncate(fd, (off_t)size);
    c->map = MAP_FAILED;
    if (result == 0)
        c->map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int error = errno;
    close(fd);
    errno = error;
    return c->map == MAP_FAILED ? -1 : 0;
}

static int run_with_workers(struct call *c)
{
    c->worker = malloc((size_t)c->workers * sizeof(*c->worker));
    c->epoll = c->worker ? epoll_create1(EPOLL_CLOEXEC) : -1;
    for (int i = 0; c->worker && i < c->workers; i++)
        c->worker[i] = (struct worker){.sock = -1, .job = -1};
    int result = c->epoll >= 0 && run(c) ? 0 : -1, error = errno;
    for (int i = 0; c->worker && i < c->workers; i++)
        if (result == -1 && c->worker[i].sock >= 0)
            kill(c->worker[i].pid, SIGKILL);
    for (int i = 0; c->worker && i < c->workers; i++)
        dismiss(c, &c->worker[i]);
    if (c->epoll >= 0)
        close(c->epoll);
    free(c->worker);
    errno = error;
    return result;
}

int pool_map(int workers, int (*fn)(const void *in, void *out), const void *in,
             size_t in_size, void *out, size_t out_size, int n, int retries)
{
    struct call c = idle_call;
    size_t size;

    if (workers < 1 || n < 0 || retries < 0)
        return errno = EINVAL, -1;
    if (n == 0)
        return 0;
    if (__builtin_mul_overflow((size_t)n, out_size, &size) ||
        size > PTRDIFF_MAX - 1)
        return errno = ENOMEM, -1;
    c = (struct call){.fn = fn,
                      .in = in,
                      .out = out,
                      .in_size = in_size,
                      .out_size = out_size,
                      .n = n,
                      .left = n,
                      .workers = workers < n ? workers : n,
                      .retries = retries};
    if (map_results(&c, size + 1) == -1)
        return -1;
    int result = run_with_workers(&c), error = errno;
    if (result == 0)
        memcpy(out, c.map, size);
    munmap(c.map, size + 1);
    errno = error;
    return result;
}
