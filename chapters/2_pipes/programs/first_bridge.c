/*
 * first_bridge.c — the result that did not cross the sea crosses a pipe.
 *
 * Picture: map log
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    char result[8] = "0";
    int bridge[2]; /* [0] is read from, [1] is written to */

    if (pipe2(bridge, O_CLOEXEC) == -1)
        err(1, "pipe2");

    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        close(bridge[0]);
        _exit(write(bridge[1], "42", 2) == -1);
    }
    close(bridge[1]);
    if (read(bridge[0], result, sizeof(result) - 1) == -1)
        err(1, "read");
    waitpid(child, NULL, 0);
    printf("parent: result = %s\n", result);
}
