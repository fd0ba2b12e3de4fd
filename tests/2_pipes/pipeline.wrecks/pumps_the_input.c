/*
 * Mistake: the parent itself reads in and feeds the first stage.
 * Caught by: leaves_in_and_out_as_they_were
 * Saying: the first stage reads from in itself
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t start(char *const argv[], int from, int to)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    from = fcntl(from, F_DUPFD_CLOEXEC, 3);
    to = fcntl(to, F_DUPFD_CLOEXEC, 3);
    dup2(from, 0);
    dup2(to, 1);
    signal(SIGPIPE, SIG_DFL);
    execvp(argv[0], argv);
    _exit(127);
}

static void pump(int from, int to)
{
    char bytes[4096];
    ssize_t n;

    void (*old)(int) = signal(SIGPIPE, SIG_IGN);
    while ((n = read(from, bytes, sizeof(bytes))) > 0)
        if (write(to, bytes, (size_t)n) != n)
            break;
    signal(SIGPIPE, old);
    close(to);
}

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    int feed[2], p[2], from;
    pid_t pid[n];

    if (pipe2(feed, O_CLOEXEC) == -1)
        return -1;
    from = feed[0];
    for (int i = 0; i < n; i++) {
        p[0] = p[1] = -1;
        if (i < n - 1 && pipe2(p, O_CLOEXEC) == -1)
            return -1;
        pid[i] = start(argv[i], from, i < n - 1 ? p[1] : out);
        close(from);
        if (p[1] != -1)
            close(p[1]);
        from = p[0];
    }
    pump(in, feed[1]);
    for (int i = 0; i < n; i++) {
        int w = 0;
        while (waitpid(pid[i], &w, 0) == -1 && errno == EINTR)
            ;
        status[i] = WIFEXITED(w) ? WEXITSTATUS(w) : 128 + WTERMSIG(w);
    }
    return 0;
}
