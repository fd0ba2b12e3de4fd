/*
 * Technique: the child is there before the listener, and is told by the end
 *   of a pipe when it may come; select, fcntl, writev
 */
#include "hello_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int closed_on_exec(int fd)
{
    if (fd != -1)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

static int new_socket(void)
{
    return closed_on_exec(socket(AF_UNIX, SOCK_STREAM, 0));
}

/* go: comes to its end when the parent listens; a byte before it: give up. */
static void child(int go, const struct sockaddr_un *un, const char *text)
{
    struct iovec part = {(void *)text, strlen(text)};
    char stop;
    ssize_t n;

    while ((n = read(go, &stop, 1)) != 0)
        if (n == 1 || errno != EINTR)
            _exit(1);
    int sock = new_socket();
    if (sock == -1)
        _exit(1);
    while (connect(sock, (const struct sockaddr *)un, sizeof(*un)) != 0)
        if (errno != EINTR)
            _exit(1);
    while (part.iov_len > 0) {
        n = writev(sock, &part, 1);
        if (n == -1 && errno != EINTR)
            _exit(1);
        if (n > 0) {
            part.iov_base = (char *)part.iov_base + n;
            part.iov_len -= (size_t)n;
        }
    }
    _exit(0);
}

static int listen_at(const struct sockaddr_un *un)
{
    int sock = new_socket();

    if (sock == -1)
        return -1;
    if (bind(sock, (const struct sockaddr *)un, sizeof(*un)) == 0) {
        if (listen(sock, 0) == 0)
            return sock;
        unlink(un->sun_path);
    }
    int error = errno;
    close(sock);
    errno = error;
    return -1;
}

static int meet(int listener, int life)
{
    fd_set set;
    int sock = -1;

    do {
        FD_ZERO(&set);
        FD_SET(listener, &set);
        FD_SET(life, &set);
    } while (select((listener > life ? listener : life) + 1, &set, NULL, NULL,
                    NULL) == -1 &&
             errno == EINTR);
    if (!FD_ISSET(listener, &set)) {
        errno = EIO;
        return -1;
    }
    while (sock == -1) {
        sock = closed_on_exec(accept(listener, NULL, NULL));
        if (sock == -1 && errno != EINTR)
            break;
    }
    return sock;
}

static ssize_t take(int sock, char *buf, size_t cap)
{
    char one_more;
    size_t have = 0;

    while (have <= cap) {
        struct iovec part[] = {{buf + have, cap - have}, {&one_more, 1}};
        ssize_t n = readv(sock, part, 2);
        if (n == 0)
            return (ssize_t)have;
        if (n == -1 && errno != EINTR)
            return -1;
        have += n > 0 ? (size_t)n : 0;
    }
    errno = EMSGSIZE;
    return -1;
}

static void shut(int *fd)
{
    if (*fd != -1)
        close(*fd);
    *fd = -1;
}

ssize_t hello_socket(const char *path, const char *text, char *buf, size_t cap)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int go[2] = {-1, -1}, life[2] = {-1, -1}, listener = -1, sock = -1;
    int status = -1, error;
    ssize_t got = -1;
    pid_t pid = -1;

    if (strnlen(path, sizeof(un.sun_path)) == sizeof(un.sun_path))
        return errno = ENAMETOOLONG, -1;
    strcpy(un.sun_path, path);
    if (pipe2(go, O_CLOEXEC) == -1 || pipe2(life, O_CLOEXEC) == -1)
        goto out;
    pid = fork();
    if (pid == 0) {
        close(go[1]);
        close(life[0]);
        child(go[0], &un, text);
    }
    if (pid == -1)
        goto out;
    shut(&go[0]);
    shut(&life[1]);
    listener = listen_at(&un);
    if (listener == -1) {
        error = errno;
        if (write(go[1], "", 1) == -1)
            abort();
        errno = error;
        goto out;
    }
    shut(&go[1]);
    sock = meet(listener, life[0]);
    if (sock != -1)
        got = take(sock, buf, cap);
out:
    error = errno;
    shut(&sock);
    if (listener != -1)
        unlink(path);
    shut(&listener);
    for (int i = 0; i < 2; i++) {
        shut(&go[i]);
        shut(&life[i]);
    }
    while (pid > 0 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
        continue;
    if (got != -1 && status != 0) {
        got = -1;
        error = EIO;
    }
    errno = error;
    return got;
}
