/*
 * explain_own_end.c — rules about processes that wait for themselves: they
 * hold the other end of their pipe, or watch nothing.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "explain_parts.h"
#include "explain_rules.h"
#include "proc.h"

const struct end *held_by(const struct scene *s, const struct actor *a,
                          pid_t pid)
{
    for (const struct end *e = NULL; (e = scene_next(s, a, e)) != NULL;)
        if (e->pid == pid)
            return e;
    return NULL;
}

/* A handler of its own may write into its own pipe: the self-pipe trick. */
static bool has_handler(pid_t pid)
{
    char text[4096], *at;
    static const int signals[] = {SIGCHLD, SIGTERM, SIGINT, SIGALRM,
                                  SIGUSR1, SIGUSR2, SIGHUP, SIGQUIT};
    if (proc_text(text, sizeof(text), "%d/status", (int)pid) <= 0 ||
        !(at = strstr(text, "SigCgt:")))
        return false;
    unsigned long long caught = strtoull(at + 7, NULL, 16);
    for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
        if (caught >> (signals[i] - 1) & 1)
            return true;
    return false;
}

static bool is_pipe(const struct end *e)
{
    return e && S_ISFIFO(e->mode);
}

/* The other end in somebody who waits for a child, and will not use it. */
static const struct end *held_by_a_waiter(const struct scene *s,
                                          const struct actor *a)
{
    for (const struct end *e = NULL; (e = scene_next(s, a, e)) != NULL;) {
        const struct actor *b = scene_actor(s, e->pid);
        for (size_t i = 0; b && b != a && i < s->actors; i++)
            if (waits_for_child(s, b, &s->actor[i]))
                return e;
    }
    return NULL;
}

bool reads_from_itself(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], other[80], pipe[96];
    const struct end *e = held_by(s, a, a->task->pid), *also;
    if (a->kind != CALL_READ || !is_pipe(a->end) || !e ||
        has_handler(a->task->pid))
        return false;
    s->blamed = e;
    the(a, name, sizeof(name));
    end_name(s, a->end, pipe, sizeof(pipe));
    if (a->program && e->fd <= 2)
        fprintf(say,
                "%s waits for itself: %s is both its fd %d, which it reads, "
                "and its fd %d, which it would write. Make a pipe for each "
                "two neighbours.",
                name, pipe, a->end->fd, e->fd);
    else if (a->program) /* it did not ask for what it inherited */
        fprintf(say,
                "%s waits for an end-of-file that only it could send: it "
                "inherited the write end of %s (fd %d). close(fd %d) before "
                "exec, or make it close-on-exec.",
                name, pipe, e->fd, e->fd);
    else if ((also = held_by_a_waiter(s, a)) != NULL)
        fprintf(say,
                "%s waits for an end-of-file that cannot come: it kept its own "
                "copy of the write end of %s (fd %d), and %s has one, too (fd "
                "%d). Close both: every process closes what it does not use.",
                name, pipe, e->fd,
                the(scene_actor(s, also->pid), other, sizeof(other)), also->fd);
    else
        fprintf(say,
                "%s waits for an end-of-file that only it could send: it kept "
                "its own copy of the write end of %s (fd %d). close(fd %d) "
                "before reading.",
                name, pipe, e->fd, e->fd);
    return true;
}

bool polls_itself(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], pipe[96];
    const struct end *polled;
    const struct end *e = own_other_end(s, a, &polled);
    if (!e || !is_pipe(e) || has_handler(a->task->pid))
        return false;
    s->blamed = e;
    fprintf(say,
            "%s waits for data or the end on %s (fd %d), but holds the write "
            "end itself (fd %d). close(fd %d) before waiting.",
            the(a, name, sizeof(name)), end_name(s, polled, pipe, sizeof(pipe)),
            polled->fd, e->fd, e->fd);
    return true;
}

bool watches_nothing(FILE *say, struct scene *s, const struct actor *a)
{
    struct interest list[WATCHED];
    char name[80];
    if (watched_by(s, a, list) != 0)
        return false;
    the(a, name, sizeof(name));
    if (a->kind == CALL_EPOLL)
        fprintf(say,
                "%s waits in epoll_wait(fd %d), which watches nothing: "
                "epoll_ctl(EPOLL_CTL_ADD) has not been called for any "
                "descriptor that is still open.",
                name, (int)a->task->arg[0]);
    else
        fprintf(say,
                "%s waits without a time-out for descriptors, but watches "
                "none. Leave the loop when none is left.",
                name);
    return true;
}

bool socket_to_itself(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], socket[96], who[256];
    const struct end *e = held_by(s, a, a->task->pid);
    if (a->kind != CALL_READ || !a->end || !S_ISSOCK(a->end->mode) || !e)
        return false;
    if (scene_holders(s, a, who, sizeof(who)) > 1)
        return false; /* somebody else may be meant to speak */
    s->blamed = e;
    fprintf(say,
            "%s waits for %s (fd %d), whose other end only it has open itself "
            "(fd %d). close(fd %d) before reading, then the end is seen.",
            the(a, name, sizeof(name)),
            end_name(s, a->end, socket, sizeof(socket)), a->end->fd, e->fd,
            e->fd);
    return true;
}

bool writes_to_itself(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], pipe[96], who[256];
    const struct end *e = held_by(s, a, a->task->pid);
    if (a->kind != CALL_WRITE || !e ||
        scene_holders(s, a, who, sizeof(who)) > 1)
        return false;
    fprintf(say,
            "%s writes into %s, which is full (%d bytes), and nobody else has "
            "its read end: only the writer itself does (fd %d). ",
            the(a, name, sizeof(name)), end_name(s, a->end, pipe, sizeof(pipe)),
            end_bytes(a->end), e->fd);
    if (s->page && a->task->pid != s->page->test_pid)
        fprintf(say,
                "close(fd %d) before writing: then a write that nobody will "
                "read fails with EPIPE, or ends the writer with SIGPIPE.",
                e->fd);
    else
        fputs("Start the reader before writing.", say);
    return true;
}
