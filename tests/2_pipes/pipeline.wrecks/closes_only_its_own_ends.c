/*
 * Mistake: each stage closes the ends of its two pipes, but not those of others.
 * Caught by: ends_when_nobody_reads_any_more
 * Saying: inherited the read end
 */
#include "pipeline.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void stage(char *const argv[], int i, int n, int in, int out,
                  int fd[][2])
{
    dup2(i == 0 ? in : fd[i - 1][0], 0);
    dup2(i == n - 1 ? out : fd[i][1], 1);
    if (i > 0) {
        close(fd[i - 1][0]);
        close(fd[i - 1][1]);
    }
    if (i < n - 1) {
        close(fd[i][0]);
        close(fd[i][1]);
    }
    signal(SIGPIPE, SIG_DFL);
    execvp(argv[0], argv);
    _exit(127);
}

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    int fd[n][2];
    pid_t pid[n];

    for (int i = 0; i < n - 1; i++)
        if (pipe(fd[i]) == -1)
            return -1;
    for (int i = 0; i < n; i++)
        if ((pid[i] = fork()) == 0)
            stage(argv[i], i, n, in, out, fd);
    for (int i = 0; i < n - 1; i++) {
        close(fd[i][0]);
        close(fd[i][1]);
    }
    for (int i = 0; i < n; i++) {
        int w = 0;
        while (waitpid(pid[i], &w, 0) == -1 && errno == EINTR)
            ;
        status[i] = WIFEXITED(w) ? WEXITSTATUS(w) : 128 + WTERMSIG(w);
    }
    return 0;
}
