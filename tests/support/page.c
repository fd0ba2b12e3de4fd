/*
 * page.c — looking things up in the shared page.
 */
#include "page.h"

#include <stdio.h>
#include <sys/stat.h>

#include "calls_shape.h"

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

bool page_is_channel(const struct page *page, const struct page_event *event,
                     int place)
{
    uint32_t mode = event->mode[place];
    bool passed = place == 1 && event->passed > 0 && S_ISREG(mode);

    return (S_ISFIFO(mode) || S_ISSOCK(mode) || passed) &&
           (!page->output || event->object[place] != page->output);
}

enum { LONG_LOGBOOK = 160, LAST_RUN = 24 };

static bool made_child(const struct page_event *e)
{
    return call_makes_process(e->call) && e->ended && !e->error;
}

unsigned page_begin(const struct page *page)
{
    unsigned end = page->events, begin = 0, last, left = 0;
    int alive = 0;

    if (end > PAGE_EVENTS)
        begin = end - PAGE_EVENTS;
    for (unsigned i = begin; i < end; i++)
        left += !call_is_minor(page->event[i % PAGE_EVENTS].call);
    if (left <= LONG_LOGBOOK || page->events > PAGE_EVENTS)
        return begin;
    last = begin;
    for (unsigned i = begin; i < end; i++) {
        const struct page_event *e = &page->event[i];
        left -= !call_is_minor(e->call);
        alive += made_child(e);
        if (e->reaped && e->status != 0xffff)
            alive--;
        if (e->reaped && alive == 0 && left >= LAST_RUN)
            last = i + 1;
    }
    return last;
}

int page_first_proc(const struct page *page)
{
    unsigned begin = page_begin(page), end = page->events;

    if (begin == 0 || end > PAGE_EVENTS)
        return 1;
    for (unsigned i = begin; i < end; i++)
        if (made_child(&page->event[i]) && page->event[i].result > 0)
            return find(page, (pid_t)page->event[i].result);
    return 1;
}

static int known(const struct page_letter *list, int count, uint64_t object)
{
    for (int i = 0; i < count; i++)
        if (list[i].object == object)
            return i;
    return -1;
}

/* The letter of its other end, or the next one. */
static int letter_of(const struct page *page, uint64_t object, uint32_t mode,
                     const struct page_letter *list, int count, int *next)
{
    int peer =
        S_ISSOCK(mode) ? known(list, count, page_peer(page, object)) : -1;

    if (peer >= 0)
        return list[peer].letter;
    return *next < 26 ? (*next)++ : -1;
}

/* Process by process: which of two runs first is chance. */
int page_letters(const struct page *page, struct page_letter list[PAGE_LETTERS])
{
    int count = 0, next = 0, procs = page->procs;
    unsigned begin = page_begin(page);

    for (int proc = 0; proc < procs && proc < PAGE_PROCS; proc++)
        for (unsigned i = begin; i < page->events; i++) {
            const struct page_event *event = &page->event[i % PAGE_EVENTS];
            for (int p = 0; p < 2 && event->proc == proc; p++) {
                uint64_t object = event->object[p];
                if (count == PAGE_LETTERS || !page_is_channel(page, event, p) ||
                    known(list, count, object) >= 0)
                    continue;
                int letter =
                    letter_of(page, object, event->mode[p], list, count, &next);
                list[count++] = (struct page_letter){object, letter};
            }
        }
    return count;
}
