/*
 * ask_sort.c — a program that knows nothing of pipes, between two of them.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    char sorted[64];
    ssize_t got;
    int to[2], from[2];

    if (pipe2(to, O_CLOEXEC) == -1 || pipe2(from, O_CLOEXEC) == -1)
        err(1, "pipe2");

    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        dup2(to[0], 0); /* the copies are not close-on-exec */
        dup2(from[1], 1);
        execlp("sort", "sort", (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    if (write(to[1], "pear\nfig\napple\n", 15) == -1)
        err(1, "write");
    close(to[1]); /* or sort would wait for more */
    while ((got = read(from[0], sorted, sizeof(sorted))) > 0)
        fwrite(sorted, 1, got, stdout);
    waitpid(child, NULL, 0);
}
