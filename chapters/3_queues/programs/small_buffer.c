/*
 * small_buffer.c — mq_receive looks at the buffer, not at the message.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void receive(mqd_t queue, size_t size)
{
    char room[100];
    ssize_t n = mq_receive(queue, room, size, NULL);

    if (n == -1)
        printf("%zu bytes of room: %s\n", size, strerror(errno));
    else
        printf("%zu bytes of room: %.*s\n", size, (int)n, room);
}

int main(void)
{
    struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 100};
    char name[32];

    snprintf(name, sizeof(name), "/small_buffer.%d", (int)getpid());
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
    if (queue == -1)
        err(1, "mq_open");
    mq_unlink(name);

    if (mq_send(queue, "hello", 5, 0) == -1)
        err(1, "mq_send");
    receive(queue, 5);
    receive(queue, 99);
    receive(queue, 100);
}
