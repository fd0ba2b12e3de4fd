/*
 * Technique: the child opens the queue by its name, for writing only; what
 *   the system gives by default; the name is removed at the end
 */
#include "hello_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *name, const char *text)
{
    mqd_t out = mq_open(name, O_WRONLY);
    int rc;

    if (out == (mqd_t)-1)
        _exit(EXIT_FAILURE);
    do
        rc = mq_send(out, text, strlen(text), 1);
    while (rc != 0 && errno == EINTR);
    mq_close(out);
    _exit(rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static ssize_t hear(mqd_t in, pid_t pid, char *buf, size_t cap)
{
    struct mq_attr attr;
    int status;
    pid_t got;

    do
        got = waitpid(pid, &status, 0);
    while (got == -1 && errno == EINTR);
    if (got != pid || status != 0) {
        errno = EIO;
        return -1;
    }
    mq_getattr(in, &attr);
    char *room = malloc((size_t)attr.mq_msgsize);
    if (!room)
        return -1;
    ssize_t n = mq_receive(in, room, (size_t)attr.mq_msgsize, NULL);
    if (n >= 0 && (size_t)n <= cap)
        memcpy(buf, room, (size_t)n);
    free(room);
    if (n >= 0 && (size_t)n > cap) {
        errno = EMSGSIZE;
        return -1;
    }
    return n;
}

ssize_t hello_queue(const char *text, char *buf, size_t cap)
{
    char name[40];

    if (strlen(text) > 8192) {
        errno = EMSGSIZE;
        return -1;
    }
    snprintf(name, sizeof(name), "/hello-%d", (int)getpid());
    mqd_t in =
        mq_open(name, O_RDONLY | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR, NULL);
    if (in == (mqd_t)-1)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        say(name, text);
    ssize_t n = pid < 0 ? -1 : hear(in, pid, buf, cap);
    int error = errno;
    mq_close(in);
    mq_unlink(name);
    errno = error;
    return n;
}
