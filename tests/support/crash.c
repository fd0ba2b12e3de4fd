/*
 * crash.c — where in the learner's code a process crashes.
 *
 * The handler writes down the learner's frames and lets the signal do what
 * it would have done, so that wait statuses stay what they are.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "check.h"
#include "fact_run.h"
#include "logbook.h"

/* The learner's object has its code in a section of this name. */
extern char __start_learner_text[] __attribute__((weak));
extern char __stop_learner_text[] __attribute__((weak));

static bool learners(uintptr_t pc)
{
    return pc > (uintptr_t)__start_learner_text &&
           pc <= (uintptr_t)__stop_learner_text;
}

/* Roughly: where the fact was started from. */
static uintptr_t stack_top;

enum { FARTHEST = 16384 }; /* bytes of stack searched for the learner */

static void frames(struct page_crash *crash, uintptr_t pc, uintptr_t sp)
{
    const uintptr_t *word = (const uintptr_t *)(sp & ~(uintptr_t)7);
    uintptr_t end = (sp | 4095) + 1;

    crash->frame[crash->frames++] = pc;
    /* On the test's own stack it is known how far one may look; on any
     * other, the page is sure to be there. */
    if (sp < stack_top && sp > stack_top - (8u << 20))
        end = sp + FARTHEST < stack_top ? sp + FARTHEST : stack_top;
    for (; (uintptr_t)word < end && crash->frames < PAGE_FRAMES; word++)
        if (learners(*word))
            crash->frame[crash->frames++] = *word;
}

static void on_crash(int sig, siginfo_t *info, void *context)
{
    const mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
    struct page_crash *crash = &page->crash;
    uintptr_t pc = 0, sp = 0;

#if defined(__x86_64__)
    pc = (uintptr_t)machine->gregs[REG_RIP];
    sp = (uintptr_t)machine->gregs[REG_RSP];
#elif defined(__aarch64__)
    pc = machine->pc;
    sp = machine->sp;
#endif
    /* The test's own process is the one that matters most. */
    if (!atomic_exchange(&crash->set, true) || getpid() == page->test_pid) {
        crash->pid = getpid();
        crash->signal = sig;
        crash->address = (uintptr_t)info->si_addr;
        crash->frames = 0;
        if (pc && !(sig == SIGSEGV && pc == crash->address && pc < 4096))
            frames(crash, pc, sp);
    }
    signal(sig, SIG_DFL);
    if (info->si_code <= 0) /* sent with kill: it would not come again */
        raise(sig);
}

void crash_watch(void)
{
    static char stack[64 * 1024];
    stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = on_crash,
                               .sa_flags =
                                   SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    static const int accident[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

    stack_top = (uintptr_t)__builtin_frame_address(0);
    sigaltstack(&alternative, NULL);
    for (size_t i = 0; i < sizeof(accident) / sizeof(*accident); i++)
        sigaction(accident[i], &action, NULL);
    signal(SIGSYS, SIG_DFL);
}

/* Sanitizers: their reports count as crashes, signals stay the kernel's. */
extern const char *__asan_get_report_description(void) __attribute__((weak));
extern void *__asan_get_report_pc(void) __attribute__((weak));

void __asan_on_error(void);
void __asan_on_error(void)
{
    struct page_crash *crash = &page->crash;

    if (!page || atomic_exchange(&crash->set, true))
        return;
    crash->pid = getpid();
    crash->signal = 0;
    crash->frames = 0;
    if (__asan_get_report_pc)
        crash->frame[crash->frames++] = (uintptr_t)__asan_get_report_pc();
    snprintf(crash->report, sizeof(crash->report), "memory error: %s",
             __asan_get_report_description ? __asan_get_report_description()
                                           : "unknown");
}

extern void __ubsan_get_current_report_data(const char **kind,
                                            const char **message,
                                            const char **file, unsigned *line,
                                            unsigned *column, char **address)
    __attribute__((weak));

void __ubsan_on_report(void);
void __ubsan_on_report(void)
{
    struct page_crash *crash = &page->crash;
    const char *kind, *message, *file, *base;
    unsigned line, column;
    char *address;

    if (!page || !__ubsan_get_current_report_data ||
        atomic_exchange(&crash->set, true))
        return;
    __ubsan_get_current_report_data(&kind, &message, &file, &line, &column,
                                    &address);
    base = strrchr(file, '/');
    crash->pid = getpid();
    crash->signal = 0;
    crash->frames = 0;
    snprintf(crash->report, sizeof(crash->report), "%s:%u: %s",
             base ? base + 1 : file, line, message);
}

/*
 * The compiler calls this before _exit, exec and the like, to clear the
 * shadow of the stack. On a stack that the learner made for clone() the
 * sanitizer does not find its way and prints a warning: leave it out there.
 */
extern void __asan_handle_no_return(void) __attribute__((weak));
void sea_asan_handle_no_return(void);
void sea_asan_handle_no_return(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    if (__asan_handle_no_return && here < stack_top &&
        here > stack_top - (8u << 20))
        __asan_handle_no_return();
}

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:"
           "handle_abort=0:detect_leaks=0:exitcode=86:"
           "allocator_may_return_null=1:use_sigaltstack=0:"
           "detect_stack_use_after_return=0";
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
    return "halt_on_error=1:exitcode=86";
}
