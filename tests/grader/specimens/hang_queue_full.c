/*
 * Specimen: mq_send to a full queue nobody receives from.
 * Verdict: hung
 * Saying: is full, and nobody else has it open
 * Within: 0.5
 */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <unistd.h>

#include "fact.h"

static mqd_t new_queue(void)
{
    char name[64];
    struct mq_attr attr = {.mq_maxmsg = 2, .mq_msgsize = 8};
    snprintf(name, sizeof(name), "/specimen-%d", (int)getpid());
    mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
    CHECK(q != (mqd_t)-1, "a queue");
    mq_unlink(name);
    return q;
}

static void sends_three(void **state)
{
    (void)state;
    mqd_t q = new_queue();
    for (int i = 0; i < 3; i++)
        mq_send(q, "hello", 5, 0);
}

static const struct CMUnitTest facts[] = {
    FACT(sends_three),
};
EXERCISE("specimens/hang_queue_full", "mq_overview(7)", facts)
