/*
 * world.c — the processes: a captain, who makes the world, and one for each
 * operation.
 *
 * They live as long as the exploration: who is "killed" or fails goes back
 * to its loop by longjmp, and before each schedule memory is put back to
 * what setup made of it. That costs some 20 us instead of three forks. Where
 * the code on test has state in the kernel, or asks about processes, each
 * schedule gets processes of its own, and who is killed really dies.
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core.h"

extern const char __start_watched_text[] __attribute__((weak)),
    __stop_watched_text[] __attribute__((weak));

static void begin_schedule(void)
{
    memcpy(il->object, core->first_object, sizeof(il->object));
    il->objects = core->first_objects;
    il->time = 0;
    il->rising = 0;
    il->preemptions = 0;
    il->died = false;
    il->found = INTERLEAVE_NOTHING;
    il->sentence[0] = '\0';
    core->number++;
    core->choices = 0;
    core->missed = 0;
    core->steps = 0;
    core->last = -1;
    core->switches = 0;
    core->changes = 0;
    core->trace.steps = 0;
    core->trace.cut = false;
    memset(core->changed_by, 0, sizeof(core->changed_by));
    for (int i = 0; i < il->actors; i++) {
        struct il_actor *a = &il->actor[i];
        a->state = IL_GOING;
        a->ready = NULL;
        a->object = NULL;
        a->steps = 0;
        a->woken = a->timed = a->timed_out = a->spurious = false;
        a->buffered = 0;
        a->registered = il->actor[0].registered; /* a fork inherits that */
    }
    il_clocks_begin();
}

/* ------------------------------------------------------------- the workers */

static void wait_raw(void)
{
    struct il_actor *me = il_actor_self();

    while (!me->go)
        syscall(SYS_futex, &me->go, FUTEX_WAIT, 0, NULL, NULL, 0);
    me->go = 0;
}

static void on_crash(int sig)
{
    if (!il_active() || core->parked[il_me])
        _exit(128 + sig);
    if (il->found == INTERLEAVE_NOTHING) {
        struct interleave_step *step = il_record(ACT_CRASHED, 0, 0, 0);
        step->result = sig;
        step->wrong = true;
        if (core->trace.steps > 1)
            step->pc = core->trace.step[core->trace.steps - 2].pc;
        il->found = INTERLEAVE_CRASH;
        snprintf(il->sentence, sizeof(il->sentence),
                 "%s crashes: SIG%s, after what it did at %s.", il_name(il_me),
                 sigabbrev_np(sig), il_where(step->pc));
    }
    core->parked[il_me] = true;
    if (il_me != 0)
        il_hand(0);
    longjmp(il_home, il_me == 0 ? 1 : 2);
}

static void watch_crashes(void)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    static char other_stack[65536];
    struct sigaction action = {.sa_handler = on_crash,
                               .sa_flags = SA_ONSTACK | SA_NODEFER};

    sigaltstack(
        &(stack_t){.ss_sp = other_stack, .ss_size = sizeof(other_stack)}, NULL);
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
        sigaction(fatal[i], &action, NULL);
}

_Noreturn static void work(int me)
{
    il_me = me;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    watch_crashes();
    if (setjmp(il_home) == 1) {
        /* Asked to leave it: the schedule has failed. */
        core->drop[me] = false;
        core->parked[me] = true;
        il_hand(0);
    }
    for (;;) {
        wait_raw();
        core->parked[me] = false;
        il_private_restore();
        il_forget_turns();
        errno = 0;
        core->plan->op[me - 1].run();
        il_finish();
    }
}

static bool start_worker(int i)
{
    pid_t pid;

    core->parked[i] = true;
    core->drop[i] = false;
    il->actor[i].go = 0;
    pid = fork();
    if (pid == 0)
        work(i);
    il->actor[i].pid = pid;
    return pid != -1;
}

static bool start_workers(void)
{
    for (int i = 1; i < il->actors; i++)
        if (!start_worker(i))
            return false;
    return true;
}

static void end_workers(void)
{
    for (int i = 1; i < il->actors; i++)
        if (il->actor[i].pid > 0) {
            kill(il->actor[i].pid, SIGKILL);
            waitpid(il->actor[i].pid, NULL, 0);
            il->actor[i].pid = 0;
        }
}

/* Those in the middle of an operation go back to their loops. */
static void call_back(void)
{
    for (int i = 1; i < il->actors; i++) {
        if (core->parked[i] || il->actor[i].pid <= 0)
            continue;
        core->drop[i] = true;
        il_hand(i);
        il_wait_turn();
    }
}

/* -------------------------------------------------- those who do not answer */

static double cpu_of(pid_t pid)
{
    clockid_t clock;
    struct timespec t;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return -1;
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void lost(int i, enum interleave_found found, const char *sentence)
{
    il->actor[i].pid = 0;
    core->parked[i] = true;
    if (il->found == INTERLEAVE_NOTHING) {
        il->found = found;
        snprintf(il->sentence, sizeof(il->sentence), "%s %s", il_name(i),
                 sentence);
    }
    if (!core->real)
        start_worker(i);
    longjmp(il_home, 1);
}

/* The captain has waited for a while: has somebody gone, or got stuck? */
void il_watch_the_others(void)
{
    static uint64_t step_then;
    static double cpu_then;
    static int turn_then;
    int turn = core->turn;
    uint64_t step = ((uint64_t)core->number << 32) + (uint64_t)core->steps +
                    (uint64_t)core->choices;

    for (int i = 1; i < il->actors; i++)
        if (i != core->bury && il->actor[i].pid > 0 &&
            waitpid(il->actor[i].pid, NULL, WNOHANG) == il->actor[i].pid)
            lost(i, INTERLEAVE_LEFT, "has ended in the middle of it.");
    if (turn <= 0 || il->actor[turn].pid <= 0)
        return;
    double cpu = cpu_of(il->actor[turn].pid);
    if (turn != turn_then || step != step_then) {
        turn_then = turn;
        step_then = step;
        cpu_then = cpu;
    } else if (cpu - cpu_then > 0.5) {
        kill(il->actor[turn].pid, SIGKILL);
        waitpid(il->actor[turn].pid, NULL, 0);
        lost(turn, INTERLEAVE_WITHOUT_END,
             "loops without an end, and does not look at shared memory, nor "
             "makes any call that could change something.");
    }
}

/* ----------------------------------------------------------------- captain */

static void check_the_end(void)
{
    il_actor_self()->state = IL_GOING;
    for (int i = 1; i < il->actors; i++)
        il_join(&il_actor_self()->clock, &il->actor[i].clock);
    il_forget_turns();
    if (core->plan->check)
        core->plan->check();
    il_settle();
}

void il_run_here(void)
{
    if (setjmp(il_home) == 0) {
        il_regions_restore();
        il_private_restore();
        begin_schedule();
        il_actor_self()->ready = il_all_done;
        il_actor_self()->state = IL_WAITING;
        il->exploring = true;
        il_schedule();
        if (il->found == INTERLEAVE_NOTHING)
            check_the_end();
    }
    call_back();
    il->exploring = false;
}

/* Fences written in assembly are not seen; who has one shall not be told that
 * it is missing. mfence; lock or to the stack, as compilers write it. */
static bool has_hidden_fence(void)
{
#if defined(__x86_64__)
    static const unsigned char mfence[] = {0x0f, 0xae, 0xf0},
                               lock_or[] = {0xf0, 0x83, 0x0c, 0x24},
                               lock_or_64[] = {0xf0, 0x48, 0x83, 0x0c, 0x24};
    size_t size = (size_t)(__stop_watched_text - __start_watched_text);

    if (!__start_watched_text)
        return false;
    return memmem(__start_watched_text, size, mfence, sizeof(mfence)) ||
           memmem(__start_watched_text, size, lock_or, sizeof(lock_or)) ||
           memmem(__start_watched_text, size, lock_or_64, sizeof(lock_or_64));
#else
    return false;
#endif
}

/* Pinned to one core: a switch between cores costs ten times as much. */
static void stay_on_one_core(void)
{
    cpu_set_t set;
    int cpu = sched_getcpu();

    CPU_ZERO(&set);
    CPU_SET(cpu < 0 ? 0 : cpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

/* The captain's life: make the world, search, clear away. */
static void live(void (*search)(void (*run)(void)))
{
    il_me = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    stay_on_one_core();
    il_regions_forget();
    il->objects = 0;
    il->actor[0].registered = 0;
    core->files = 0;
    memset(core->shadow, 0, sizeof(core->shadow));
    core->no_buffers = has_hidden_fence();
    watch_crashes();
    if (setjmp(il_home) != 0)
        return; /* setup has failed, and said why */
    core->plan->setup();
    memcpy(core->first_object, il->object, sizeof(il->object));
    core->first_objects = il->objects;
    il_regions_snapshot();
    il_private_snapshot();
    if (!start_workers()) {
        il->found = INTERLEAVE_FAULT;
        snprintf(il->sentence, sizeof(il->sentence), "fork failed: %s",
                 strerror(errno));
    } else
        search(il_run_here);
    end_workers();
    il->exploring = false;
    if (core->plan->teardown && setjmp(il_home) == 0)
        core->plan->teardown();
}

/* A captain of its own. false: it did not come to its end. */
bool il_captain(void (*search)(void (*run)(void)))
{
    int wstatus;
    pid_t pid;

    il->found = INTERLEAVE_NOTHING;
    pid = fork();
    if (pid == 0) {
        live(search);
        _exit(0);
    }
    if (pid == -1 || waitpid(pid, &wstatus, 0) == -1) {
        il->found = INTERLEAVE_FAULT;
        snprintf(il->sentence, sizeof(il->sentence), "fork failed: %s",
                 strerror(errno));
        return false;
    }
    if (WIFEXITED(wstatus) && WEXITSTATUS(wstatus) == 0)
        return true;
    il->found = INTERLEAVE_CRASH;
    snprintf(il->sentence, sizeof(il->sentence),
             "%s was ended by signal %d or left with exit.", il_name(0),
             WIFSIGNALED(wstatus) ? WTERMSIG(wstatus) : 0);
    return false;
}

static void search_once(void (*run)(void))
{
    run();
}

void il_run_apart(void)
{
    core->real = true;
    il_captain(search_once);
}

void il_needs_real_processes(void)
{
    if (core->real)
        return;
    core->needs_real = true;
    il_fail(INTERLEAVE_FAULT, "needs processes of its own for each schedule");
}

/* -------------------------------------- calls that have no place in here */

#define LEAVES(name)                                                           \
    _Noreturn void il_##name(int code);                                        \
    _Noreturn void il_##name(int code)                                         \
    {                                                                          \
        if (il_active())                                                       \
            il_fail(INTERLEAVE_LEFT, "%s leaves with " #name "(%d) at %s.",    \
                    il_name(il_me), code, il_where(IL_PC));                    \
        name(code);                                                            \
    }
LEAVES(exit)
LEAVES(_exit)
LEAVES(_Exit)
LEAVES(quick_exit)

_Noreturn void il_abort(void);
_Noreturn void il_abort(void)
{
    abort();
}

int il_raise(int);
int il_raise(int sig)
{
    return raise(sig);
}

static void unsupported(const char *call, uintptr_t pc)
{
    if (il_active())
        il_fail(INTERLEAVE_FAULT,
                "%s calls %s at %s, in an operation: who shall be explored "
                "has to be an operation of its own.",
                il_name(il_me), call, il_where(pc));
}

pid_t il_fork(void);
pid_t il_fork(void)
{
    unsupported("fork", IL_PC);
    return fork();
}

int il_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                      void *);
int il_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *),
                      void *arg)
{
    unsupported("pthread_create", IL_PC);
    return pthread_create(t, a, f, arg);
}
