/*
 * Technique: SIGCHLD is blocked and awaited with a signalfd
 *   beside the queue; _Fork; old names of this process are removed first
 */
#include "hello_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 8192 };

static ssize_t take(mqd_t q, int deaths, pid_t pid, char *room)
{
    struct pollfd p[2] = {{q, POLLIN, 0}, {deaths, POLLIN, 0}};
    int status = -1;
    pid_t ended = 0;

    while (ended == 0) {
        struct signalfd_siginfo si;
        if (poll(p, 2, -1) == -1 && errno != EINTR)
            break;
        if (p[1].revents & POLLIN && read(deaths, &si, sizeof(si)) == -1 &&
            errno != EINTR && errno != EAGAIN)
            break;
        p[0].fd = p[0].revents ? -1 : q; /* it is there, and stays there */
        ended = waitpid(pid, &status, WNOHANG);
        if (ended == -1 && errno == EINTR)
            ended = 0;
        p[0].revents = p[1].revents = 0;
    }
    if (ended == 0)
        while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
            ;
    errno = EIO;
    return status == 0
               ? mq_timedreceive(q, room, MOST, NULL, &(struct timespec){0, 0})
               : -1;
}

static ssize_t with_child(mqd_t q, const char *text, char *room)
{
    sigset_t chld, old;
    ssize_t n = -1;

    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, &old);
    int deaths = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
    pid_t pid = deaths == -1 ? -1 : _Fork();
    if (pid == 0) {
        sigprocmask(SIG_SETMASK, &old, NULL);
        while (mq_send(q, text, strlen(text), 0) == -1)
            if (errno != EINTR)
                _exit(1);
        _exit(0);
    }
    if (pid != -1)
        n = take(q, deaths, pid, room);
    int error = errno;
    if (deaths != -1)
        close(deaths);
    sigprocmask(SIG_SETMASK, &old, NULL);
    errno = error;
    return n;
}

ssize_t hello_queue(const char *text, char *buf, size_t cap)
{
    struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = MOST};
    char name[NAME_MAX], room[MOST];

    if (strlen(text) > MOST) {
        errno = EMSGSIZE;
        return -1;
    }
    snprintf(name, sizeof(name), "/sigchld.blocked.%ld", (long)getpid());
    mq_unlink(name);
    mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
    if (q == -1)
        return -1;
    mq_unlink(name);
    ssize_t n = with_child(q, text, room);
    int error = errno;
    mq_close(q);
    if (n > 0 && (size_t)n > cap) {
        n = -1;
        error = EMSGSIZE;
    }
    if (n > 0)
        memcpy(buf, room, (size_t)n);
    errno = error;
    return n;
}
