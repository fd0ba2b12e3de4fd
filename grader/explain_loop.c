/*
 * explain_loop.c — where a thread runs that never sleeps.
 *
 * /proc does not tell. ptrace does, for our descendants, where it is allowed:
 * stop the thread, read its program counter, let it go on.
 */
#include <elf.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

#include "explain.h"
#include "explain_parts.h"
#include "proc.h"

static bool has_stopped(pid_t tid)
{
    struct timespec nap = {0, 1000000};
    for (int i = 0; i < 500; i++) {
        int status;
        if (waitpid(tid, &status, __WALL | WNOHANG) == tid)
            return WIFSTOPPED(status);
        nanosleep(&nap, NULL);
    }
    return false;
}

enum { FRAMES = 24 };

/* The program counter and the return addresses above it: the code of a test
 * keeps frame pointers. */
static int walk(pid_t tid, unsigned long pc, unsigned long frame,
                unsigned long trace[FRAMES])
{
    int n = 0;
    unsigned long pair[2]; /* the caller's frame, the return address */
    trace[n++] = pc + 1;   /* source_line looks one byte before */
    while (n < FRAMES && frame &&
           proc_memory(tid, frame, pair, sizeof(pair)) == sizeof(pair) &&
           pair[1]) {
        trace[n++] = pair[1];
        if (pair[0] <= frame)
            break;
        frame = pair[0];
    }
    return n;
}

static int trace_thread(pid_t tid, unsigned long trace[FRAMES])
{
    int n = 0;
    if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) == -1)
        return 0;
    if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) == 0 && has_stopped(tid)) {
        struct user_regs_struct regs;
        struct iovec to = {&regs, sizeof(regs)};
        if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &to) == 0) {
#if defined(__x86_64__)
            n = walk(tid, regs.rip, regs.rbp, trace);
#elif defined(__aarch64__)
            n = walk(tid, regs.pc, regs.regs[29], trace);
#endif
        }
    }
    ptrace(PTRACE_DETACH, tid, NULL, NULL);
    return n;
}

/* Is this place in the learner's file, by the exercise's name? */
static bool is_learners(const struct scene *s, const char *place)
{
    const char *slash = s->page ? strrchr(s->page->exercise, '/') : NULL;
    size_t len = slash ? strlen(slash + 1) : 0;
    return len > 0 && strncmp(place, slash + 1, len) == 0 &&
           strncmp(place + len, ".c:", 3) == 0;
}

const char *running_at(const struct scene *s, const struct actor *a)
{
    unsigned long trace[FRAMES];
    const char *found = "";
    int n = trace_thread(a->task->tid, trace);
    for (int i = 0; i < n; i++) {
        const char *place = source_line(s->binary, trace[i]);
        if (is_learners(s, place))
            return place;
        if (!found[0])
            found = place;
    }
    return found;
}
