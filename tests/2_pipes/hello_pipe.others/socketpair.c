/*
 * Technique: a stream socket pair, send with MSG_NOSIGNAL, recv, waitid by
 *   pid
 */
#include "hello_pipe.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool say(int sock, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        ssize_t n = send(sock, at, size, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            at += n, size -= (size_t)n;
    }
    return true;
}

static ssize_t hear(int sock, char *buf, size_t cap)
{
    size_t have = 0;
    char extra;

    while (have < cap) {
        ssize_t n = recv(sock, buf + have, cap - have, 0);
        if (n == 0)
            return (ssize_t)have;
        if (n > 0)
            have += (size_t)n;
        else if (errno != EINTR)
            return -1;
    }
    ssize_t n;
    do
        n = recv(sock, &extra, 1, 0);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return (ssize_t)have;
    if (n > 0)
        errno = EMSGSIZE;
    return -1;
}

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    int sock[2];
    siginfo_t info = {0};

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        bool well = true;
        close(sock[0]);
        for (int i = 0; well && i < n; i++)
            well = say(sock[1], words[i], strlen(words[i])) &&
                   say(sock[1], "\n", 1);
        _exit(well ? 0 : 1);
    }
    int saved = errno;
    close(sock[1]);
    if (pid < 0) {
        close(sock[0]);
        errno = saved;
        return -1;
    }
    ssize_t result = hear(sock[0], buf, cap);
    saved = errno;
    close(sock[0]);
    while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0 && errno == EINTR)
        ;
    if (result >= 0 && (info.si_code != CLD_EXITED || info.si_status != 0)) {
        result = -1;
        saved = EIO;
    }
    errno = saved;
    return result;
}
