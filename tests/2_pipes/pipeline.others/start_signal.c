/*
 * pipeline.c — no stage becomes its program before all of them are there: a
 * gate, which is a pipe, opens when the parent closes its end.
 *
 * Technique: stages wait at a gate before exec; dup3; statuses by waitid
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FREE = 20 };

struct line {
    int gate[2], news[2], count;
    pid_t *pid;
};

/* A free number that is none of 0, 1 and 2. */
static int aside(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, FREE);
}

static void stage(struct line *l, char *const argv[], int from, int to)
{
    char none;
    int fd[] = {aside(from), aside(to), aside(l->news[1]), aside(l->gate[0])};

    close(l->gate[1]);
    close(l->gate[0]);
    for (int i = 0; i < 4; i++)
        if (fd[i] == -1)
            goto tell;
    while (read(fd[3], &none, 1) == -1 && errno == EINTR)
        ;
    if (dup3(fd[0], 0, 0) == 0 && dup3(fd[1], 1, 0) == 1) {
        signal(SIGPIPE, SIG_DFL);
        execvp(argv[0], argv);
    }
tell:;
    uint8_t code = (uint8_t)errno; /* they all fit */
    write(fd[2] == -1 ? l->news[1] : fd[2], &code, 1);
    _exit(126);
}

static int enlist(struct line *l, char *const *const argv[], int n, int in,
                  int out)
{
    int from = in, error = 0;

    for (int i = 0; i < n && error == 0; i++) {
        int p[2] = {-1, out};
        if (i < n - 1 && pipe2(p, O_CLOEXEC) == -1) {
            error = errno;
        } else if ((l->pid[l->count] = fork()) == 0) {
            stage(l, argv[i], from, p[1]);
        } else if (l->pid[l->count] == -1) {
            error = errno;
        } else {
            l->count++;
        }
        if (i > 0)
            close(from);
        if (p[0] != -1)
            close(p[1]);
        from = p[0];
    }
    if (from != -1)
        close(from);
    return error;
}

static int hear(int news)
{
    uint8_t code = 0;
    ssize_t n;

    do
        n = read(news, &code, 1);
    while (n == -1 && errno == EINTR);
    return n == 1 ? code : 0;
}

static int ended(pid_t pid)
{
    siginfo_t info;

    while (waitid(P_PID, (id_t)pid, &info, WEXITED) == -1)
        if (errno != EINTR)
            return 255;
    return info.si_status + (info.si_code == CLD_EXITED ? 0 : 128);
}

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    struct line l = {.gate = {-1, -1}, .news = {-1, -1}};
    int error = 0;

    for (int i = 0; i < n; i++)
        if (argv[i][0] == NULL)
            error = EINVAL;
    if (error != 0 || n < 1) {
        errno = EINVAL;
        return -1;
    }
    l.pid = malloc((size_t)n * sizeof(*l.pid));
    if (l.pid == NULL || pipe2(l.gate, O_CLOEXEC) == -1 ||
        pipe2(l.news, O_CLOEXEC) == -1)
        error = errno;
    else
        error = enlist(&l, argv, n, in, out);
    for (int i = 0; i < l.count && error != 0; i++)
        kill(l.pid[i], SIGKILL);
    if (l.gate[0] != -1) {
        close(l.gate[0]);
        close(l.gate[1]);
    }
    if (l.news[0] != -1) {
        close(l.news[1]);
        if (error == 0 && (error = hear(l.news[0])) != 0)
            for (int i = 0; i < l.count; i++)
                kill(l.pid[i], SIGKILL);
        close(l.news[0]);
    }
    for (int i = 0; i < l.count; i++) {
        int how = ended(l.pid[i]);
        if (error == 0)
            status[i] = how;
    }
    free(l.pid);
    errno = error;
    return error == 0 ? 0 : -1;
}
