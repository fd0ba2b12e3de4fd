/*
 * leaked_end.c — a write end that went into another program by accident.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A cat that has certainly begun: it has given a letter back. */
static pid_t start_cat(int *talk)
{
    char letter = 'x';
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        err(1, "socketpair");
    pid_t cat = fork();
    if (cat == -1)
        err(1, "fork");
    if (cat == 0) {
        dup2(ends[1], 0);
        dup2(ends[1], 1);
        execlp("cat", "cat", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    if (write(ends[0], &letter, 1) != 1 || read(ends[0], &letter, 1) != 1)
        errx(1, "cat does not answer");
    *talk = ends[0];
    return cat;
}

static void try_it(const char *name, int flags)
{
    int bridge[2], talk;

    if (pipe2(bridge, flags) == -1)
        err(1, "pipe2");
    pid_t cat = start_cat(&talk);
    close(bridge[1]);

    struct pollfd end = {.fd = bridge[0], .events = POLLIN};
    printf("%s: %s", name, poll(&end, 1, 0) == 0 ? "no end" : "the end");
    close(talk);
    waitpid(cat, NULL, 0);
    printf(", and without cat %s\n",
           poll(&end, 1, 0) == 0 ? "no end" : "the end");
    close(bridge[0]);
}

int main(void)
{
    try_it("plain", 0);
    try_it("O_CLOEXEC", O_CLOEXEC);
}
