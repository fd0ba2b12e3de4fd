/*
 * Specimen: yes | cat | head, whose parent keeps the last read end and waits
 * for yes first.
 * Verdict: hung
 * Saying: child 2 (cat) gets SIGPIPE
 * Within: 0.5
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void stage(char *const argv[], int from, int to)
{
    if (fork() != 0)
        return;
    if (from != -1)
        dup2(from, 0);
    if (to != -1)
        dup2(to, 1);
    execvp(argv[0], argv);
    _exit(127);
}

static void yes_is_waited_for(void **state)
{
    (void)state;
    int a[2], b[2], null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK_OK(pipe2(a, O_CLOEXEC), "a pipe");
    CHECK_OK(pipe2(b, O_CLOEXEC), "another");
    stage((char *[]){"yes", NULL}, -1, a[1]);
    stage((char *[]){"cat", NULL}, a[0], b[1]);
    stage((char *[]){"head", "-n", "1", NULL}, b[0], null);
    close(a[0]);
    close(a[1]);
    close(b[1]);
    for (int i = 0; i < 3; i++)
        wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(yes_is_waited_for),
};
EXERCISE("specimens/hang_program_read_end_kept", "pipe(7)", facts)
