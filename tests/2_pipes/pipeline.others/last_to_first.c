/*
 * pipeline.c — built from the end: the last stage is started first, and each
 * pipe is there before its writer.
 *
 * Technique: from the last stage to the first, a pipe of news for each
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void child(char *const argv[], int in, int out, int news)
{
    int a = fcntl(in, F_DUPFD_CLOEXEC, 3), b, tell;
    struct sigaction plain = {.sa_handler = SIG_DFL};

    b = a < 0 ? -1 : fcntl(out, F_DUPFD_CLOEXEC, 3);
    tell = fcntl(news, F_DUPFD_CLOEXEC, 3);
    if (b >= 0 && tell >= 0) {
        dup2(a, STDIN_FILENO);
        dup2(b, STDOUT_FILENO);
        sigaction(SIGPIPE, &plain, NULL);
        execvp(argv[0], argv);
    }
    int why = errno;
    if (write(tell >= 0 ? tell : news, &why, sizeof(why)) < 0)
        _exit(126);
    _exit(127);
}

/* The pid, or -1 with errno, also when exec has failed. */
static pid_t launch(char *const argv[], int in, int out)
{
    int news[2], why = 0;
    ssize_t got;

    if (pipe2(news, O_CLOEXEC) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        child(argv, in, out, news[1]);
    if (pid < 0)
        why = errno;
    close(news[1]);
    if (pid > 0) {
        do
            got = read(news[0], &why, sizeof(why));
        while (got < 0 && errno == EINTR);
    }
    close(news[0]);
    if (why && pid > 0)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    errno = why;
    return why ? -1 : pid;
}

static int finish(pid_t pid)
{
    int w;

    while (waitpid(pid, &w, 0) < 0)
        if (errno != EINTR)
            return 255;
    return WIFEXITED(w) ? WEXITSTATUS(w) : 128 + WTERMSIG(w);
}

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    int to = out, saved = 0, i;

    for (i = 0; i < n; i++)
        if (argv[i][0] == NULL)
            saved = EINVAL;
    if (n < 1)
        saved = EINVAL;
    if (saved) {
        errno = saved;
        return -1;
    }
    pid_t *pid = malloc((size_t)n * sizeof(*pid));
    if (pid == NULL)
        return -1;
    for (i = n - 1; i >= 0 && !saved; i--) {
        int p[2] = {in, -1};
        if (i > 0 && pipe2(p, O_CLOEXEC) < 0) {
            saved = errno;
            break;
        }
        pid[i] = launch(argv[i], p[0], to);
        saved = pid[i] < 0 ? errno : 0;
        if (i > 0)
            close(p[0]);
        if (i < n - 1)
            close(to);
        to = p[1];
        if (saved)
            break;
    }
    if (saved && to != -1 && to != out)
        close(to);
    for (int k = i + 1; k < n; k++) {
        if (saved)
            kill(pid[k], SIGKILL);
        int how = finish(pid[k]);
        if (!saved)
            status[k] = how;
    }
    free(pid);
    if (saved)
        errno = saved;
    return saved ? -1 : 0;
}
