/*
 * atomics.c — the compiler's calls in place of atomic operations.
 *
 * Each of them is a point at which the system may switch. They are done as
 * seq_cst ones; what a weaker order would allow is checked by clocks.c, but
 * for one thing that happens on every machine: a store that is not seq_cst
 * may stay in the store buffer while its process goes on. It may, here, if
 * the bound has a preemption left for it, until its process does something
 * that drains the buffer.
 */
#include <string.h>

#include "core.h"

__extension__ typedef unsigned __int128 word;

static word get(const void *addr, int size)
{
    word v = 0;

    memcpy(&v, addr, (size_t)size);
    return v;
}

static void set(void *addr, int size, word v)
{
    if (memcmp(addr, &v, (size_t)size) != 0)
        il_changed();
    memcpy(addr, &v, (size_t)size);
}

/* The oldest store becomes visible. */
static void drain_one(void)
{
    struct il_actor *me = il_actor_self();
    __typeof__(me->buffer[0]) b = me->buffer[0];

    me->buffered--;
    memmove(me->buffer, me->buffer + 1,
            sizeof(me->buffer[0]) * (size_t)me->buffered);
    set(b.addr, b.size, b.value);
    il_store_order(il_object(IL_ATOMIC, b.addr), b.order, &b.clock);
    struct interleave_step *step = il_record(ACT_DRAINS, b.pc, b.place, b.size);
    step->value = b.value;
    step->order = b.order;
    il_touch(b.place, b.size, true, true, b.pc);
}

void il_drain(void)
{
    while (il_actor_self()->buffered)
        drain_one();
}

/* What membarrier(2) is for: the stores of all become visible, or of all that
 * have registered with this command. */
void il_drain_all(unsigned registered, uintptr_t pc)
{
    int me = il_me;

    for (il_me = 1; il_me < il->actors; il_me++)
        if (!registered || (il_actor_self()->registered & registered))
            il_drain();
        else if (il_actor_self()->buffered)
            core->missed = pc;
    il_me = me;
}

/* Who looks at its own store, sees it: the youngest to exactly this place, or
 * none, after all have become visible. */
static const uint64_t *buffered(const void *addr, int size)
{
    const struct il_actor *me = il_actor_self();

    for (int i = me->buffered - 1; i >= 0; i--) {
        const char *stored = me->buffer[i].addr, *looked = addr;
        if (stored == looked && me->buffer[i].size == size)
            return &me->buffer[i].value;
        if (looked < stored + me->buffer[i].size && stored < looked + size)
            il_drain();
    }
    return NULL;
}

void il_drain_at(const void *addr, int size)
{
    if (il_actor_self()->buffered && buffered(addr, size))
        il_drain();
}

static struct interleave_step *step_of(enum interleave_act act, uint64_t place,
                                       int size, int order, uintptr_t pc)
{
    struct interleave_step *step = il_record(act, pc, place, size);

    step->order = order;
    return step;
}

static word load(const void *addr, int size, int order, uintptr_t pc)
{
    uint64_t place = il_active() ? il_place(addr) : 0;
    word v;

    if (!place)
        return get(addr, size);
    il_arrive(true, true, pc, place);
    const uint64_t *own = buffered(addr, size);
    v = own ? *own : get(addr, size);
    step_of(ACT_LOAD, place, size, order, pc)->value = (uint64_t)v;
    il_touch(place, size, false, true, pc);
    il_load_order(il_object(IL_ATOMIC, addr), order);
    return v;
}

/* Is there somebody whom a late store could confuse? */
static bool others_are_there(void)
{
    for (int i = 1; i < il->actors; i++)
        if (i != il_me && il->actor[i].state != IL_DONE &&
            il->actor[i].state != IL_DEAD)
            return il_me != 0;
    return false;
}

static bool stays_in_buffer(int size, int order)
{
    if (order == __ATOMIC_SEQ_CST || size > 8)
        return false;
    if (il_actor_self()->buffered) /* in the order they were made */
        return true;
    if (core->no_buffers || il->preemptions >= il->bound || !others_are_there())
        return false;
    if (il_next(2) == 0)
        return false;
    il->preemptions++;
    return true;
}

static void enter_buffer(uint64_t place, void *addr, int size, uint64_t v,
                         int order, uintptr_t pc)
{
    struct il_actor *me = il_actor_self();

    if (me->buffered == IL_BUFFER)
        drain_one();
    int i = me->buffered++;
    me->buffer[i].place = place;
    me->buffer[i].addr = addr;
    me->buffer[i].value = v;
    me->buffer[i].size = size;
    me->buffer[i].order = order;
    me->buffer[i].clock = me->clock;
    me->buffer[i].pc = pc;
    me->clock.at[il_me]++;
    step_of(ACT_BUFFERS, place, size, order, pc)->value = v;
}

static void put(void *addr, int size, word v, int order, uintptr_t pc)
{
    uint64_t place = il_active() ? il_place(addr) : 0;

    if (!place) {
        memcpy(addr, &v, (size_t)size);
        return;
    }
    il_arrive(true, false, pc, place);
    if (stays_in_buffer(size, order)) {
        enter_buffer(place, addr, size, (uint64_t)v, order, pc);
        return;
    }
    il_drain();
    struct interleave_step *step = step_of(ACT_STORE, place, size, order, pc);
    step->before = (uint64_t)get(addr, size);
    step->value = (uint64_t)v;
    il_touch(place, size, true, true, pc);
    il_store_order(il_object(IL_ATOMIC, addr), order, NULL);
    set(addr, size, v);
}

enum operation { EXCHANGE, ADD, SUB, AND, OR, XOR, NAND };

static word combine(enum operation op, word old, word v)
{
    switch (op) {
    case ADD:
        return old + v;
    case SUB:
        return old - v;
    case AND:
        return old & v;
    case OR:
        return old | v;
    case XOR:
        return old ^ v;
    case NAND:
        return ~(old & v);
    default:
        return v;
    }
}

static word modify(enum operation op, void *addr, int size, word v, int order,
                   uintptr_t pc)
{
    uint64_t place = il_active() ? il_place(addr) : 0;
    word old, new;

    if (!place) {
        old = get(addr, size);
        new = combine(op, old, v);
        memcpy(addr, &new, (size_t)size);
        return old;
    }
    il_arrive(true, op != ADD && op != SUB, pc, place);
    il_drain();
    old = get(addr, size);
    new = combine(op, old, v);
    struct interleave_step *step = step_of(ACT_RMW, place, size, order, pc);
    step->before = (uint64_t)old;
    step->value = 0;
    memcpy(&step->value, &new, (size_t)(size > 8 ? 8 : size));
    il_touch(place, size, true, true, pc);
    il_rmw_order(il_object(IL_ATOMIC, addr), order);
    set(addr, size, new);
    return old;
}

static bool exchange_if(void *addr, void *expected, int size, word v, int order,
                        int failure, uintptr_t pc)
{
    uint64_t place = il_active() ? il_place(addr) : 0;
    word old, want = get(expected, size);

    if (place) {
        il_arrive(true, true, pc, place);
        il_drain();
    }
    old = get(addr, size);
    if (place) {
        struct interleave_step *step =
            step_of(ACT_CAS, place, size, old == want ? order : failure, pc);
        step->before = (uint64_t)old;
        step->value = old == want ? (uint64_t)v : (uint64_t)old;
        step->result = old == want;
        il_touch(place, size, old == want, true, pc);
        if (old == want)
            il_rmw_order(il_object(IL_ATOMIC, addr), order);
        else
            il_load_order(il_object(IL_ATOMIC, addr), failure);
    }
    if (old == want) {
        if (place)
            set(addr, size, v);
        else
            memcpy(addr, &v, (size_t)size);
    } else
        memcpy(expected, &old, (size_t)size);
    return old == want;
}

#define RMW(bits, T, name, op)                                                 \
    T __tsan_atomic##bits##_##name(volatile T *, T, int);                      \
    T __tsan_atomic##bits##_##name(volatile T *a, T v, int order)              \
    {                                                                          \
        return (T)modify(op, (void *)a, sizeof(T), v, order, IL_PC);           \
    }
#define CAS(bits, T, name)                                                     \
    int __tsan_atomic##bits##_compare_exchange_##name(volatile T *, T *, T,    \
                                                      int, int);               \
    int __tsan_atomic##bits##_compare_exchange_##name(                         \
        volatile T *a, T *expected, T v, int order, int failure)               \
    {                                                                          \
        return exchange_if((void *)a, expected, sizeof(T), v, order, failure,  \
                           IL_PC);                                             \
    }
#define ATOMICS(bits, T)                                                       \
    T __tsan_atomic##bits##_load(const volatile T *, int);                     \
    T __tsan_atomic##bits##_load(const volatile T *a, int order)               \
    {                                                                          \
        return (T)load((const void *)a, sizeof(T), order, IL_PC);              \
    }                                                                          \
    void __tsan_atomic##bits##_store(volatile T *, T, int);                    \
    void __tsan_atomic##bits##_store(volatile T *a, T v, int order)            \
    {                                                                          \
        put((void *)a, sizeof(T), v, order, IL_PC);                            \
    }                                                                          \
    RMW(bits, T, exchange, EXCHANGE)                                           \
    RMW(bits, T, fetch_add, ADD)                                               \
    RMW(bits, T, fetch_sub, SUB)                                               \
    RMW(bits, T, fetch_and, AND)                                               \
    RMW(bits, T, fetch_or, OR)                                                 \
    RMW(bits, T, fetch_xor, XOR)                                               \
    RMW(bits, T, fetch_nand, NAND)                                             \
    CAS(bits, T, strong)                                                       \
    CAS(bits, T, weak)                                                         \
    T __tsan_atomic##bits##_compare_exchange_val(volatile T *, T, T, int,      \
                                                 int);                         \
    T __tsan_atomic##bits##_compare_exchange_val(volatile T *a, T expected,    \
                                                 T v, int order, int failure)  \
    {                                                                          \
        exchange_if((void *)a, &expected, sizeof(T), v, order, failure,        \
                    IL_PC);                                                    \
        return expected;                                                       \
    }
ATOMICS(8, unsigned char)
ATOMICS(16, unsigned short)
ATOMICS(32, unsigned)
ATOMICS(64, unsigned long)
ATOMICS(128, word)

void __tsan_atomic_thread_fence(int);
void __tsan_atomic_thread_fence(int order)
{
    if (!il_active())
        return;
    if (order == __ATOMIC_SEQ_CST)
        il_drain();
    il_settle();
    step_of(ACT_FENCE, 0, 0, order, IL_PC);
    il_fence_order(order);
}

void __tsan_atomic_signal_fence(int);
void __tsan_atomic_signal_fence(int order)
{
    (void)order;
}
