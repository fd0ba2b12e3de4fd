/*
 * Technique: a list of jobs under a robust mutex, workers that take from it,
 * and a pipe each that ends with its worker
 */
#include "pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TO_DO, UNDER_WAY, DONE };

struct entry {
    int state, worker, failures;
};

struct list {
    pthread_mutex_t mutex;
    int n, retries;
    struct entry entry[];
};

struct worker {
    pid_t pid;
    int lifeline;
};

struct map {
    int (*fn)(const void *, void *);
    const char *in;
    char *results;
    size_t in_size, out_size;
    struct list *list;
    struct worker *worker;
    int workers;
};

/* What the mutex guards is one assignment at a time: never half done. */
static void lock(struct list *list)
{
    if (pthread_mutex_lock(&list->mutex) == EOWNERDEAD)
        pthread_mutex_consistent(&list->mutex);
}

static int take(struct list *list, int worker)
{
    int job = -1;

    lock(list);
    for (int i = 0; i < list->n && job < 0; i++)
        if (list->entry[i].state == TO_DO) {
            list->entry[i].worker = worker;
            list->entry[i].state = UNDER_WAY;
            job = i;
        }
    pthread_mutex_unlock(&list->mutex);
    return job;
}

/* False: it has failed too often. */
static bool put_back(struct list *list, int job)
{
    lock(list);
    bool again = list->entry[job].failures++ < list->retries;
    if (again)
        list->entry[job].state = TO_DO;
    pthread_mutex_unlock(&list->mutex);
    return again;
}

static void work(const struct map *m, int me)
{
    int job;

    while ((job = take(m->list, me)) >= 0) {
        if (m->fn(m->in + m->in_size * (size_t)job,
                  m->results + m->out_size * (size_t)job) == 0) {
            lock(m->list);
            m->list->entry[job].state = DONE;
            pthread_mutex_unlock(&m->list->mutex);
        } else if (!put_back(m->list, job)) {
            _exit(1);
        }
    }
    _exit(0);
}

static bool start(struct map *m, int slot)
{
    int end[2];
    pid_t pid;

    if (pipe2(end, O_CLOEXEC) == -1)
        return false;
    if ((pid = fork()) == 0) {
        close(end[0]); /* end[1] is closed by its death */
        work(m, slot);
    }
    int error = errno;
    close(end[1]);
    if (pid == -1) {
        close(end[0]);
        errno = error;
        return false;
    }
    m->worker[slot] = (struct worker){pid, end[0]};
    return true;
}

static void reap(struct worker *w)
{
    close(w->lifeline);
    w->lifeline = -1;
    while (waitpid(w->pid, NULL, 0) == -1)
        if (errno != EINTR)
            break;
}

static int left_over(const struct list *list, int what)
{
    int count = 0;

    for (int i = 0; i < list->n; i++)
        count += list->entry[i].state == what;
    return count;
}

static bool after_death(struct map *m, int slot)
{
    struct list *list = m->list;

    reap(&m->worker[slot]);
    for (int i = 0; i < list->n; i++) {
        struct entry *e = &list->entry[i];
        if (e->failures > list->retries)
            return false;
        if (e->state == UNDER_WAY && e->worker == slot && !put_back(list, i))
            return false;
    }
    return true;
}

static int run(struct map *m, struct pollfd *end)
{
    for (;;) {
        int alive = 0, to_do = left_over(m->list, TO_DO);
        for (int i = 0; i < m->workers; i++)
            if (m->worker[i].lifeline < 0 && to_do-- > 0 && !start(m, i))
                break;
        for (int i = 0; i < m->workers; i++) {
            end[i] = (struct pollfd){.fd = m->worker[i].lifeline};
            alive += m->worker[i].lifeline >= 0;
        }
        if (alive == 0)
            return left_over(m->list, DONE) == m->list->n ? 0 : -1;
        if (poll(end, (nfds_t)m->workers, -1) == -1)
            continue;
        for (int i = 0; i < m->workers; i++)
            if (end[i].revents && !after_death(m, i)) {
                errno = ECANCELED;
                return -1;
            }
    }
}

static int run_and_clean_up(struct map *m)
{
    struct pollfd *end = calloc((size_t)m->workers, sizeof(*end));
    int result = -1;

    m->worker = calloc((size_t)m->workers, sizeof(*m->worker));
    for (int i = 0; m->worker && i < m->workers; i++)
        m->worker[i].lifeline = -1;
    if (end && m->worker)
        result = run(m, end);
    int error = errno;
    for (int i = 0; m->worker && i < m->workers; i++)
        if (m->worker[i].lifeline >= 0) {
            kill(m->worker[i].pid, SIGKILL);
            reap(&m->worker[i]);
        }
    free(end);
    free(m->worker);
    errno = error;
    return result;
}

int pool_map(int workers, int (*fn)(const void *in, void *out), const void *in,
             size_t in_size, void *out, size_t out_size, int n, int retries)
{
    pthread_mutexattr_t kind;
    size_t size, head;

    if (workers < 1 || n < 0 || retries < 0) {
        errno = EINVAL;
        return -1;
    }
    if (n == 0)
        return 0;
    head = sizeof(struct list) + sizeof(struct entry) * (size_t)n;
    head = (head + 63) / 64 * 64;
    if (__builtin_mul_overflow(out_size, (size_t)n, &size) ||
        __builtin_add_overflow(size, head, &size)) {
        errno = ENOMEM;
        return -1;
    }
    struct list *list = mmap(NULL, size, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (list == MAP_FAILED)
        return -1;
    list->n = n;
    list->retries = retries;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&list->mutex, &kind);
    pthread_mutexattr_destroy(&kind);
    struct map m = {.fn = fn,
                    .in = in,
                    .in_size = in_size,
                    .out_size = out_size,
                    .list = list,
                    .results = (char *)list + head,
                    .workers = workers < n ? workers : n};
    int result = run_and_clean_up(&m), error = errno;
    if (result == 0 && out_size > 0)
        memcpy(out, m.results, size - head);
    munmap(list, size);
    errno = error;
    return result;
}
