/*
 * tree.c — a snapshot of every thread below the keeper of a test.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "tree.h"

struct reading {
    struct tree *tree;
    pid_t pid;
    bool failed;
};

static struct task *add_task(struct tree *tree)
{
    if (tree->count == tree->room) {
        size_t room = tree->room ? 2 * tree->room : 32;
        struct task *grown = realloc(tree->task, room * sizeof(*grown));
        if (!grown)
            return NULL;
        tree->task = grown;
        tree->room = room;
    }
    struct task *t = &tree->task[tree->count++];
    memset(t, 0, sizeof(*t));
    t->call = -1;
    return t;
}

/* "202 0x7f… 0x80 …", "-1 0x7ff… 0x4…", or "running". */
static void read_call(struct task *t)
{
    char text[256];
    ssize_t len = proc_text(text, sizeof(text), "%d/task/%d/syscall",
                            (int)t->pid, (int)t->tid);
    t->known = len > 0;
    if (!t->known || strncmp(text, "running", 7) == 0)
        return;
    char *at = text;
    t->call = strtol(at, &at, 10);
    for (int i = 0; i < 6 && t->call != -1; i++)
        t->arg[i] = strtoul(at, &at, 0);
}

/* Without schedstat, ticks of CPU time are too coarse to show every step;
 * switches between processes do, so they count as a nanosecond each. */
static unsigned long long ran_coarsely(struct task *t, unsigned long long ticks)
{
    char text[4096];
    unsigned long long ran = ticks * (1000000000ull / sysconf(_SC_CLK_TCK));
    if (proc_text(text, sizeof(text), "%d/task/%d/status", (int)t->pid,
                  (int)t->tid) <= 0)
        return ran;
    for (char *at = text; (at = strstr(at, "ctxt_switches:")) != NULL;) {
        at += strlen("ctxt_switches:");
        ran += strtoull(at, NULL, 10);
    }
    return ran;
}

static void read_task(pid_t tid, void *arg)
{
    struct reading *r = arg;
    char text[512];
    struct proc_stat st;
    if (proc_text(text, sizeof(text), "%d/task/%d/stat", (int)r->pid,
                  (int)tid) <= 0 ||
        !proc_stat(&st, text))
        return; /* it has just ended */
    struct task *t = add_task(r->tree);
    if (!t) {
        r->failed = true;
        return;
    }
    t->pid = r->pid;
    t->tid = tid;
    t->parent = st.parent;
    t->state = st.state;
    memcpy(t->name, st.name, sizeof(t->name));
    if (st.state == 'Z' || st.state == 'X')
        return;
    if (proc_text(text, sizeof(text), "%d/task/%d/schedstat", (int)r->pid,
                  (int)tid) > 0)
        t->ran = strtoull(text, NULL, 10);
    else
        t->ran = ran_coarsely(t, st.ticks);
    read_call(t);
}

static int by_number(const void *a, const void *b)
{
    const struct task *x = a, *y = b;
    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    return (x->tid > y->tid) - (x->tid < y->tid);
}

int tree_read(struct tree *tree, pid_t root)
{
    struct pids below = {0};
    struct reading r = {.tree = tree};
    tree->count = 0;
    if (!proc_descendants(&below, root)) {
        free(below.pid);
        return -1;
    }
    for (size_t i = 0; i < below.count; i++) {
        char folder[32];
        r.pid = below.pid[i];
        snprintf(folder, sizeof(folder), "%d/task", (int)r.pid);
        proc_numbers(folder, read_task, &r);
    }
    free(below.pid);
    if (r.failed) {
        errno = ENOMEM;
        return -1;
    }
    if (tree->count > 1)
        qsort(tree->task, tree->count, sizeof(*tree->task), by_number);
    return (int)tree->count;
}

void tree_clear(struct tree *tree)
{
    free(tree->task);
    *tree = (struct tree){0};
}

double tree_cpu(const struct tree *tree)
{
    unsigned long long sum = 0;
    for (size_t i = 0; i < tree->count; i++)
        sum += tree->task[i].ran;
    return sum / 1e9;
}
