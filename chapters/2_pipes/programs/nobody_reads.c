/*
 * nobody_reads.c — writing when every read end is closed.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int end_of_writer(int fd, void (*disposition)(int))
{
    int status;
    pid_t child = fork();

    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        signal(SIGPIPE, disposition);
        if (write(fd, "hello", 5) == -1 && errno == EPIPE)
            _exit(1);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return status;
}

int main(void)
{
    int bridge[2];

    if (pipe2(bridge, O_CLOEXEC) == -1)
        err(1, "pipe2");
    close(bridge[0]);

    int status = end_of_writer(bridge[1], SIG_DFL);
    printf("default: signal %d\n", WTERMSIG(status));
    status = end_of_writer(bridge[1], SIG_IGN);
    printf("ignored: write says -1%s\n", WEXITSTATUS(status) ? ", EPIPE" : "");
}
