/*
 * whose_errno.c — exec fails on one island, errno is set on that island.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int status;

    errno = 0;
    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        execlp("no_such_program", "no_such_program", (char *)NULL);
        _exit(127); /* only reached when exec has failed */
    }
    waitpid(child, &status, 0);
    printf("exit status %d, errno %d\n", WEXITSTATUS(status), errno);
}
