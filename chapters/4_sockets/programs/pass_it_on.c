/*
 * pass_it_on.c — a descriptor that travels, with the file behind it.
 *
 * Picture: log
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

union control { /* aligned as a header has to be */
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr header;
};

static void pass(int sock, int fd)
{
    union control control = {0};
    struct iovec byte = {"!", 1}; /* it travels with a byte, or not at all */
    struct msghdr message = {.msg_iov = &byte,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control.bytes)};

    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
    if (sendmsg(sock, &message, 0) == -1)
        err(1, "sendmsg");
}

static int take(int sock)
{
    union control control = {0};
    char text;
    struct iovec byte = {&text, 1};
    struct msghdr message = {.msg_iov = &byte,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control.bytes)};
    int fd;

    if (recvmsg(sock, &message, MSG_CMSG_CLOEXEC) != 1)
        err(1, "recvmsg");
    memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
    return fd;
}

int main(void)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        err(1, "socketpair");
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        int fd = take(ends[1]); /* opened long after the fork */
        _exit(write(fd, " and child", 10) == -1);
    }
    close(ends[1]);

    int file = memfd_create("log", MFD_CLOEXEC);
    if (write(file, "parent", 6) == -1)
        err(1, "write");
    pass(ends[0], file);
    waitpid(child, NULL, 0);

    char text[32] = "";
    if (pread(file, text, sizeof(text) - 1, 0) == -1)
        err(1, "pread");
    printf("%s, at %ld\n", text, (long)lseek(file, 0, SEEK_CUR));
}
