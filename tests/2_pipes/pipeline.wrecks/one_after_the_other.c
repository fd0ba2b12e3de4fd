/*
 * Mistake: runs one stage after the other, with files in memory between them.
 * Caught by: all_run_at_the_same_time
 * Saying: start all of them before you wait for any
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(char *const argv[], int from, int to)
{
    int wstatus = 0, news[2], error = 0;

    if (pipe2(news, O_CLOEXEC) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        from = fcntl(from, F_DUPFD_CLOEXEC, 3);
        to = fcntl(to, F_DUPFD_CLOEXEC, 3);
        news[1] = fcntl(news[1], F_DUPFD_CLOEXEC, 3);
        dup2(from, 0);
        dup2(to, 1);
        signal(SIGPIPE, SIG_DFL);
        execvp(argv[0], argv);
        write(news[1], &errno, sizeof(errno));
        _exit(127);
    }
    close(news[1]);
    while (read(news[0], &error, sizeof(error)) == -1 && errno == EINTR)
        ;
    close(news[0]);
    while (waitpid(pid, &wstatus, 0) == -1 && errno == EINTR)
        ;
    errno = error;
    if (error != 0)
        return -1;
    return WIFSIGNALED(wstatus) ? 128 + WTERMSIG(wstatus)
                                : WEXITSTATUS(wstatus);
}

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    int from = in, rc = 0;

    if (n < 1)
        rc = -1;
    for (int i = 0; i < n; i++)
        if (argv[i][0] == NULL)
            rc = -1;
    if (rc == -1)
        errno = EINVAL;
    for (int i = 0; i < n && rc != -1; i++) {
        int to = i < n - 1 ? memfd_create("between", MFD_CLOEXEC) : out;
        rc = status[i] = run(argv[i], from, to);
        if (i > 0)
            close(from);
        if (i < n - 1)
            lseek(to, 0, SEEK_SET);
        from = to;
        if (rc == -1 && i < n - 1)
            close(to);
    }
    return rc == -1 ? -1 : 0;
}
