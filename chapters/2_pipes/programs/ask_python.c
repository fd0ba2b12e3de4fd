/*
 * ask_python.c — C asks, Python answers, and neither knows of the other.
 *
 * Uses: frame
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame.h"

static pid_t start_python(const char *script, int fd)
{
    pid_t child = fork();

    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        dup2(fd, 0); /* its standard input, and not close-on-exec */
        execlp("python3", "python3", script, (char *)NULL);
        _exit(127);
    }
    return child;
}

int main(void)
{
    char answer[64];
    size_t len = 0;
    int ends[2];

    if (frame_send(-1, "", 0) == -1 && errno == ENOSYS)
        errx(1, "frame is not written yet: make frame");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        err(1, "socketpair");
    pid_t python = start_python("chapters/2_pipes/programs/shout.py", ends[1]);
    close(ends[1]);

    if (frame_send(ends[0], "from island to island", 21) == -1)
        err(1, "frame_send");
    if (frame_recv(ends[0], answer, sizeof(answer), &len) != 1)
        errx(1, "no answer");
    printf("Python says: %.*s\n", (int)len, answer);

    close(ends[0]);
    waitpid(python, NULL, 0);
}
