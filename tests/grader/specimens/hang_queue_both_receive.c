/*
 * Specimen: two processes wait for the other's message, in two queues.
 * Verdict: hung
 * Saying: each waits for the other to send first
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

static void both_wait_for_the_first_word(void **state)
{
    (void)state;
    char buf[8];
    mqd_t questions = new_queue(O_RDWR), answers = new_queue(O_RDWR);
    if (fork() == 0) {
        mq_receive(questions, buf, sizeof(buf), NULL);
        mq_send(answers, "yes", 3, 0);
        _exit(0);
    }
    mq_receive(answers, buf, sizeof(buf), NULL);
    mq_send(questions, "well?", 5, 0);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(both_wait_for_the_first_word),
};
EXERCISE("specimens/hang_queue_both_receive", "mq_receive(3)", facts)
