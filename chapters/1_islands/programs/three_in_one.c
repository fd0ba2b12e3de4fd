/*
 * three_in_one.c — three children end, one SIGCHLD arrives.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t signals;

static void count(int sig)
{
    (void)sig;
    signals++;
}

int main(void)
{
    struct sigaction action = {.sa_handler = count};
    sigset_t chld;
    siginfo_t info;
    int reaped = 0;

    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigaction(SIGCHLD, &action, NULL);
    sigprocmask(SIG_BLOCK, &chld, NULL);
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == -1)
            return 1;
        if (child == 0)
            _exit(0);
        waitid(P_PID, child, &info, WEXITED | WNOWAIT);
    }
    sigprocmask(SIG_UNBLOCK, &chld, NULL);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        reaped++;
    printf("%d signal, %d children\n", (int)signals, reaped);
}
