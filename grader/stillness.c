/*
 * stillness.c — the proof that nobody can move any more.
 *
 * Six equal samples with everybody asleep in a call that has no time-out.
 * What could still wake somebody then is looked for before the verdict:
 * timers, and data on its way through TCP.
 */
#include <stdlib.h>
#include <string.h>

#include "outlook.h"
#include "page.h"
#include "syscalls.h"
#include "tree.h"

enum {
    ENOUGH = 6,   /* samples */
    NETWORK = 60, /* where a TCP socket may still bring something */
};

static bool same_task(const struct task *a, const struct task *b)
{
    return a->pid == b->pid && a->tid == b->tid && a->parent == b->parent &&
           a->state == b->state && a->known == b->known && a->call == b->call &&
           a->ran == b->ran && memcmp(a->arg, b->arg, sizeof(a->arg)) == 0;
}

static bool same_tree(const struct tree *a, const struct tree *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same_task(&a->task[i], &b->task[i]))
            return false;
    return true;
}

static bool keep(struct tree *copy, const struct tree *now)
{
    if (copy->room < now->count) {
        void *grown = realloc(copy->task, now->count * sizeof(*now->task));
        if (!grown)
            return false;
        copy->task = grown;
        copy->room = now->count;
    }
    if (now->count > 0)
        memcpy(copy->task, now->task, now->count * sizeof(*now->task));
    copy->count = now->count;
    return true;
}

static bool is_dead(const struct task *t)
{
    return t->state == 'Z' || t->state == 'X';
}

/* A fork that waits for memory or a lock of the kernel's sleeps in D as well,
 * and will go on: only a child that has not become its program, and so has
 * its parent's name, shows that vfork has come as far as waiting for it. */
static bool has_a_child_to_wait_for(const struct tree *tree,
                                    const struct task *t)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct task *child = &tree->task[i];
        if (child->parent == t->pid && child->pid != t->pid &&
            !is_dead(child) && strcmp(child->name, t->name) == 0)
            return true;
    }
    return false;
}

/* Asleep in a call that only somebody else can end? vfork sleeps in D. */
static bool is_stuck(const struct tree *tree, const struct task *t)
{
    if (is_dead(t) || t->state == 'T')
        return true;
    enum call_kind kind = t->known ? call_kind(t) : CALL_UNKNOWN;
    if (kind == CALL_UNKNOWN ||
        !(t->state == 'S' || (t->state == 'D' && kind == CALL_VFORK &&
                              has_a_child_to_wait_for(tree, t))))
        return false;
    return call_limit(t) > AS_GOOD_AS_EVER;
}

static bool everybody_stuck(const struct tree *tree)
{
    bool alive = false;
    for (size_t i = 0; i < tree->count; i++) {
        if (!is_stuck(tree, &tree->task[i]))
            return false;
        if (!is_dead(&tree->task[i]))
            alive = true;
    }
    return alive;
}

/*
 * Looking ahead takes its time, and a timer that goes off meanwhile looks as
 * if it had never been armed: so the sample after it has to be equal, too.
 */
bool stillness_proven(struct stillness *s, const struct tree *now,
                      const struct page *page)
{
    if (s->samples == 0 || !same_tree(&s->last, now)) {
        s->samples = keep(&s->last, now) ? 1 : 0;
        s->clear = false;
        return false;
    }
    s->samples++;
    if (s->clear)
        return true;
    if (s->samples % ENOUGH != 0)
        return false; /* look closely once in six, it costs more */
    if ((page && page->timer) || !everybody_stuck(now))
        return false;
    struct outlook o = look_ahead(now);
    s->clear = !o.timer && (!o.network || s->samples >= NETWORK);
    return false;
}
