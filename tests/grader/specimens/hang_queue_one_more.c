/*
 * Specimen: a receiver waits for one message more than were sent.
 * Verdict: hung
 * Saying: sent to it so far: 2, received from it: 2
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

static void child_receives_three_of_two(void **state)
{
    (void)state;
    char buf[8];
    mqd_t q = new_queue(O_RDWR);
    if (fork() == 0) {
        for (int i = 0; i < 3; i++)
            mq_receive(q, buf, sizeof(buf), NULL);
        _exit(0);
    }
    mq_send(q, "one", 3, 0);
    mq_send(q, "two", 3, 0);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_receives_three_of_two),
};
EXERCISE("specimens/hang_queue_one_more", "mq_receive(3)", facts)
