/*
 * forgotten_end.c — waits for an end that only it could bring about.
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
    char text[6];
    int bridge[2];

    if (pipe2(bridge, O_CLOEXEC) == -1)
        err(1, "pipe2");

    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        close(bridge[0]);
        _exit(write(bridge[1], "hello\n", 6) == -1);
    }
    while (read(bridge[0], text, sizeof(text)) > 0)
        printf("%.6s", text);
    waitpid(child, NULL, 0);
}
