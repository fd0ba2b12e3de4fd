/*
 * Technique: epoll over the pipes and a pidfd; the buffers are mappings
 *   that grow with mremap
 */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
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
    char *bytes;
    size_t len, room;
};

static void drop(char *bytes, size_t room)
{
    if (bytes != NULL)
        munmap(bytes, room);
}

/* What captured_free can tell from the length alone. */
static size_t room_for(size_t len)
{
    size_t room = 1 << 16;

    while (room < len)
        room *= 2;
    return room;
}

static int listen_to(int fd, struct ear *e)
{
    if (e->bytes == NULL || e->len == e->room) {
        size_t room = e->bytes == NULL ? room_for(0) : 2 * e->room;
        void *to = e->bytes == NULL
                       ? mmap(NULL, room, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                       : mremap(e->bytes, e->room, room, MREMAP_MAYMOVE);
        if (to == MAP_FAILED)
            return -1;
        e->bytes = to;
        e->room = room;
    }
    ssize_t n = read(fd, e->bytes + e->len, e->room - e->len);
    if (n == -1)
        return errno == EINTR || errno == EAGAIN ? 1 : -1;
    e->len += (size_t)n;
    return n > 0;
}

static int feed(int fd, const char **in, size_t *len)
{
    ssize_t n = write(fd, *in, *len);

    if (n == -1)
        return errno == EAGAIN || errno == EINTR;
    *in += n;
    *len -= (size_t)n;
    return *len > 0;
}

/* end[3] is the pidfd: readable when the program has ended. */
static int talk(int set, int end[4], const char *in, size_t len,
                struct ear ear[2])
{
    for (int i = 0; i < 4; i++) {
        struct epoll_event e = {.events = i == 0 ? EPOLLOUT : EPOLLIN,
                                .data.u32 = (unsigned)i};
        if (i == 0)
            fcntl(end[0], F_SETFL, O_NONBLOCK);
        if (epoll_ctl(set, EPOLL_CTL_ADD, end[i], &e) == -1)
            return -1;
    }
    if (len == 0)
        shut(&end[0]);
    while (end[1] >= 0 || end[2] >= 0 || end[3] >= 0) {
        struct epoll_event e[4];
        int n = epoll_wait(set, e, 4, -1);
        if (n == -1 && errno != EINTR)
            return -1;
        for (int k = 0; k < n; k++) {
            unsigned i = e[k].data.u32;
            int more = i == 0   ? feed(end[0], &in, &len)
                       : i == 3 ? 0
                                : listen_to(end[i], &ear[i - 1]);
            if (more == -1)
                return -1;
            if (more == 0)
                shut(&end[i]);
        }
    }
    return 0;
}

int capture(char *const argv[], const void *in, size_t in_len,
            struct captured *c)
{
    int end[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, rc = -1, wstatus = 0;
    struct ear ear[2] = {{0}};
    pid_t pid = -1;
    sigset_t pipe, old, pending;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    sigpending(&pending);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigprocmask(SIG_BLOCK, &pipe, &old);
    if (high_pipe(end[0]) == 0 && high_pipe(end[1]) == 0 &&
        high_pipe(end[2]) == 0)
        pid = start(argv, (int[]){end[0][0], end[1][1], end[2][1]}, &old);
    if (pid != -1) {
        int mine[4] = {end[0][1], end[1][0], end[2][0], -1};
        shut(&end[0][0]);
        shut(&end[1][1]);
        shut(&end[2][1]);
        mine[3] = (int)syscall(SYS_pidfd_open, pid, 0);
        int set = mine[3] == -1 ? -1 : epoll_create1(EPOLL_CLOEXEC);
        rc = set == -1 ? -1 : talk(set, mine, in, in_len, ear);
        int error = errno;
        if (rc == -1)
            kill(pid, SIGKILL);
        for (int i = 0; i < 4; i++)
            shut(&mine[i]);
        shut(&set);
        end[0][1] = end[1][0] = end[2][0] = -1;
        reap(pid, &wstatus);
        errno = error;
    }
    int error = errno;
    if (!sigismember(&pending, SIGPIPE))
        sigtimedwait(&pipe, NULL, &(struct timespec){0, 0});
    sigprocmask(SIG_SETMASK, &old, NULL);
    for (int i = 0; i < 6; i++)
        shut(&end[i / 2][i % 2]);
    if (rc == 0) {
        for (int i = 0; i < 2; i++) /* an empty one has no mapping */
            if (ear[i].len == 0) {
                drop(ear[i].bytes, ear[i].room);
                ear[i].bytes = NULL;
            }
        for (int i = 0; i < 2; i++)
            if (ear[i].len != 0 && room_for(ear[i].len) != ear[i].room)
                munmap(ear[i].bytes + room_for(ear[i].len),
                       ear[i].room - room_for(ear[i].len));
        *c = (struct captured){ear[0].bytes, ear[1].bytes, ear[0].len,
                               ear[1].len, wstatus};
    } else {
        for (int i = 0; i < 2; i++)
            drop(ear[i].bytes, ear[i].room);
    }
    errno = error;
    return rc;
}

void captured_free(struct captured *c)
{
    drop(c->out, room_for(c->out_len));
    drop(c->err, room_for(c->err_len));
}
