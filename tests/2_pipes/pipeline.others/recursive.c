/*
 * pipeline.c — a line is a stage and a shorter line that reads from it.
 *
 * Technique: recursion, each level keeps its own pid on the stack
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void exec_stage(char *const argv[], int in, int out, int tell)
{
    int high[3] = {in, out, tell};
    int error = 0;

    for (int i = 0; i < 3; i++) {
        int copy = fcntl(high[i], F_DUPFD_CLOEXEC, 3);
        if (copy == -1)
            error = errno;
        else
            high[i] = copy;
    }
    if (!error) {
        dup2(high[0], 0);
        dup2(high[1], 1);
        signal(SIGPIPE, SIG_DFL);
        execvp(argv[0], argv);
        error = errno;
    }
    write(high[2], &error, sizeof(error));
    _exit(1);
}

static int reap(pid_t pid)
{
    int w = 0;

    while (waitpid(pid, &w, 0) == -1 && errno == EINTR)
        continue;
    return WIFSIGNALED(w) ? WTERMSIG(w) + 128 : WEXITSTATUS(w);
}

/* At the end of the line: has everybody become its program? */
static int listen_for_news(int news[2])
{
    int error = 0;

    close(news[1]);
    news[1] = -1;
    while (read(news[0], &error, sizeof(error)) == -1 && errno == EINTR)
        continue;
    return error;
}

/* Returns 0, or the errno of what failed further down. */
static int line(char *const *const argv[], int n, int in, int out, int status[],
                int news[2], bool own_in)
{
    int fd[2] = {-1, out}, error;

    if (n == 0)
        return listen_for_news(news);
    if (n > 1 && pipe2(fd, O_CLOEXEC) == -1) {
        error = errno;
        if (own_in)
            close(in);
        return error;
    }
    pid_t pid = fork();
    if (pid == 0)
        exec_stage(argv[0], in, fd[1], news[1]);
    error = pid == -1 ? errno : 0;
    if (own_in)
        close(in);
    if (n > 1)
        close(fd[1]);
    if (error) {
        if (n > 1)
            close(fd[0]);
        return error;
    }
    error = line(argv + 1, n - 1, fd[0], out, status + 1, news, true);
    if (error)
        kill(pid, SIGKILL);
    int how = reap(pid);
    if (!error)
        *status = how;
    return error;
}

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    int news[2];

    for (int i = 0; i < n; i++)
        if (!argv[i][0])
            n = 0;
    if (n < 1) {
        errno = EINVAL;
        return -1;
    }
    if (pipe2(news, O_CLOEXEC) == -1)
        return -1;
    int error = line(argv, n, in, out, status, news, false);
    close(news[0]);
    if (news[1] != -1)
        close(news[1]);
    errno = error;
    return error ? -1 : 0;
}
