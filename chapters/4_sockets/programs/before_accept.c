/*
 * before_accept.c — the kernel answers for a server that is busy.
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in here = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {0}};
    socklen_t len = sizeof(here);
    char text[16] = "";

    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&here, len) == -1 ||
        listen(listener, 8) == -1 ||
        getsockname(listener, (struct sockaddr *)&here, &len) == -1)
        err(1, "listener");

    int caller = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(caller, (struct sockaddr *)&here, len) == -1)
        err(1, "connect");
    printf("connected\n");
    printf("%zd bytes sent\n", write(caller, "hello", 5));
    close(caller);
    printf("and hung up\n");

    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (read(connection, text, sizeof(text) - 1) == -1)
        err(1, "read");
    printf("accepted: %s\n", text);
}
