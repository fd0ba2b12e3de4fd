/*
 * pipeline.c — all pipes are made first, with plain pipe; each stage closes
 * every end after it has copied its two.
 *
 * Technique: all pipes at once, closed by hand everywhere
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* One more than there are stages: the last one brings the news. */
static void close_all(int (*ends)[2], int pipes)
{
    for (int i = 0; i < pipes; i++) {
        close(ends[i][0]);
        close(ends[i][1]);
    }
}

/* pipe, but never on 0, 1 or 2, whatever the caller has closed. */
static int high_pipe(int ends[2])
{
    int low[2];

    if (pipe(low) == -1)
        return -1;
    ends[0] = fcntl(low[0], F_DUPFD, 3);
    ends[1] = ends[0] == -1 ? -1 : fcntl(low[1], F_DUPFD, 3);
    int error = errno;
    close(low[0]);
    close(low[1]);
    if (ends[1] != -1)
        return 0;
    if (ends[0] != -1)
        close(ends[0]);
    errno = error;
    return -1;
}

static void child(char *const argv[], int i, int n, int in, int out,
                  int (*ends)[2])
{
    int news = ends[n - 1][1], error;
    int from = fcntl(i == 0 ? in : ends[i - 1][0], F_DUPFD, 3);
    int to = fcntl(i == n - 1 ? out : ends[i][1], F_DUPFD, 3);

    error = errno;
    if (from != -1 && to != -1) {
        dup2(from, 0);
        dup2(to, 1);
        close(from);
        close(to);
        close_all(ends, n - 1);
        close(ends[n - 1][0]);
        fcntl(news, F_SETFD, FD_CLOEXEC);
        signal(SIGPIPE, SIG_DFL);
        execvp(argv[0], argv);
        error = errno;
    }
    write(news, &error, sizeof(error));
    _exit(EXIT_FAILURE);
}

static int started(pid_t pid[], char *const *const argv[], int n, int in,
                   int out, int (*ends)[2], int *error)
{
    int i = 0;

    for (; i < n; i++) {
        pid[i] = fork();
        if (pid[i] == 0)
            child(argv[i], i, n, in, out, ends);
        if (pid[i] == -1) {
            *error = errno;
            break;
        }
    }
    return i;
}

static int run(pid_t pid[], char *const *const argv[], int n, int in, int out,
               int (*ends)[2], int status[])
{
    int error = 0, count = started(pid, argv, n, in, out, ends, &error);

    close_all(ends, n - 1);
    close(ends[n - 1][1]);
    if (error == 0)
        while (read(ends[n - 1][0], &error, sizeof(error)) == -1 &&
               errno == EINTR)
            ;
    close(ends[n - 1][0]);
    for (int i = 0; error != 0 && i < count; i++)
        kill(pid[i], SIGKILL);
    for (int i = 0; i < count; i++) {
        int w = 0;
        while (waitpid(pid[i], &w, 0) == -1 && errno == EINTR)
            ;
        if (error == 0)
            status[i] = WIFEXITED(w) ? WEXITSTATUS(w) : 128 + WTERMSIG(w);
    }
    return error;
}

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    int bad = n < 1, error = 0, made = 0;

    for (int i = 0; i < n; i++)
        bad |= argv[i][0] == NULL;
    if (bad) {
        errno = EINVAL;
        return -1;
    }
    int(*ends)[2] = calloc((size_t)n, sizeof(*ends));
    pid_t *pid = malloc((size_t)n * sizeof(*pid));
    if (ends == NULL || pid == NULL)
        error = ENOMEM;
    for (; error == 0 && made < n; made++)
        if (high_pipe(ends[made]) == -1) {
            error = errno;
            break;
        }
    if (error == 0)
        error = run(pid, argv, n, in, out, ends, status);
    else if (ends != NULL)
        close_all(ends, made);
    free(pid);
    free(ends);
    errno = error;
    return error == 0 ? 0 : -1;
}
