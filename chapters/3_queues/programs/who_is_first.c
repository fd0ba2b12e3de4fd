/*
 * who_is_first.c — four messages, two priorities.
 */
#include <err.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <unistd.h>

static mqd_t open_queue(void)
{
    char name[32];
    struct mq_attr size = {.mq_maxmsg = 4, .mq_msgsize = 16};

    snprintf(name, sizeof(name), "/who_is_first.%d", getpid());
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &size);
    if (queue == (mqd_t)-1)
        err(1, "mq_open");
    mq_unlink(name);
    return queue;
}

int main(void)
{
    char text[16];
    unsigned priority;
    mqd_t queue = open_queue();

    mq_send(queue, "milk", 4, 0);
    mq_send(queue, "bread", 5, 0);
    mq_send(queue, "fire!", 5, 9);
    mq_send(queue, "", 0, 0);
    for (int i = 0; i < 4; i++) {
        ssize_t n = mq_receive(queue, text, sizeof(text), &priority);
        printf("%zd bytes of priority %u: %.*s\n", n, priority, (int)n, text);
    }
    mq_close(queue);
}
