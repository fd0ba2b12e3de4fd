/*
 * lethal.h — killed at each of its steps.
 *
 * lethal(0, …) runs victim() in a child to its end, one machine instruction
 * after another, and notes where it changes the memory that was found.
 * lethal(n, …) runs it again and kills it right behind the nth of these
 * changes. So a scenario that is run for n = 0, 1, 2 … has seen every state
 * that a SIGKILL can leave there, with the real C library and the real
 * kernel; each time in a memory of its own.
 *
 *     lethal_before();
 *     queue = queue_create(2, sizeof(int));
 *     lethal_found();
 *     if (lethal(n, put_one, NULL) == LETHAL_KILLED) …
 */
#ifndef LETHAL_H
#define LETHAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The memory is what is mapped shared and writable between these two. */
void lethal_before(void);
void lethal_found(void);

enum lethal_end {
    LETHAL_KILLED,
    LETHAL_ENDED,  /* it made fewer changes, and has left by itself */
    LETHAL_ASLEEP, /* it slept, and nobody woke it: killed asleep */
    LETHAL_CANNOT, /* this machine does not let us */
};

/*
 * With meanwhile: that is called once the victim is asleep, and only what
 * comes then counts; that it wakes up is the first change.
 */
enum lethal_end lethal(int nth, void (*victim)(void), void (*meanwhile)(void));

/* Where the learner's code made each change, itself or by a call, the first
 * one first: return addresses. 0: nobody knows. */
const uintptr_t *lethal_places(int *count);

#endif
