/*
 * who_is_it.c — the kernel knows who made a connection.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void tell(const char *which, int fd, pid_t child)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
        err(1, "SO_PEERCRED");
    printf("%s: %s\n", which,
           peer.pid == child      ? "my child"
           : peer.pid == getpid() ? "myself"
                                  : "a stranger");
}

int main(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(name);
    int ends[2];

    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&name, sizeof(sa_family_t)) == -1 ||
        getsockname(listener, (struct sockaddr *)&name, &len) == -1 ||
        listen(listener, 1) == -1 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        err(1, "sockets");
    pid_t child = fork();
    if (child == 0) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&name, len) == -1)
            err(1, "connect");
        pause();
    }
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    tell("who connected", connection, child);
    tell("who has the other end of the pair", ends[0], child);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}
