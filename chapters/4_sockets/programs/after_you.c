/*
 * after_you.c — two polite islands: each waits for the other to begin.
 *
 * Picture: map
 */
#include <err.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(name);
    char text[16];

    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&name, sizeof(sa_family_t)) == -1 ||
        getsockname(listener, (struct sockaddr *)&name, &len) == -1 ||
        listen(listener, 1) == -1)
        err(1, "listener");
    pid_t child = fork();
    if (child == 0) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&name, len) == -1)
            err(1, "connect");
        if (read(fd, text, sizeof(text)) > 0) /* "Who is there?" */
            printf("child: %s\n", text);
        _exit(write(fd, "it is me", 8) == -1);
    }
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    if (read(connection, text, sizeof(text)) > 0) /* "It is me." */
        printf("parent: %s\n", text);
    if (write(connection, "welcome", 7) == -1)
        err(1, "write");
    waitpid(child, NULL, 0);
}
