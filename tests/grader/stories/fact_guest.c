/*
 * fact_guest.c — a helper of the test connects, and its calls are not seen.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static const struct sockaddr_un door = {AF_UNIX, "door"};

static void calls(int fd)
{
    char text[4];

    syscall(SYS_connect, fd, &door, sizeof(door));
    syscall(SYS_write, fd, "abc", 3);
    syscall(SYS_read, fd, text, 4);
    syscall(SYS_exit_group, 0);
}

static void serves_a_guest(void **state)
{
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd;
    char text[8];

    (void)state;
    CHECK_OK(bind(listener, (const struct sockaddr *)&door, sizeof(door)),
             "a name");
    CHECK_OK(listen(listener, 4), "open for guests");
    pid_t helper = fact_fork();
    if (helper == 0)
        calls((int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
    fd = accept(listener, NULL, NULL);
    CHECK_EQ(read(fd, text, sizeof(text)), 3, "three bytes come");
    CHECK_EQ(send(fd, "fine", 4, 0), 4, "four go back");
    waitpid(helper, NULL, 0);
    close(fd);
    close(listener);
    unlink("door");
}

static const struct CMUnitTest facts[] = {FACT(serves_a_guest)};
EXERCISE("stories/fact_guest", "unix(7)", facts)
