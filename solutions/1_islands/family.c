/*
 * family.c — run n functions at once, each in a child process of its own.
 */
#include "family.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Waits for one child, and for no other: the caller may have some too. */
static int wait_for(pid_t child)
{
    int wstatus = 0;

    /* A signal for us says nothing about the child: look again. */
    while (waitpid(child, &wstatus, 0) == -1 && errno == EINTR)
        ;
    return WIFSIGNALED(wstatus) ? 128 + WTERMSIG(wstatus)
                                : WEXITSTATUS(wstatus);
}

/* SIGKILL, because a child may ignore every other signal. */
static void end_all(const pid_t child[], int n)
{
    for (int i = 0; i < n; i++)
        kill(child[i], SIGKILL);
    for (int i = 0; i < n; i++)
        wait_for(child[i]);
}

/* Starts all of them before anybody waits: that is what makes it "at once". */
static int start_all(pid_t child[], int n, int (*work)(int index))
{
    for (int i = 0; i < n; i++) {
        child[i] = fork();
        /* _exit: the caller's buffers and atexit handlers are the caller's. */
        if (child[i] == 0)
            _exit(work(i));
        if (child[i] == -1) {
            int error = errno;

            end_all(child, i);
            errno = error;
            return -1;
        }
    }
    return 0;
}

int family(int n, int (*work)(int index), int status[])
{
    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    if (n == 0)
        return 0;

    pid_t *child = calloc((size_t)n, sizeof(*child));

    if (child == NULL)
        return -1;

    int result = start_all(child, n, work);

    for (int i = 0; result == 0 && i < n; i++)
        status[i] = wait_for(child[i]);
    free(child); /* leaves errno alone, from glibc 2.33 on */
    return result;
}

/*
 * The trap: a wait inside the loop that forks looks tidy, gives the right
 * results, and runs one child after another.
 */
