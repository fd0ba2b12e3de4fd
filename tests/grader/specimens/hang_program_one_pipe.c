/*
 * Specimen: one pipe for all three stages of a pipeline.
 * Verdict: hung
 * Saying: waits for itself: pipe A is both its fd 0
 * Within: 0.5
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static pid_t stage(int from, int to)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    dup2(from, 0);
    dup2(to, 1);
    execvp("cat", (char *[]){"cat", NULL});
    _exit(127);
}

static void the_middle_is_waited_for(void **state)
{
    (void)state;
    int fd[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
    CHECK_OK(pipe2(fd, O_CLOEXEC), "a pipe");
    stage(null, fd[1]);
    pid_t middle = stage(fd[0], fd[1]);
    stage(fd[0], null);
    close(fd[0]);
    close(fd[1]);
    waitpid(middle, NULL, 0);
}

static const struct CMUnitTest facts[] = {
    FACT(the_middle_is_waited_for),
};
EXERCISE("specimens/hang_program_one_pipe", "pipe(7)", facts)
