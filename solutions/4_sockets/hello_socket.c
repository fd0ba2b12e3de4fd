#include "hello_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static bool put(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);

        if (n == -1 && errno != EINTR)
            return false;
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
    return true;
}

/* What the child does. It comes back to nobody's code. */
static _Noreturn void speak(const struct sockaddr_un *where, const char *text)
{
    int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr *address = (const struct sockaddr *)where;

    if (sock == -1)
        _exit(1);
    while (connect(sock, address, sizeof(*where)) == -1)
        if (errno != EINTR)
            _exit(1);
    _exit(put(sock, text, strlen(text)) ? 0 : 1);
}

/* A socket that listens at path, or -1: then nothing is left at path. */
static int listen_at(const char *path, struct sockaddr_un *where)
{
    *where = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(where->sun_path)) {
        errno = ENAMETOOLONG; /* cut off it would be somebody else's */
        return -1;
    }
    strcpy(where->sun_path, path);
    int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (sock == -1)
        return -1;
    bool bound = bind(sock, (struct sockaddr *)where, sizeof(*where)) == 0;
    if (bound && listen(sock, 1) == 0)
        return sock;
    int error = errno;
    if (bound)
        unlink(path);
    close(sock);
    errno = error;
    return -1;
}

/*
 * The child's pid, or -1. *alive comes to its end when the child does: nobody
 * writes, but nobody else holds the other end.
 */
static pid_t start(int listener, const struct sockaddr_un *where,
                   const char *text, int *alive)
{
    int end[2];

    if (pipe2(end, O_CLOEXEC) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(listener); /* or we would be our own listener, without parent */
        close(end[0]);
        speak(where, text);
    }
    int error = errno;
    close(end[1]);
    if (pid == -1)
        close(end[0]);
    *alive = end[0];
    errno = error;
    return pid;
}

/* The connection to the child. accept alone would wait for a dead one. */
static int meet(int listener, int alive)
{
    struct pollfd p[] = {{.fd = listener, .events = POLLIN}, {.fd = alive}};
    int sock;

    while (poll(p, 2, -1) == -1)
        if (errno != EINTR)
            return -1;
    if (!p[0].revents) {
        errno = EIO;
        return -1;
    }
    do
        sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    while (sock == -1 && errno == EINTR);
    return sock;
}

/* Everything until the end: the bytes received, or -1. */
static ssize_t listen_to_the_end(int in, char *buf, size_t cap)
{
    size_t have = 0;
    char one_more; /* where the byte comes that does not fit */

    for (;;) {
        bool full = have == cap;
        ssize_t n =
            read(in, full ? &one_more : buf + have, full ? 1 : cap - have);

        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? (ssize_t)have : -1;
        if (full) {
            errno = EMSGSIZE;
            return -1;
        }
        have += (size_t)n;
    }
}

static bool ended_well(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

ssize_t hello_socket(const char *path, const char *text, char *buf, size_t cap)
{
    struct sockaddr_un where;
    int listener = listen_at(path, &where), sock = -1, alive;
    ssize_t got = -1;

    if (listener == -1)
        return -1;
    pid_t pid = start(listener, &where, text, &alive);
    if (pid != -1 && (sock = meet(listener, alive)) != -1)
        got = listen_to_the_end(sock, buf, cap);
    int error = errno;
    if (sock != -1)
        close(sock); /* before waiting: a child that still speaks stops now */
    close(listener); /* and so does one that nobody has accepted */
    unlink(path);
    if (pid != -1) {
        close(alive);
        if (!ended_well(pid) && got != -1) {
            got = -1;
            error = EIO;
        }
    }
    errno = error;
    return got;
}

/*
 * The trap: a name has no life of its own. A parent in accept waits for
 * whoever may come to that path, and is not told that its child has died.
 */
