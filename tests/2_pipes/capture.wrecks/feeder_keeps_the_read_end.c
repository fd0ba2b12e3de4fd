/*
 * Mistake: a feeder child keeps a copy of the read end of its own pipe, so it never gets EPIPE.
 * Caught by: survives_a_program_that_does_not_read
 * Saying: holds a copy of the read end
 */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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

static void feed(int fd, const char *in, size_t len)
{
    signal(SIGPIPE, SIG_DFL);
    while (len > 0) {
        ssize_t n = write(fd, in, len);
        if (n == -1 && errno != EINTR)
            _exit(1);
        if (n > 0) {
            in += n;
            len -= (size_t)n;
        }
    }
    _exit(0);
}

/* A list of pieces, put together at the end. */
struct piece {
    struct piece *next;
    size_t len;
    char bytes[32768 - 16];
};

struct list {
    struct piece *first, **end;
    struct piece *last;
    size_t len;
};

static ssize_t listen_to(int fd, struct list *l)
{
    if (l->last == NULL || l->last->len == sizeof(l->last->bytes)) {
        struct piece *p = malloc(sizeof(*p));
        if (p == NULL)
            return -1;
        p->next = NULL;
        p->len = 0;
        *l->end = l->last = p;
        l->end = &p->next;
    }
    struct piece *p = l->last;
    ssize_t n = read(fd, p->bytes + p->len, sizeof(p->bytes) - p->len);
    if (n == -1 && errno == EINTR)
        return 1;
    if (n > 0) {
        p->len += (size_t)n;
        l->len += (size_t)n;
    }
    return n;
}

static void drop(struct list *l)
{
    for (struct piece *p = l->first, *next; p != NULL; p = next) {
        next = p->next;
        free(p);
    }
}

static char *join(struct list *l)
{
    char *bytes = malloc(l->len + 1), *to = bytes;

    if (bytes == NULL)
        return NULL;
    for (struct piece *p = l->first; p != NULL; p = p->next) {
        memcpy(to, p->bytes, p->len);
        to += p->len;
    }
    *to = '\0';
    return bytes;
}

static int listen_to_both(struct pollfd ear[2], struct list list[2])
{
    while (ear[0].fd >= 0 || ear[1].fd >= 0) {
        if (poll(ear, 2, -1) == -1) {
            if (errno != EINTR)
                return -1;
            continue;
        }
        for (int i = 0; i < 2; i++) {
            if (ear[i].fd < 0 || ear[i].revents == 0)
                continue;
            ssize_t n = listen_to(ear[i].fd, &list[i]);
            if (n == -1)
                return -1;
            if (n == 0)
                ear[i].fd = -1;
        }
    }
    return 0;
}

int capture(char *const argv[], const void *in, size_t in_len,
            struct captured *c)
{
    int end[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, rc = -1, error;
    struct list list[2] = {{0}};
    pid_t pid = -1, feeder = -1;
    char *bytes[2] = {NULL, NULL};
    int wstatus = 0;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    list[0].end = &list[0].first;
    list[1].end = &list[1].first;
    for (int i = 0; i < 3; i++)
        if (high_pipe(end[i]) == -1)
            goto out;
    pid = start(argv, (int[]){end[0][0], end[1][1], end[2][1]}, NULL);
    if (pid == -1)
        goto out;
    shut(&end[1][1]);
    shut(&end[2][1]);
    if (in_len > 0 && (feeder = fork()) == 0)
        feed(end[0][1], in, in_len);
    if (in_len > 0 && feeder == -1)
        goto out;
    shut(&end[0][1]);
    struct pollfd ear[2] = {{end[1][0], POLLIN, 0}, {end[2][0], POLLIN, 0}};
    if (listen_to_both(ear, list) == -1)
        goto out;
    for (int i = 0; i < 2; i++)
        if ((bytes[i] = join(&list[i])) == NULL)
            goto out;
    rc = 0;
out:
    error = errno;
    if (rc == -1 && feeder != -1)
        kill(feeder, SIGKILL);
    if (rc == -1 && pid != -1)
        kill(pid, SIGKILL);
    if (pid != -1)
        reap(pid, &wstatus);
    if (feeder != -1)
        reap(feeder, NULL);
    for (int i = 0; i < 3; i++) {
        shut(&end[i][0]);
        shut(&end[i][1]);
    }
    drop(&list[0]);
    drop(&list[1]);
    if (rc == 0) {
        *c = (struct captured){bytes[0], bytes[1], list[0].len, list[1].len,
                               wstatus};
    } else {
        free(bytes[0]);
        free(bytes[1]);
    }
    errno = error;
    return rc;
}

void captured_free(struct captured *c)
{
    free(c->out);
    free(c->err);
}
