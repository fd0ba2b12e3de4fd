#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The stages started so far, and the pipe by which one of them says why it
 * could not become its program. */
struct line {
    pid_t *stage;
    int started;
    int news[2];
};

/* In the child. Copies from 3 upwards first: the ends may have any numbers,
 * and a dup2 onto 0 may cover one that is still needed. dup2 from a copy
 * clears close-on-exec; exec closes all else. */
static void become(char *const argv[], int from, int to, int news)
{
    from = fcntl(from, F_DUPFD_CLOEXEC, 3);
    to = fcntl(to, F_DUPFD_CLOEXEC, 3);
    int tell = fcntl(news, F_DUPFD_CLOEXEC, 3);

    if (from != -1 && to != -1 && tell != -1 && dup2(from, 0) != -1 &&
        dup2(to, 1) != -1 && signal(SIGPIPE, SIG_DFL) != SIG_ERR)
        execvp(argv[0], argv);
    int error = errno;
    while (write(tell == -1 ? news : tell, &error, sizeof(error)) == -1 &&
           errno == EINTR)
        ;
    _exit(127);
}

static int start(struct line *line, char *const argv[], int from, int to)
{
    pid_t pid = fork();

    if (pid == 0)
        become(argv, from, to, line->news[1]);
    if (pid == -1)
        return errno;
    line->stage[line->started++] = pid;
    return 0;
}

/* One pipe at a time: as soon as both its users are there, the parent has no
 * end of it left. Returns 0 or the errno of what failed. */
static int start_all(struct line *line, char *const *const argv[], int n,
                     int in, int out)
{
    int from = in, error = 0;

    for (int i = 0; i < n && error == 0; i++) {
        int next[2] = {-1, out};

        if (i < n - 1 && pipe2(next, O_CLOEXEC) == -1)
            error = errno;
        else
            error = start(line, argv[i], from, next[1]);
        if (i > 0)
            close(from);
        if (next[0] != -1)
            close(next[1]);
        from = next[0];
    }
    if (from != -1)
        close(from); /* its reader could not be started */
    return error;
}

/* End of file says: every stage has become its program, and exec has closed
 * the pipe there. */
static int bad_news(int news)
{
    int error = 0;

    while (read(news, &error, sizeof(error)) == -1 && errno == EINTR)
        ;
    return error;
}

static int wait_for(pid_t stage)
{
    int wstatus = 0;

    while (waitpid(stage, &wstatus, 0) == -1 && errno == EINTR)
        ;
    return WIFSIGNALED(wstatus) ? 128 + WTERMSIG(wstatus)
                                : WEXITSTATUS(wstatus);
}

static int run(struct line *line, char *const *const argv[], int n, int in,
               int out, int status[])
{
    int error = start_all(line, argv, n, in, out);

    close(line->news[1]);
    if (error == 0)
        error = bad_news(line->news[0]);
    close(line->news[0]);
    for (int i = 0; i < line->started && error != 0; i++)
        kill(line->stage[i], SIGKILL); /* it may ignore every other signal */
    for (int i = 0; i < line->started; i++) {
        int how = wait_for(line->stage[i]);
        if (error == 0)
            status[i] = how;
    }
    return error;
}

static int is_line(char *const *const argv[], int n)
{
    for (int i = 0; i < n; i++)
        if (argv[i] == NULL || argv[i][0] == NULL)
            return 0;
    return n >= 1;
}

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    struct line line = {0};

    if (!is_line(argv, n)) {
        errno = EINVAL;
        return -1;
    }
    line.stage = calloc((size_t)n, sizeof(*line.stage));
    if (line.stage == NULL)
        return -1;

    int error = pipe2(line.news, O_CLOEXEC) == -1
                    ? errno
                    : run(&line, argv, n, in, out, status);

    free(line.stage);
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}

/*
 * The trap: every fork copies every pipe end that is open at that moment, and
 * a reader sees the end of its input only when the last copy of the write end
 * is closed, in every stage and in the parent. Close-on-exec clears the
 * stages, and the parent closes its own ends before it waits.
 */
