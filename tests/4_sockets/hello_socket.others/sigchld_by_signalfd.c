/*
 * Technique: SIGCHLD is blocked and read from a signalfd, beside a listener
 *   that does not sleep; one buffer for text and the byte too many
 */
#include "hello_socket.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct talk {
    struct sockaddr_un un;
    int listener, signals, sock;
    pid_t pid;
    int ended, status;
};

static void child(struct talk *t, const char *text)
{
    const char *end = text + strlen(text);
    int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    close(t->listener);
    if (sock == -1)
        _exit(1);
    while (connect(sock, (struct sockaddr *)&t->un, sizeof(t->un)) == -1)
        if (errno != EINTR)
            _exit(1);
    while (text < end) {
        ssize_t n = send(sock, text, (size_t)(end - text), MSG_NOSIGNAL);
        if (n == -1 && errno != EINTR)
            _exit(1);
        text += n > 0 ? n : 0;
    }
    _exit(0);
}

static void look_for_the_child(struct talk *t, int options)
{
    pid_t pid = 0;

    while (!t->ended && (pid = waitpid(t->pid, &t->status, options)) == -1)
        if (errno != EINTR)
            break;
    t->ended |= pid == t->pid;
}

/* A signal may be another child's, so it only says: look. */
static int meet(struct talk *t)
{
    struct pollfd p[] = {{.fd = t->listener, .events = POLLIN},
                         {.fd = t->signals, .events = POLLIN}};
    struct signalfd_siginfo info;

    for (;;) {
    again:
        t->sock = accept4(t->listener, NULL, NULL, SOCK_CLOEXEC);
        if (t->sock != -1)
            return 0;
        if (errno == EINTR)
            goto again;
        if (errno != EAGAIN)
            return -1;
        if (t->ended)
            return errno = EIO, -1;
        if (poll(p, 2, -1) == -1 && errno != EINTR)
            return -1;
        while (read(t->signals, &info, sizeof(info)) > 0)
            continue;
        look_for_the_child(t, WNOHANG);
    }
}

static ssize_t hear(struct talk *t, char *buf, size_t cap)
{
    size_t have = 0;
    char more[4096] = "";

    for (;;) {
        char *to = have < cap ? buf + have : more;
        ssize_t n = read(t->sock, to, have < cap ? cap - have : sizeof(more));
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0 && have > cap)
            return errno = EMSGSIZE, -1;
        if (n <= 0)
            return n == -1 ? -1 : (ssize_t)have;
        have += (size_t)n;
    }
}

static ssize_t talk(struct talk *t, const char *text, char *buf, size_t cap)
{
    ssize_t got = -1;
    sigset_t chld, before;

    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, &before);
    t->signals = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
    if (t->signals != -1 && (t->pid = fork()) == 0)
        child(t, text);
    if (t->pid > 0 && meet(t) == 0)
        got = hear(t, buf, cap);
    int error = errno;
    if (t->sock != -1)
        close(t->sock);
    close(t->listener);
    t->listener = -1;
    if (t->pid > 0)
        look_for_the_child(t, 0);
    if (t->signals != -1)
        close(t->signals);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (got != -1 && t->status != 0) {
        got = -1;
        error = EIO;
    }
    errno = error;
    return got;
}

ssize_t hello_socket(const char *path, const char *text, char *buf, size_t cap)
{
    struct talk t = {.un = {.sun_family = AF_UNIX}, .sock = -1, .pid = -1};
    int error;

    if (strlen(path) > sizeof(t.un.sun_path) - 1) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(t.un.sun_path, path, strlen(path));
    t.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (t.listener == -1)
        return -1;
    if (bind(t.listener, (struct sockaddr *)&t.un, sizeof(t.un)) == -1) {
        error = errno;
        close(t.listener);
        errno = error;
        return -1;
    }
    ssize_t got = -1;
    if (listen(t.listener, 1) == 0)
        got = talk(&t, text, buf, cap);
    error = errno;
    if (t.listener != -1)
        close(t.listener);
    unlink(path);
    errno = error;
    return got;
}
