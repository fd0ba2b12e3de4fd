/*
 * interrupted.c — a signal ends a read and a write half way.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

static char text[100000];

static void do_nothing(int sig)
{
    (void)sig;
}

int main(void)
{
    struct sigaction action = {.sa_handler = do_nothing};
    struct itimerval often = {{0, 10000}, {0, 10000}};
    int bridge[2];

    if (pipe2(bridge, O_CLOEXEC) == -1)
        err(1, "pipe2");
    sigaction(SIGALRM, &action, NULL); /* without SA_RESTART */
    setitimer(ITIMER_REAL, &often, NULL);

    ssize_t n = read(bridge[0], text, sizeof(text));
    printf("read says %zd%s\n", n, errno == EINTR ? ", EINTR" : "");
    n = write(bridge[1], text, sizeof(text));
    printf("write says %zd of %zu\n", n, sizeof(text));
}
