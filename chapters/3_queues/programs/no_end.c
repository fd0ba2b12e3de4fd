/*
 * no_end.c — a queue does not tell that nobody is left who could send.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
    struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 32};
    struct timespec end;
    char name[32], text[32];

    snprintf(name, sizeof(name), "/no_end.%d", (int)getpid());
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
    if (queue == -1)
        err(1, "mq_open");
    mq_unlink(name);

    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0)
        _exit(1); /* before it has sent anything */
    waitpid(child, NULL, 0);
    puts("the child has ended, nobody else knows the queue");
    clock_gettime(CLOCK_REALTIME, &end); /* until when, not how long */
    end.tv_sec += 1;
    if (mq_timedreceive(queue, text, sizeof(text), NULL, &end) == -1)
        printf("mq_timedreceive: %s\n", strerror(errno));
}
