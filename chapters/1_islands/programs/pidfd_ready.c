/*
 * pidfd_ready.c — a process as a descriptor: poll waits for its end.
 */
#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pid_t child = fork();

    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        sleep(60);
        _exit(0);
    }

    int fd = syscall(SYS_pidfd_open, child, 0);
    if (fd == -1)
        err(1, "pidfd_open");
    struct pollfd end = {.fd = fd, .events = POLLIN};
    printf("50 ms: %d\n", poll(&end, 1, 50));
    kill(child, SIGTERM);
    printf("for ever: %d\n", poll(&end, 1, -1));
    close(fd);
    printf("reaped: %s\n", waitpid(child, NULL, 0) == child ? "now" : "before");
}
