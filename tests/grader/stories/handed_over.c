/*
 * handed_over.c — a pipe's end travels to a child as a message, and the child
 * writes into it.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

union letter {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
};

static void receive(int sock)
{
    char byte;
    int fd;
    union letter letter;
    struct iovec part = {&byte, 1};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = letter.room,
                       .msg_controllen = sizeof(letter.room)};

    if (recvmsg(sock, &m, MSG_CMSG_CLOEXEC) != 1)
        _exit(1);
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
    if (write(fd, "thanks", 6) != 6)
        _exit(2);
    _exit(0);
}

static int hand_over(int sock, int fd)
{
    struct iovec part = {"!", 1};
    union letter letter = {{CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = letter.room,
                       .msg_controllen = sizeof(letter.room)};

    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), &fd, sizeof(fd));
    return sendmsg(sock, &m, 0) == 1 ? 0 : -1;
}

int main(void)
{
    char text[16];
    int sock[2], end[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, sock) < 0)
        return 1;
    if (fork() == 0) {
        close(sock[0]);
        receive(sock[1]);
    }
    close(sock[1]);
    if (pipe(end) < 0 || hand_over(sock[0], end[1]) < 0)
        return 1;
    close(end[1]);
    if (read(end[0], text, sizeof(text)) != 6 ||
        read(end[0], text, sizeof(text)) != 0)
        return 1;
    wait(NULL);
    return 0;
}
