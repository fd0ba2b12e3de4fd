/*
 * whole_group.c — one kill for a child and everything it has started.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void lead(void)
{
    setpgid(0, 0);
    if (fork() == 0)
        pause(); /* the grandchild is born into the group */
    raise(SIGSTOP);
}

int main(void)
{
    int status, ended = 0;

    prctl(PR_SET_CHILD_SUBREAPER, 1); /* so that we may reap it too */
    pid_t leader = fork();
    if (leader == -1)
        err(1, "fork");
    if (leader == 0) {
        lead();
        _exit(0);
    }
    waitpid(leader, &status, WUNTRACED); /* until it has stopped itself */
    kill(-leader, SIGKILL);
    while (waitpid(-leader, &status, 0) > 0)
        ended += WIFSIGNALED(status);
    printf("%d killed, group %s\n", ended,
           kill(-leader, 0) == -1 ? "empty" : "alive");
}
