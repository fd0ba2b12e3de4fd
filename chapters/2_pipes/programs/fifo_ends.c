/*
 * fifo_ends.c — opening, reading and losing a pipe with a name.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/fifo_XXXXXX";

static const char *name(int result)
{
    if (result != -1)
        return result == 0 ? "0" : "works";
    return errno == ENXIO ? "ENXIO" : errno == EAGAIN ? "EAGAIN" : "?";
}

int main(void)
{
    char text[8];

    if (mkdtemp(path) == NULL || chdir(path) == -1 || mkfifo("box", 0600) == -1)
        err(1, "%s", path);

    int out = open("box", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    printf("writer first: %s\n", name(out));
    int in = open("box", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    printf("reader first: %s\n", name(in));
    printf("no writer yet: %s\n", name(read(in, text, sizeof(text))));
    out = open("box", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    printf("a writer: %s\n", name(read(in, text, sizeof(text))));
    close(out);
    printf("it has left: %s\n", name(read(in, text, sizeof(text))));
    int keep = open("box", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    printf("one of our own: %s\n", name(read(in, text, sizeof(text))));

    close(keep);
    close(in);
    unlink("box");
    rmdir(path);
}
