/*
 * no_gap.c — open the door and fall asleep in one step.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void note(int sig)
{
    (void)sig;
    ended = 1;
}

int main(void)
{
    struct sigaction action = {.sa_handler = note};
    sigset_t chld, before;
    siginfo_t info;

    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigaction(SIGCHLD, &action, NULL);
    sigprocmask(SIG_BLOCK, &chld, &before);

    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0)
        _exit(0);
    waitid(P_PID, child, &info, WEXITED | WNOWAIT); /* SIGCHLD is there */
    while (!ended)
        sigsuspend(&before);
    waitpid(child, NULL, 0);
    printf("woken\n");
}
