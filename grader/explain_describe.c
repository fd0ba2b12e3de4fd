/*
 * explain_describe.c — a process's line, and what there is to know about the
 * thing it waits for.
 */
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "explain_parts.h"

/* The name the learner wrote, where the logbook knows it. */
static const char *call_in(const struct actor *a)
{
    if (a->event && a->event->call == SEA_syscall && a->kind == CALL_FUTEX)
        return "syscall(SYS_futex)";
    return a->event ? call_name[a->event->call]
                    : call_info(a->task->call)->name;
}

static void where(FILE *out, const struct actor *a)
{
    if (a->where[0])
        fprintf(out, "  [%s]", a->where);
    fputc('\n', out);
}

void detail(FILE *out, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    fprintf(out, "%10s", "");
    size_t column = 10;
    char *save = NULL;
    for (char *word = strtok_r(text, " ", &save); word;
         word = strtok_r(NULL, " ", &save)) {
        if (column + 1 + strlen(word) > 78) {
            fprintf(out, "\n%10s", "");
            column = 10;
        }
        fprintf(out, " %s", word);
        column += 1 + strlen(word);
    }
    fputc('\n', out);
}

/* Where others can find it. */
static void about_address(FILE *out, struct scene *s, const struct actor *a)
{
    char name[96], text[136];
    if (a->end && *page_address(&a->end->own, text, sizeof(text)))
        detail(out, "the address of %s: %s",
               end_name(s, a->end, name, sizeof(name)), text);
}

static void about_stream(FILE *out, struct scene *s, const struct actor *a)
{
    char name[96], who[256], size[32] = "";
    if (!a->end)
        return;
    if (a->end->traits & PAGE_DATAGRAMS && !scene_next(s, a, NULL)) {
        about_address(out, s, a);
        return;
    }
    int bytes = end_bytes(a->end);
    int holders = scene_holders(s, a, who, sizeof(who));
    end_name(s, a->end, name, sizeof(name));
    if (bytes >= 0)
        snprintf(size, sizeof(size), " (%d bytes)", bytes);
    if (!S_ISFIFO(a->end->mode) && !S_ISSOCK(a->end->mode)) {
        if (holders > 0)
            detail(out, "%s is also open in: %s", name, who);
        return;
    }
    if (holders == 0)
        snprintf(who, sizeof(who), "no process of this test");
    if (S_ISSOCK(a->end->mode))
        detail(out, "the other end of %s is open in: %s", name, who);
    else if (a->kind == CALL_READ)
        detail(out,
               "%s is empty%s and has not ended, because its write end is "
               "still open in: %s",
               name, size, who);
    else
        detail(out, "%s is full%s; its read end is open in: %s", name, size,
               who);
}

static void about_watched(FILE *out, struct scene *s, const struct actor *a)
{
    struct interest list[WATCHED];
    int n = watched_by(s, a, list);
    char name[96], who[256];
    if (n == 0)
        detail(out, "it watches nothing");
    for (int i = 0; i < n && i < 6; i++) {
        const struct end *e = scene_end(s, a->task->pid, list[i].fd);
        struct actor as = {.task = a->task, .end = e};
        as.kind = list[i].reading ? CALL_READ : CALL_WRITE;
        int holders = e ? scene_holders(s, &as, who, sizeof(who)) : 0;
        detail(out, "it watches fd %d%s%s%s%s%s", list[i].fd,
               e ? " = " : " (not open)",
               e ? end_name(s, e, name, sizeof(name)) : "",
               list[i].reading   ? ", for reading"
               : list[i].writing ? ", for writing"
                                 : "",
               holders > 0 ? "; the other end is open in: " : "",
               holders > 0 ? who : "");
    }
}

static void about_lock(FILE *out, struct scene *s, const struct actor *a)
{
    struct lock lock = lock_of(s, a);
    char role[64];
    bool several = s->actors > 0 &&
                   s->actor[0].task->pid != s->actor[s->actors - 1].task->pid;
    if (lock.process_private && several)
        detail(out, "process-private: other processes cannot wake it");
    if (lock.placed && !lock.shared && several)
        detail(out, "it lies in this process's own memory, not in shared "
                    "memory");
    if (lock.owner == a->task->tid)
        detail(out, "the thread that holds it: itself");
    else if (lock.owner > 0)
        detail(out, "the thread that holds it: %s%s",
               s->page ? page_role(s->page, lock.owner, role, sizeof(role))
                       : "unknown",
               lock.owner_gone ? ", which has ended" : "");
}

static void about_file_lock(FILE *out, struct scene *s, const struct actor *a)
{
    char name[80];
    pid_t pid = file_lock_holder(a);
    const struct actor *who = pid > 0 ? scene_actor(s, pid) : NULL;
    if (who)
        detail(out, "the lock was taken by: %s", the(who, name, sizeof(name)));
}

static void call_line(FILE *out, struct scene *s, const struct actor *a)
{
    char text[160], name[96];
    bool writing;
    const char *call = call_in(a);
    switch (a->kind) {
    case CALL_WAIT:
        awaited(s, a, text, sizeof(text));
        fprintf(out, "waits in %s for %s", call, text);
        break;
    case CALL_SLEEP:
        doing_asleep(a, text, sizeof(text));
        fprintf(out, "%s (%s)", text, call);
        break;
    case CALL_OPEN:
        fprintf(out, "waits in open(%s)",
                opened_path(a, text, sizeof(text), &writing) ? text : "…");
        break;
    default:
        if (a->end)
            fprintf(out, "waits in %s(fd %d = %s)", call, a->end->fd,
                    end_name(s, a->end, name, sizeof(name)));
        else
            fprintf(out, "waits in %s", call);
    }
    where(out, a);
}

static void unusual_line(FILE *out, struct scene *s, const struct actor *a)
{
    if (a->dead) {
        const struct actor *parent = scene_actor(s, a->task->parent);
        char name[80];
        fprintf(out, "has ended and waits to be collected (zombie)\n");
        if (parent)
            detail(out, "%s has not waited for it",
                   the(parent, name, sizeof(name)));
    } else if (a->stopped) {
        fprintf(out, "is stopped by a signal (SIGSTOP, SIGTSTP or SIGTTIN)\n");
    } else if (a->task->state == 'R' ||
               (a->task->known && a->task->call == -1)) {
        fprintf(out, "is running, %.1f s of CPU time so far\n",
                a->task->ran / 1e9);
    } else if (!a->task->known) {
        fprintf(out, "sleeps (its call could not be looked at)");
        where(out, a);
    } else {
        fprintf(out, "sleeps in system call %ld", a->task->call);
        where(out, a);
    }
}

void describe(FILE *out, struct scene *s, const struct actor *a)
{
    if (a->dead || a->stopped || a->kind == CALL_UNKNOWN) {
        unusual_line(out, s, a);
        return;
    }
    call_line(out, s, a);
    switch (a->kind) {
    case CALL_READ:
    case CALL_WRITE:
        about_stream(out, s, a);
        break;
    case CALL_ACCEPT:
        about_address(out, s, a);
        break;
    case CALL_POLL:
    case CALL_SELECT:
    case CALL_EPOLL:
        about_watched(out, s, a);
        break;
    case CALL_FUTEX:
        about_lock(out, s, a);
        break;
    case CALL_MQ_RECEIVE:
    case CALL_MQ_SEND:
        about_queue(out, s, a);
        break;
    case CALL_MSGRCV:
    case CALL_MSGSND:
        about_sysv_queue(out, a);
        break;
    case CALL_SEMOP:
        about_semop(out, s, a);
        break;
    case CALL_FLOCK:
    case CALL_FCNTL:
        about_file_lock(out, s, a);
        break;
    default:
        break;
    }
}
