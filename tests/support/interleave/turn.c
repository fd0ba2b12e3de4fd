/*
 * turn.c — whose turn it is: the points, the switch, and the end of a turn.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core.h"

struct il_core *core;
struct il_world *il;
int il_me;
jmp_buf il_home;

bool il_active(void)
{
    return il && il->exploring;
}

struct il_actor *il_actor_self(void)
{
    return &il->actor[il_me];
}

/* ------------------------------------------------------- handing the turn */

void il_hand(int to)
{
    core->turn = to;
    il->actor[to].go = 1;
    syscall(SYS_futex, &il->actor[to].go, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static int pick(void);

/* A process that was killed is gone before anybody goes on. */
static void bury(void)
{
    int dead = core->bury;

    core->bury = 0;
    waitpid(il->actor[dead].pid, NULL, 0);
    il->actor[dead].pid = 0;
    core->parked[dead] = true;
    il_release_the_dead(dead);
    int next = pick();
    if (next == il_me)
        return;
    il_hand(next);
    il_wait_turn();
}

void il_wait_turn(void)
{
    struct il_actor *me = il_actor_self();
    const struct timespec patience = {.tv_nsec = 50000000};
    int error = errno; /* the code on test does not see that we waited */

    while (!me->go) {
        long r = syscall(SYS_futex, &me->go, FUTEX_WAIT, 0,
                         il_me == 0 ? &patience : NULL, NULL, 0);
        if (r == -1 && errno == ETIMEDOUT)
            il_watch_the_others();
    }
    me->go = 0;
    if (core->drop[il_me])
        longjmp(il_home, 1);
    if (il_me == 0 && core->bury)
        bury();
    errno = error;
}

/* ---------------------------------------------------------------- spinning
 * Who comes to the same place again and again while nothing that others do
 * has changed anything, gives the turn away, and gets it back when something
 * has. What it changed itself does not count, or it would need no end.
 */
enum {
    VISITED = 64,
    LOOKS = 3,
    VISITS = 50,
    PATIENCE = 30000, /* where nobody else can go on */
    STUBBORN = 3000   /* where others could */
};
static struct {
    uintptr_t pc;
    uint64_t place, own;
    int visits; /* since others changed something … */
    int looks;  /* … and since this process did */
} visited[VISITED];
static struct interleave_step dummy;
static bool seen_before; /* this step, by somebody patient: not told again */
static uint64_t others_then;
static int limit_looks, times_resumed;

void il_forget_turns(void)
{
    memset(visited, 0, sizeof(visited));
    others_then = 0;
    limit_looks = 0;
    times_resumed = 0;
    seen_before = false;
}

void il_changed(void)
{
    core->changes++;
    core->changed_by[il_me]++;
}

static uint64_t changes_by_others(int actor)
{
    return core->changes - core->changed_by[actor];
}

/* Has it been here too often since others changed something? */
static bool spins(bool looks, uintptr_t pc, uint64_t place)
{
    uint64_t own = core->changed_by[il_me];
    size_t i = (pc ^ pc >> 7 ^ place ^ place >> 9) % VISITED;

    if (others_then != changes_by_others(il_me)) {
        il_forget_turns();
        others_then = changes_by_others(il_me);
    }
    for (int tries = 0; tries < 8; tries++, i = (i + 1) % VISITED) {
        if (!visited[i].pc) {
            visited[i].pc = pc;
            visited[i].place = place;
        }
        if (visited[i].pc != pc || visited[i].place != place)
            continue;
        if (visited[i].own != own)
            visited[i].looks = 0;
        visited[i].own = own;
        visited[i].visits++;
        visited[i].looks += looks;
        seen_before = limit_looks && visited[i].visits > 1;
        return visited[i].visits > (limit_looks ? limit_looks : VISITS) ||
               visited[i].looks > (limit_looks ? limit_looks : LOOKS);
    }
    return false;
}

/* The memory that the last plain store was about to change. */
static struct {
    void *addr;
    int size;
    struct interleave_step *step;
    unsigned char before[16];
} store;

void il_remember_store(void *addr, int size)
{
    store.addr = addr;
    store.size = size > 16 ? 16 : size;
    store.step =
        core->trace.steps ? &core->trace.step[core->trace.steps - 1] : NULL;
    memcpy(store.before, addr, (size_t)store.size);
}

/* The store has happened by now: what did it do? */
void il_settle(void)
{
    if (!store.addr)
        return;
    if (memcmp(store.before, store.addr, (size_t)store.size) != 0)
        il_changed();
    if (store.step && store.step->act == ACT_WRITE)
        memcpy(&store.step->value, store.addr,
               (size_t)(store.size > 8 ? 8 : store.size));
    store.addr = NULL;
}

/* --------------------------------------------------------------- who's next */

static bool runnable(int i)
{
    const struct il_actor *a = &il->actor[i];

    switch (a->state) {
    case IL_GOING:
        return true;
    case IL_WAITING:
        return a->ready(a);
    case IL_SPINNING:
        return changes_by_others(i) != a->queued;
    default:
        return false;
    }
}

enum way { GO, EXPIRE, FOR_NOTHING };
struct option {
    int actor;
    enum way way;
    bool costs;
};

static void add(struct option *list, int *n, int actor, enum way way,
                bool costs)
{
    list[(*n)++] = (struct option){actor, way, costs};
}

/* Everybody who can go on, beginning behind the one who had the turn. */
static int list_options(struct option *list)
{
    bool able = il_actor_self()->state == IL_GOING;
    bool dear = il->preemptions >= il->bound;
    int n = 0;

    if (able)
        add(list, &n, il_me, GO, false);
    if (able && dear)
        return n;
    for (int k = 1; k <= il->actors; k++) {
        int i = (il_me + k) % il->actors;
        if ((i != il_me || !able) && runnable(i))
            add(list, &n, i, GO, able);
    }
    for (int i = 1; i < il->actors && !dear; i++) {
        const struct il_actor *a = &il->actor[i];
        if (n > 0 && a->state == IL_SPINNING && !runnable(i))
            add(list, &n, i, GO, true); /* it may look only so many times */
        if (a->state != IL_WAITING || a->ready(a))
            continue;
        if (a->timed)
            add(list, &n, i, EXPIRE, true);
        else if (il->spurious && a->can_spurious)
            add(list, &n, i, FOR_NOTHING, true);
    }
    return n;
}

/* Nobody can go on by himself: time passes. */
static int list_timers(struct option *list)
{
    int64_t first = INT64_MAX;
    int n = 0;

    for (int i = 0; i < il->actors; i++) {
        const struct il_actor *a = &il->actor[i];
        if (a->state != IL_WAITING || !a->timed || a->deadline > first)
            continue;
        if (a->deadline < first)
            n = 0;
        first = a->deadline;
        add(list, &n, i, EXPIRE, false);
    }
    return n;
}

/* Who spins may do something else after a while. */
static int list_spinners(struct option *list)
{
    int n = 0;

    for (int k = 1; k <= il->actors && n == 0; k++) {
        int i = (il_me + k) % il->actors;
        struct il_actor *a = &il->actor[i];
        if (a->state == IL_SPINNING && a->detail[0] == 0) {
            a->detail[0] = 1;
            add(list, &n, i, GO, false);
        }
    }
    return n;
}

static void mark_stuck(void)
{
    for (int i = 0; i < il->actors; i++) {
        const struct il_actor *a = &il->actor[i];
        if ((a->state != IL_WAITING && a->state != IL_SPINNING) ||
            a->ready == il_all_done)
            continue;
        struct interleave_step *step = il_record(
            ACT_STUCK, a->wait_pc, a->object ? a->object->place : 0, 0);
        step->actor = i;
        step->call = a->wait_call;
        step->wrong = true;
    }
}

static bool tell_waiter(const struct il_actor *a, char *buf, size_t cap)
{
    return il_locks_tell(a, buf, cap) || il_conds_tell(a, buf, cap) ||
           il_sems_tell(a, buf, cap) || il_futex_tell(a, buf, cap) ||
           il_outside_tell(a, buf, cap);
}

static size_t tell_death(char *buf, size_t cap)
{
    const struct interleave_step *last = NULL;

    for (int i = 0; i < core->trace.steps; i++)
        if (core->trace.step[i].actor == il->victim && core->trace.step[i].pc)
            last = &core->trace.step[i];
    int n = snprintf(buf, cap, "%s was killed%s%s.", il_name(il->victim),
                     last ? " right after what it did at "
                          : " before it had done anything",
                     last ? il_where(last->pc) : "");
    return n < 0 || (size_t)n >= cap ? 0 : (size_t)n;
}

_Noreturn static void nobody_can_move(void)
{
    char text[740] = "", one[400];
    bool spinner = false;
    size_t n = 0;

    if (il->died)
        n = tell_death(text, sizeof(text));
    for (int i = 0; i < il->actors; i++) {
        const struct il_actor *a = &il->actor[i];
        if (a->state == IL_SPINNING) {
            spinner = true;
            snprintf(one, sizeof(one),
                     "%s looks again and again at %s for something that "
                     "nobody will change.",
                     il_name(i), il_where(a->wait_pc));
        } else if (a->state != IL_WAITING || a->ready == il_all_done ||
                   !tell_waiter(a, one, sizeof(one)))
            continue;
        int more =
            snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "", one);
        if (more < 0 || n + (size_t)more >= sizeof(text))
            break;
        n += (size_t)more;
    }
    mark_stuck();
    il_fail(spinner ? INTERLEAVE_SPINS : INTERLEAVE_DEADLOCK, "%s", text);
}

static int pick(void)
{
    struct option list[3 * IL_ACTORS];
    int n = list_options(list);

    if (n == 0)
        n = list_spinners(list);
    if (n == 0)
        n = list_timers(list);
    if (n == 0)
        nobody_can_move();

    const struct option *taken = &list[il_next(n)];
    struct il_actor *a = &il->actor[taken->actor];
    il->preemptions += taken->costs;
    core->preempted |= taken->costs;
    if (taken->way == EXPIRE) {
        a->timed_out = true;
        if (a->deadline > il->time)
            il->time = a->deadline;
    }
    a->spurious = taken->way == FOR_NOTHING;
    return taken->actor;
}

void il_schedule(void)
{
    int next = pick();

    if (next == il_me)
        return;
    core->switches++;
    il_hand(next);
    il_wait_turn();
}

bool il_all_done(const struct il_actor *captain)
{
    (void)captain;
    for (int i = 1; i < il->actors; i++)
        if (il->actor[i].state != IL_DONE && il->actor[i].state != IL_DEAD)
            return false;
    return true;
}

/* -------------------------------------------------------------- the points */

static void die(void)
{
    il_drain();
    il_record(ACT_KILLED, 0, 0, 0);
    il_actor_self()->state = IL_DEAD;
    il->died = true;
    if (core->real) {
        core->bury = il_me;
        il_hand(0);
        raise(SIGKILL);
    }
    il_release_the_dead(il_me);
    core->parked[il_me] = true;
    il_hand(pick());
    longjmp(il_home, 2);
}

/* What its death does to others: the kernel tells those who wait for a robust
 * lock. */
void il_release_the_dead(int actor)
{
    il_locks_of_dead(actor);
    /* Who asks the kernel after it, knows that it will do nothing more. */
    il_join(&il_object(IL_KERNEL, NULL)->clock, &il->actor[actor].clock);
    core->changes++;
}

static void hand_over_spinning(uintptr_t pc)
{
    struct il_actor *me = il_actor_self();

    il_drain();
    il_record(ACT_SPINS, pc, 0, 0);
    me->state = IL_SPINNING;
    me->queued = changes_by_others(il_me);
    me->detail[0] = times_resumed > 0;
    me->wait_pc = pc;
    me->wait_call = NULL;
    me->object = NULL;
    il_schedule();
    me->state = IL_GOING;
    if (me->queued == changes_by_others(il_me)) {
        /* Nothing has changed, but nobody else can go on; or the others come
         * later than the end of a loop that looks so many times. */
        memset(visited, 0, sizeof(visited));
        limit_looks = core->preempted ? STUBBORN : PATIENCE;
        times_resumed += !core->preempted;
    }
}

/*
 * sync: others may look at what is done here, so that it matters who is
 * first. looks: it may be a loop that waits.
 */
void il_arrive(bool sync, bool looks, uintptr_t pc, uint64_t place)
{
    struct il_actor *me = il_actor_self();

    il_settle();
    if (!limit_looks && ++core->steps > IL_MOST_STEPS)
        il_fail(INTERLEAVE_WITHOUT_END,
                "after %d steps they are not done: %s is at %s.", core->steps,
                il_name(il_me), il_where(pc));
    bool dies = il->victim == il_me && ++me->steps == il->death;
    seen_before = false;
    if (spins(looks, pc, place))
        hand_over_spinning(pc);
    else if (((sync || il->fine) && !seen_before) || dies)
        il_schedule();
    if (dies)
        die();
}

struct interleave_step *il_call(const char *call, const void *addr,
                                uintptr_t pc)
{
    uint64_t place = addr ? il_place(addr) : 0;

    il_arrive(true, true, pc, place ? place : (uintptr_t)addr);
    il_drain();
    struct interleave_step *step = il_record(ACT_CALL, pc, place, 0);
    step->call = call;
    return step;
}

/* To whoever can go on, without cost. */
void il_yield(void)
{
    struct il_actor *me = il_actor_self();

    for (int k = 1; k < il->actors; k++) {
        int i = (il_me + k) % il->actors;
        if (i == 0 || !runnable(i))
            continue;
        core->switches++;
        il_hand(i);
        me->state = IL_GOING;
        il_wait_turn();
        return;
    }
}

enum il_woke il_sleep(bool (*ready)(const struct il_actor *), int64_t deadline,
                      bool can_spurious, const char *call, uintptr_t pc)
{
    struct il_actor *me = il_actor_self();

    me->ready = ready;
    me->timed = deadline != IL_FOR_EVER;
    me->deadline = deadline;
    me->can_spurious = can_spurious;
    me->timed_out = me->spurious = false;
    me->queued = ++il->rising;
    me->wait_pc = pc;
    me->wait_call = call;
    me->state = IL_WAITING;
    if (!ready(me)) {
        struct interleave_step *step =
            il_record(ACT_SLEEPS, pc, me->object ? me->object->place : 0, 0);
        step->call = call;
    }
    il_schedule();
    me->state = IL_GOING;
    me->ready = NULL;
    if (me->timed_out || me->spurious) {
        struct interleave_step *step =
            il_record(ACT_WAKES, pc, me->object ? me->object->place : 0, 0);
        step->call = call;
        step->result = me->timed_out ? ETIMEDOUT : 0;
        return me->timed_out ? IL_TIMED_OUT : IL_SPURIOUS;
    }
    return IL_READY;
}

/* The operation has returned. */
void il_finish(void)
{
    il_settle();
    if (il_actor_self()->buffered)
        il_schedule();
    il_drain();
    il_record(ACT_RETURNS, 0, 0, 0);
    il_actor_self()->state = IL_DONE;
    core->parked[il_me] = true;
    core->switches++;
    il_hand(pick());
}

/* ------------------------------------------------------------ the choices */

static uint64_t roll(void)
{
    core->dice ^= core->dice << 13;
    core->dice ^= core->dice >> 7;
    core->dice ^= core->dice << 17;
    return core->dice;
}

int il_next(int options)
{
    struct il_choice *c;

    if (options <= 1)
        return 0;
    if (core->choices == IL_CHOICES)
        il_fail(INTERLEAVE_WITHOUT_END,
                "they are not done after %d points at which the system could "
                "switch.",
                IL_CHOICES);
    c = &core->choice[core->choices++];
    if (core->choices > core->planned) {
        c->options = (uint8_t)options;
        c->taken = 0;
        if (core->dice && roll() % (uint64_t)core->rarely == 0)
            c->taken = (uint8_t)(roll() % (uint64_t)options);
    } else if (c->options != options && c->options != 0) {
        core->diverged = true;
        c->options = (uint8_t)options;
    } else
        c->options = (uint8_t)options;
    if (c->taken >= options)
        c->taken = 0;
    return c->taken;
}

int il_choose(int n)
{
    return il_next(n);
}

/* -------------------------------------------------------------- the verdict */

struct interleave_step *il_record(enum interleave_act act, uintptr_t pc,
                                  uint64_t place, int size)
{
    struct interleave_trace *trace = &core->trace;
    struct interleave_step *step = &dummy;

    if (seen_before)
        return &dummy;
    if (trace->steps < INTERLEAVE_STEPS)
        step = &trace->step[trace->steps++];
    else
        trace->cut = true;
    *step = (struct interleave_step){
        .actor = il_me,
        .act = act,
        .switched = core->last != il_me,
        .preempted = core->last != il_me && core->preempted,
        .pc = pc,
        .size = size,
        .order = __ATOMIC_SEQ_CST,
        .object = (int)il_object_of(place),
        .offset = il_offset_of(place),
    };
    core->last = il_me;
    core->preempted = false;
    return step;
}

_Noreturn static void give_up(void)
{
    if (il_me == 0)
        longjmp(il_home, 1);
    core->parked[il_me] = true;
    il_hand(0);
    longjmp(il_home, 2);
}

void il_fail(enum interleave_found found, const char *fmt, ...)
{
    va_list list;

    if (il->found == INTERLEAVE_NOTHING) {
        il->found = found;
        va_start(list, fmt);
        vsnprintf(il->sentence, sizeof(il->sentence), fmt, list);
        va_end(list);
    }
    give_up();
}

void interleave_fail(const char *fmt, ...)
{
    va_list list;

    if (!il) /* not in an exploration: nothing to fail */
        return;
    il_settle();
    if (il->found == INTERLEAVE_NOTHING) {
        il->found = INTERLEAVE_ASSERTION;
        va_start(list, fmt);
        vsnprintf(il->sentence, sizeof(il->sentence), fmt, list);
        va_end(list);
    }
    if (core->trace.steps)
        core->trace.step[core->trace.steps - 1].wrong = true;
    give_up();
}

void interleave_say(const char *fmt, ...)
{
    va_list list;

    if (!il_active())
        return;
    struct interleave_step *step = il_record(ACT_SAY, 0, 0, 0);
    va_start(list, fmt);
    vsnprintf(step->text, sizeof(step->text), fmt, list);
    va_end(list);
}

int interleave_killed(void)
{
    return il && il->died ? il->victim - 1 : -1;
}

int interleave_self(void)
{
    return il_me - 1;
}

const char *il_name(int actor)
{
    return actor == 0 ? "the check at the end" : core->plan->op[actor - 1].name;
}
