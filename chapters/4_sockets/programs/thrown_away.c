/*
 * thrown_away.c — close, with bytes that nobody has read.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void connected(int ends[2])
{
    struct sockaddr_in here = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {0}};
    socklen_t len = sizeof(here);

    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&here, len) == -1 ||
        listen(listener, 1) == -1 ||
        getsockname(listener, (struct sockaddr *)&here, &len) == -1 ||
        connect(ends[0], (struct sockaddr *)&here, len) == -1)
        err(1, "connect");
    ends[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    close(listener);
}

static void ask_and_listen(const char *name, int take)
{
    char text[8];
    int ends[2];

    connected(ends);
    if (write(ends[0], "ab", 2) == -1 || read(ends[1], text, take) == -1)
        err(1, "ends");
    close(ends[1]);
    ssize_t n = read(ends[0], text, sizeof(text));
    printf("%s: read says %zd%s\n", name, n,
           n == -1 && errno == ECONNRESET ? ", ECONNRESET" : "");
    close(ends[0]);
}

int main(void)
{
    ask_and_listen("both bytes were read", 2);
    ask_and_listen("one of them was", 1);
}
