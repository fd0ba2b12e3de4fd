/*
 * answer_python.c — Python asks, C answers: every message, backwards.
 *
 * Uses: frame
 */
#include <err.h>
#include <errno.h>
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

static void turn_round(char *text, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        char c = text[i];
        text[i] = text[len - 1 - i];
        text[len - 1 - i] = c;
    }
}

static int answer(int fd)
{
    char text[64];
    size_t len;
    int got;

    while ((got = frame_recv(fd, text, sizeof(text), &len)) == 1) {
        turn_round(text, len);
        if (frame_send(fd, text, len) == -1)
            return -1;
    }
    return got;
}

int main(void)
{
    int ends[2];

    if (frame_send(-1, "", 0) == -1 && errno == ENOSYS)
        errx(1, "frame is not written yet: make frame");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        err(1, "socketpair");
    pid_t python = start_python("chapters/2_pipes/programs/ask.py", ends[1]);
    close(ends[1]);

    if (answer(ends[0]) == -1)
        warn("frame");
    close(ends[0]);
    waitpid(python, NULL, 0);
}
