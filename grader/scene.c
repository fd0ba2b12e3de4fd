/*
 * scene.c — collects actors and ends.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calls_shape.h"
#include "explain.h"
#include "proc.h"
#include "scene.h"

enum { MOST = 200 }; /* threads; of a swarm, these will do */

struct gathering {
    struct scene *scene;
    pid_t pid;
};

static void add_end(int fd, void *arg)
{
    struct gathering *g = arg;
    struct scene *s = g->scene;
    char path[64], text[512];
    struct stat st;
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)g->pid, fd);
    if (stat(path, &st) == -1)
        return;
    if (s->ends == s->room) {
        size_t room = s->room ? 2 * s->room : 64;
        struct end *grown = realloc(s->end, room * sizeof(*grown));
        if (!grown)
            return;
        s->end = grown;
        s->room = room;
    }
    struct end *e = &s->end[s->ends++];
    *e = (struct end){.pid = g->pid, .fd = fd, .inode = st.st_ino};
    e->mode = st.st_mode;
    if (readlink(path, e->link, sizeof(e->link) - 1) == -1)
        e->link[0] = '\0';
    char *flags = NULL;
    if (proc_text(text, sizeof(text), "%d/fdinfo/%d", (int)g->pid, fd) > 0)
        flags = strstr(text, "flags:");
    e->flags = flags ? (int)strtol(flags + 6, NULL, 8) : O_RDWR;
    /* Anonymous files share one inode; eventfds have numbers of their own. */
    char *id = flags ? strstr(flags, "eventfd-id:") : NULL;
    if (id)
        e->inode = strtoul(id + 11, NULL, 0);
    if (S_ISSOCK(e->mode))
        socket_look(s, e);
}

/* An exec that does not come back has made another program of it, perhaps
 * one that the test's own binary plays under another name. */
static bool is_executed(const struct scene *s, const struct task *t)
{
    if (!s->page)
        return false;
    for (int i = 0; i < s->page->procs && i < PAGE_PROCS; i++)
        if (s->page->proc[i].pid == t->pid && s->page->proc[i].executed)
            return true;
    const struct page_event *e = page_last(s->page, t->pid);
    return e && e->ended == 0 && call_is_exec(e->call);
}

/* The test's binary under another name: posix_spawn leaves no other trace. */
static bool has_another_name(const struct scene *s, const struct task *t)
{
    for (size_t i = 0; s->page && i < s->tree->count; i++) {
        const struct task *test = &s->tree->task[i];
        if (test->tid == s->page->test_pid && t->tid == t->pid)
            return strcmp(test->name, t->name) != 0;
    }
    return false;
}

static bool is_other_program(const struct scene *s, const struct task *t)
{
    char exe[PATH_MAX], path[32], full[PATH_MAX];
    snprintf(path, sizeof(path), "/proc/%d/exe", (int)t->pid);
    ssize_t len = readlink(path, exe, sizeof(exe) - 1);
    if (is_executed(s, t) || has_another_name(s, t))
        return true;
    if (len <= 0 || !s->binary || !realpath(s->binary, full))
        return false;
    exe[len] = '\0';
    return strcmp(exe, full) != 0;
}

/* The call a thread of the learner's is in right now, by the logbook. */
static const struct page_event *current_event(const struct scene *s,
                                              const struct task *t)
{
    if (!s->page)
        return NULL;
    const struct page_event *e = page_last(s->page, t->pid);
    return e && e->ended == 0 && e->tid == t->tid ? e : NULL;
}

static bool takes_descriptor(enum call_kind kind)
{
    return kind == CALL_READ || kind == CALL_WRITE || kind == CALL_ACCEPT ||
           kind == CALL_CONNECT || kind == CALL_EPOLL || kind == CALL_FLOCK ||
           kind == CALL_FCNTL || kind == CALL_MQ_RECEIVE ||
           kind == CALL_MQ_SEND;
}

static void make_actor(struct scene *s, struct actor *a, const struct task *t)
{
    size_t used;
    *a = (struct actor){.task = t};
    a->dead = t->state == 'Z' || t->state == 'X';
    a->stopped = t->state == 'T' || t->state == 't';
    if (s->page)
        page_role(s->page, t->pid, a->role, sizeof(a->role));
    else
        snprintf(a->role, sizeof(a->role), "process %d", (int)t->pid);
    a->program = !a->dead && is_other_program(s, t);
    if (a->program) {
        used = strlen(a->role);
        snprintf(a->role + used, sizeof(a->role) - used, " (%s)", t->name);
    }
    if (t->tid != t->pid) {
        used = strlen(a->role);
        snprintf(a->role + used, sizeof(a->role) - used, "'s thread %d",
                 (int)t->tid);
    }
    if (a->dead)
        return;
    a->event = a->program ? NULL : current_event(s, t);
    if (a->event)
        snprintf(a->where, sizeof(a->where), "%s",
                 source_line(s->binary, a->event->pc));
    if (!t->known)
        s->blind = true;
    else if (!a->stopped && t->state != 'R')
        a->kind = call_kind(t);
    if (takes_descriptor(a->kind))
        a->end = scene_end(s, t->pid, (int)t->arg[0]);
}

void scene_make(struct scene *s, const struct tree *tree,
                const struct page *page, const char *binary)
{
    *s = (struct scene){.tree = tree, .page = page, .binary = binary};
    size_t count = tree->count < MOST ? tree->count : MOST;
    for (size_t i = 0; i < count; i++) {
        struct gathering g = {s, tree->task[i].pid};
        char folder[32];
        if (tree->task[i].tid != g.pid || tree->task[i].state == 'Z')
            continue;
        snprintf(folder, sizeof(folder), "%d/fd", (int)g.pid);
        if (proc_numbers(folder, add_end, &g) == -1)
            s->blind = true;
    }
    if (page)
        s->letters = page_letters(page, s->letter);
    s->actor = calloc(count + 1, sizeof(*s->actor));
    for (size_t i = 0; s->actor && i < count; i++)
        make_actor(s, &s->actor[s->actors++], &tree->task[i]);
}

void scene_clear(struct scene *s)
{
    free(s->actor);
    free(s->end);
}

const struct end *scene_end(const struct scene *s, pid_t pid, int fd)
{
    for (size_t i = 0; i < s->ends; i++)
        if (s->end[i].pid == pid && s->end[i].fd == fd)
            return &s->end[i];
    return NULL;
}

/* Of a process with several threads, the one in the learner's call. */
const struct actor *scene_actor(const struct scene *s, pid_t pid)
{
    const struct actor *found = NULL;
    for (size_t i = 0; i < s->actors; i++) {
        const struct actor *a = &s->actor[i];
        if (a->task->pid == pid && (!found || (a->event && !found->event)))
            found = a;
    }
    return found;
}

const char *the(const struct actor *a, char *buf, size_t cap)
{
    const char *article =
        strncmp(a->role, "parent", 6) == 0 || strncmp(a->role, "test", 4) == 0
            ? "the "
            : "";
    snprintf(buf, cap, "%s%s", article, a->role);
    return buf;
}
