/*
 * mpmc — Vyukov's bounded ring: each cell has a number that says whose turn
 * it is.
 *
 * Right:           Schedules: 4062
 * Right:  -DWRAPS  Schedules: 1633
 * Broken: -DPUT_RELAXED           Finds: race       Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 3
 * Broken: -DGET_LOOKS_RELAXED     Finds: race       Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 3
 * Broken: -DWRAPS -DGET_RELAXED   Finds: race       Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 3
 * Broken: -DWRAPS -DPUT_LOOKS_RELAXED  Finds: race  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 3
 * Broken: -DNOT_CLAIMED           Finds: spins      Saying: Nothing orders
 *         Schedules: 47  Preemptions: 1  Switches: 5
 * Broken: -DONE_CELL              Finds: spins      Saying: again and again
 *         Schedules: 1  Preemptions: 0  Switches: 3
 */
#include "world.h"

#ifdef PUT_RELAXED
#define PUT memory_order_relaxed
#else
#define PUT memory_order_release
#endif
#ifdef GET_RELAXED
#define GET memory_order_relaxed
#else
#define GET memory_order_release
#endif
#ifdef PUT_LOOKS_RELAXED
#define PUT_LOOKS memory_order_relaxed
#else
#define PUT_LOOKS memory_order_acquire
#endif
#ifdef GET_LOOKS_RELAXED
#define GET_LOOKS memory_order_relaxed
#else
#define GET_LOOKS memory_order_acquire
#endif
#ifdef ONE_CELL
enum { CELLS = 1 };
#else
enum { CELLS = 2 };
#endif

static struct {
    atomic_uint put_at, get_at;
    struct {
        atomic_uint turn;
        int item;
    } cell[CELLS];
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
    for (unsigned i = 0; i < CELLS; i++)
        atomic_store(&w->cell[i].turn, i);
}

/* The next place is mine, or somebody else was quicker. */
static int claim(atomic_uint *at, unsigned *place)
{
#ifdef NOT_CLAIMED
    atomic_store_explicit(at, *place + 1, memory_order_relaxed);
    return 1;
#else
    return atomic_compare_exchange_strong_explicit(
        at, place, *place + 1, memory_order_relaxed, memory_order_relaxed);
#endif
}

static void put(int item)
{
    unsigned place = atomic_load_explicit(&w->put_at, memory_order_relaxed);

    for (;;) {
        unsigned turn =
            atomic_load_explicit(&w->cell[place % CELLS].turn, PUT_LOOKS);
        if (turn == place && claim(&w->put_at, &place))
            break;
        if (turn != place)
            place = atomic_load_explicit(&w->put_at, memory_order_relaxed);
    }
    w->cell[place % CELLS].item = item;
    atomic_store_explicit(&w->cell[place % CELLS].turn, place + 1, PUT);
}

static int get(void)
{
    unsigned place = atomic_load_explicit(&w->get_at, memory_order_relaxed);
    int item;

    for (;;) {
        unsigned turn =
            atomic_load_explicit(&w->cell[place % CELLS].turn, GET_LOOKS);
        if (turn == place + 1 && claim(&w->get_at, &place))
            break;
        if (turn != place + 1)
            place = atomic_load_explicit(&w->get_at, memory_order_relaxed);
    }
    item = w->cell[place % CELLS].item;
    atomic_store_explicit(&w->cell[place % CELLS].turn, place + CELLS, GET);
    return item;
}

#ifdef WRAPS
static void one(void)
{
    put(1);
    put(2);
    put(4);
}

static void two(void)
{
    int sum = get();

    sum += get();
    sum += get();
    INTERLEAVE_CHECK(sum == 7, "the sum is %d", sum);
}
#else
static void one(void)
{
    put(1);
}

static void two(void)
{
    put(2);
}

static void consume(void)
{
    int sum = get();

    sum += get();
    INTERLEAVE_CHECK(sum == 3, "the sum is %d", sum);
}
#endif

const struct interleave world = {
    .setup = setup,
#ifdef WRAPS
    .op = {{"producer", one}, {"consumer", two}},
#else
    .op = {{"producer 1", one}, {"producer 2", two}, {"consumer", consume}},
#endif
    .preemptions = 2,
};
