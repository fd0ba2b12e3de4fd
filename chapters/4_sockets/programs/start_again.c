/*
 * start_again.c — a server is started again; is its port still taken?
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int server(struct sockaddr_in *at, int reuse)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
    if (bind(fd, (struct sockaddr *)at, sizeof(*at)) == 0 && listen(fd, 1) == 0)
        return fd;
    close(fd);
    return -1;
}

/* One client comes, and the server hangs up first. */
static void serve_one(int listener, struct sockaddr_in *at)
{
    socklen_t len = sizeof(*at);
    char end;

    getsockname(listener, (struct sockaddr *)at, &len);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(client, (struct sockaddr *)at, len) == -1)
        err(1, "connect");
    close(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
    if (read(client, &end, 1) != 0)
        err(1, "read");
    close(client);
}

int main(void)
{
    for (int reuse = 0; reuse < 2; reuse++) {
        struct sockaddr_in at = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {0}};
        int listener = server(&at, reuse);
        if (listener == -1)
            err(1, "server");
        serve_one(listener, &at);
        close(listener);
        int again = server(&at, reuse);
        printf("SO_REUSEADDR %d: %s\n", reuse,
               again == -1 ? strerrorname_np(errno) : "started again");
        close(again);
    }
}
