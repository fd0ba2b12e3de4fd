#include "hello_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST = 8192 };

/* Its name is removed at once: who has it open, that is we and our child, may
 * use it on, and nothing is left in the system, however this ends. */
static mqd_t nameless_queue(void)
{
    struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = LONGEST};
    char name[64];
    mqd_t queue;
    unsigned i = 0;

    do {
        snprintf(name, sizeof(name), "/hello_queue.%d.%u", (int)getpid(), i++);
        queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
    } while (queue == -1 && errno == EEXIST);
    if (queue != -1)
        mq_unlink(name);
    return queue;
}

/* What the child does. It comes back to nobody's code. */
static _Noreturn void speak(mqd_t queue, const char *text)
{
    while (mq_send(queue, text, strlen(text), 0) == -1)
        if (errno != EINTR)
            _exit(1);
    _exit(0);
}

static bool ended_well(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static ssize_t receive(mqd_t queue, char *buf)
{
    char room[LONGEST]; /* the least that mq_receive accepts */
    ssize_t n;

    do
        n = mq_receive(queue, room, sizeof(room), NULL);
    while (n == -1 && errno == EINTR);
    if (n > 0)
        memcpy(buf, room, (size_t)n);
    return n;
}

/* The queue holds a message, so the child need not wait for us, but we wait
 * for it: if it ended well, the message is there, and if not, none ever is. */
static ssize_t listen_to(pid_t child, mqd_t queue, char *buf)
{
    if (ended_well(child))
        return receive(queue, buf);
    errno = EIO;
    return -1;
}

ssize_t hello_queue(const char *text, char *buf, size_t cap)
{
    size_t size = strlen(text);

    if (size > cap || size > LONGEST) {
        errno = EMSGSIZE;
        return -1;
    }
    mqd_t queue = nameless_queue();
    if (queue == -1)
        return -1;
    pid_t child = fork();
    if (child == 0)
        speak(queue, text);
    ssize_t got = child == -1 ? -1 : listen_to(child, queue, buf);
    int error = errno;
    mq_close(queue);
    errno = error;
    return got;
}

/*
 * The trap: a message queue has no end. A pipe tells its reader when the last
 * writer has gone; mq_receive waits on for a message that a dead child will
 * never send.
 */
