/*
 * said_twice.c — fork copies what stdio has not written yet.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    printf("said once, ");

    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0)
        exit(0);
    waitpid(child, NULL, 0);
    printf("done\n");
}
