/*
 * search.c — all schedules, one after another; and the shortest that fails.
 *
 * A schedule is its list of choices. The search goes depth-first: the last
 * choice that has another option is changed, and what comes behind it begins
 * anew. First all schedules without a preemption are tried, then those with
 * at most one, and so on, so that the first to fail has the fewest.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core.h"

static void (*run)(void);
static long tried, most;
static char race_note[768]; /* the race behind what was found */

static bool over(void)
{
    return il->found != INTERLEAVE_NOTHING ||
           (core->needs_real && !core->real) || (most && tried >= most);
}

static void run_one(void)
{
    core->diverged = false;
    run();
    tried++;
    if (core->diverged && il->found == INTERLEAVE_NOTHING) {
        il->found = INTERLEAVE_UNREPEATABLE;
        snprintf(il->sentence, sizeof(il->sentence),
                 "The same schedule took another course when it was run "
                 "again: does it depend on anything but shared memory?");
    }
}

/* The next list of choices; false: there is none. */
static bool advance(void)
{
    int i = core->choices - 1;

    while (i >= 0 && core->choice[i].taken + 1 >= core->choice[i].options)
        i--;
    if (i < 0)
        return false;
    core->choice[i].taken++;
    core->planned = i + 1;
    return true;
}

/* All schedules within the bound. true: go on with the next sweep. */
static bool sweep(int bound, bool *died)
{
    il->bound = bound;
    core->planned = 0;
    do {
        run_one();
        *died |= il->died;
    } while (!over() && advance());
    return !over();
}

static bool without_death(int bound)
{
    bool died = false;

    il->victim = il->death = 0;
    return sweep(bound, &died);
}

static bool with_deaths(int bound)
{
    for (int i = 1; i < il->actors; i++) {
        if (!(core->plan->kills >> (i - 1) & 1))
            continue;
        il->victim = i;
        il->death = 1;
        for (bool died = true; died; il->death++) {
            died = false;
            if (!sweep(bound, &died))
                return false;
        }
    }
    il->victim = il->death = 0;
    return true;
}

/* Random walks: larger worlds than can be searched. */
static bool walk(int seeds)
{
    static const int rarely[] = {2, 4, 16};

    il->bound = 1 << 20;
    for (int seed = 1; seed <= seeds; seed++) {
        core->dice = (uint64_t)seed * 0x9e3779b97f4a7c15ull;
        core->rarely = rarely[seed % 3];
        core->planned = 0;
        run_one();
        core->dice = 0;
        if (over())
            return false;
    }
    return true;
}

/* ------------------------------------------------ the schedule that failed */

struct schedule {
    struct il_choice choice[IL_CHOICES];
    int choices;
    enum interleave_found found;
    int preemptions, switches;
};

static void take(struct schedule *s)
{
    memcpy(s->choice, core->choice, sizeof(*s->choice) * (size_t)core->choices);
    s->choices = core->choices;
    s->found = il->found;
    s->preemptions = il->preemptions;
    s->switches = core->switches;
}

static void give(const struct schedule *s, int choices)
{
    memcpy(core->choice, s->choice, sizeof(*s->choice) * (size_t)choices);
    core->planned = choices;
}

static bool shorter(const struct schedule *than)
{
    if (il->found != than->found)
        return false;
    return il->preemptions < than->preemptions ||
           (il->preemptions == than->preemptions &&
            core->switches < than->switches);
}

/* What happens if it did not switch here? A few hundred trials at most. */
static void shorten(struct schedule *s)
{
    int trials = 0;

    for (int i = s->choices - 1; i >= 0 && trials < 400; i--) {
        if (i >= s->choices || s->choice[i].taken == 0)
            continue;
        give(s, i + 1);
        core->choice[i].taken = 0;
        trials++;
        run_one();
        if (shorter(s)) {
            take(s);
            i = s->choices;
        }
    }
    give(s, s->choices);
    run_one();
}

static bool can_shorten(void)
{
    return il->found == INTERLEAVE_ASSERTION ||
           il->found == INTERLEAVE_DEADLOCK || il->found == INTERLEAVE_RACE ||
           il->found == INTERLEAVE_SPINS || il->found == INTERLEAVE_MISUSE;
}

/* "v2d7b1-12.1-30.2": who dies where, the bound, and each choice but 0. */
static void name_schedule(char *name, size_t cap)
{
    size_t n = (size_t)snprintf(name, cap, "v%dd%db%d%s", il->victim, il->death,
                                il->bound, il->fine ? "f" : "");

    for (int i = 0; i < core->choices && n < cap; i++)
        if (core->choice[i].taken)
            n += (size_t)snprintf(name + n, cap - n, "-%d.%d", i,
                                  core->choice[i].taken);
    if (n >= cap)
        name[0] = '\0';
}

static bool read_name(const char *name)
{
    int end = 0, at, taken;

    if (sscanf(name, "v%dd%db%d%n", &il->victim, &il->death, &il->bound,
               &end) != 3)
        return false;
    name += end;
    il->fine = *name == 'f';
    name += il->fine;
    core->planned = 0;
    memset(core->choice, 0, sizeof(core->choice));
    while (sscanf(name, "-%d.%d%n", &at, &taken, &end) == 2 && at >= 0 &&
           at < IL_CHOICES) {
        core->choice[at].taken = (uint8_t)taken;
        core->planned = at + 1;
        name += end;
    }
    return *name == '\0';
}

static void append(char *text, size_t cap, const char *more)
{
    size_t n = strlen(text);

    snprintf(text + n, cap - n, "%s%s",
             n == 0                       ? ""
             : strchr(".!?", text[n - 1]) ? " "
                                          : ". ",
             more);
}

/* The schedule would not have failed without it, or it would be shorter. */
static void tell_of_buffers(char *text, size_t cap)
{
    const struct interleave_step *step = core->trace.step;
    const struct interleave_step *end = step + core->trace.steps;
    char note[300];

    while (step < end && step->act != ACT_BUFFERS)
        step++;
    if (step == end)
        return;
    snprintf(note, sizeof(note),
             "What %s stores at %s stays in the store buffer while it goes on "
             "to look: between that store and the load after it there has to "
             "be a seq_cst fence, or both are seq_cst.",
             il_name(step->actor), il_where(step->pc));
    append(text, cap, note);
    if (!core->missed)
        return;
    snprintf(note, sizeof(note),
             "The membarrier at %s does not reach %s, which has not "
             "registered with REGISTER_GLOBAL_EXPEDITED.",
             il_where(core->missed), il_name(step->actor));
    append(text, cap, note);
}

/* Who goes on without the lock does strange things: that comes first. */
static void tell_of_lost_locks(char *text, size_t cap)
{
    for (int i = 0; i < core->trace.steps; i++) {
        const struct interleave_step *step = &core->trace.step[i];
        if (step->act != ACT_CALL || step->result != ENOTRECOVERABLE ||
            strcmp(step->call, "pthread_mutex_lock") != 0)
            continue;
        snprintf(text, cap,
                 "%s gets ENOTRECOVERABLE at %s, and not the lock: somebody "
                 "has unlocked it after EOWNERDEAD, without "
                 "pthread_mutex_consistent.",
                 il_name(step->actor), il_where(step->pc));
        return;
    }
}

static void keep_result(void)
{
    struct interleave_result *r = &core->result;

    r->found = il->found;
    r->preemptions = il->preemptions;
    r->switches = core->switches;
    r->sentence[0] = '\0';
    tell_of_lost_locks(r->sentence, sizeof(r->sentence));
    append(r->sentence, sizeof(r->sentence), il->sentence);
    if (il->found != INTERLEAVE_RACE)
        tell_of_buffers(r->sentence, sizeof(r->sentence));
    if (il->fine && race_note[0])
        append(r->sentence, sizeof(r->sentence), race_note);
    r->trace = &core->trace;
    name_schedule(r->replay, sizeof(r->replay));
}

/* A race is told best by what it does. If that can be found soon, by
 * switching between plain accesses as well, it is the result. */
static void look_for_its_effect(struct schedule *race)
{
    enum { SOON = 3000 };
    long end = tried + SOON, all = most;
    int victim = il->victim, death = il->death, bound = il->bound;

    snprintf(race_note, sizeof(race_note), "%s", il->sentence);
    il->fine = true;
    most = all && all < end ? all : end;
    for (int b = 0; b <= core->plan->preemptions && without_death(b);)
        b++;
    most = all;
    if (il->found != INTERLEAVE_NOTHING && il->found != INTERLEAVE_FAULT &&
        can_shorten())
        return;
    il->fine = false;
    il->victim = victim;
    il->death = death;
    il->bound = bound;
    give(race, race->choices);
    run_one();
}

static void tell_failure(void)
{
    static struct schedule failing;
    long so_far = tried;

    take(&failing);
    if (il->found == INTERLEAVE_RACE && !core->plan->walks) {
        look_for_its_effect(&failing);
        take(&failing);
    }
    if (can_shorten())
        shorten(&failing);
    keep_result();
    core->result.schedules = so_far;
}

static const char *grouped(long n, char *buf)
{
    if (n >= 1000000)
        sprintf(buf, "%ld,%03ld,%03ld", n / 1000000, n / 1000 % 1000, n % 1000);
    else if (n >= 1000)
        sprintf(buf, "%ld,%03ld", n / 1000, n % 1000);
    else
        sprintf(buf, "%ld", n);
    return buf;
}

/* Rising bounds. Only the last one that was done is counted, for it contains
 * those below; and what was tried of the next, where `most` has cut it. */
struct sweeps {
    int bound; /* -1: none was done */
    long done, cut;
};

static bool rising(bool (*one)(int bound), struct sweeps *s)
{
    s->bound = -1;
    for (int b = 0; b <= core->plan->preemptions; b++) {
        long before = tried;
        bool whole = one(b);
        *(whole ? &s->done : &s->cut) = tried - before;
        if (!whole)
            return false;
        s->bound = b;
    }
    return true;
}

static int tell_sweeps(char *text, size_t cap, const struct sweeps *s)
{
    char done[32], cut[32];
    int n = 0;

    if (s->bound >= 0)
        n = snprintf(
            text, cap, "%s schedules, every one with at most %d preemption%s",
            grouped(s->done, done), s->bound, s->bound == 1 ? "" : "s");
    if (s->cut)
        n += snprintf(text + n, cap - (size_t)n,
                      n ? ", and the first %s with at most %d"
                        : "the first %s schedules with at most %d preemptions",
                      grouped(s->cut, cut), s->bound + 1);
    return n;
}

static void tell_success(struct sweeps *searched, const struct sweeps *killed,
                         long walked)
{
    struct interleave_result *r = &core->result;
    char *text = r->proved, *end = text + sizeof(r->proved), number[32];

    r->preemptions = core->plan->preemptions;
    r->schedules =
        searched->done + searched->cut + killed->done + killed->cut + walked;
    if (!killed->cut)
        searched->done += killed->done;
    text += tell_sweeps(text, (size_t)(end - text), searched);
    if (killed->cut) {
        text += sprintf(text, "; a process is killed in ");
        text += tell_sweeps(text, (size_t)(end - text), killed);
    } else if (killed->done)
        text += snprintf(text, (size_t)(end - text),
                         "; in %s of them a process is killed, at each of its "
                         "steps in turn",
                         grouped(killed->done, number));
    else if (core->plan->kills)
        text += sprintf(text, "; in none of them a process is killed");
    if (walked)
        snprintf(text, (size_t)(end - text), "; and %s random walks",
                 grouped(walked, number));
}

void il_search(void (*how)(void))
{
    const char *given = getenv("INTERLEAVE");
    struct sweeps searched = {0}, killed = {0};
    long walked = 0;

    run = how;
    tried = 0;
    race_note[0] = '\0';
    most = core->real && core->plan->most_real ? core->plan->most_real
                                               : core->plan->most;
    il->fine = false;
    il->victim = il->death = 0;
    il->spurious = core->plan->spurious;
    if (given && *given) {
        if (read_name(given)) {
            run_one();
            keep_result();
            core->result.schedules = 1;
        }
        return;
    }
    bool all = rising(without_death, &searched) &&
               (!core->plan->kills || rising(with_deaths, &killed));
    if (all && core->plan->walks) {
        long before = tried;
        walk(core->plan->walks);
        walked = tried - before;
    }
    if (core->needs_real && !core->real)
        return;
    if (il->found != INTERLEAVE_NOTHING)
        tell_failure();
    else
        tell_success(&searched, &killed, walked);
}

static void alone(void)
{
    core->needs_real = core->real = true;
    il_search(il_run_apart);
}

void interleave(const struct interleave *plan, struct interleave_result *result)
{
    if (core)
        munmap(core, sizeof(*core));
    core = mmap(NULL, sizeof(*core), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (core == MAP_FAILED) {
        core = NULL;
        *result = (struct interleave_result){.found = INTERLEAVE_FAULT,
                                             .sentence = "no memory"};
        return;
    }
    il = &core->world;
    core->plan = plan;
    for (il->actors = 1;
         il->actors <= INTERLEAVE_OPS && plan->op[il->actors - 1].run != NULL;)
        il->actors++;
    bool ended = il_captain(il_search);
    if (ended && core->needs_real)
        alone();
    else if (!ended || (il->found != INTERLEAVE_NOTHING &&
                        core->result.found == INTERLEAVE_NOTHING))
        keep_result(); /* setup has failed */
    il = NULL;
    *result = core->result;
}
