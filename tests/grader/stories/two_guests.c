/*
 * two_guests.c — a server serves two clients at the same time, with
 * epoll_wait, at a name of the abstract namespace. It forgets a connection.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_un here = {.sun_family = AF_UNIX};
static socklen_t length;

static void visit(const char *text)
{
    char answer[16];
    size_t n = strlen(text);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

    if (connect(fd, (struct sockaddr *)&here, length) < 0 ||
        write(fd, text, n) != (ssize_t)n || read(fd, answer, 16) != 2 ||
        read(fd, answer, 16) != 0)
        _exit(1);
    _exit(0);
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void serve(int listener, int epoll, int clients)
{
    struct epoll_event event;
    char text[16];

    while (clients > 0 && epoll_wait(epoll, &event, 1, -1) == 1) {
        if (event.data.fd == listener) {
            watch(epoll, accept(listener, NULL, NULL));
            continue;
        }
        if (read(event.data.fd, text, sizeof(text)) > 0 &&
            write(event.data.fd, "ok", 2) == 2)
            clients--;
    }
}

int main(void)
{
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                         snprintf(here.sun_path + 1, 40, "guests-%d",
                                  (int)getpid()));
    if (bind(listener, (struct sockaddr *)&here, length) < 0 ||
        listen(listener, 4) < 0)
        return 1;
    if (fork() == 0)
        visit("first");
    watch(epoll, listener);
    serve(listener, epoll, 1);
    if (fork() == 0)
        visit("second one");
    serve(listener, epoll, 1);
    while (wait(NULL) > 0) /* for ever: the connections are open */
        ;
    return 0;
}
