/*
 * somebody_quicker.c — an if where a while should be.
 *
 * Picture: schedule
 */
#include <pthread.h>

#include "interleave.h"

static struct box {
    pthread_mutex_t mutex;
    pthread_cond_t there;
    int items;
} * box;

static void setup(void)
{
    pthread_mutexattr_t mutex;
    pthread_condattr_t cond;

    box = interleave_shared(sizeof(*box));
    pthread_mutexattr_init(&mutex);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&box->mutex, &mutex);
    pthread_condattr_init(&cond);
    pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&box->there, &cond);
}

static void put(void)
{
    pthread_mutex_lock(&box->mutex);
    box->items += 1;
    pthread_cond_signal(&box->there);
    pthread_mutex_unlock(&box->mutex);
}

static void get(void)
{
    pthread_mutex_lock(&box->mutex);
    if (box->items == 0)
        pthread_cond_wait(&box->there, &box->mutex);
    INTERLEAVE_CHECK(box->items > 0, "there is nothing in it");
    box->items -= 1;
    pthread_mutex_unlock(&box->mutex);
}

static void put_two(void)
{
    put();
    put();
}

const struct interleave world = {
    .setup = setup,
    .op = {{"producer", put_two}, {"consumer 1", get}, {"consumer 2", get}},
    .preemptions = 2,
};
