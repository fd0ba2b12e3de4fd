/*
 * woken_early.c — a signal handler ends a wait that nothing has ended.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void do_nothing(int sig)
{
    (void)sig;
}

int main(void)
{
    struct sigaction action = {.sa_handler = do_nothing};
    pid_t parent = getpid();

    sigaction(SIGUSR1, &action, NULL);
    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    while (child == 0 && getppid() == parent) {
        kill(parent, SIGUSR1);
        usleep(1000);
    }
    if (child == 0)
        _exit(0);

    pid_t got = waitpid(child, NULL, 0);
    printf("waitpid says %d%s\n", got, errno == EINTR ? ", EINTR" : "");
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) == -1 && errno == EINTR)
        ;
    printf("now it is reaped\n");
}
