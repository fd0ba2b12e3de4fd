/*
 * Technique: a stream socket pair, recv with MSG_WAITALL, waitid by pid
 */
#include "isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void send_home(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            _exit(EXIT_FAILURE);
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
}

static size_t receive(int fd, char *bytes, size_t size)
{
    size_t have = 0;
    ssize_t n = 1;

    while (have < size && n != 0) {
        n = recv(fd, bytes + have, size - have, MSG_WAITALL);
        if (n < 0 && errno != EINTR)
            break;
        if (n > 0)
            have += (size_t)n;
    }
    return have;
}

static int collect(pid_t pid)
{
    siginfo_t info;

    while (waitid(P_PID, (id_t)pid, &info, WEXITED) == -1 && errno == EINTR)
        ;
    return info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
}

int isolate(int (*fn)(const void *in, void *out), const void *in, void *out,
            size_t size, int *wstatus)
{
    int end[2], rc = -1, error;
    char *result = calloc(1, size);
    if (result == NULL)
        return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, end) == -1) {
        error = errno;
        free(result);
        errno = error;
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(end[0]);
        if (fn(in, result) != 0)
            _exit(EXIT_FAILURE);
        send_home(end[1], result, size);
        _exit(EXIT_SUCCESS);
    }
    error = errno;
    close(end[1]);
    if (pid != -1) {
        error = ECHILD;
        size_t have = receive(end[0], result, size);
        int status = collect(pid);
        if (wstatus)
            *wstatus = status;
        if (have == size && status == 0) {
            memcpy(out, result, size);
            rc = 0;
        }
    }
    close(end[0]);
    free(result);
    errno = error;
    return rc;
}
