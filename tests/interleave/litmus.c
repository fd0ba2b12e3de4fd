/*
 * litmus — the small programs by which memory models are told apart.
 *
 * Store buffering: each writes its own and reads the other's. Both reading
 * nothing is what a store buffer does, and seq_cst forbids.
 * -DBARRIER: one of the two has a fence put into the other.
 * Message passing (-DMESSAGE): one writes data, then a flag.
 *
 * Right:                             Schedules: 18
 * Right:  -DFENCES                   Schedules: 40
 * Right:  -DFENCES -DCUT             Schedules: 28
 *         Saying: with at most 1 preemption, and the first 20 with at most 2
 * Right:  -DEXCHANGES                Schedules: 18
 * Broken: -DRELAXED          Finds: assertion  Saying: nobody saw the other
 *         Schedules: 17  Preemptions: 2  Switches: 4
 * Broken: -DACQ_REL          Finds: assertion  Saying: nobody saw the other
 *         Schedules: 17  Preemptions: 2  Switches: 4
 * Broken: -DONE_FENCE        Finds: assertion  Saying: nobody saw the other
 *         Schedules: 28  Preemptions: 2  Switches: 4
 * Right:  -DBARRIER                  Schedules: 68
 * Right:  -DBARRIER -DOF_ALL         Schedules: 68
 * Broken: -DBARRIER -DNOBODY Finds: assertion  Saying: not reach right, which
 *         Schedules: 35  Preemptions: 2  Switches: 4
 * Broken: -DBARRIER -DOF_ONE Finds: assertion  Saying: not reach right, which
 *         Schedules: 35  Preemptions: 2  Switches: 4
 * Right:  -DMESSAGE -DACQ_REL        Schedules: 12
 * Right:  -DMESSAGE -DPAIRED_FENCES  Schedules: 12
 * Broken: -DMESSAGE -DRELAXED   Finds: race    Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DMESSAGE -DONE_FENCE Finds: race    Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 */
#include <linux/membarrier.h>

#include "world.h"

#if defined(RELAXED) || defined(FENCES) || defined(ONE_FENCE) ||               \
    defined(PAIRED_FENCES) || defined(BARRIER)
#define LOAD memory_order_relaxed
#define STORE memory_order_relaxed
#elif defined(ACQ_REL)
#define LOAD memory_order_acquire
#define STORE memory_order_release
#else
#define LOAD memory_order_seq_cst
#define STORE memory_order_seq_cst
#endif

static struct {
    atomic_int x, y;
    int data;
    int saw[2];
} * w;

#ifdef OF_ALL
enum { REGISTER = 0, COMMAND = MEMBARRIER_CMD_GLOBAL };
#elif defined(OF_ONE)
enum {
    REGISTER = MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
    COMMAND = MEMBARRIER_CMD_PRIVATE_EXPEDITED
};
#elif defined(NOBODY)
enum { REGISTER = 0, COMMAND = MEMBARRIER_CMD_GLOBAL_EXPEDITED };
#else
enum {
    REGISTER = MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED,
    COMMAND = MEMBARRIER_CMD_GLOBAL_EXPEDITED
};
#endif

#ifdef BARRIER
static void barrier(int command)
{
    if (command != 0)
        syscall(SYS_membarrier, command, 0, 0);
}
#endif

static void setup(void)
{
    w = shared_memory(sizeof(*w));
#ifdef BARRIER
    barrier(REGISTER);
#endif
}

#ifdef MESSAGE
static void left(void)
{
    w->data = 7;
#ifdef PAIRED_FENCES
    atomic_thread_fence(memory_order_release);
#endif
    atomic_store_explicit(&w->x, 1, STORE);
}

static void right(void)
{
    if (!atomic_load_explicit(&w->x, LOAD))
        return;
#if defined(PAIRED_FENCES) || defined(ONE_FENCE)
    atomic_thread_fence(memory_order_acquire);
#endif
    INTERLEAVE_CHECK(w->data == 7, "the flag came before the data");
}

static void check(void)
{
}
#else
#ifdef BARRIER
#define FENCE barrier(COMMAND)
#else
#define FENCE atomic_thread_fence(memory_order_seq_cst)
#endif

static void write_then_read(atomic_int *mine, atomic_int *theirs, int fence)
{
#ifdef EXCHANGES
    atomic_exchange_explicit(mine, 1, memory_order_acq_rel);
#else
    atomic_store_explicit(mine, 1, STORE);
#endif
    if (fence)
        FENCE;
    w->saw[mine == &w->y] = atomic_load_explicit(theirs, LOAD);
}

#ifdef FENCES
enum { LEFT_FENCE = 1, RIGHT_FENCE = 1 };
#elif defined(ONE_FENCE) || defined(BARRIER)
enum { LEFT_FENCE = 1, RIGHT_FENCE = 0 };
#else
enum { LEFT_FENCE = 0, RIGHT_FENCE = 0 };
#endif

static void left(void)
{
    write_then_read(&w->x, &w->y, LEFT_FENCE);
}

static void right(void)
{
    write_then_read(&w->y, &w->x, RIGHT_FENCE);
}

static void check(void)
{
    INTERLEAVE_CHECK(w->saw[0] || w->saw[1], "nobody saw the other");
}
#endif

const struct interleave world = {
    .setup = setup,
    .op = {{"left", left}, {"right", right}},
    .check = check,
    .preemptions = 3,
#ifdef CUT
    .most = 30,
#endif
};
