/*
 * Specimen: two processes send more than their queues hold before they receive.
 * Verdict: hung
 * Saying: each would have to receive before the other can go on
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

static void both_send_three(void **state)
{
    (void)state;
    mqd_t questions = new_queue(O_RDWR), answers = new_queue(O_RDWR);
    pid_t pid = fork();
    for (int i = 0; i < 3; i++)
        mq_send(pid == 0 ? answers : questions, "hello", 5, 0);
    if (pid == 0)
        _exit(0);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(both_send_three),
};
EXERCISE("specimens/hang_queue_both_send", "mq_send(3)", facts)
