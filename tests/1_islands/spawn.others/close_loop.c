/*
 * Technique: a loop closes up to the limit; copies made before fork
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void calm_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The pipe's ends and the copies of stdio, all from 3 upwards. */
struct kit {
    int copy[3], ends[2];
};

static void put_away(struct kit *kit)
{
    int error = errno;

    for (int i = 0; i < 3; i++)
        if (kit->copy[i] != -1)
            close(kit->copy[i]);
    for (int i = 0; i < 2; i++)
        if (kit->ends[i] != -1)
            close(kit->ends[i]);
    errno = error;
}

static int lift(int *fd)
{
    int up = fcntl(*fd, F_DUPFD_CLOEXEC, 3), error = errno;

    close(*fd);
    *fd = up;
    errno = error;
    return up == -1 ? -1 : 0;
}

static int pack(struct kit *kit, const int stdio[3])
{
    *kit = (struct kit){{-1, -1, -1}, {-1, -1}};
    for (int i = 0; i < 3; i++)
        if ((kit->copy[i] = fcntl(stdio[i], F_DUPFD_CLOEXEC, 3)) == -1)
            return -1;
    if (pipe2(kit->ends, O_CLOEXEC) == -1) {
        kit->ends[0] = kit->ends[1] = -1;
        return -1;
    }
    if (lift(&kit->ends[0]) == -1)
        return -1;
    return lift(&kit->ends[1]);
}

static void child(char *const argv[], const struct kit *kit)
{
    struct rlimit limit;
    int error = 0;

    for (int i = 0; i < 3; i++)
        if (dup2(kit->copy[i], i) == -1)
            error = errno;
    getrlimit(RLIMIT_NOFILE, &limit);
    for (int fd = 3; fd < (int)limit.rlim_cur; fd++)
        if (fd != kit->ends[1])
            close(fd);
    if (error == 0) {
        calm_signals();
        execvp(argv[0], argv);
        error = errno;
    }
    while (write(kit->ends[1], &error, sizeof(error)) == -1 && errno == EINTR)
        ;
    _exit(127);
}

pid_t spawn(char *const argv[], const int stdio[3])
{
    struct kit kit;
    int error = 0;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    if (pack(&kit, stdio) == -1) {
        put_away(&kit);
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0)
        child(argv, &kit);
    int fork_error = errno;
    close(kit.ends[1]);
    kit.ends[1] = -1;
    if (pid == -1)
        error = fork_error;
    else
        while (read(kit.ends[0], &error, sizeof(error)) < 0 && errno == EINTR)
            ;
    put_away(&kit);
    if (error == 0)
        return pid;
    while (pid != -1 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    errno = error;
    return -1;
}
