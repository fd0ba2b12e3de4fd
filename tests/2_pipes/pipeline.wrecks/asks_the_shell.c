/*
 * Mistake: joins all the words to a command line for sh.
 * Caught by: passes_on_every_argument
 * Saying: no shell stands in between
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    char command[4096] = "";
    int wstatus = 0;

    for (int i = 0; i < n; i++) {
        strcat(command, i ? " |" : "");
        for (int k = 0; argv[i][k] != NULL; k++) {
            strncat(command, " ", 2);
            strncat(command, argv[i][k], 1000);
        }
    }
    pid_t pid = fork();
    if (pid == -1)
        return -1;
    if (pid == 0) {
        in = fcntl(in, F_DUPFD_CLOEXEC, 3);
        out = fcntl(out, F_DUPFD_CLOEXEC, 3);
        dup2(in, 0);
        dup2(out, 1);
        signal(SIGPIPE, SIG_DFL);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    while (waitpid(pid, &wstatus, 0) == -1 && errno == EINTR)
        ;
    for (int i = 0; i < n; i++)
        status[i] = WEXITSTATUS(wstatus);
    return 0;
}
