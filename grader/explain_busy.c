/*
 * explain_busy.c — the sentences for those who are not stuck, but do not come
 * to an end either.
 */
#include <errno.h>
#include <string.h>

#include "calls_shape.h"
#include "check.h"
#include "explain.h"
#include "explain_parts.h"

/* The thread that has used the most CPU time. */
static const struct actor *busiest(const struct scene *s)
{
    const struct actor *found = NULL;
    for (size_t i = 0; i < s->actors; i++)
        if (!found || s->actor[i].task->ran > found->task->ran)
            found = &s->actor[i];
    return found;
}

enum { SWARM = 100 }; /* processes that nobody meant to have */

enum { WINDOW = 200, ALIKE = 50 };

/* Those whose failure says whether it does any good to call them again. */
static bool transfers(int call)
{
    switch (call) {
    case SEA_accept:
    case SEA_accept4:
    case SEA_connect:
    case SEA_mq_send:
    case SEA_mq_receive:
    case SEA_mq_timedsend:
    case SEA_mq_timedreceive:
    case SEA_msgsnd:
    case SEA_msgrcv:
    case SEA_semop:
    case SEA_semtimedop:
    case SEA_sem_timedwait:
    case SEA_sem_clockwait:
    case SEA_pthread_mutex_lock:
    case SEA_pthread_mutex_timedlock:
    case SEA_pthread_mutex_clocklock:
    case SEA_pthread_cond_timedwait:
    case SEA_pthread_cond_clockwait:
        return true;
    default:
        return call_moves_bytes(call);
    }
}

static bool polls(int call)
{
    return call == SEA_poll || call == SEA_ppoll || call == SEA_select ||
           call == SEA_pselect || call == SEA_epoll_wait;
}

/* A copy of an event, unless it has not ended or is being overwritten: who
 * spins, still writes the logbook while it is read. */
static bool take_event(const struct page *page, unsigned i,
                       struct page_event *copy)
{
    const struct page_event *e = &page->event[i % PAGE_EVENTS];
    const volatile uint64_t *began = &e->began, *ended = &e->ended;
    uint64_t since = *began;
    atomic_thread_fence(memory_order_acquire);
    memcpy(copy, e, sizeof(*copy));
    atomic_thread_fence(memory_order_acquire);
    return copy->ended && *began == since && *ended == copy->ended;
}

/* The answer that all such calls among a thread's last ones got; false if it
 * was not always the same. */
static bool same_answer(const struct scene *s, pid_t tid,
                        bool (*such)(int call), struct page_event *found)
{
    struct page_event e;
    unsigned end = s->page->events;
    int seen = 0, alike = 0;
    for (unsigned i = 1; i <= end && i < PAGE_EVENTS && seen < WINDOW; i++) {
        if (!take_event(s->page, end - i, &e) || e.tid != tid)
            continue;
        seen++;
        if (!such(e.call))
            continue;
        if (alike && (e.call != found->call || e.result != found->result ||
                      e.error != found->error))
            return false;
        *found = e;
        alike++;
    }
    return alike >= ALIKE;
}

/* Why it does no good to call it once more. */
static void advise(FILE *say, const struct scene *s, pid_t tid)
{
    struct page_event last, poll;
    bool moved = same_answer(s, tid, transfers, &last);
    bool ready = same_answer(s, tid, polls, &poll);
    int error = moved ? last.error : 0;
    if (moved && call_is_read(last.call) && last.result == 0 && !error)
        fprintf(say,
                "%s returned 0 each time: that is the end of the stream, "
                "where nothing comes any more. Leave the loop at the first 0, "
                "whatever errno still holds.",
                call_name[last.call]);
    else if (error == EPIPE)
        fprintf(say,
                "%s failed with EPIPE each time: an error that does not pass: "
                "nobody reads any more, and nobody ever will. Leave the loop.",
                call_name[last.call]);
    else if (error == ETIMEDOUT)
        fprintf(say,
                "%s failed with ETIMEDOUT each time: the moment it may wait "
                "for has been. Leave the loop, or reckon a new one.",
                call_name[last.call]);
    else if (error && error != EAGAIN && error != EINTR)
        fprintf(say,
                "%s failed with %s each time: an error that does not pass. "
                "Leave the loop at the first error that is neither EINTR nor "
                "EAGAIN.",
                call_name[last.call], name_errno(error));
    else if (!moved && ready && poll.result > 0)
        fprintf(say,
                "It came back at once each time: what has ended (POLLHUP) or "
                "is broken (POLLERR, POLLNVAL) is always ready. Read or write "
                "then, "
                "which tell what it means, and at the end take it out of what "
                "%s waits for.",
                call_name[poll.call]);
    else
        fprintf(say, "Wait in a call that sleeps until there is something to "
                     "do.");
}

void spins(FILE *say, struct scene *s)
{
    const struct actor *a = busiest(s);
    char name[80];
    const struct page_event *last;
    if (s->tree->count >= SWARM) {
        fprintf(say,
                "there are %zu processes: a fork in a loop that its children "
                "go through, too. A child has to leave the loop with _exit.",
                s->tree->count);
        return;
    }
    if (!a) {
        fprintf(say, "It uses CPU time without end.");
        return;
    }
    const char *line = running_at(s, a);
    last = s->page ? page_last(s->page, a->task->pid) : NULL;
    fprintf(say, "%s spins in a loop%s%s: it used %.1f s of CPU time ",
            the(a, name, sizeof(name)), line[0] ? " at " : "", line,
            a->task->ran / 1e9);
    if (!last) {
        fprintf(say, "without a single call. What should end the loop?");
        return;
    }
    int times = s->page->proc[last->proc].count[last->call];
    const char *place = source_line(s->binary, last->pc);
    if (last->call == SEA_pthread_spin_lock && !last->ended) {
        fprintf(say,
                "in pthread_spin_lock%s%s, which never sleeps: who holds the "
                "lock has ended, waits itself, or is the same one. Unlock on "
                "every path, and hold it for a few instructions only.",
                place[0] ? ", in " : "", place);
    } else if (times >= 1000) {
        fprintf(say, "and called %s %d times%s%s. ", call_name[last->call],
                times, place[0] && strcmp(place, line) != 0 ? ", in " : "",
                strcmp(place, line) != 0 ? place : "");
        advise(say, s, last->tid);
    } else
        fprintf(say,
                "without sleeping; its last call was %s%s%s. What should "
                "end the loop?",
                call_name[last->call], place[0] ? ", in " : "", place);
}

const struct actor *restless(const struct scene *s)
{
    for (size_t i = 0; i < s->actors; i++) {
        const struct actor *a = &s->actor[i];
        double limit = a->kind == CALL_UNKNOWN ? -1 : call_limit(a->task);
        if (!a->dead && !a->stopped && limit >= 0 && limit <= 20)
            return a;
    }
    return NULL;
}

void goes_on(FILE *say, struct scene *s, const struct actor *a)
{
    const struct page_event *last =
        s->page ? page_last(s->page, a->task->pid) : NULL;
    char name[80];
    fprintf(say, "%s waits a moment and looks again, without end",
            the(a, name, sizeof(name)));
    if (last) {
        const char *place = source_line(s->binary, last->pc);
        fprintf(say, ": it called %s %d times%s%s", call_name[last->call],
                s->page->proc[last->proc].count[last->call],
                place[0] ? ", in " : "", place);
    }
    fprintf(say, ". What should end the loop? Better wait in one call until "
                 "there is something to do.");
}
