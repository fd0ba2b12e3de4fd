/*
 * nobody_there.c — a datagram to a port where nobody is.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in a_port_without_socket(void)
{
    struct sockaddr_in name = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {0}};
    socklen_t len = sizeof(name);

    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&name, len) == -1 ||
        getsockname(fd, (struct sockaddr *)&name, &len) == -1)
        err(1, "bind");
    close(fd);
    return name;
}

int main(void)
{
    struct sockaddr_in nobody = a_port_without_socket();
    char text[8];

    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&nobody, sizeof(nobody)) == -1)
        err(1, "connect");
    printf("connect: done\n");
    printf("send says %zd\n", send(fd, "hello?", 6, 0));
    ssize_t n = recv(fd, text, sizeof(text), 0);
    printf("recv says %zd, %s\n", n, strerrorname_np(errno));
}
