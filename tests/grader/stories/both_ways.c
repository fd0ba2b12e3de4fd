/*
 * both_ways.c — one socket pair, bytes in both directions.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int end[2];
    char text[8];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, end) < 0)
        return 1;
    if (fork() == 0) {
        close(end[0]);
        if (read(end[1], text, 5) != 5 || send(end[1], "abc", 3, 0) != 3)
            _exit(1);
        _exit(0);
    }
    close(end[1]);
    if (write(end[0], "12345", 5) != 5 || recv(end[0], text, 8, 0) != 3)
        return 1;
    if (read(end[0], text, 8) != 0)
        return 1;
    wait(NULL);
    return 0;
}
