/*
 * Specimen: mq_receive from a queue nobody sends to.
 * Verdict: hung
 * Saying: nobody is left to send one
 * Within: 0.5
 */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/wait.h>
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

static void waits_for_a_message(void **state)
{
    (void)state;
    char message[8];
    mqd_t q = new_queue();
    if (fork() == 0) {
        mq_receive(q, message, sizeof(message), NULL);
        _exit(0);
    }
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(waits_for_a_message),
};
EXERCISE("specimens/hang_queue_empty", "mq_overview(7)", facts)
