/*
 * Mistake: runs the jobs in threads of the caller.
 * Caught by: jobs_are_done_once_and_not_by_the_caller
 * Saying: done by the caller itself
 */
#include "pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct map {
    int (*fn)(const void *, void *);
    const char *in;
    char *out;
    size_t in_size, out_size;
    int n, next, retries, failed;
    pthread_mutex_t mutex;
};

static void *work(void *arg)
{
    struct map *m = arg;

    for (;;) {
        pthread_mutex_lock(&m->mutex);
        int job = m->failed ? m->n : m->next++;
        pthread_mutex_unlock(&m->mutex);
        if (job >= m->n)
            return NULL;
        for (int i = 0; m->fn(m->in + (size_t)job * m->in_size,
                              m->out + (size_t)job * m->out_size) != 0;
             i++)
            if (i == m->retries) {
                m->failed = 1;
                return NULL;
            }
    }
}

int pool_map(int workers, int (*fn)(const void *in, void *out), const void *in,
             size_t in_size, void *out, size_t out_size, int n, int retries)
{
    struct map m = {.fn = fn,
                    .in = in,
                    .out = out,
                    .in_size = in_size,
                    .out_size = out_size,
                    .n = n,
                    .retries = retries};
    pthread_t thread[64];
    int started = 0;

    if (workers < 1 || n < 0 || retries < 0) {
        errno = EINVAL;
        return -1;
    }
    pthread_mutex_init(&m.mutex, NULL);
    while (started < workers && started < n && started < 64 &&
           pthread_create(&thread[started], NULL, work, &m) == 0)
        started++;
    for (int i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    pthread_mutex_destroy(&m.mutex);
    errno = ECANCELED;
    return m.failed ? -1 : 0;
}
