#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { FIRST_ROOM = 64 << 10 };

struct buffer {
    char *bytes;
    size_t len, room;
};

/* What goes on with the program: near ends are ours, far ends its own. */
struct talk {
    int near[3], far[3];
    const char *in;
    size_t in_left;
    struct buffer heard[2];
};

/* ---- SIGPIPE ---- */

struct hush {
    sigset_t pipe, old;
    bool was_pending;
};

static void hush_begin(struct hush *h)
{
    sigset_t pending;

    sigemptyset(&h->pipe);
    sigaddset(&h->pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &h->pipe, &h->old);
    sigpending(&pending);
    h->was_pending = sigismember(&pending, SIGPIPE) == 1;
}

/* Our write to a closed pipe left a SIGPIPE behind: take it back before it is
 * let through. One that waited before we came is the caller's. */
static void hush_end(const struct hush *h)
{
    const struct timespec now = {0, 0};
    int error = errno;

    if (!h->was_pending)
        while (sigtimedwait(&h->pipe, NULL, &now) == -1 && errno == EINTR)
            ;
    pthread_sigmask(SIG_SETMASK, &h->old, NULL);
    errno = error;
}

/* ---- pipes ---- */

static void shut(int *fd)
{
    if (*fd != -1)
        close(*fd);
    *fd = -1;
}

/* Where the caller has no 0, 1 or 2, a new pipe gets just these numbers, and
 * one dup2 would cover what the next one needs: move them to 3 or above. */
static int above_stdio(int *fd)
{
    if (*fd > 2)
        return 0;
    int high = fcntl(*fd, F_DUPFD_CLOEXEC, 3);
    if (high == -1)
        return -1;
    close(*fd);
    *fd = high;
    return 0;
}

static int open_pipes(struct talk *t)
{
    for (int i = 0; i < 3; i++) {
        int end[2], ours = i == 0; /* the write end of the first pipe */
        if (pipe2(end, O_CLOEXEC) == -1)
            return -1;
        t->near[i] = end[ours];
        t->far[i] = end[!ours];
        if (above_stdio(&t->near[i]) == -1 || above_stdio(&t->far[i]) == -1)
            return -1;
    }
    /* Our end only: the program is used to a standard input that waits. */
    return fcntl(t->near[0], F_SETFL, O_NONBLOCK);
}

/* ---- the program ---- */

static int launch(pid_t *pid, char *const argv[], const int far[3],
                  const posix_spawnattr_t *how)
{
    posix_spawn_file_actions_t moves;
    int error = posix_spawn_file_actions_init(&moves);

    if (error != 0)
        return error;
    for (int i = 0; i < 3 && error == 0; i++)
        error = posix_spawn_file_actions_adddup2(&moves, far[i], i);
    if (error == 0)
        error = posix_spawnp(pid, argv[0], &moves, how, argv, environ);
    posix_spawn_file_actions_destroy(&moves);
    return error;
}

/* With the caller's mask, and with a SIGPIPE that ends it. */
static int start(pid_t *pid, char *const argv[], const int far[3],
                 const struct hush *h)
{
    posix_spawnattr_t how;
    int error = posix_spawnattr_init(&how);

    if (error == 0) {
        posix_spawnattr_setsigmask(&how, &h->old);
        posix_spawnattr_setsigdefault(&how, &h->pipe);
        posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK |
                                           POSIX_SPAWN_SETSIGDEF);
        error = launch(pid, argv, far, &how);
        posix_spawnattr_destroy(&how);
    }
    errno = error;
    return error == 0 ? 0 : -1;
}

static void reap(pid_t pid, int *wstatus)
{
    while (waitpid(pid, wstatus, 0) == -1 && errno == EINTR)
        ;
}

/* ---- feeding and listening ---- */

/* Twice as much each time: then all that is copied along the way adds up to
 * less than what there is in the end. */
static int make_room(struct buffer *b)
{
    size_t room = b->room == 0 ? FIRST_ROOM : 2 * b->room;

    if (b->len < b->room)
        return 0;
    char *bytes = realloc(b->bytes, room);
    if (bytes == NULL)
        return -1;
    b->bytes = bytes;
    b->room = room;
    return 0;
}

/* These return 1 when there may be more, 0 at the end, -1 for an error. */
static int listen_to(int fd, struct buffer *b)
{
    if (make_room(b) == -1)
        return -1;
    ssize_t n = read(fd, b->bytes + b->len, b->room - b->len);
    if (n == -1)
        return errno == EINTR ? 1 : -1;
    b->len += (size_t)n;
    return n > 0;
}

static int feed(struct talk *t)
{
    ssize_t n = write(t->near[0], t->in, t->in_left);

    if (n == -1 && errno == EPIPE)
        return 0; /* it does not want to know the rest */
    if (n == -1)
        return errno == EAGAIN || errno == EINTR ? 1 : -1;
    t->in += n;
    t->in_left -= (size_t)n;
    return t->in_left > 0;
}

static int go_on(struct talk *t, int i)
{
    return i == 0 ? feed(t) : listen_to(t->near[i], &t->heard[i - 1]);
}

static int converse(struct talk *t)
{
    if (t->in_left == 0)
        shut(&t->near[0]);
    while (t->near[0] != -1 || t->near[1] != -1 || t->near[2] != -1) {
        struct pollfd side[3] = {{t->near[0], POLLOUT, 0},
                                 {t->near[1], POLLIN, 0},
                                 {t->near[2], POLLIN, 0}};
        if (poll(side, 3, -1) == -1) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        for (int i = 0; i < 3; i++) {
            int more = side[i].revents == 0 ? 1 : go_on(t, i);
            if (more == -1)
                return -1;
            if (more == 0) /* poll would report it again, and at once */
                shut(&t->near[i]);
        }
    }
    return 0;
}

static int run(struct talk *t, char *const argv[], const struct hush *h,
               int *wstatus)
{
    pid_t pid;

    if (open_pipes(t) == -1 || start(&pid, argv, t->far, h) == -1)
        return -1;
    for (int i = 0; i < 3; i++) /* or we would wait for our own end */
        shut(&t->far[i]);
    int rc = converse(t), error = errno;
    if (rc == -1)
        kill(pid, SIGKILL);
    reap(pid, wstatus);
    errno = error;
    return rc;
}

int capture(char *const argv[], const void *in, size_t in_len,
            struct captured *c)
{
    struct talk t = {{-1, -1, -1}, {-1, -1, -1}, in, in_len, {{0}}};
    struct hush h;
    int wstatus = 0;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    hush_begin(&h);
    int rc = run(&t, argv, &h, &wstatus), error = errno;
    for (int i = 0; i < 3; i++) {
        shut(&t.near[i]);
        shut(&t.far[i]);
    }
    hush_end(&h);
    if (rc == 0)
        *c = (struct captured){t.heard[0].bytes, t.heard[1].bytes,
                               t.heard[0].len, t.heard[1].len, wstatus};
    else
        for (int i = 0; i < 2; i++)
            free(t.heard[i].bytes);
    errno = error;
    return rc;
}

void captured_free(struct captured *c)
{
    free(c->out);
    free(c->err);
}

/*
 * The trap: three pipes, each of which holds 64 KiB and then makes its writer
 * wait. Whoever stands at one of them, to write all or to read all, lets the
 * other two fill up. So stand at none: ask poll which one can go on now.
 */
