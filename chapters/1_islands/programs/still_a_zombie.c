/*
 * still_a_zombie.c — a child that has ended is there until it is reaped.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    siginfo_t info;
    pid_t child = fork();

    if (child == -1)
        err(1, "fork");
    if (child == 0)
        _exit(5);

    /* WNOWAIT: wait for the end, but leave the child as it is. */
    waitid(P_PID, child, &info, WEXITED | WNOWAIT);
    printf("ended:  kill says %d\n", kill(child, 0));

    waitpid(child, NULL, 0);
    int answer = kill(child, 0);
    printf("reaped: kill says %d%s\n", answer, errno == ESRCH ? ", ESRCH" : "");
}
