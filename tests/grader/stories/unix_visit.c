/*
 * unix_visit.c — a child connects to its parent's socket, asks, and says with
 * shutdown that this was all.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct sockaddr_un door = {AF_UNIX, "door"};

static void visit(int listener)
{
    char text[16];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    close(listener);
    if (connect(fd, (const struct sockaddr *)&door, sizeof(door)) < 0 ||
        send(fd, "hello", 5, 0) != 5)
        _exit(1);
    shutdown(fd, SHUT_WR);
    if (recv(fd, text, sizeof(text), MSG_WAITALL) != 7)
        _exit(2);
    _exit(0);
}

int main(void)
{
    char text[16];
    int fd, listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    unlink("door");
    if (bind(listener, (const struct sockaddr *)&door, sizeof(door)) < 0 ||
        listen(listener, 4) < 0)
        return 1;
    if (fork() == 0)
        visit(listener);
    fd = accept(listener, NULL, NULL);
    while (read(fd, text, sizeof(text)) > 0)
        ;
    if (write(fd, "welcome", 7) != 7)
        return 1;
    close(fd);
    close(listener);
    unlink("door");
    wait(NULL);
    return 0;
}
