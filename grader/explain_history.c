/*
 * explain_history.c — what the logbook remembers of a lock or a queue.
 */
#include <linux/futex.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

#include "explain.h"
#include "explain_history.h"

/* The address a call is about; of syscall, the futex. */
static unsigned long address_in(const struct page_event *e)
{
    if (e->call != SEA_syscall)
        return (unsigned long)e->arg[0];
    return e->arg[0] == SYS_futex ? (unsigned long)e->arg[1] : 0;
}

static bool is_one_of(int call, const int calls[])
{
    for (; *calls >= 0; calls++)
        if (*calls == call)
            return true;
    return false;
}

const struct page_event *history(const struct scene *s,
                                 const struct page_event *before,
                                 unsigned long address, const int calls[])
{
    const struct page *page = s->page;
    const struct page_event *found = NULL;

    if (!page)
        return NULL;
    for (int i = 0; i < PAGE_EVENTS && (unsigned)i < page->events; i++) {
        const struct page_event *e = &page->event[i];
        if (e->ended && (!before || e->ended < before->ended) &&
            (!found || e->ended > found->ended) && is_one_of(e->call, calls) &&
            address_in(e) == address)
            found = e;
    }
    return found;
}

int times(const struct scene *s, unsigned long address, const int calls[])
{
    int count = 0;

    for (const struct page_event *e = NULL;
         (e = history(s, e, address, calls)) != NULL;)
        count += e->error == 0;
    return count;
}

bool forgotten_events(const struct scene *s)
{
    return !s->page || s->page->events > PAGE_EVENTS;
}

int times_through(const struct scene *s, const struct end *queue,
                  const int calls[])
{
    int count = 0;

    for (int i = 0; s->page && i < PAGE_EVENTS && (unsigned)i < s->page->events;
         i++) {
        const struct page_event *e = &s->page->event[i];
        count += e->ended && !e->error && is_one_of(e->call, calls) &&
                 e->object[0] == queue->inode;
    }
    return count;
}

const char *by(const struct scene *s, const struct page_event *e, char *buf,
               size_t cap)
{
    char role[64];
    const char *where = source_line(s->binary, e->pc);
    bool article;

    page_role(s->page, e->pid, role, sizeof(role));
    article = strncmp(role, "parent", 6) == 0;
    snprintf(buf, cap, "%s%s%s%s%s", article ? "the " : "", role,
             where[0] ? " (" : "", where, where[0] ? ")" : "");
    return buf;
}

const struct page_event *end_of(const struct scene *s, pid_t pid)
{
    for (int i = 0; s->page && i < PAGE_EVENTS && (unsigned)i < s->page->events;
         i++)
        if (s->page->event[i].reaped == pid)
            return &s->page->event[i];
    return NULL;
}

const int locking[] = {SEA_pthread_mutex_lock, SEA_pthread_mutex_trylock,
                       SEA_pthread_mutex_timedlock, SEA_pthread_mutex_clocklock,
                       -1};
const int signalling[] = {SEA_pthread_cond_signal, SEA_pthread_cond_broadcast,
                          -1};
const int posting[] = {SEA_sem_post, -1};
const int sem_waiting[] = {SEA_sem_wait, SEA_sem_trywait, SEA_sem_timedwait,
                           SEA_sem_clockwait, -1};
const int barrier_made[] = {SEA_pthread_barrier_init, -1};
const int raw_futex[] = {SEA_syscall, -1};
const int mq_sending[] = {SEA_mq_send, SEA_mq_timedsend, -1};
const int mq_receiving[] = {SEA_mq_receive, SEA_mq_timedreceive, -1};
