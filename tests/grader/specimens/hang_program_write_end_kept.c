/*
 * Specimen: cat | cat, whose parent keeps the write end of the pipe between
 * them and waits for the last of three first.
 * Verdict: hung
 * Saying: waits for the end of pipe A, but the parent still holds its write
 * Within: 0.5
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static pid_t stage(char *const argv[], int from, int to)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    dup2(from, 0);
    dup2(to, 1);
    execvp(argv[0], argv);
    _exit(127);
}

static void the_last_is_waited_for(void **state)
{
    (void)state;
    int a[2], b[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
    char *cat[] = {"cat", NULL};
    CHECK_OK(pipe2(a, O_CLOEXEC), "a pipe");
    CHECK_OK(pipe2(b, O_CLOEXEC), "another");
    stage(cat, null, a[1]);
    stage(cat, a[0], b[1]);
    pid_t last = stage(cat, b[0], null);
    close(a[0]);
    close(b[0]);
    close(b[1]);
    waitpid(last, NULL, 0);
}

static const struct CMUnitTest facts[] = {
    FACT(the_last_is_waited_for),
};
EXERCISE("specimens/hang_program_write_end_kept", "pipe(7)", facts)
