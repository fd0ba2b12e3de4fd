/*
 * logbook_text.c — the logbook for people.
 */
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "calls_shape.h"
#include "check.h"
#include "logbook.h"

/* "A", or "?" where there are too many. */
static int letter(const struct page *page, uint64_t object)
{
    static struct page_letter list[PAGE_LETTERS];
    static const struct page *of;
    static unsigned events;
    static int count; /* asked again and again for the same */

    if (of != page || events != page->events)
        count = page_letters(page, list);
    of = page;
    events = page->events;

    for (int i = 0; i < count; i++)
        if (list[i].object == object && list[i].letter >= 0)
            return 'A' + list[i].letter;
    return '?';
}

static void descriptor(FILE *out, const struct page *page,
                       const struct page_event *event, int place)
{
    uint64_t object = event->object[place];

    fprintf(out, "fd %d", event->fd[place]);
    if (page_is_channel(page, event, place))
        fprintf(out, " %s %c", page_kind(page, object, event->mode[place]),
                letter(page, object));
}

static bool is_signal(const struct page_event *event, int n)
{
    return ((event->call == SEA_kill || event->call == SEA_killpg) && n == 1) ||
           ((event->call == SEA_signal || event->call == SEA_sigaction) &&
            n == 0);
}

static void process(FILE *out, const struct page *page, long pid)
{
    char role[64];

    if (pid > 0)
        fputs(page_role(page, (pid_t)pid, role, sizeof(role)), out);
    else
        fprintf(out, "%ld", pid);
}

/* "FUTEX_WAIT", without the process-private flag; "9" if it is unknown. */
static void futex_operation(FILE *out, long operation)
{
    static const char *const name[] = {
        [FUTEX_WAIT] = "FUTEX_WAIT",
        [FUTEX_WAKE] = "FUTEX_WAKE",
        [FUTEX_REQUEUE] = "FUTEX_REQUEUE",
        [FUTEX_CMP_REQUEUE] = "FUTEX_CMP_REQUEUE",
        [FUTEX_WAKE_OP] = "FUTEX_WAKE_OP",
        [FUTEX_LOCK_PI] = "FUTEX_LOCK_PI",
        [FUTEX_UNLOCK_PI] = "FUTEX_UNLOCK_PI",
        [FUTEX_TRYLOCK_PI] = "FUTEX_TRYLOCK_PI",
        [FUTEX_WAIT_BITSET] = "FUTEX_WAIT_BITSET",
        [FUTEX_WAKE_BITSET] = "FUTEX_WAKE_BITSET",
    };
    size_t command = (size_t)operation & FUTEX_CMD_MASK;

    if (command < sizeof(name) / sizeof(*name) && name[command])
        fprintf(out, "%s%s", name[command],
                operation & FUTEX_PRIVATE_FLAG ? "_PRIVATE" : "");
    else
        fprintf(out, "%zu", command);
}

/* syscall(SYS_futex, 0x7f…, FUTEX_WAIT, 3, 1.500 s): what it is, on which
 * word, with which number, and how long it may wait. */
void logbook_futex(FILE *out, const struct page_event *event)
{
    long command = event->arg[2] & FUTEX_CMD_MASK;
    struct timespec limit;

    fprintf(out, "SYS_futex, %#lx, ", (unsigned long)event->arg[1]);
    futex_operation(out, event->arg[2]);
    fprintf(out, ", %d", (int)event->arg[3]);
    if (event->previewed != (int)sizeof(limit))
        return;
    memcpy(&limit, event->preview, sizeof(limit));
    if (command == FUTEX_WAIT)
        fprintf(out, ", %ld.%03ld s", (long)limit.tv_sec,
                limit.tv_nsec / 1000000);
    else
        fputs(", with a deadline", out);
}

/* Where to, or where from: 127.0.0.1:4711, "door". */
static void address(FILE *out, const struct page_event *event)
{
    char text[136];

    if (event->other.length > 0)
        fprintf(out, page_address_ip(&event->other) ? ", %s" : ", \"%s\"",
                page_address(&event->other, text, sizeof(text)));
}

/* What it points to: an address, the value of an option, epoll's events. */
static void pointed_to(FILE *out, const struct page_event *event, int n,
                       const char *type, size_t length)
{
    const char *error;

    if (call_has_word(type, length, "sockaddr") || event->call == SEA_sendmsg ||
        event->call == SEA_recvmsg)
        address(out, event);
    if (n != 3 || !event->valued)
        return;
    fputs(", ", out);
    error = event->arg[2] == SO_ERROR ? strerrorname_np((int)event->value) : 0;
    if (event->call == SEA_epoll_ctl)
        logbook_events(out, event->value);
    else if (error && event->value)
        fputs(error, out);
    else
        fprintf(out, "%d", (int)event->value);
}

static void argument(FILE *out, const struct page *page,
                     const struct page_event *event, int n, bool process_id)
{
    if (n == 0 && event->fd[0] >= 0 && call_takes_fd(event->call))
        descriptor(out, page, event, 0);
    else if (n == 2 && event->call == SEA_epoll_ctl)
        fprintf(out, "fd %d", (int)event->arg[2]);
    else if (process_id)
        process(out, page, (long)(int)event->arg[n]);
    else if (is_signal(event, n))
        fputs(name_signal((int)event->arg[n]), out);
    else if (!logbook_flags(out, event, n))
        fprintf(out, "%ld", event->arg[n]);
}

static void arguments(FILE *out, const struct page *page,
                      const struct page_event *event)
{
    if (event->call == SEA_syscall && event->arg[0] == SYS_futex) {
        logbook_futex(out, event);
        return;
    }

    const char *type = call_shape(event->call) + 1;
    bool first = true;

    for (int n = 0; n < 6 && *type && *type != ')'; n++) {
        size_t length = strcspn(type, ",)");
        if (memchr(type, '*', length)) {
            pointed_to(out, event, n, type, length);
        } else if (length > 0 && !call_has_word(type, length, "socklen_t")) {
            fputs(first ? "" : ", ", out);
            first = false;
            argument(out, page, event, n, call_has_word(type, length, "pid_t"));
        }
        type += length + (type[length] == ',');
    }
}

/* No number of bytes is as large. */
#define ADDRESSES (1l << 40)

static void outcome(FILE *out, const struct page *page,
                    const struct page_event *event)
{
    switch (event->call) {
    case SEA_exit:
    case SEA__exit:
    case SEA__Exit:
    case SEA_abort:
        return;
    default:
        break;
    }
    if (!event->ended) { /* exec does not come back when it has worked */
        fputs(call_is_exec(event->call) ? ": it is that program now" : " …",
              out);
        return;
    }
    fputs(" = ", out);
    if (event->error) {
        fprintf(out, "%s%s", call_returns_error(event->call) ? "" : "-1 ",
                name_errno(event->error));
    } else if (event->call == SEA_fork || event->call == SEA_wait ||
               event->call == SEA_waitpid || event->call == SEA_wait4) {
        process(out, page, event->result);
    } else if (event->call == SEA_pipe || event->call == SEA_pipe2 ||
               event->call == SEA_socketpair) {
        descriptor(out, page, event, 0);
        fputs(", ", out);
        descriptor(out, page, event, 1);
    } else if (event->call == SEA_socket || event->call == SEA_accept ||
               event->call == SEA_accept4) {
        descriptor(out, page, event, event->call != SEA_socket);
    } else if (event->result > ADDRESSES) {
        fprintf(out, "%#lx", (unsigned long)event->result);
    } else {
        fprintf(out, "%ld", event->result);
    }
}

/* Bytes that UTF-8 takes beyond the columns: printf pads by bytes. */
static int more_bytes(const char *text)
{
    int more = 0;

    for (; *text; text++)
        more += (*text & 0xc0) == 0x80;
    return more;
}

void logbook_line(FILE *out, const struct page *page,
                  const struct page_event *event, const struct places *places)
{
    char role[64], *text = NULL;
    size_t size;
    FILE *line = open_memstream(&text, &size);

    if (!line)
        return;
    fprintf(line, "%-9s %s(", page_role(page, event->pid, role, sizeof(role)),
            call_name[event->call]);
    arguments(line, page, event);
    fputc(')', line);
    outcome(line, page, event);
    if (event->injected)
        fputs("  <- the rough sea", line);
    fclose(line);
    fprintf(out, "%-*s", 52 + more_bytes(text), text);
    if (places && places->find)
        fprintf(out, " %s", places->find(places->binary, event->pc));
    fputc('\n', out);
    free(text);
}

/*
 * When it happened: a call that blocks happens when it returns, so that a
 * wait stands below the exit it waited for; a fork, before what its child
 * does; a call that has not returned, last.
 */
static uint64_t moment(const struct page_event *event)
{
    switch (event->call) {
    case SEA_fork:
    case SEA__Fork:
    case SEA_vfork:
    case SEA_clone:
    case SEA_exit:
    case SEA__exit:
    case SEA__Exit:
    case SEA_abort:
        return event->began;
    default:
        return event->ended ? event->ended : UINT64_MAX;
    }
}

static int by_moment(const void *a, const void *b)
{
    const struct page_event *x = *(const struct page_event *const *)a;
    const struct page_event *y = *(const struct page_event *const *)b;
    uint64_t s = moment(x), t = moment(y);

    return s != t ? (s > t) - (s < t)
                  : (x->began > y->began) - (x->began < y->began);
}

static bool alike(const struct page_event *a, const struct page_event *b)
{
    return a->call == b->call && a->pid == b->pid && a->pc == b->pc &&
           a->error == b->error && (a->result > 0) == (b->result > 0) &&
           a->ended && b->ended && !a->injected && !b->injected;
}

/* The latest events that matter, in order; of many alike in a row only the
 * last, with how many went before it in `before`. */
static int choose(const struct page *page, const struct page_event **chosen,
                  int *before, int most)
{
    static const struct page_event *all[PAGE_EVENTS];
    unsigned end = page->events;
    unsigned begin = end > PAGE_EVENTS ? end - PAGE_EVENTS : 0;
    int count = 0, kept = 0;

    for (unsigned i = begin; i < end; i++)
        if (!call_is_minor(page->event[i % PAGE_EVENTS].call))
            all[count++] = &page->event[i % PAGE_EVENTS];
    qsort(all, (size_t)count, sizeof(*all), by_moment);
    for (int i = count; i > 0 && kept < most; kept++) {
        chosen[kept] = all[--i];
        before[kept] = 0;
        while (i > 0 && alike(all[i - 1], chosen[kept])) {
            before[kept]++;
            i--;
        }
    }
    return kept;
}

void logbook_tail(FILE *out, const struct page *page, int lines,
                  const struct places *places)
{
    const struct page_event *chosen[lines];
    int before[lines];
    int count = choose(page, chosen, before, lines);

    if (count > 0)
        fputs("\nThe last calls\n", out);
    while (count-- > 0) {
        if (before[count] > 0)
            fprintf(out, "          … %d more of the next call\n",
                    before[count]);
        logbook_line(out, page, chosen[count], places);
    }
}
