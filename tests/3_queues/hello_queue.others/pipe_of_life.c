/*
 * Technique: the child holds the write end of a pipe that ends with it; the
 *   parent selects on both; a counter in the name, and other names when taken
 */
#include "hello_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

static char name[64];
static unsigned counter;

static mqd_t make(void)
{
    struct mq_attr attr = {0, 3, 8192, 0, {0}};
    mqd_t q;

    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "/pipe_of_life_%d_%u", (int)getpid(),
                 counter++);
        q = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attr);
        if (q != -1 || errno != EEXIST)
            return q;
    }
    return -1;
}

static ssize_t listen_on(mqd_t q, int life, char *buf, size_t cap)
{
    char *room = malloc(8192);
    fd_set set;
    int n;

    if (!room)
        return -1;
    do {
        FD_ZERO(&set);
        FD_SET(q, &set);
        FD_SET(life, &set);
        n = select((q > life ? q : life) + 1, &set, NULL, NULL, NULL);
    } while (n == -1 && errno == EINTR);
    ssize_t size = -1;
    if (n != -1)
        size = mq_receive(q, room, 8192, NULL);
    if (size == -1 && errno == EAGAIN)
        errno = EIO; /* it has gone, and has left nothing */
    if (size > 0 && (size_t)size > cap) {
        size = -1;
        errno = EMSGSIZE;
    }
    if (size > 0)
        memcpy(buf, room, (size_t)size);
    int error = errno;
    free(room);
    errno = error;
    return size;
}

static ssize_t converse(mqd_t q, const char *text, char *buf, size_t cap)
{
    int end[2];

    if (pipe2(end, O_CLOEXEC) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        int rc;
        close(end[0]);
        while ((rc = mq_send(q, text, strlen(text), 0)) == -1 && errno == EINTR)
            ;
        _exit(rc != 0);
    }
    int error = errno;
    close(end[1]);
    ssize_t n = -1;
    if (pid != -1) {
        n = listen_on(q, end[0], buf, cap);
        error = errno;
        int status = 0;
        while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
            ;
        if (n != -1 && status != 0) {
            n = -1;
            error = EIO;
        }
    }
    close(end[0]);
    errno = error;
    return n;
}

ssize_t hello_queue(const char *text, char *buf, size_t cap)
{
    if (strlen(text) > 8192) {
        errno = EMSGSIZE;
        return -1;
    }
    mqd_t q = make();
    if (q == -1)
        return -1;
    ssize_t n = converse(q, text, buf, cap);
    int error = errno;
    mq_unlink(name);
    mq_close(q);
    errno = error;
    return n;
}
