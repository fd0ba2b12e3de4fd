/*
 * Technique: clone and the calls of the queue by number; waitid, and then a
 *   receive that does not sleep
 */
#include "hello_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct speech {
    int queue;
    const char *text;
};

static int child_main(void *arg)
{
    struct speech *s = arg;

    while (syscall(SYS_mq_timedsend, s->queue, s->text, strlen(s->text), 9,
                   NULL) == -1)
        if (errno != EINTR)
            _exit(2);
    _exit(0);
}

static int make_queue(void)
{
    struct timespec t;
    struct mq_attr attr = {.mq_maxmsg = 2, .mq_msgsize = 8192};
    char name[80];
    int q;

    do {
        clock_gettime(CLOCK_MONOTONIC, &t);
        snprintf(name, sizeof(name), "raw_clone-%d-%ld-%ld", (int)getpid(),
                 (long)t.tv_sec, t.tv_nsec);
        q = (int)syscall(SYS_mq_open, name, O_RDWR | O_CREAT | O_EXCL, 0600,
                         &attr);
    } while (q == -1 && errno == EEXIST);
    if (q != -1)
        syscall(SYS_mq_unlink, name);
    return q;
}

ssize_t hello_queue(const char *text, char *buf, size_t cap)
{
    static _Alignas(16) char stack[256 << 10];
    char room[8192];
    siginfo_t info;
    struct speech s = {.text = text};

    if (strlen(text) > sizeof(room)) {
        errno = EMSGSIZE;
        return -1;
    }
    s.queue = make_queue();
    if (s.queue == -1)
        return -1;
    pid_t pid = clone(child_main, stack + sizeof(stack), SIGCHLD, &s);
    int error = errno, rc = 0;
    ssize_t n = -1;
    while (pid != -1 && (rc = waitid(P_PID, (id_t)pid, &info, WEXITED)) == -1 &&
           errno == EINTR)
        ;
    if (pid != -1 &&
        (rc == -1 || info.si_code != CLD_EXITED || info.si_status)) {
        error = EIO;
    } else if (pid != -1) {
        n = syscall(SYS_mq_timedreceive, s.queue, room, sizeof(room), NULL,
                    &(struct timespec){0, 0});
        error = errno;
    }
    close(s.queue);
    if (n > 0 && (size_t)n > cap) {
        n = -1;
        error = EMSGSIZE;
    }
    if (n > 0)
        memcpy(buf, room, (size_t)n);
    errno = error;
    return n;
}
