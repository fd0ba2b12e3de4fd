/*
 * Technique: a thread at each pipe: one writes, two read; SIGPIPE is
 *   blocked in all of them and dies with the thread
 */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void reap(pid_t pid, int *wstatus)
{
    while (waitpid(pid, wstatus, 0) == -1 && errno == EINTR)
        ;
}

/* A close-on-exec pipe with both ends at 3 or above. */
static int high_pipe(int end[2])
{
    int low[2];

    end[0] = end[1] = -1;
    if (pipe2(low, O_CLOEXEC) == -1)
        return -1;
    for (int i = 0; i < 2; i++)
        end[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
    int error = errno;
    close(low[0]);
    close(low[1]);
    errno = error;
    if (end[0] != -1 && end[1] != -1)
        return 0;
    shut(&end[0]);
    shut(&end[1]);
    errno = error;
    return -1;
}

/* Starts argv with the three descriptors; exec's errno comes home through a
 * pipe that exec closes. */
static pid_t start(char *const argv[], const int fd[3], const sigset_t *mask)
{
    int news[2], error = 0;

    if (high_pipe(news) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 3; i++)
            if (dup2(fd[i], i) == -1)
                _exit(127);
        signal(SIGPIPE, SIG_DFL);
        if (mask != NULL)
            sigprocmask(SIG_SETMASK, mask, NULL);
        execvp(argv[0], argv);
        error = errno;
        while (write(news[1], &error, sizeof(error)) == -1 && errno == EINTR)
            ;
        _exit(127);
    }
    if (pid == -1)
        error = errno;
    close(news[1]);
    while (pid != -1 && read(news[0], &error, sizeof(error)) == -1 &&
           errno == EINTR)
        ;
    close(news[0]);
    if (pid != -1 && error != 0)
        reap(pid, NULL);
    errno = error;
    return error == 0 ? pid : -1;
}

struct ear {
    int fd, error;
    char *bytes;
    size_t len, room;
    pid_t pid;
};

static void *listen_to(void *arg)
{
    struct ear *e = arg;

    for (;;) {
        if (e->len == e->room) {
            size_t room = e->room ? e->room * 2 : 8192;
            char *bytes = realloc(e->bytes, room);
            if (bytes == NULL) {
                e->error = errno;
                kill(e->pid, SIGKILL);
                return NULL;
            }
            e->bytes = bytes;
            e->room = room;
        }
        ssize_t n = read(e->fd, e->bytes + e->len, e->room - e->len);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return NULL;
        e->len += (size_t)n;
    }
}

struct hand {
    int fd;
    const char *in;
    size_t len;
};

static void *feed(void *arg)
{
    struct hand *h = arg;

    while (h->len > 0) {
        ssize_t n = write(h->fd, h->in, h->len);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            break;
        h->in += n;
        h->len -= (size_t)n;
    }
    close(h->fd);
    return NULL;
}

int capture(char *const argv[], const void *in, size_t in_len,
            struct captured *c)
{
    int end[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, rc = -1, wstatus;
    struct ear ear[2] = {{0}};
    sigset_t pipe, old;
    pid_t pid = -1;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; i < 3; i++)
        if (high_pipe(end[i]) == -1)
            goto out;
    pid = start(argv, (int[]){end[0][0], end[1][1], end[2][1]}, NULL);
    if (pid == -1)
        goto out;
    shut(&end[0][0]);
    shut(&end[1][1]);
    shut(&end[2][1]);

    /* Threads begin with their maker's mask. A SIGPIPE that write causes is
     * sent to the thread that wrote, and is gone with it. */
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &old);
    pthread_t hand_thread, ear_thread[2];
    struct hand hand = {end[0][1], in, in_len};
    pthread_create(&hand_thread, NULL, feed, &hand);
    for (int i = 0; i < 2; i++) {
        ear[i].fd = end[i + 1][0];
        ear[i].pid = pid;
        pthread_create(&ear_thread[i], NULL, listen_to, &ear[i]);
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(ear_thread[i], NULL);
    int error = ear[0].error ? ear[0].error : ear[1].error;
    if (error)
        kill(pid, SIGKILL);
    pthread_join(hand_thread, NULL);
    end[0][1] = -1;
    reap(pid, &wstatus);
    rc = error ? -1 : 0;
    if (rc == 0)
        *c = (struct captured){ear[0].bytes, ear[1].bytes, ear[0].len,
                               ear[1].len, wstatus};
    errno = error;
out:
    error = errno;
    if (rc == -1) {
        free(ear[0].bytes);
        free(ear[1].bytes);
    }
    for (int i = 0; i < 3; i++) {
        shut(&end[i][0]);
        shut(&end[i][1]);
    }
    errno = error;
    return rc;
}

void captured_free(struct captured *c)
{
    free(c->out);
    free(c->err);
}
