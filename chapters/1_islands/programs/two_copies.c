/*
 * two_copies.c — after fork there are two variables of one name.
 */
#include <err.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int result = 0;

    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        result = 42;
        dprintf(1, "child:  result = %d\n", result);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    dprintf(1, "parent: result = %d\n", result);
}
