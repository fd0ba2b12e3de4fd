/*
 * lifeboat_test.c — all that is true of queue (queue_facts.h), and what is
 * true when somebody dies.
 *
 * The scenarios of death are run again and again: lethal() kills the victim
 * behind its 1st, 2nd, 3rd … change of the shared memory, each time in a
 * lifeboat of its own, until it makes no more of them.
 */
#include "lifeboat.h"

#define EXERCISE_OF(function) lifeboat_##function
#define NAME "lifeboat"
typedef struct lifeboat queue_type;

#include "interleave/tell.h"
#include "lethal.h"
#include "queue_facts.h"

/* ---- items of several words: whole, or not at all --------------------- */

struct load {
    long word[4];
};
static struct load loaded;

static int put_load(int value, int timeout_ms)
{
    struct load load;

    for (int i = 0; i < 4; i++)
        load.word[i] = value;
    errno = 0;
    return lifeboat_put(queue, &load, timeout_ms);
}

static int get_load(int timeout_ms)
{
    memset(&loaded, 0xee, sizeof(loaded));
    errno = 0;
    return lifeboat_get(queue, &loaded, timeout_ms);
}

/* A lifeboat for two, whose memory lethal() looks at. */
static void new_boat(void)
{
    fence();
    lethal_before();
    errno = 0;
    queue = lifeboat_create(2, sizeof(struct load));
    lethal_found();
    CHECK(queue != NULL, "there is memory for two small items");
}

static struct worker *load_worker(int value)
{
    struct worker *w = next_worker();
    pid_t pid = fact_fork();

    if (pid == 0) {
        w->result = value == GETS ? get_load(-1) : put_load(value, -1);
        w->error = errno;
        w->got = (int)loaded.word[0];
        _exit(0);
    }
    w->pid = pid;
    return w;
}

/* Asleep in its wait: nothing else in a put or get takes a process so long. */
static struct worker *sleeper(int value)
{
    struct worker *w = load_worker(value);

    for (int seen = 0; seen < 4 && !gone(w->pid); blink())
        seen = state_of(w->pid) == 'S' ? seen + 1 : 0;
    return w;
}

static char how[256];

#define STUCK_LOCK                                                             \
    "%s. Now nobody else gets the lock: a robust mutex "                       \
    "(pthread_mutexattr_setrobust) tells the next one that its owner died. "   \
    "EOWNERDEAD means you have the lock: mend what is half done, call "        \
    "pthread_mutex_consistent, and go on",                                     \
        how

#define STUCK_SLEEPER                                                          \
    "%s. What another process sleeps for is there, and nobody wakes it: the "  \
    "one who should have done so is dead. Wake before the change that others " \
    "can see, or let him who finds EOWNERDEAD wake all",                       \
        how

static void end_sleeper(struct worker *w)
{
    IF_STUCK(STUCK_SLEEPER);
    end(w);
    IF_STUCK("%s", "");
}

static void bury(const struct worker *w)
{
    kill(w->pid, SIGKILL);
    waitpid(w->pid, NULL, 0);
}

static size_t length_afterwards(void)
{
    IF_STUCK(STUCK_LOCK);
    size_t n = length();
    IF_STUCK("%s", "");
    return n;
}

static void check_load(long want)
{
    IF_STUCK(STUCK_LOCK);
    CHECK_EQ(get_load(0), 0,
             "%s. lifeboat_length counts this item, so it can be got. Do the "
             "count and the places agree? Best keep each fact once",
             how);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(loaded.word[i], want,
                 "%s. An item is whole, or it is not there; and no other one "
                 "is lost, or there twice. Copy first, and then let one store "
                 "make it so",
                 how);
    IF_STUCK("%s", "");
}

/* It is empty; from here on it is as good as new. */
static void check_as_good_as_new(void)
{
    CHECK_EQ(length_afterwards(), 0, "%s. All items have been got", how);
    CHECK_ERRNO(get_load(0), ETIMEDOUT, "%s. All items have been got", how);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 2; i++)
            CHECK_EQ(put_load(50 + i, 0), 0,
                     "%s. The lifeboat is for two and empty, so there is "
                     "room. An error of the lock? Then the one who found "
                     "EOWNERDEAD did not call pthread_mutex_consistent",
                     how);
        CHECK_ERRNO(put_load(52, 0), ETIMEDOUT, "%s. It is for two, and full",
                    how);
        for (int i = 0; i < 2; i++)
            check_load(50 + i);
    }
    destroy();
}

/*
 * A condition variable keeps count of its sleepers in its own memory, and
 * glibc's waits for each of them to leave: who is killed there takes the
 * others with him. No use of it can help that.
 */
static bool sleeps_on_conditions(void)
{
    new_boat();
    get_load(1);
    destroy();
    return sea_count(SEA_pthread_cond_wait) +
               sea_count(SEA_pthread_cond_timedwait) +
               sea_count(SEA_pthread_cond_clockwait) >
           0;
}

static void not_with_conditions(void)
{
    if (sleeps_on_conditions())
        SKIP_TEST("it sleeps on condition variables, and these do not survive "
                  "a process that is killed asleep, or while it wakes others: "
                  "they count their waiters and may wait for each of them to "
                  "leave. A futex word, or a descriptor to poll, does not");
}

/* ---- killed in the middle of it --------------------------------------- */

static const char *place_of(int nth)
{
    int count;
    const uintptr_t *place = lethal_places(&count);

    il_find(place, count);
    return nth > 0 && nth <= count ? il_where(place[nth - 1]) : "";
}

/*
 * The victim is put to death behind its nth change; how it ended. A scenario
 * is run for n = 0 (nobody dies), 1, 2 … until it returns false.
 */
static bool dies(int nth, void (*victim)(void), void (*meanwhile)(void),
                 const char *doing)
{
    enum lethal_end end = lethal(nth, victim, meanwhile);
    const char *place = place_of(nth);

    snprintf(how, sizeof(how),
             "A process was killed while it was %s, behind its change number "
             "%d of the shared memory%s%s",
             doing, nth, *place ? ", made at " : "", place);
    if (nth == 0)
        snprintf(how, sizeof(how), "A process was %s, and nobody died", doing);
    if (end == LETHAL_CANNOT)
        SKIP_TEST("this machine does not let us stop a process at a place of "
                  "its code");
    return end == LETHAL_KILLED;
}

static void for_each_change(bool (*scenario)(int nth))
{
    for (int nth = 0; scenario(nth) || nth == 0; nth++)
        ;
}

static void victim_puts(void)
{
    put_load(2, -1);
}

static void victim_gets(void)
{
    get_load(-1);
}

static void victim_closes(void)
{
    close_queue();
}

static bool die_putting(int nth)
{
    new_boat();
    put_load(1, -1);
    bool died = dies(nth, victim_puts, NULL, "putting the second item");
    size_t n = length_afterwards();
    CHECK(n == 1 || n == 2,
          "%s. Then lifeboat_length says %zu: one was in it, and the second "
          "is there or not",
          how, n);
    CHECK(died || n == 2, "two were put");
    check_load(1);
    if (n == 2)
        check_load(2);
    check_as_good_as_new();
    return died;
}

static void whoever_puts_may_die(void **state)
{
    (void)state;
    for_each_change(die_putting);
}

static bool die_getting(int nth)
{
    new_boat();
    put_load(1, -1);
    put_load(2, -1);
    bool died = dies(nth, victim_gets, NULL, "getting the first item");
    size_t n = length_afterwards();
    CHECK(n == 1 || n == 2,
          "%s. Then lifeboat_length says %zu: two were in it, and the dead "
          "one had taken one of them, or not",
          how, n);
    CHECK(died || n == 1, "one of two was got");
    if (n == 2)
        check_load(1);
    check_load(2);
    check_as_good_as_new();
    return died;
}

static void whoever_gets_may_die(void **state)
{
    (void)state;
    for_each_change(die_getting);
}

/* One waits for an item; who brings it dies. */
static bool die_bringing(int nth)
{
    new_boat();
    struct worker *w = sleeper(GETS);
    bool died = dies(nth, victim_puts, NULL,
                     "putting an item that another one waits for");
    if (length_afterwards() == 0) {
        /* Not put, or already got. */
        IF_STUCK(STUCK_LOCK);
        CHECK_EQ(put_load(9, -1), 0, "%s. There is room for another item", how);
    }
    end_sleeper(w);
    CHECK(w->got == 2 || w->got == 9, "%s. What is got is what was put", how);
    if (length_afterwards() > 0)
        check_load(9);
    check_as_good_as_new();
    return died;
}

static void whoever_brings_an_item_may_die(void **state)
{
    (void)state;
    not_with_conditions();
    for_each_change(die_bringing);
}

/* It is full, and one waits for room; who makes room dies. */
static bool die_making_room(int nth)
{
    new_boat();
    put_load(1, -1);
    put_load(2, -1);
    struct worker *w = sleeper(3);
    bool died =
        dies(nth, victim_gets, NULL, "getting while another one waits to put");
    if (length_afterwards() == 2)
        CHECK_EQ(get_load(0), 0, "%s. It is full, so an item can be got", how);
    end_sleeper(w);
    size_t left = length_afterwards();
    CHECK(left == 1 || left == 2, "%s. Then lifeboat_length says %zu", how,
          left);
    if (left == 2)
        check_load(2);
    check_load(3);
    check_as_good_as_new();
    return died;
}

static void whoever_makes_room_may_die(void **state)
{
    (void)state;
    not_with_conditions();
    for_each_change(die_making_room);
}

static bool die_closing(int nth)
{
    struct worker *w[2];

    new_boat();
    for (int i = 0; i < 2; i++)
        w[i] = sleeper(GETS);
    bool died =
        dies(nth, victim_closes, NULL, "closing, while two wait for an item");
    IF_STUCK(STUCK_LOCK);
    int result = put_load(5, -1), error = errno;
    IF_STUCK("%s", "");
    CHECK(result == 0 || error == EPIPE, "%s. Then it is closed, or it is not",
          how);
    close_queue();
    for (int i = 0; i < 2; i++)
        end_sleeper(w[i]);
    CHECK((w[0]->result == 0) + (w[1]->result == 0) == (result == 0),
          "%s. Each of the two gets what came, or EPIPE", how);
    destroy();
    return died;
}

static void whoever_closes_may_die(void **state)
{
    (void)state;
    not_with_conditions();
    for_each_change(die_closing);
}

/* ---- killed asleep, and killed when woken ------------------------------ */

static struct worker *second;

static void bring_one(void)
{
    second = sleeper(GETS);
    put_load(1, -1);
}

static bool die_woken_by_an_item(int nth)
{
    new_boat();
    bool died = dies(nth, victim_gets, bring_one,
                     "waiting for an item, and another one, too; one was put");
    if (length_afterwards() == 0)
        CHECK_EQ(put_load(9, -1), 0, "%s. There is room for another item", how);
    end_sleeper(second);
    CHECK(second->got == 1 || second->got == 9,
          "%s. What is got is what was put", how);
    if (length_afterwards() > 0)
        check_load(9);
    check_as_good_as_new();
    return died;
}

static void whoever_is_woken_for_an_item_may_die(void **state)
{
    (void)state;
    not_with_conditions();
    for_each_change(die_woken_by_an_item);
}

static void make_room(void)
{
    second = sleeper(3);
    get_load(-1);
}

static bool die_woken_by_room(int nth)
{
    new_boat();
    put_load(1, -1);
    put_load(1, -1);
    bool died = dies(nth, victim_puts, make_room,
                     "waiting for room, and another one, too; one was got");
    if (length_afterwards() == 2)
        CHECK_EQ(get_load(0), 0, "%s. It is full, so an item can be got", how);
    end_sleeper(second);
    while (length_afterwards() > 0)
        CHECK_EQ(get_load(0), 0, "%s. lifeboat_length counts it", how);
    check_as_good_as_new();
    return died;
}

static void whoever_is_woken_for_room_may_die(void **state)
{
    (void)state;
    not_with_conditions();
    for_each_change(die_woken_by_room);
}

/* Some are killed asleep; it is used on and on, with sleepers each time. */
static void sleepers_may_die(void **state)
{
    (void)state;
    not_with_conditions();
    new_boat();
    snprintf(how, sizeof(how),
             "Two processes were killed while they waited, "
             "asleep");
    for (int i = 0; i < 2; i++)
        bury(sleeper(GETS));
    for (int round = 0; round < 4; round++) {
        struct worker *w = sleeper(GETS);
        IF_STUCK(STUCK_SLEEPER);
        CHECK_EQ(put_load(round, -1), 0, "%s. There is room", how);
        end_sleeper(w);
        put_load(1, -1), put_load(2, -1);
        bury(sleeper(3));
        w = sleeper(4);
        IF_STUCK(STUCK_SLEEPER);
        CHECK_EQ(get_load(-1), 0, "%s. An item is there", how);
        end_sleeper(w);
        check_load(2);
        check_load(4);
    }
    check_as_good_as_new();
}

/* ---- killed at any moment, many times ----------------------------------- */

#ifndef KILLS
#define KILLS 60
#endif
enum { CREW = 4, SERIALS = 2000, LIVES = KILLS + CREW };

/* What each life has put, and who has got it; the odd places get. */
static struct ledger {
    atomic_bool over;
    atomic_int torn, out_of_order, failed, at_sea;
    atomic_int put[LIVES];
    atomic_uchar got[LIVES][SERIALS];
} * ledger;

static void put_on_and_on(int life)
{
    struct load load = {{life, 0, life, 0}};

    for (int i = 0; i < SERIALS && !ledger->over; i++) {
        load.word[1] = load.word[3] = i;
        if (lifeboat_put(queue, &load, -1) != 0)
            ledger->failed++;
        ledger->put[life] = i + 1;
    }
}

static void get_on_and_on(void)
{
    static long last[LIVES];
    struct load load;

    while (lifeboat_get(queue, &load, -1) == 0) {
        long life = load.word[0], serial = load.word[1];
        if (life != load.word[2] || serial != load.word[3] || life < 0 ||
            life >= LIVES || serial < 0 || serial >= SERIALS) {
            ledger->torn++;
            continue;
        }
        ledger->got[life][serial]++;
        ledger->out_of_order += serial < last[life];
        last[life] = serial + 1;
    }
    ledger->failed += errno != EPIPE;
}

static pid_t new_life(int life, int place)
{
    pid_t pid = fact_fork();

    if (pid != 0)
        return pid;
    if (place % 2)
        get_on_and_on();
    else
        put_on_and_on(life);
    _exit(0);
}

/* Returns how many of the killed were getting. */
static int kill_at_random(pid_t crew[CREW], unsigned seed)
{
    int getters = 0, wstatus;

    for (int i = 0; i < CREW; i++)
        crew[i] = new_life(i, i);
    for (int i = 0; i < KILLS; i++) {
        int place = rand_r(&seed) % CREW, naps = rand_r(&seed) % 6;
        while (naps-- > 0)
            blink();
        kill(crew[place], SIGKILL);
        waitpid(crew[place], &wstatus, 0);
        getters += place % 2;
        crew[place] = new_life(CREW + i, place);
    }
    return getters;
}

static void check_ledger(int getters)
{
    int lost = 0, doubled = 0;

    for (int life = 0; life < LIVES; life++)
        for (int i = 0; i < SERIALS; i++) {
            doubled += ledger->got[life][i] > 1;
            lost += i < ledger->put[life] && ledger->got[life][i] == 0;
        }
    CHECK_EQ(doubled, 0, "an item is got once");
    CHECK(lost <= getters,
          "%d items are lost, whose put had returned 0. Each of the %d who "
          "were killed while they got one may have taken one with them, and "
          "no more",
          lost, getters);
    CHECK_EQ(ledger->torn, 0, "an item is whole, or it is not there");
    CHECK_EQ(ledger->out_of_order, 0, "a producer's items come in order");
    CHECK_EQ(ledger->failed, 0,
             "the living do not get errors because "
             "somebody died");
}

static void anybody_may_die_at_any_moment(void **state)
{
    pid_t crew[CREW];

    (void)state;
    not_with_conditions();
    new_boat();
    ledger = fact_shared(sizeof(*ledger));
    snprintf(how, sizeof(how),
             "%d processes were killed, one after another, "
             "while they put and got",
             KILLS);
    int getters = kill_at_random(crew, 7);
    ledger->over = true;
    IF_STUCK("%s. The living do not move any more: a wake-up or a lock went "
             "down with one of the dead",
             how);
    for (int place = 0; place < CREW; place += 2)
        waitpid(crew[place], NULL, 0);
    close_queue();
    for (int place = 1; place < CREW; place += 2)
        waitpid(crew[place], NULL, 0);
    check_ledger(getters);
    destroy();
}

/* In every order: lifeboat_ways.c. */
void a_producer_may_die_in_every_order(void **);
void a_consumer_may_die_in_every_order(void **);

static const struct CMUnitTest facts[] = {
    QUEUE_FACTS,
    FACT(a_producer_may_die_in_every_order),
    FACT(a_consumer_may_die_in_every_order),
    FACT(whoever_puts_may_die),
    FACT(whoever_gets_may_die),
    FACT(whoever_brings_an_item_may_die),
    FACT(whoever_makes_room_may_die),
    FACT(whoever_closes_may_die),
    FACT(whoever_is_woken_for_an_item_may_die),
    FACT(whoever_is_woken_for_room_may_die),
    FACT(sleepers_may_die),
    FACT(anybody_may_die_at_any_moment),
};

EXERCISE("3_queues/lifeboat",
         "pthread_mutexattr_setrobust(3), pthread_mutex_consistent(3), "
         "get_robust_list(2), futex(2)",
         facts)
