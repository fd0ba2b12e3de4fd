/*
 * pipeline.c — vfork: the parent sleeps until exec has worked or failed, and
 * both see the same variables.
 *
 * Technique: vfork, errno in a variable of the parent's
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct stage {
    char *const *argv;
    int from, to;
    pid_t pid;
    volatile int error;
};

static void launch(struct stage *s)
{
    s->error = 0;
    s->pid = vfork();
    if (s->pid == 0) {
        int from = fcntl(s->from, F_DUPFD_CLOEXEC, 3);
        int to = fcntl(s->to, F_DUPFD_CLOEXEC, 3);
        if (from == -1 || to == -1 || dup2(from, 0) == -1 ||
            dup2(to, 1) == -1) {
            s->error = errno;
            _exit(1);
        }
        signal(SIGPIPE, SIG_DFL);
        execvp(s->argv[0], s->argv);
        s->error = errno;
        _exit(1);
    }
    if (s->pid == -1)
        s->error = errno;
}

static int collect(pid_t pid)
{
    siginfo_t info;

    while (waitid(P_PID, (id_t)pid, &info, WEXITED) == -1 && errno == EINTR)
        ;
    return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    if (n < 1) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; i < n; i++)
        if (!argv[i] || !argv[i][0]) {
            errno = EINVAL;
            return -1;
        }
    struct stage *stage = calloc((size_t)n, sizeof(*stage));
    if (!stage)
        return -1;

    int error = 0, count = 0, before = -1;
    for (; count < n && !error; count++) {
        struct stage *s = &stage[count];
        int ends[2] = {-1, -1};
        if (count < n - 1 && pipe2(ends, O_CLOEXEC) == -1) {
            error = errno;
            break;
        }
        *s = (struct stage){argv[count], count ? before : in,
                            count < n - 1 ? ends[1] : out, -1, 0};
        launch(s);
        error = s->error;
        if (count > 0)
            close(before);
        if (count < n - 1)
            close(ends[1]);
        before = ends[0];
    }
    if (before != -1)
        close(before);
    for (int i = 0; i < count; i++)
        if (error && stage[i].pid > 0)
            kill(stage[i].pid, SIGKILL);
    for (int i = 0; i < count; i++)
        if (stage[i].pid > 0) {
            int how = collect(stage[i].pid);
            if (!error)
                status[i] = how;
        }
    free(stage);
    errno = error ? error : errno;
    return error ? -1 : 0;
}
