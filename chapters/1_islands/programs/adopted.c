/*
 * adopted.c — a child whose parent is gone gets a new one.
 */
#include <err.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int status;

    /* What init does for the whole system, do for our descendants. */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1)
        err(1, "prctl");

    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        if (fork() == 0)
            _exit(2); /* the grandchild */
        _exit(1);     /* nobody here will wait for it */
    }
    waitpid(child, &status, 0);
    printf("my child:   exit status %d\n", WEXITSTATUS(status));
    waitpid(-1, &status, 0);
    printf("an orphan:  exit status %d\n", WEXITSTATUS(status));
}
