/*
 * Specimen: who waits for a message is the only one who could send it.
 * Verdict: hung
 * Saying: which nobody but itself has open for sending
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

static void child_has_closed_the_queue(void **state)
{
    (void)state;
    char buf[8];
    mqd_t q = new_queue(O_RDWR);
    if (fork() == 0) {
        mq_close(q);
        pause();
    }
    mq_receive(q, buf, sizeof(buf), NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_has_closed_the_queue),
};
EXERCISE("specimens/hang_queue_itself", "mq_overview(7)", facts)
