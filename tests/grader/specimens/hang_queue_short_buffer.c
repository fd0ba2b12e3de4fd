/*
 * Specimen: mq_receive into a buffer that is shorter than the queue's messages
 *     may be, again and again.
 * Verdict: hung
 * Saying: mq_receive failed with EMSGSIZE
 */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <unistd.h>

#include "fact.h"

static void receives_until_it_works(void **state)
{
    (void)state;
    char name[64], buf[8];
    struct mq_attr attr = {.mq_maxmsg = 2, .mq_msgsize = 64};
    snprintf(name, sizeof(name), "/specimen-%d", (int)getpid());
    mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
    mq_unlink(name);
    mq_send(q, "hello", 5, 0);
    while (mq_receive(q, buf, sizeof(buf), NULL) == -1)
        continue;
}

static const struct CMUnitTest facts[] = {
    FACT(receives_until_it_works),
};
EXERCISE("specimens/hang_queue_short_buffer", "mq_receive(3)", facts)
