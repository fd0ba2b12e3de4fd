/*
 * page.c — looking things up in the shared page.
 */
#include "page.h"

#include <stdio.h>

static int find(const struct page *page, pid_t pid)
{
    for (int i = page->procs - 1; i >= 0; i--)
        if (page->proc[i].pid == pid)
            return i;
    return -1;
}

/* "child 2.1": the ordinals from the test down to the process. */
static void name(const struct page *page, int i, char *buf, size_t cap)
{
    const struct page_proc *proc = &page->proc[i];
    size_t used;

    if (proc->parent >= i) { /* a place shared by too many */
        snprintf(buf, cap, "process %d", (int)proc->pid);
    } else if (proc->parent < 0) {
        snprintf(buf, cap, "parent");
    } else if (proc->ordinal == 0) {
        snprintf(buf, cap, "test's helper");
    } else {
        name(page, proc->parent, buf, cap);
        if (proc->parent == 0 || page->proc[proc->parent].ordinal == 0) {
            snprintf(buf, cap, "child %d", proc->ordinal);
            return;
        }
        for (used = 0; buf[used]; used++)
            ;
        snprintf(buf + used, cap - used, ".%d", proc->ordinal);
    }
}

const char *page_role(const struct page *page, pid_t pid, char *buf, size_t cap)
{
    int i = find(page, pid);

    if (i < 0)
        snprintf(buf, cap, "process %d", (int)pid);
    else
        name(page, i, buf, cap);
    return buf;
}

const struct page_event *page_last(const struct page *page, pid_t pid)
{
    unsigned end = page->events;
    unsigned begin = end > PAGE_EVENTS ? end - PAGE_EVENTS : 0;

    for (unsigned i = end; i > begin; i--)
        if (page->event[(i - 1) % PAGE_EVENTS].pid == pid)
            return &page->event[(i - 1) % PAGE_EVENTS];
    return NULL;
}
