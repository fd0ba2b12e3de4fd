/*
 * story_text.c — a step's call as people would write it down.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "calls_shape.h"
#include "check.h"
#include "logbook.h"
#include "story_parts.h"
#include "text.h"

/* One byte as C would write it. */
static void put_byte(FILE *out, unsigned char c)
{
    static const char *const known[256] = {
        ['\n'] = "\\n", ['\t'] = "\\t", ['\r'] = "\\r",
        ['\0'] = "\\0", ['"'] = "\\\"", ['\\'] = "\\\\",
    };

    if (known[c])
        fputs(known[c], out);
    else if (c < 0x20 || c >= 0x7f)
        fprintf(out, "\\x%02x", c);
    else
        fputc(c, out);
}

/* A whole character of UTF-8 that can be shown: its bytes; else 0. */
static size_t shown(const unsigned char *at, size_t left)
{
    char text[5] = "";
    uint32_t c;

    memcpy(text, at, left < 4 ? left : 4);
    size_t n = text_next(text, &c);
    return n > 1 && c >= 0xa0 && c != 0xfffd && text_columns(c) > 0 ? n : 0;
}

void story_preview(char *to, size_t cap, const unsigned char *bytes, int n,
                   bool more)
{
    FILE *out = fmemopen(to, cap, "w");

    to[0] = '\0';
    if (!out)
        return;
    bool same = n >= 8;
    for (int i = 1; i < n; i++)
        same &= bytes[i] == bytes[0];
    if (same) { /* 24 zeros say no more than four */
        n = 4;
        more = true;
    }
    fputc('"', out);
    for (int i = 0; i < n && ftell(out) + 10 < (long)cap;) {
        size_t whole = shown(bytes + i, (size_t)(n - i));
        if (whole > 0)
            fwrite(bytes + i, 1, whole, out);
        else if (more && bytes[i] >= 0x80 && i + 4 > n)
            break; /* a character cut in two at the end */
        else
            put_byte(out, bytes[i]);
        i += whole > 0 ? (int)whole : 1;
    }
    fputs(more ? "\"…" : "\"", out);
    fclose(out);
}

static void put_process(FILE *out, struct making *m, long pid)
{
    int lane = pid > 0 ? story_lane(m, (pid_t)pid) : -1;
    char role[64];

    if (lane >= 0)
        fputs(m->story->lane[lane].name, out);
    else if (pid < -1 && (lane = story_lane(m, (pid_t)-pid)) >= 0)
        fprintf(out, "group of %s", m->story->lane[lane].name);
    else if (pid > 0)
        fputs(page_role(m->page, (pid_t)pid, role, sizeof(role)), out);
    else
        fprintf(out, "%ld", pid);
}

static void put_descriptor(FILE *out, struct making *m,
                           const struct page_event *e, int place)
{
    int channel = story_channel(m, e->object[place], NULL);

    fprintf(out, "fd %d", e->fd[place]);
    if (channel >= 0)
        fprintf(out, " = %s", m->story->channel[channel].name);
}

static bool is_signal(const struct page_event *e, int n)
{
    return ((e->call == SEA_kill || e->call == SEA_killpg) && n == 1) ||
           ((e->call == SEA_signal || e->call == SEA_sigaction) && n == 0);
}

static void put_argument(FILE *out, struct making *m,
                         const struct page_event *e, int n, bool process)
{
    if (n == 0 && e->fd[0] >= 0 && call_takes_fd(e->call))
        put_descriptor(out, m, e, 0);
    else if (n == 0 && call_takes_fd(e->call))
        fprintf(out, "fd %d", (int)e->arg[0]);
    else if (process)
        put_process(out, m, (long)(int)e->arg[n]);
    else if (is_signal(e, n))
        fputs(name_signal((int)e->arg[n]), out);
    else if (!logbook_flags(out, e, n))
        fprintf(out, "%ld", e->arg[n]);
}

/* A path or an abstract name in quotes, an address of the Internet without. A
 * port that is another one in every run is not told. */
static void put_address(FILE *out, struct making *m, const struct step *step)
{
    const struct page_event *e = step->event;
    const struct page_address *a = &e->other;
    char text[136];

    if (e->call == SEA_accept || e->call == SEA_accept4 ||
        e->call == SEA_recvfrom || a->length == 0)
        return; /* where it came from is no argument */
    page_address(a, text, sizeof(text));
    bool ip = page_address_ip(a);
    if (ip && m->steady && story_is_chance(a))
        strcpy(strrchr(text, ':') + 1, "…");
    fprintf(out, ip ? ", %s" : ", \"%s\"", text);
}

/* Exec, open and spawn know their path; other pointers say nothing, but that
 * there is one, where bytes are moved. */
static bool put_pointer(FILE *out, const struct step *step, bool first)
{
    bool bytes = step->kind == STEP_READ || step->kind == STEP_WRITE ||
                 step->kind == STEP_END;
    const struct page_event *e = step->event;

    if (bytes)
        fputs(first ? "…" : ", …", out);
    else if (first && e->previewed > 0)
        fprintf(out, "\"%.*s\"", e->previewed, (const char *)e->preview);
    return bytes || (first && e->previewed > 0);
}

static void put_arguments(FILE *out, struct making *m, const struct step *step)
{
    const char *type = call_shape(step->event->call) + 1;
    bool first = true;

    if (step->event->call == SEA_syscall && step->event->arg[0] == SYS_futex) {
        logbook_futex(out, step->event);
        return;
    }
    for (int n = 0; n < 6 && *type && *type != ')'; n++) {
        size_t length = strcspn(type, ",)");
        if (call_has_word(type, length, "sockaddr")) {
            put_address(out, m, step);
        } else if (call_has_word(type, length, "socklen_t")) {
            ; /* how long the address is */
        } else if (memchr(type, '*', length)) {
            if (put_pointer(out, step, first))
                first = false;
        } else if (length > 0) {
            fputs(first ? "" : ", ", out);
            first = false;
            put_argument(out, m, step->event, n,
                         call_has_word(type, length, "pid_t"));
        }
        type += length + (type[length] == ',');
    }
}

static void put_status(FILE *out, int status)
{
    if (WIFEXITED(status))
        fprintf(out, " (exit status %d)", WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        fprintf(out, " (killed by %s)", name_signal(WTERMSIG(status)));
}

static void put_error(FILE *out, int error)
{
    const char *name = strerrorname_np(error);

    if (name)
        fprintf(out, "-1 %s", name);
    else
        fprintf(out, "-1, errno %d", error);
}

static void put_result(FILE *out, struct making *m, const struct step *step)
{
    const struct page_event *e = step->event;

    if (story_leaves(e->call) || (step->kind == STEP_EXEC && !e->ended))
        return;
    if (!e->ended) {
        fputs(" …", out);
        return;
    }
    fputs(" = ", out);
    if (e->error) {
        put_error(out, e->error);
    } else if (step->kind == STEP_FORK) {
        if (step->peer >= 0)
            fputs(m->story->lane[step->peer].name, out);
        else
            put_process(out, m, e->result);
    } else if (step->kind == STEP_WAIT && e->reaped) {
        put_process(out, m, e->reaped);
        put_status(out, e->status);
    } else if (step->kind == STEP_MAKE || step->kind == STEP_ACCEPT) {
        int fd = step->kind == STEP_ACCEPT ? e->fd[1] : e->fd[0];
        fprintf(out, "fd %d", fd);
        if (step->kind == STEP_MAKE && e->fd[1] >= 0)
            fprintf(out, ", fd %d", e->fd[1]);
        if (step->channel >= 0)
            fprintf(out, " (%s)", m->story->channel[step->channel].name);
    } else {
        fprintf(out, "%ld", e->result);
    }
}

void story_call(struct making *m, struct making_step *made)
{
    struct step *step = &made->step;
    FILE *out = fmemopen(step->call, sizeof(step->call), "w");

    if (!out)
        return;
    fprintf(out, "%s(", call_name[step->event->call]);
    if (step->kind == STEP_FORK && step->event->previewed > 0)
        put_pointer(out, step, true); /* the program that is spawned */
    else
        put_arguments(out, m, step);
    fputc(')', out);
    if (step->times == 1)
        put_result(out, m, step);
    else if (step->error)
        fputs(" = ", out), put_error(out, step->error);
    else if (step->kind == STEP_READ || step->kind == STEP_WRITE)
        fprintf(out, " = %ld in all", step->bytes);
    fclose(out);
    step->call[sizeof(step->call) - 1] = '\0';
}
