/*
 * one_of_them.c — two processes receive from one queue.
 */
#include <err.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static mqd_t open_queue(void)
{
    char name[32];
    struct mq_attr size = {.mq_maxmsg = 8, .mq_msgsize = 1};

    snprintf(name, sizeof(name), "/one_of_them.%d", getpid());
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &size);
    if (queue == (mqd_t)-1)
        err(1, "mq_open");
    mq_unlink(name);
    return queue;
}

static void take_until_zero(mqd_t queue)
{
    char number;
    int sum = 0;

    while (mq_receive(queue, &number, 1, NULL) == 1 && number != 0)
        sum += number;
    _exit(sum);
}

int main(void)
{
    int wstatus, sum = 0;
    mqd_t queue = open_queue();

    for (int i = 0; i < 2; i++)
        if (fork() == 0)
            take_until_zero(queue);
    for (char number = 1; number <= 10; number++)
        mq_send(queue, &number, 1, 0);
    for (int i = 0; i < 2; i++)
        mq_send(queue, "", 1, 0); /* a byte of 0 for each of them */
    while (wait(&wstatus) > 0)
        sum += WEXITSTATUS(wstatus);
    printf("together they have received %d\n", sum);
}
