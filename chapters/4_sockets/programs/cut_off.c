/*
 * cut_off.c — a datagram, and a buffer that is too small for it.
 */
#include <err.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    char text[4];
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == -1)
        err(1, "socketpair");
    for (int i = 0; i < 2; i++)
        if (write(ends[0], "continents", 10) == -1)
            err(1, "write");
    if (write(ends[0], "", 0) == -1)
        err(1, "write");

    printf("%zd\n", recv(ends[1], text, sizeof(text), 0));
    printf("%zd\n", recv(ends[1], text, sizeof(text), MSG_TRUNC));
    printf("%zd\n", recv(ends[1], text, sizeof(text), 0));
}
