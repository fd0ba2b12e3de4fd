/*
 * Technique: clone and the other calls by number; reads into a growing
 *   buffer of its own
 */
#include "hello_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct text {
    char *bytes;
    size_t have, room;
};

static int read_some(int fd, struct text *t)
{
    if (t->have == t->room) {
        size_t room = t->room ? 2 * t->room : 4096;
        char *bytes = realloc(t->bytes, room);
        if (!bytes)
            return -1;
        t->bytes = bytes;
        t->room = room;
    }
    long n = syscall(SYS_read, fd, t->bytes + t->have, t->room - t->have);
    if (n > 0)
        t->have += (size_t)n;
    if (n < 0 && errno == EINTR)
        return 1;
    return n > 0 ? 1 : (int)n;
}

static void child(int fd, const char *const words[], int n)
{
    for (int i = 0; i < n; i++)
        for (const char *c = words[i];; c++) {
            size_t len = strcspn(c, "") > 4000 ? 4000 : strlen(c);
            long sent = len ? syscall(SYS_write, fd, c, len)
                            : syscall(SYS_write, fd, "\n", 1);
            if (sent < 0 && errno != EINTR)
                _exit(1);
            if (sent > 0 && len == 0)
                break;
            c += sent > 0 ? sent - 1 : -1;
        }
    _exit(0);
}

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    int way[2], status, more, error;
    struct text t = {NULL, 0, 0};

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    if (syscall(SYS_pipe2, way, O_CLOEXEC) < 0)
        return -1;
    pid_t pid = (pid_t)syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);
    if (pid == 0) {
        close(way[0]);
        child(way[1], words, n);
    }
    error = errno;
    close(way[1]);
    if (pid < 0) {
        close(way[0]);
        errno = error;
        return -1;
    }
    while ((more = read_some(way[0], &t)) > 0)
        ;
    error = errno;
    close(way[0]);
    while (syscall(SYS_wait4, pid, &status, 0, NULL) < 0 && errno == EINTR)
        ;
    if (more == 0)
        error = status != 0 ? EIO : t.have > cap ? EMSGSIZE : 0;
    if (error == 0 && t.have > 0)
        memcpy(buf, t.bytes, t.have);
    free(t.bytes);
    errno = error;
    return error == 0 ? (ssize_t)t.have : -1;
}
