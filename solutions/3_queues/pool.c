#include "pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FREE = 0, DONE = -1 };

struct job {
    atomic_int owner; /* FREE, DONE, or the pid of who is at it */
    int failures;
};

struct pool {
    int (*fn)(const void *in, void *out);
    const char *in;
    size_t in_size, out_size;
    int n, retries;
    char *result;    /* shared with the workers, as … */
    struct job *job; /* … these are, which lie behind */
    int running;
    pid_t *pid;
    struct pollfd *life; /* pidfds: readable when that worker has ended */
};

/* Whoever is free takes the next job; no one has to hand it out. */
static void work(const struct pool *pool)
{
    for (int i = 0; i < pool->n; i++) {
        int nobody = FREE;

        if (!atomic_compare_exchange_strong(&pool->job[i].owner, &nobody,
                                            (int)getpid()))
            continue;
        if (pool->fn(pool->in + (size_t)i * pool->in_size,
                     pool->result + (size_t)i * pool->out_size) != 0)
            _exit(1); /* as good as a crash: the job is still ours */
        atomic_store(&pool->job[i].owner, DONE);
    }
    _exit(0);
}

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
        ;
}

static struct job *job_of(const struct pool *pool, pid_t pid)
{
    for (int i = 0; i < pool->n; i++)
        if (pool->job[i].owner == pid)
            return &pool->job[i];
    return NULL;
}

static void take_back(struct job *job)
{
    if (job != NULL)
        job->owner = FREE;
}

/* What a dead worker was at is free again, unless it has failed for good:
 * then nobody may take it any more. */
static bool failed_for_good(const struct pool *pool, struct job *job)
{
    if (job != NULL && job->failures++ == pool->retries)
        return true;
    take_back(job);
    return false;
}

static bool start_one(struct pool *pool)
{
    pid_t pid = fork();

    if (pid == 0)
        work(pool);
    if (pid == -1)
        return false;
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd == -1) {
        int error = errno;
        kill(pid, SIGKILL);
        reap(pid);
        take_back(job_of(pool, pid));
        errno = error;
        return false;
    }
    pool->pid[pool->running] = pid;
    pool->life[pool->running++] = (struct pollfd){.fd = fd, .events = POLLIN};
    return true;
}

static void bury(struct pool *pool, int i)
{
    reap(pool->pid[i]);
    close(pool->life[i].fd);
    pool->running--;
    pool->pid[i] = pool->pid[pool->running];
    pool->life[i] = pool->life[pool->running];
}

/* Has any job failed for good by this death? */
static bool bury_the_dead(struct pool *pool)
{
    bool given_up = false;

    if (poll(pool->life, (nfds_t)pool->running, -1) == -1)
        return false; /* EINTR: the caller asks again */
    for (int i = pool->running - 1; i >= 0; i--) {
        if (pool->life[i].revents == 0)
            continue;
        given_up |= failed_for_good(pool, job_of(pool, pool->pid[i]));
        bury(pool, i);
    }
    return given_up;
}

static int free_jobs(const struct pool *pool)
{
    int count = 0;

    for (int i = 0; i < pool->n; i++)
        count += pool->job[i].owner == FREE;
    return count;
}

static int run(struct pool *pool, int workers)
{
    for (;;) {
        int left = free_jobs(pool);

        for (int i = 0; i < left && pool->running < workers; i++)
            if (!start_one(pool))
                break; /* those who run do it all; and later we try again */
        if (pool->running == 0)
            return left > 0 ? -1 : 0;
        if (bury_the_dead(pool)) {
            errno = ECANCELED;
            return -1;
        }
    }
}

static void stop(struct pool *pool)
{
    int error = errno;

    for (int i = 0; i < pool->running; i++)
        kill(pool->pid[i], SIGKILL);
    while (pool->running > 0)
        bury(pool, pool->running - 1);
    errno = error;
}

static int run_with_tables(struct pool *pool, int workers)
{
    int result = -1;

    pool->pid = calloc((size_t)workers, sizeof(*pool->pid));
    pool->life = calloc((size_t)workers, sizeof(*pool->life));
    if (pool->pid != NULL && pool->life != NULL)
        result = run(pool, workers);
    stop(pool);
    free(pool->life);
    free(pool->pid);
    return result;
}

int pool_map(int workers, int (*fn)(const void *in, void *out), const void *in,
             size_t in_size, void *out, size_t out_size, int n, int retries)
{
    struct pool pool = {.fn = fn,
                        .in = in,
                        .in_size = in_size,
                        .n = n,
                        .out_size = out_size,
                        .retries = retries};

    if (workers < 1 || n < 0 || retries < 0) {
        errno = EINVAL;
        return -1;
    }
    if (n == 0)
        return 0;
    if (out_size > PTRDIFF_MAX / (size_t)n - 2 * sizeof(struct job)) {
        errno = ENOMEM;
        return -1;
    }
    size_t results = (size_t)n * out_size;
    size_t jobs_at = (results + sizeof(struct job) - 1) / sizeof(struct job) *
                     sizeof(struct job);
    size_t size = jobs_at + (size_t)n * sizeof(struct job);
    pool.result = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pool.result == MAP_FAILED)
        return -1;
    pool.job = (struct job *)(void *)(pool.result + jobs_at);

    int result = run_with_tables(&pool, workers < n ? workers : n);
    if (result == 0)
        memcpy(out, pool.result, results);
    int error = errno; /* of the first failure */
    munmap(pool.result, size);
    errno = error;
    return result;
}

/*
 * The trap: a shared counter of the next job alone. Who takes a number and
 * dies, takes the job along: what is under way has to be written down where
 * it outlives the worker, in the same step in which it is taken.
 */
