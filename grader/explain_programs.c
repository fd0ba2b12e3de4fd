/*
 * explain_programs.c — rules about programs that others started, say the
 * stages of a pipeline.
 *
 * A program reads 0 and writes 1 and 2. A pipe end with a higher number has
 * been inherited by mistake: it will neither be used nor closed.
 */
#include <string.h>

#include "explain_parts.h"
#include "explain_rules.h"

static bool on_a_pipe(const struct actor *a)
{
    return (a->kind == CALL_READ || a->kind == CALL_WRITE) && a->end &&
           strncmp(a->end->link, "pipe:", 5) == 0;
}

static bool is_inherited(const struct scene *s, const struct end *e)
{
    const struct actor *b = scene_actor(s, e->pid);
    return b && b->program && e->fd > 2;
}

/* Is the program there that should write to the pipe, or read from it? Then
 * the reason lies with that one. */
static bool has_a_partner(const struct scene *s, const struct actor *a)
{
    for (const struct end *e = NULL; (e = scene_next(s, a, e)) != NULL;) {
        const struct actor *b = scene_actor(s, e->pid);
        if (b && b->program && e->fd <= 2 && e->pid != a->task->pid)
            return true;
    }
    return false;
}

/* All copies of the other end are in programs that know nothing of it. */
bool inherited_by_programs(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], other[80], pipe[96];
    const struct end *first = NULL;
    if (!on_a_pipe(a))
        return false;
    for (const struct end *e = NULL; (e = scene_next(s, a, e)) != NULL;) {
        if (!is_inherited(s, e))
            return false;
        first = first ? first : e;
    }
    if (!first)
        return false;
    const struct actor *b = scene_actor(s, first->pid);
    bool own = b->task->pid == a->task->pid, reads = a->kind == CALL_READ;
    the(a, name, sizeof(name));
    the(b, other, sizeof(other));
    end_name(s, a->end, pipe, sizeof(pipe));
    fprintf(say,
            reads ? "%s waits for the end of %s"
                  : "%s cannot write any more, %s is full and nobody reads "
                    "from it; yet it gets no SIGPIPE",
            name, pipe);
    fprintf(say,
            ": %s inherited the %s end (fd %d). close(fd %d) in %s before "
            "exec, or make it close-on-exec.",
            own ? "it" : other, reads ? "write" : "read", first->fd, first->fd,
            other);
    return true;
}

static bool waits_for_any_child(const struct scene *s, const struct actor *b)
{
    for (size_t i = 0; i < s->actors; i++)
        if (waits_for_child(s, b, &s->actor[i]))
            return true;
    return false;
}

static void held(FILE *say, struct scene *s, const struct actor *a,
                 const struct actor *b, int fd)
{
    char name[80], other[80], pipe[96], whom[160];
    the(a, name, sizeof(name));
    the(b, other, sizeof(other));
    end_name(s, a->end, pipe, sizeof(pipe));
    awaited(s, b, whom, sizeof(whom));
    if (a->kind == CALL_READ)
        fprintf(say,
                "%s waits for the end of %s, but %s still holds its write end "
                "(fd %d) and waits for %s to end. close(fd %d) in %s before "
                "waiting.",
                name, pipe, other, fd, whom, fd, other);
    else
        fprintf(say,
                "%s cannot write any more: %s is full, and %s, which holds "
                "its read end (fd %d), waits for %s to end. Read to the end "
                "first (fd %d), then wait; or, if another is to read, start "
                "that one and close(fd %d) in %s before waiting: when nobody "
                "reads any more, %s gets SIGPIPE.",
                name, pipe, other, fd, whom, fd, fd, other, name);
}

/* Whoever started the programs has kept an end, and waits for one of them. */
bool held_beside_a_program(FILE *say, struct scene *s, const struct actor *a)
{
    if (!a->program || !on_a_pipe(a) || has_a_partner(s, a))
        return false;
    for (const struct end *e = NULL; (e = scene_next(s, a, e)) != NULL;) {
        const struct actor *b = scene_actor(s, e->pid);
        if (!b || b->program || !waits_for_any_child(s, b))
            continue;
        held(say, s, a, b, e->fd);
        return true;
    }
    return false;
}
