/*
 * Specimen: a full queue whose receiver has ended.
 * Verdict: hung
 * Saying: is full, and nobody else has it open for receiving
 * Within: 0.5
 */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static mqd_t new_queue(int flags)
{
    static int nth;
    char name[64];
    struct mq_attr attr = {.mq_maxmsg = 2, .mq_msgsize = 8};
    snprintf(name, sizeof(name), "/specimen-%d-%d", (int)getpid(), nth++);
    mqd_t q = mq_open(name, flags | O_CREAT | O_EXCL, 0600, &attr);
    CHECK(q != (mqd_t)-1, "a queue");
    mq_unlink(name);
    return q;
}

static void sends_to_nobody(void **state)
{
    (void)state;
    char buf[8];
    mqd_t q = new_queue(O_RDWR);
    if (fork() == 0) {
        mq_receive(q, buf, sizeof(buf), NULL);
        _exit(0);
    }
    for (int i = 0; i < 4; i++)
        mq_send(q, "hello", 5, 0);
}

static const struct CMUnitTest facts[] = {
    FACT(sends_to_nobody),
};
EXERCISE("specimens/hang_queue_receiver_ended", "mq_send(3)", facts)
