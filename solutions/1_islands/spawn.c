#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Two rounds: with {1, 0, 2} the first dup2 onto 0 would destroy the very
 * descriptor that the second one needs. Copies from 3 upwards are safe, and
 * dup2 from a copy always clears close-on-exec. */
static int arrange(const int stdio[3])
{
    int copy[3];

    for (int i = 0; i < 3; i++) {
        copy[i] = fcntl(stdio[i], F_DUPFD_CLOEXEC, 3);
        if (copy[i] == -1)
            return -1;
    }
    for (int i = 0; i < 3; i++)
        if (dup2(copy[i], i) == -1)
            return -1;
    return close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
}

static int calm_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    if (signal(SIGPIPE, SIG_DFL) == SIG_ERR)
        return -1;
    return sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child: becomes the program, or tells errno through the pipe. */
static void become(char *const argv[], const int stdio[3], int tell)
{
    int safe = fcntl(tell, F_DUPFD_CLOEXEC, 3); /* it may be one of 0-2 */

    if (safe != -1 && arrange(stdio) == 0 && calm_signals() == 0)
        execvp(argv[0], argv);
    int error = errno;
    while (write(safe == -1 ? tell : safe, &error, sizeof(error)) == -1 &&
           errno == EINTR)
        ;
    _exit(127);
}

/* End of file says: exec has closed the pipe, the program runs. */
static int reason(int told)
{
    int error = 0;

    while (read(told, &error, sizeof(error)) == -1 && errno == EINTR)
        ;
    return error;
}

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
        ;
}

pid_t spawn(char *const argv[], const int stdio[3])
{
    int news[2], error;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; i < 3; i++) /* the pipe might take a closed one's number */
        if (fcntl(stdio[i], F_GETFD) == -1)
            return -1;
    if (pipe2(news, O_CLOEXEC) == -1)
        return -1;

    pid_t pid = fork();
    if (pid == 0)
        become(argv, stdio, news[1]);
    error = errno;
    close(news[1]);
    if (pid != -1)
        error = reason(news[0]);
    close(news[0]);
    if (pid != -1 && error != 0) {
        reap(pid);
        pid = -1;
    }
    errno = error;
    return pid;
}

/*
 * The trap: when exec fails it is too late to return from spawn, the child
 * is another process. The news needs a bridge that closes itself on success:
 * a pipe whose write end is close-on-exec, in the child from exec itself, in
 * the parent by hand, before it reads.
 */
