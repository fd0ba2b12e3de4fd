/*
 * one_stream.c — two writes, one read.
 */
#include <err.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    const int kind[] = {SOCK_STREAM, SOCK_SEQPACKET};
    const char *const name[] = {"stream", "seqpacket"};
    char text[16];
    int ends[2];

    for (int i = 0; i < 2; i++) {
        if (socketpair(AF_UNIX, kind[i] | SOCK_CLOEXEC, 0, ends) == -1)
            err(1, "socketpair");
        if (write(ends[0], "isl", 3) == -1 || write(ends[0], "and", 3) == -1)
            err(1, "write");
        ssize_t n = read(ends[1], text, sizeof(text));
        printf("%s: %.*s\n", name[i], (int)n, text);
    }
}
