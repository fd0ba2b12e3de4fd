/*
 * queue_test.c — facts about queue; see queue_facts.h.
 */
#include "queue.h"

#define EXERCISE_OF(function) queue_##function
#define NAME "queue"
typedef struct queue queue_type;

#include "queue_facts.h"

static const struct CMUnitTest facts[] = {
    QUEUE_FACTS,
};

EXERCISE("3_queues/queue",
         "pthread_cond_wait(3), pthread_mutexattr_setpshared(3), "
         "pthread_condattr_setclock(3), mmap(2)",
         facts)
