/*
 * Mistake: one and the same pipe between all the stages.
 * Caught by: carries_64_mib_through_three_stages
 * Saying: Make a pipe for each two neighbours
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    int fd[2];
    pid_t pid[n];

    if (pipe2(fd, O_CLOEXEC) == -1)
        return -1;
    for (int i = 0; i < n; i++)
        if ((pid[i] = fork()) == 0) {
            dup2(i == 0 ? in : fd[0], 0);
            dup2(i == n - 1 ? out : fd[1], 1);
            signal(SIGPIPE, SIG_DFL);
            execvp(argv[i][0], argv[i]);
            _exit(127);
        }
    close(fd[0]);
    close(fd[1]);
    for (int i = 0; i < n; i++) {
        int w = 0;
        while (waitpid(pid[i], &w, 0) == -1 && errno == EINTR)
            ;
        status[i] = WIFEXITED(w) ? WEXITSTATUS(w) : 128 + WTERMSIG(w);
    }
    return 0;
}
