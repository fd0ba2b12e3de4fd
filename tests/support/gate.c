/*
 * gate.c — a barrier for processes, of a futex in shared memory.
 *
 * Of plain atomics and the futex call, so that neither robustness nor
 * attributes play a part, and it works across fork, vfork and clone.
 */
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fact.h"

struct gate {
    atomic_int arrived;
    int needed;
    atomic_int open;
};

struct gate *gate_new(int n)
{
    struct gate *gate = fact_shared(sizeof(*gate));

    gate->needed = n;
    return gate;
}

void gate_open(struct gate *gate)
{
    gate->open = 1;
    syscall(SYS_futex, &gate->open, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void gate_wait(struct gate *gate)
{
    if (atomic_fetch_add(&gate->arrived, 1) + 1 == gate->needed)
        gate_open(gate);
    while (!gate->open)
        syscall(SYS_futex, &gate->open, FUTEX_WAIT, 0, NULL, NULL, 0);
}

int gate_arrived(struct gate *gate)
{
    return gate->arrived;
}
