/*
 * story_text.c — a step's call as people would write it down.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static void put_flags(FILE *out, long flags)
{
    static const struct {
        long flag;
        const char *name;
    } known[] = {{O_CLOEXEC, "O_CLOEXEC"},
                 {O_NONBLOCK, "O_NONBLOCK"},
                 {O_DIRECT, "O_DIRECT"}};
    bool any = false;

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (flags & known[i].flag) {
            fprintf(out, "%s%s", any ? " | " : "", known[i].name);
            any = true;
        }
    if (!any)
        fputc('0', out);
}

static void put_command(FILE *out, int command)
{
    static const struct {
        int command;
        const char *name;
    } known[] = {
        {F_DUPFD, "F_DUPFD"},           {F_DUPFD_CLOEXEC, "F_DUPFD_CLOEXEC"},
        {F_GETFD, "F_GETFD"},           {F_SETFD, "F_SETFD"},
        {F_GETFL, "F_GETFL"},           {F_SETFL, "F_SETFL"},
        {F_SETPIPE_SZ, "F_SETPIPE_SZ"}, {F_GETPIPE_SZ, "F_GETPIPE_SZ"},
        {F_SETLK, "F_SETLK"},           {F_SETLKW, "F_SETLKW"}};

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (known[i].command == command) {
            fputs(known[i].name, out);
            return;
        }
    fprintf(out, "%d", command);
}

static void put_argument(FILE *out, struct making *m,
                         const struct page_event *e, int n, bool process)
{
    if (n == 0 && e->fd[0] >= 0 && call_takes_fd(e->call))
        put_descriptor(out, m, e, 0);
    else if (n == 0 && call_takes_fd(e->call))
        fprintf(out, "fd %d", (int)e->arg[0]);
    else if ((e->call == SEA_pipe2 && n == 1) ||
             (e->call == SEA_dup3 && n == 2))
        put_flags(out, e->arg[n]);
    else if ((e->call == SEA_fcntl || e->call == SEA_fcntl64) && n == 1)
        put_command(out, (int)e->arg[n]);
    else if (process)
        put_process(out, m, (long)(int)e->arg[n]);
    else if (is_signal(e, n))
        fputs(name_signal((int)e->arg[n]), out);
    else
        fprintf(out, "%ld", e->arg[n]);
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
        if (memchr(type, '*', length)) {
            if (put_pointer(out, step, first))
                first = false;
        } else if (length > 0) {
            fputs(first ? "" : ", ", out);
            first = false;
            put_argument(out, m, step->event, n,
                         strstr(type, "pid_t") &&
                             strstr(type, "pid_t") < type + length);
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
    } else if (step->kind == STEP_MAKE) {
        fprintf(out, "fd %d, fd %d", e->fd[0], e->fd[1]);
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
