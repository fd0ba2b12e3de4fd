/*
 * two_writes.c — where one message ends and the next begins.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* "abc" and "def" go in at one end. What does one read get at the other? */
static void try_it(const char *name, int in, int out)
{
    char text[100];

    if (write(in, "abc", 3) == -1 || write(in, "def", 3) == -1)
        err(1, "write");
    ssize_t got = read(out, text, sizeof(text));
    printf("%-10s %.*s\n", name, (int)got, text);
}

int main(void)
{
    int ends[2], stream[2], packets[2];

    if (pipe2(ends, O_CLOEXEC) == -1 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream) == -1 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, packets) == -1)
        err(1, "no channel");

    try_it("pipe", ends[1], ends[0]);
    try_it("stream", stream[1], stream[0]);
    try_it("seqpacket", packets[1], packets[0]);
}
