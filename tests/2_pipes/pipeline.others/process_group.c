/*
 * pipeline.c — all stages are one process group, as in an interactive shell;
 * the group is killed and waited for as one.
 *
 * Technique: setpgid, kill(-group), waitpid(-group)
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct job {
    pid_t group, *pid;
    int count, news[2];
};

static void stage(const struct job *job, char *const argv[], int from, int to)
{
    int fd[3] = {from, to, job->news[1]};

    setpgid(0, job->group);
    for (int i = 0; i < 3; i++)
        if ((fd[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, 3)) == -1)
            goto failed;
    if (dup2(fd[0], 0) == -1 || dup2(fd[1], 1) == -1)
        goto failed;
    signal(SIGPIPE, SIG_DFL);
    execvp(argv[0], argv);
failed:;
    int error = errno;
    write(fd[2] == -1 ? job->news[1] : fd[2], &error, sizeof(error));
    _exit(127);
}

static int add(struct job *job, char *const argv[], int from, int to)
{
    pid_t pid = fork();

    if (pid == -1)
        return errno;
    if (pid == 0)
        stage(job, argv, from, to);
    if (job->group == 0)
        job->group = pid;
    setpgid(pid, job->group); /* whoever comes first, parent or child */
    job->pid[job->count++] = pid;
    return 0;
}

static int add_all(struct job *job, char *const *const argv[], int n, int in,
                   int out)
{
    int error = 0, before = in;

    for (int i = 0; error == 0 && i < n; i++) {
        int p[2] = {-1, -1};
        if (i + 1 < n && pipe2(p, O_CLOEXEC) == -1)
            error = errno;
        else
            error = add(job, argv[i], before, i + 1 < n ? p[1] : out);
        if (p[1] != -1)
            close(p[1]);
        if (i > 0)
            close(before);
        before = p[0];
    }
    if (before != -1)
        close(before);
    return error;
}

/* The first of the group to end is taken, whoever it is. A stage that was
 * killed before it joined the group would be missed, so they are counted. */
static void wait_for_all(const struct job *job, int status[])
{
    int left = job->count, w;

    while (left > 0) {
        pid_t pid = waitpid(-job->group, &w, 0);
        if (pid == -1 && errno == EINTR)
            continue;
        if (pid == -1)
            break;
        left--;
        for (int i = 0; status != NULL && i < job->count; i++)
            if (job->pid[i] == pid)
                status[i] = WIFEXITED(w) ? WEXITSTATUS(w) : 128 + WTERMSIG(w);
    }
}

static int run(struct job *job, char *const *const argv[], int n, int in,
               int out, int status[])
{
    int error = add_all(job, argv, n, in, out);

    close(job->news[1]);
    while (error == 0 && read(job->news[0], &error, sizeof(error)) == -1 &&
           errno == EINTR)
        error = 0;
    close(job->news[0]);
    if (error != 0 && job->count > 0)
        kill(-job->group, SIGKILL);
    wait_for_all(job, error == 0 ? status : NULL);
    return error;
}

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    struct job job = {0};
    int error = n < 1 ? EINVAL : 0;

    for (int i = 0; i < n; i++)
        if (!argv[i] || !argv[i][0])
            error = EINVAL;
    if (!error && !(job.pid = malloc((size_t)n * sizeof(pid_t))))
        error = ENOMEM;
    if (!error && pipe2(job.news, O_CLOEXEC) == -1)
        error = errno;
    else if (!error)
        error = run(&job, argv, n, in, out, status);
    free(job.pid);
    if (error)
        errno = error;
    return error ? -1 : 0;
}
