/*
 * Mistake: the version of the textbooks: perror and exit(1) in the child.
 * Caught by: says_when_none_can_be_started
 * Saying: the caller must learn why
 */
#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    int fd[n][2];
    pid_t pid[n];

    for (int i = 0; i < n - 1; i++)
        if (pipe(fd[i]) == -1)
            return -1;
    for (int i = 0; i < n; i++) {
        pid[i] = fork();
        if (pid[i] == -1)
            return -1;
        if (pid[i] == 0) {
            dup2(i == 0 ? in : fd[i - 1][0], STDIN_FILENO);
            dup2(i == n - 1 ? out : fd[i][1], STDOUT_FILENO);
            for (int j = 0; j < n - 1; j++) {
                close(fd[j][0]);
                close(fd[j][1]);
            }
            execvp(argv[i][0], argv[i]);
            perror(argv[i][0]);
            exit(1);
        }
    }
    for (int j = 0; j < n - 1; j++) {
        close(fd[j][0]);
        close(fd[j][1]);
    }
    for (int i = 0; i < n; i++) {
        int wstatus;
        waitpid(pid[i], &wstatus, 0);
        status[i] =
            WIFEXITED(wstatus) ? WEXITSTATUS(wstatus) : 128 + WTERMSIG(wstatus);
    }
    return 0;
}
