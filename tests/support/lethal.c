/*
 * lethal.c — single steps and a look at the memory after each, once; then a
 * trap at each place in the code where it has changed.
 */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"
#include "lethal.h"

/* The learner's object has its code in a section of this name. */
extern const char __start_learner_text[] __attribute__((weak)),
    __stop_learner_text[] __attribute__((weak));

enum {
    REGIONS = 8,
    LOOKED_AT = 1 << 14, /* bytes of each region */
    STACK = 2000,        /* words of it searched for the learner */
    STEPS = 60000,
    CHANGES = 200,
    LOOKS = 15 /* at one who sleeps: enough, when nobody is about to wake it */
};

/* The first run: where are the changes, as places in the code? */
static struct {
    unsigned long pc;
    int times; /* it has been there */
} change[CHANGES];
static uintptr_t place[CHANGES];
static int changes;

static char before[1 << 17];
static struct {
    char *from, copy[LOOKED_AT];
    size_t size;
} region[REGIONS];
static int regions;

static void read_maps(char *text, size_t cap)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    size_t n = maps ? fread(text, 1, cap - 1, maps) : 0;

    text[n] = '\0';
    if (maps)
        fclose(maps);
}

void lethal_before(void)
{
    read_maps(before, sizeof(before));
}

/* A line that was not there before; a neighbour may have grown by it. */
static bool is_new(const char *line)
{
    char range[48];

    snprintf(range, sizeof(range), "%.*s ", (int)strcspn(line, " "), line);
    return !strstr(before, range);
}

void lethal_found(void)
{
    static char after[sizeof(before)];
    char mode[5], *rest, *from, *to;

    read_maps(after, sizeof(after));
    regions = 0;
    for (char *line = strtok_r(after, "\n", &rest); line && regions < REGIONS;
         line = strtok_r(NULL, "\n", &rest)) {
        if (!is_new(line) ||
            sscanf(line, "%p-%p %4s", (void **)&from, (void **)&to, mode) < 3 ||
            strcmp(mode, "rw-s") != 0)
            continue;
        size_t size = (size_t)(to - from);
        region[regions].from = from;
        region[regions++].size = size < LOOKED_AT ? size : LOOKED_AT;
    }
}

static bool changed(void)
{
    bool any = false;

    for (int i = 0; i < regions; i++)
        if (memcmp(region[i].from, region[i].copy, region[i].size) != 0) {
            memcpy(region[i].copy, region[i].from, region[i].size);
            any = true;
        }
    return any;
}

static pid_t begin(void (*victim)(void))
{
    int wstatus;
    pid_t pid = fact_fork();

    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
            _exit(1);
        raise(SIGSTOP);
        victim();
        _exit(0);
    }
    if (waitpid(pid, &wstatus, 0) != pid || !WIFSTOPPED(wstatus))
        return -1;
    return pid;
}

static enum lethal_end kill_it(pid_t pid, enum lethal_end how)
{
    int wstatus;

    kill(pid, SIGKILL);
    while (waitpid(pid, &wstatus, 0) == pid && WIFSTOPPED(wstatus))
        ;
    return how;
}

#if defined __x86_64__
#define PC(regs) ((regs).rip)
#define SP(regs) ((regs).rsp)
enum { BACK = 1, TRAP_MASK = 0xff, TRAP = 0xcc };
enum { CALL_MASK = 0xffff, CALL = 0x050f };
#elif defined __aarch64__
#define PC(regs) ((regs).pc)
#define SP(regs) ((regs).sp)
enum { BACK = 0, CALL = (int)0xd4000001 };
#define TRAP_MASK 0xffffffffL
#define TRAP 0xd4200000L
#define CALL_MASK 0xffffffffL
#endif

#ifdef PC
static struct user_regs_struct regs_of(pid_t pid)
{
    struct user_regs_struct regs = {0};
    struct iovec all = {.iov_base = &regs, .iov_len = sizeof(regs)};

    ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &all);
    return regs;
}

static unsigned long pc_of(pid_t pid)
{
    return (unsigned long)PC(regs_of(pid));
}

static void set_pc(pid_t pid, unsigned long pc)
{
    struct user_regs_struct regs = regs_of(pid);
    struct iovec all = {.iov_base = &regs, .iov_len = sizeof(regs)};

    PC(regs) = pc;
    ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &all);
}

static long word_at(pid_t pid, unsigned long pc)
{
    return ptrace(PTRACE_PEEKTEXT, pid, (void *)pc, NULL);
}

static bool at_a_call(pid_t pid, unsigned long pc)
{
    return (word_at(pid, pc) & CALL_MASK) == (CALL & CALL_MASK);
}

static void set_word(pid_t pid, unsigned long pc, long word)
{
    ptrace(PTRACE_POKETEXT, pid, (void *)pc, (void *)word);
}

/* Until it stops again. False when it sleeps instead. */
static bool stopped(pid_t pid, int *wstatus)
{
    for (int looks = 0; looks < LOOKS;) {
        if (waitpid(pid, wstatus, WNOHANG) == pid)
            return true;
        blink();
        looks = state_of(pid) == 'S' ? looks + 1 : 0;
    }
    return false;
}

static int signal_of(int wstatus)
{
    return WSTOPSIG(wstatus) == SIGTRAP ? 0 : WSTOPSIG(wstatus);
}

static bool go(pid_t pid, enum __ptrace_request how, int signal)
{
    return ptrace(how, pid, NULL, (void *)(long)signal) == 0;
}

static bool is_learners(unsigned long pc)
{
    return pc - (unsigned long)__start_learner_text <
           (unsigned long)(__stop_learner_text - __start_learner_text);
}

/* Whoever called what it sleeps in. */
static unsigned long caller(pid_t pid)
{
    static unsigned long word[STACK];
    struct user_regs_struct regs = regs_of(pid);
    struct iovec here = {word, sizeof(word)};
    struct iovec there = {(void *)SP(regs), sizeof(word)};
    ssize_t n = process_vm_readv(pid, &here, 1, &there, 1, 0);

    for (size_t i = 0; n > 0 && i < (size_t)n / sizeof(*word); i++)
        if (is_learners(word[i]))
            return word[i];
    return 0;
}

/* The last one has made the change, or what it has called. */
static unsigned long last_of_learner(const unsigned long *been, int steps)
{
    while (steps-- > 0)
        if (is_learners(been[steps]))
            return been[steps] + 1;
    return 0;
}

static void note(const unsigned long *been, int steps, unsigned long slept_in)
{
    if (changes == CHANGES)
        return;
    place[changes] = last_of_learner(been, steps);
    if (place[changes] == 0)
        place[changes] = slept_in;
    change[changes].pc = been[steps];
    for (int i = change[changes].times = 0; i <= steps; i++)
        change[changes].times += been[i] == been[steps];
    changes++;
}

/* Stopped in its sleep, which it will begin anew. */
static bool lull(pid_t pid)
{
    int wstatus;

    if (!go(pid, PTRACE_CONT, 0) || stopped(pid, &wstatus))
        return false;
    kill(pid, SIGSTOP);
    return waitpid(pid, &wstatus, 0) == pid && WIFSTOPPED(wstatus);
}

static enum lethal_end survey(void (*victim)(void), void (*meanwhile)(void))
{
    static unsigned long been[STEPS];
    bool counts = !meanwhile;
    int wstatus, signal = 0;
    pid_t pid = begin(victim);

    changes = 0;
    if (pid == -1)
        return LETHAL_CANNOT;
    if (meanwhile && !lull(pid))
        return kill_it(pid, LETHAL_CANNOT);
    unsigned long slept_in = meanwhile ? caller(pid) : 0;
    changed();
    for (int i = 0; i < STEPS; i++) {
        bool call = !counts || at_a_call(pid, pc_of(pid)), woken = false;
        if (!go(pid, PTRACE_SINGLESTEP, signal))
            return kill_it(pid, LETHAL_CANNOT);
        if (!call && waitpid(pid, &wstatus, 0) != pid)
            return LETHAL_CANNOT;
        if (call && !stopped(pid, &wstatus)) {
            if (!meanwhile || counts)
                return kill_it(pid, LETHAL_ASLEEP);
            meanwhile();
            changed();
            woken = counts = true;
            if (!stopped(pid, &wstatus))
                return kill_it(pid, LETHAL_ASLEEP);
        }
        if (!WIFSTOPPED(wstatus))
            return LETHAL_ENDED;
        signal = signal_of(wstatus);
        been[i] = pc_of(pid);
        if ((changed() || woken) && counts)
            note(been, i, slept_in);
    }
    return kill_it(pid, LETHAL_CANNOT);
}

/* A trap stands there; the instruction behind it is done all the same. */
static bool pass(pid_t pid, unsigned long pc, long word, long trap)
{
    int wstatus;

    set_word(pid, pc, word);
    set_pc(pid, pc);
    if (!go(pid, PTRACE_SINGLESTEP, 0) || waitpid(pid, &wstatus, 0) != pid)
        return false;
    set_word(pid, pc, trap);
    return WIFSTOPPED(wstatus);
}

enum lethal_end lethal(int nth, void (*victim)(void), void (*meanwhile)(void))
{
    int wstatus, signal = 0;

    if (nth == 0)
        return survey(victim, meanwhile);
    bool any = nth <= changes;
    unsigned long pc = any ? change[nth - 1].pc : 0;
    int times = any ? change[nth - 1].times : 0;
    pid_t pid = begin(victim);
    if (pid == -1)
        return LETHAL_CANNOT;
    if (meanwhile && !lull(pid))
        return kill_it(pid, LETHAL_CANNOT);
    long word = word_at(pid, pc), trap = (word & ~(long)TRAP_MASK) | TRAP;
    if (any)
        set_word(pid, pc, trap);
    for (;;) {
        if (!go(pid, PTRACE_CONT, signal))
            return kill_it(pid, LETHAL_CANNOT);
        while (!stopped(pid, &wstatus)) {
            if (!meanwhile)
                return kill_it(pid, LETHAL_ASLEEP);
            meanwhile();
            meanwhile = NULL;
        }
        if (!WIFSTOPPED(wstatus))
            return LETHAL_ENDED;
        signal = signal_of(wstatus);
        if (signal != 0 || pc_of(pid) != pc + BACK)
            continue;
        if (--times == 0)
            return kill_it(pid, LETHAL_KILLED);
        if (!pass(pid, pc, word, trap))
            return LETHAL_CANNOT;
    }
}
#else
enum lethal_end lethal(int nth, void (*victim)(void), void (*meanwhile)(void))
{
    (void)nth;
    (void)victim;
    (void)meanwhile;
    (void)begin;
    (void)kill_it;
    (void)changed;
    return LETHAL_CANNOT;
}
#endif

const uintptr_t *lethal_places(int *count)
{
    *count = changes;
    return place;
}
