/*
 * Technique: epoll on the listener and on a pidfd; send and recv; fork by
 *   number
 */
#include "hello_socket.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int child_main(struct sockaddr_un *un, socklen_t size, const char *text)
{
    size_t left = strlen(text);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (s < 0)
        return 2;
    while (connect(s, (struct sockaddr *)un, size))
        if (errno != EINTR)
            return 3;
    while (left) {
        ssize_t n = send(s, text, left, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return 4;
        if (n > 0)
            text += n, left -= (size_t)n;
    }
    return 0;
}

static int wait_for_either(int listener, int pidfd)
{
    struct epoll_event e = {.events = EPOLLIN}, seen[2];
    int n, ep = epoll_create1(EPOLL_CLOEXEC), connected = 0;

    if (ep < 0)
        return -1;
    e.data.fd = listener;
    epoll_ctl(ep, EPOLL_CTL_ADD, listener, &e);
    e.data.fd = pidfd;
    epoll_ctl(ep, EPOLL_CTL_ADD, pidfd, &e);
    while ((n = epoll_wait(ep, seen, 2, -1)) < 0 && errno == EINTR)
        ;
    int error = errno;
    close(ep);
    errno = error;
    if (n < 0)
        return -1;
    for (int i = 0; i < n; i++)
        connected |= seen[i].data.fd == listener;
    if (!connected)
        errno = EIO;
    return connected ? 0 : -1;
}

static ssize_t receive(int s, char *buf, size_t cap)
{
    size_t have = 0;
    ssize_t n;
    char more;

    for (;;) {
        if (have < cap)
            n = recv(s, buf + have, cap - have, MSG_WAITALL);
        else
            n = recv(s, &more, 1, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == ECONNRESET)
            n = 0;
        if (n <= 0)
            return n ? -1 : (ssize_t)have;
        if (have == cap) {
            errno = EMSGSIZE;
            return -1;
        }
        have += (size_t)n;
    }
}

static ssize_t with_child(int listener, pid_t pid, char *buf, size_t cap)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), s = -1;
    ssize_t got = -1;

    if (pidfd >= 0 && wait_for_either(listener, pidfd) == 0) {
        while ((s = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0 &&
               errno == EINTR)
            ;
        if (s >= 0)
            got = receive(s, buf, cap);
    }
    int error = errno;
    if (s >= 0)
        close(s);
    if (pidfd >= 0)
        close(pidfd);
    if (got < 0)
        kill(pid, SIGKILL);
    errno = error;
    return got;
}

ssize_t hello_socket(const char *path, const char *text, char *buf, size_t cap)
{
    struct sockaddr_un un;
    size_t length = strlen(path);
    socklen_t size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    siginfo_t info;

    if (length > 107) {
        errno = ENAMETOOLONG;
        return -1;
    }
    un.sun_family = AF_UNIX;
    memcpy(un.sun_path, path, length + 1);
    int error, listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return -1;
    if (bind(listener, (struct sockaddr *)&un, size)) {
        error = errno;
        close(listener);
        errno = error;
        return -1;
    }
    ssize_t got = -1;
    pid_t pid = -1;
    if (listen(listener, SOMAXCONN) == 0 &&
        (pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)) == 0)
        _exit(child_main(&un, size, text));
    if (pid > 0)
        got = with_child(listener, pid, buf, cap);
    error = errno;
    if (pid > 0) {
        while (waitid(P_PID, (id_t)pid, &info, WEXITED) && errno == EINTR)
            ;
        if (got >= 0 && (info.si_code != CLD_EXITED || info.si_status)) {
            got = -1;
            error = EIO;
        }
    }
    unlink(path);
    close(listener);
    errno = error;
    return got;
}
