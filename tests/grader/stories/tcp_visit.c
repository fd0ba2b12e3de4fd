/*
 * tcp_visit.c — the same over TCP, to a port that the kernel has chosen; a
 * first call is refused.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void visit(const struct sockaddr_in *to)
{
    char text[16];
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0 ||
        write(fd, "who is there", 12) != 12 || read(fd, text, 16) != 2 ||
        read(fd, text, 16) != 0)
        _exit(1);
    _exit(0);
}

int main(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET};
    socklen_t length = sizeof(here);
    char text[16];
    int fd, listener = socket(AF_INET, SOCK_STREAM, 0);

    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&here, length) < 0 ||
        getsockname(listener, (struct sockaddr *)&here, &length) < 0)
        return 1;
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&here, length) == 0)
        return 1; /* nobody listens yet */
    close(fd);
    listen(listener, 4);
    if (fork() == 0) {
        close(listener);
        visit(&here);
    }
    fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    close(listener);
    if (recv(fd, text, 12, MSG_WAITALL) != 12 || write(fd, "me", 2) != 2)
        return 1;
    close(fd);
    wait(NULL);
    return 0;
}
