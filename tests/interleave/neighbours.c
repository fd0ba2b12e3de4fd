/*
 * neighbours — two variables side by side, one for each process.
 *
 * Right:            Schedules: 2
 * Right:  -DBYTES   Schedules: 2
 * Right:  -DATOMIC  Schedules: 18
 * Broken: -DBITS     Finds: race  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DOVERLAP  Finds: assertion  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 3
 * Broken: -DMIXED    Finds: assertion  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 3
 */
#include "world.h"

#ifdef BYTES
typedef uint8_t half;
#elif defined(ATOMIC)
typedef _Atomic uint8_t half;
#else
typedef uint16_t half;
#endif

static struct {
#ifdef BITS
    unsigned left : 16, right : 4;
#elif defined(MIXED)
    atomic_uint left;
    unsigned right;
#else
    half left, right;
#endif
} * w;

static void setup(void)
{
    w = shared_memory(4096);
}

static void left(void)
{
    w->left = 1;
    w->left++;
}

static void right(void)
{
#ifdef OVERLAP
    unsigned char byte = 2;

    __builtin_memcpy((char *)&w->left + 1, &byte, 1);
    *((volatile char *)&w->left + 1) = 0;
    *((char *)&w->left + 1) = 0;
#elif defined(MIXED)
    *(unsigned *)&w->left = 1;
    w->right = 2;
#else
    w->right = 1;
    w->right++;
#endif
}

static void check(void)
{
    INTERLEAVE_CHECK(w->left == 2 && w->right == 2, "%u and %u",
                     (unsigned)w->left, (unsigned)w->right);
}

const struct interleave world = {
    .setup = setup,
    .op = {{"left", left}, {"right", right}},
    .check = check,
    .preemptions = 3,
};
