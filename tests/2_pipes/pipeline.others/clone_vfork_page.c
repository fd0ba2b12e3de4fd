/*
 * pipeline.c — clone with CLONE_VFORK, but not CLONE_VM: the parent sleeps
 * until exec, and errno comes home on a shared page.
 *
 * Technique: CLONE_VFORK and a shared page, close_range in the child
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

struct sheet {
    char *const *argv;
    int from, to, error;
    char stack[64 << 10];
};

static int child(void *arg)
{
    struct sheet *s = arg;
    int from = fcntl(s->from, F_DUPFD, 3), to = fcntl(s->to, F_DUPFD, 3);

    if (from != -1 && to != -1 && dup2(from, 0) != -1 && dup2(to, 1) != -1 &&
        close_range(3, ~0U, 0) == 0) {
        signal(SIGPIPE, SIG_DFL);
        execvp(s->argv[0], s->argv);
    }
    s->error = errno;
    _exit(1);
}

static int launch(struct sheet *s, pid_t *pid)
{
    s->error = 0;
    *pid = clone(child, s->stack + sizeof(s->stack), CLONE_VFORK | SIGCHLD, s);
    return *pid == -1 ? errno : s->error;
}

static int wait_status(pid_t pid)
{
    int w = 0;

    while (wait4(pid, &w, 0, NULL) == -1 && errno == EINTR)
        ;
    return WIFSIGNALED(w) ? 128 + WTERMSIG(w) : WEXITSTATUS(w);
}

static int start_all(struct sheet *s, pid_t pid[], int *count,
                     char *const *const argv[], int n, int in, int out)
{
    int error = 0, previous = -1;

    for (int i = 0; i < n && !error; i++) {
        int p[2] = {-1, -1};
        if (i < n - 1 && pipe(p) == -1) {
            error = errno;
        } else {
            s->argv = argv[i];
            s->from = i ? previous : in;
            s->to = i < n - 1 ? p[1] : out;
            error = launch(s, &pid[i]);
            *count += pid[i] != -1;
        }
        if (previous != -1)
            close(previous);
        if (p[1] != -1)
            close(p[1]);
        previous = p[0];
    }
    if (previous != -1)
        close(previous);
    return error;
}

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    int error = 0, count = 0;

    for (int i = 0; i < n; i++)
        if (argv[i][0] == NULL)
            error = EINVAL;
    if (n < 1 || error) {
        errno = EINVAL;
        return -1;
    }
    pid_t *pid = malloc((size_t)n * sizeof(*pid));
    if (pid == NULL)
        return -1;
    struct sheet *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s == MAP_FAILED) {
        error = errno;
    } else {
        error = start_all(s, pid, &count, argv, n, in, out);
        munmap(s, sizeof(*s));
    }
    for (int i = 0; error && i < count; i++)
        kill(pid[i], SIGKILL);
    for (int i = 0; i < count; i++) {
        int how = wait_status(pid[i]);
        if (!error)
            status[i] = how;
    }
    free(pid);
    if (!error)
        return 0;
    errno = error;
    return -1;
}
