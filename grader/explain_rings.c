/*
 * explain_rings.c — rules about pipes and sockets between processes: who
 * holds the other end, and for whom that one waits.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "explain_parts.h"
#include "explain_rules.h"

bool conclude(FILE *say, struct scene *s, const struct actor *a,
              const char *remedy)
{
    char name[80], what[160];
    const struct actor *parent = scene_actor(s, a->task->parent);
    if (parent && waits_for_child(s, parent, a))
        fprintf(say, ", while %s %s", the(parent, name, sizeof(name)),
                doing(s, parent, what, sizeof(what)));
    fprintf(say, ".%s%s", remedy[0] ? " " : "", remedy);
    return true;
}

bool holder_waits_for_reader(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], other[80], pipe[96];
    if (a->kind != CALL_READ)
        return false;
    for (const struct end *e = NULL; (e = scene_next(s, a, e)) != NULL;) {
        const struct actor *b = scene_actor(s, e->pid);
        if (!b || !waits_for_child(s, b, a))
            continue;
        s->blamed = e;
        the(a, name, sizeof(name));
        the(b, other, sizeof(other));
        end_name(s, a->end, pipe, sizeof(pipe));
        fprintf(say,
                "%s waits for the end of %s, but %s still holds %s (fd %d) "
                "and waits for %s to end. close(fd %d) in %s before waiting.",
                name, pipe, other,
                S_ISFIFO(e->mode) ? "its write end" : "the other end", e->fd,
                name, e->fd, other);
        return true;
    }
    return false;
}

bool ring_over_a_full_pipe(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], other[80], pipe[96];
    if (a->kind != CALL_WRITE)
        return false;
    for (const struct end *e = NULL; (e = scene_next(s, a, e)) != NULL;) {
        const struct actor *b = scene_actor(s, e->pid);
        if (!b || !waits_for_child(s, b, a))
            continue;
        s->culprit[0] = b;
        the(a, name, sizeof(name));
        the(b, other, sizeof(other));
        end_name(s, a->end, pipe, sizeof(pipe));
        fprintf(say,
                "a ring of waiting: %s waits for %s to end; %s waits for %s "
                "to read from %s, which is full. Read to the end first "
                "(fd %d), then wait.",
                other, name, name, other, pipe, e->fd);
        return true;
    }
    return false;
}

/* a as it would be in read or write, where it polls one descriptor only. */
struct actor meant(struct scene *s, const struct actor *a)
{
    struct interest list[WATCHED];
    struct actor as = *a;
    if ((a->kind != CALL_POLL && a->kind != CALL_SELECT &&
         a->kind != CALL_EPOLL) ||
        watched_by(s, a, list) != 1 || list[0].reading == list[0].writing ||
        may_be_missed(s, a, &list[0]))
        return as;
    as.end = scene_end(s, a->task->pid, list[0].fd);
    as.kind = list[0].reading ? CALL_READ : CALL_WRITE;
    return as;
}

/* Does b, in a call of this kind, face the process of a? */
static bool in_turn(const struct scene *s, const struct actor *a,
                    const struct actor *b, enum call_kind kind)
{
    return b->kind == kind && b->task->pid != a->task->pid &&
           held_by(s, b, a->task->pid);
}

bool both_write(FILE *say, struct scene *s, const struct actor *actor)
{
    char name[80], other[80];
    const struct actor as = meant(s, actor), *a = &as;
    if (a->kind != CALL_WRITE)
        return false;
    for (const struct end *e = NULL; (e = scene_next(s, a, e)) != NULL;) {
        const struct actor *b = scene_actor(s, e->pid);
        if (!b)
            continue;
        const struct actor turned = meant(s, b);
        if (!in_turn(s, a, &turned, CALL_WRITE))
            continue;
        s->culprit[0] = actor;
        s->culprit[1] = b;
        fprintf(say,
                "%s and %s both write, and neither reads: what is between "
                "them is full both ways. One of them has to read before it "
                "writes on; or each looks with poll, before every piece it "
                "writes, whether there is something to read.",
                the(a, name, sizeof(name)), the(b, other, sizeof(other)));
        return true;
    }
    return false;
}

/* Who has both ends of a pipe and never wrote has most likely forgotten. */
static bool has_forgotten(const struct scene *s, const struct actor *a,
                          const struct end *held)
{
    bool both = false;
    for (size_t i = 0; i < s->ends; i++)
        if (s->end[i].pid == held->pid && s->end[i].fd != held->fd &&
            s->end[i].inode == held->inode)
            both = true;
    for (unsigned i = 0; s->page && i < s->page->events && i < PAGE_EVENTS; i++)
        if (s->page->event[i].pid == held->pid &&
            s->page->event[i].call == SEA_write &&
            s->page->event[i].object[0] == held->inode)
            return false;
    return both && S_ISFIFO(a->end->mode);
}

bool both_read(FILE *say, struct scene *s, const struct actor *actor)
{
    char name[80], other[80], here[96], there[96];
    const struct actor as = meant(s, actor), *a = &as;
    if (a->kind != CALL_READ)
        return false;
    for (const struct end *e = NULL; (e = scene_next(s, a, e)) != NULL;) {
        const struct actor *faced = scene_actor(s, e->pid);
        if (!faced || has_forgotten(s, a, e))
            continue;
        const struct actor turned = meant(s, faced), *b = &turned;
        if (!in_turn(s, a, b, CALL_READ) ||
            has_forgotten(s, b, held_by(s, b, a->task->pid)))
            continue;
        s->culprit[0] = actor;
        s->culprit[1] = faced;
        fprintf(say,
                "%s and %s both wait for the other to speak: %s reads from "
                "%s, %s reads from %s. One of them has to write first, or "
                "close its end when it has nothing to say.",
                the(a, name, sizeof(name)), the(b, other, sizeof(other)), name,
                end_name(s, a->end, here, sizeof(here)), other,
                end_name(s, b->end, there, sizeof(there)));
        return true;
    }
    return false;
}

bool listens_to_another(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], other[80], here[96], there[96];
    if (a->kind != CALL_READ)
        return false;
    for (const struct end *e = NULL; (e = scene_next(s, a, e)) != NULL;) {
        const struct actor *b = scene_actor(s, e->pid);
        const struct end *deaf;
        if (!b || b->kind != CALL_WRITE || !b->end ||
            b->end->inode == a->end->inode ||
            !(deaf = held_by(s, b, a->task->pid)))
            continue;
        s->culprit[0] = a;
        s->culprit[1] = b;
        the(a, name, sizeof(name));
        fprintf(say,
                "%s waits to read from %s, while %s waits for it to read from "
                "%s (fd %d), which is full. Nobody can know which of the two "
                "speaks first, or how much: wait for both with poll.",
                name, end_name(s, a->end, here, sizeof(here)),
                the(b, other, sizeof(other)),
                end_name(s, b->end, there, sizeof(there)), deaf->fd);
        return true;
    }
    return false;
}

bool forgotten_by_a_sibling(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], other[80], pipe[96];
    if (a->kind != CALL_READ)
        return false;
    for (const struct end *e = NULL; (e = scene_next(s, a, e)) != NULL;) {
        const struct actor *b = scene_actor(s, e->pid);
        if (!b || !has_forgotten(s, a, e) || (b->program && e->fd <= 2))
            continue;
        s->blamed = e;
        fprintf(say,
                "%s waits for the end of %s, but %s still holds its write "
                "end (fd %d) and does not write to it. close(fd %d) in %s "
                "right after the fork.",
                the(a, name, sizeof(name)),
                end_name(s, a->end, pipe, sizeof(pipe)),
                the(b, other, sizeof(other)), e->fd, e->fd, other);
        return true;
    }
    return false;
}

bool full_and_nobody_reads(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], pipe[96], other[80], what[160];
    if (a->kind != CALL_WRITE || !a->end ||
        !(S_ISFIFO(a->end->mode) || S_ISSOCK(a->end->mode)))
        return false;
    const struct end *e = scene_next(s, a, NULL);
    const struct actor *b = e ? scene_actor(s, e->pid) : NULL;
    the(a, name, sizeof(name));
    end_name(s, a->end, pipe, sizeof(pipe));
    fprintf(say,
            "%s cannot write any more: %s is full and nobody reads from it",
            name, pipe);
    if (!b || b == a)
        return conclude(say, s, a, "");
    fprintf(say,
            "; its %s end is open in %s (fd %d), which %s. Read there, or "
            "close that end so that the writer gets EPIPE.",
            S_ISFIFO(a->end->mode) ? "read" : "other",
            the(b, other, sizeof(other)), e->fd,
            doing(s, b, what, sizeof(what)));
    return true;
}

bool end_is_held(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], pipe[96], who[256];
    if (a->kind != CALL_READ || !a->end)
        return false;
    the(a, name, sizeof(name));
    end_name(s, a->end, pipe, sizeof(pipe));
    if (scene_holders(s, a, who, sizeof(who)) == 0) {
        fprintf(say,
                S_ISSOCK(a->end->mode)
                    ? "%s waits to read from %s (fd %d), whose other end no "
                      "process of this test has"
                    : "%s waits to read from %s (fd %d), and nobody is left "
                      "to write to it",
                name, pipe, a->end->fd);
        return conclude(say, s, a, "");
    }
    fprintf(say,
            "%s waits for data or the end of %s, which is still open for "
            "writing in %s",
            name, pipe, who);
    return conclude(say, s, a,
                    "Write to it, or close it everywhere it is not used.");
}
