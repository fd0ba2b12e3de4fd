/*
 * Mistake: leaves it to the child to make the queue, and opens it in the
 *     parent, perhaps before it is there.
 * Caught by: sleeps_while_the_child_is_silent
 * Saying: make the queue before the child
 */
#include "hello_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST = 8192 };

static void speak(const char *name, const char *text)
{
    struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = LONGEST};
    mqd_t out = mq_open(name, O_WRONLY | O_CREAT | O_EXCL, 0600, &attr);

    _exit(out == -1 || mq_send(out, text, strlen(text), 0) == -1);
}

ssize_t hello_queue(const char *text, char *buf, size_t cap)
{
    char name[64], room[LONGEST];
    ssize_t n = -1;
    int status;

    if (strlen(text) > cap || strlen(text) > LONGEST) {
        errno = EMSGSIZE;
        return -1;
    }
    snprintf(name, sizeof(name), "/hello_queue.%d", (int)getpid());
    pid_t child = fork();
    if (child == -1)
        return -1;
    if (child == 0)
        speak(name, text);
    usleep(1000); /* it will have made it by then */
    mqd_t in = mq_open(name, O_RDONLY);
    if (in != -1)
        n = mq_receive(in, room, sizeof(room), NULL);
    int error = errno;
    while (waitpid(child, &status, 0) == -1)
        ;
    if (n > 0)
        memcpy(buf, room, (size_t)n);
    if (in != -1)
        mq_close(in);
    mq_unlink(name);
    errno = error;
    return n;
}
