/*
 * Mistake: the parent closes its pipe ends only when all have ended.
 * Caught by: joins_three_programs
 * Saying: in the parent before waiting
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    int fd[n + 1][2];

    fd[0][0] = in;
    fd[n][1] = out;
    for (int i = 1; i < n; i++)
        if (pipe2(fd[i], O_CLOEXEC) == -1)
            return -1;
    for (int i = 0; i < n; i++)
        if (fork() == 0) {
            dup2(fd[i][0], 0);
            dup2(fd[i + 1][1], 1);
            signal(SIGPIPE, SIG_DFL);
            execvp(argv[i][0], argv[i]);
            _exit(127);
        }
    for (int i = 0; i < n; i++) {
        int w = 0;
        while (wait(&w) == -1 && errno == EINTR)
            ;
        status[i] = WIFEXITED(w) ? WEXITSTATUS(w) : 128 + WTERMSIG(w);
    }
    for (int i = 1; i < n; i++) {
        close(fd[i][0]);
        close(fd[i][1]);
    }
    return 0;
}
