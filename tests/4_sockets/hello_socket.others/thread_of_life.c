/*
 * Technique: a thread waits for the child, and then shuts the listener down,
 *   which wakes accept; the text is known not to fit
 */
#include "hello_socket.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    pid_t pid;
    int listener, status;
};

static void *attend(void *arg)
{
    struct child *c = arg;

    while (waitpid(c->pid, &c->status, 0) == -1 && errno == EINTR)
        continue;
    shutdown(c->listener, SHUT_RDWR);
    return NULL;
}

/* All signals go to the caller's thread. */
static int attended(pthread_t *thread, struct child *c)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(thread, NULL, attend, c);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void child_speaks(const struct sockaddr_un *un, const char *text)
{
    size_t size = strlen(text), n;
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (s == -1)
        _exit(1);
    while (connect(s, (const struct sockaddr *)un, sizeof(*un)) == -1)
        if (errno != EINTR)
            _exit(1);
    for (n = 0; n < size;) {
        ssize_t more = send(s, text + n, size - n, 0);
        if (more == -1 && errno != EINTR)
            _exit(1);
        n += more > 0 ? (size_t)more : 0;
    }
    _exit(0);
}

static ssize_t hear(int listener, char *buf, size_t cap)
{
    int s;
    size_t have = 0;
    ssize_t n = 1;

    while ((s = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) == -1)
        if (errno != EINTR) {
            errno = errno == EINVAL ? EIO : errno;
            return -1;
        }
    while (n != 0) {
        n = read(s, buf + have, cap - have);
        if (n == -1 && errno != EINTR)
            break;
        have += n > 0 ? (size_t)n : 0;
    }
    close(s);
    return n == -1 ? -1 : (ssize_t)have;
}

static ssize_t talk(int listener, const struct sockaddr_un *un,
                    const char *text, char *buf, size_t cap)
{
    struct child c = {.listener = listener, .status = -1};
    pthread_t thread;
    ssize_t got = -1;

    c.pid = fork();
    if (c.pid == 0) {
        close(listener);
        child_speaks(un, text);
    }
    if (c.pid == -1)
        return -1;
    int error = attended(&thread, &c);
    if (error) {
        kill(c.pid, SIGKILL);
        attend(&c);
        errno = error;
        return -1;
    }
    got = hear(listener, buf, cap);
    error = errno;
    if (got == -1)
        kill(c.pid, SIGKILL); /* it is there: nobody has joined the thread */
    pthread_join(thread, NULL);
    errno = error;
    if (got != -1 && !(WIFEXITED(c.status) && WEXITSTATUS(c.status) == 0)) {
        errno = EIO;
        return -1;
    }
    return got;
}

ssize_t hello_socket(const char *path, const char *text, char *buf, size_t cap)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    if (snprintf(un.sun_path, sizeof(un.sun_path), "%s", path) >=
        (int)sizeof(un.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener == -1)
        return -1;
    ssize_t got = -1;
    int bound = bind(listener, (struct sockaddr *)&un, sizeof(un)) == 0;
    if (bound && listen(listener, 4) == 0) {
        if (strlen(text) > cap)
            errno = EMSGSIZE;
        else
            got = talk(listener, &un, text, buf, cap);
    }
    int error = errno;
    if (bound)
        unlink(path);
    close(listener);
    errno = error;
    return got;
}
