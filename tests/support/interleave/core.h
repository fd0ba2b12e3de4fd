/*
 * core.h — what the scheduler's own files share, beside il.h.
 */
#ifndef CORE_H
#define CORE_H

#include "il.h"

struct il_choice {
    uint8_t options, taken;
};

/* The last accesses to one byte of shared memory. */
struct il_byte {
    uint32_t schedule;               /* of an earlier one: nothing is known */
    uint32_t wrote, read[IL_ACTORS]; /* clocks; 0: never */
    uint8_t writer, atomic_write, atomic_reads; /* the latter a bit each */
};

struct il_region_shadow {
    struct il_byte *byte;
    uint64_t size;
};

/* All that is shared and not for the models. world comes first. */
struct il_core {
    struct il_world world;
    const struct interleave *plan;

    /* The choices of this schedule: those up to `planned` are given, what
     * comes behind is found on the way. */
    struct il_choice choice[IL_CHOICES];
    int planned, choices;
    bool diverged; /* a planned choice was not there: see UNREPEATABLE */
    uint64_t dice; /* of a random walk; 0: none */
    int rarely;    /* … which switches once in so many points */

    uint32_t number; /* of this schedule: for il_byte */
    int steps;
    int last;         /* who made the last step of the trace … */
    bool preempted;   /* … and the next one comes in his way */
    bool no_buffers;  /* the code has fences that we do not see */
    uintptr_t missed; /* pc of a membarrier(2) that left stores in buffers */
    int switches;
    uint64_t changes, changed_by[IL_ACTORS];

    bool real;       /* processes live for one schedule only */
    bool needs_real; /* found out on the way */
    int bury;        /* the captain shall reap this actor, who is dying */
    bool drop[IL_ACTORS], parked[IL_ACTORS];
    _Atomic int turn;

    struct il_region_shadow shadow[IL_REGIONS + 1];
    struct {
        uint64_t device, inode;
    } file[IL_REGIONS];
    int files;

    /* As setup left it. */
    struct il_object first_object[IL_OBJECTS];
    int first_objects;

    struct interleave_result result;
    struct interleave_trace trace;
};
extern struct il_core *core;

/* turn.c */
void il_arrive(bool sync, bool looks, uintptr_t pc, uint64_t place);
void il_schedule(void);
void il_wait_turn(void);
void il_hand(int to);
void il_finish(void);
void il_settle(void);
void il_remember_store(void *addr, int size);
void il_forget_turns(void);
void il_release_the_dead(int actor);
bool il_all_done(const struct il_actor *);
struct interleave_step *il_record(enum interleave_act, uintptr_t pc,
                                  uint64_t place, int size);
extern jmp_buf il_home; /* the worker's loop, or the captain's */
int il_next(int options);

/* atomics.c */
void il_drain(void);
void il_drain_at(const void *addr, int size);

/* clocks.c */
void il_touch(uint64_t place, int size, bool write, bool atomic, uintptr_t pc);
void il_clocks_begin(void);
void il_join(struct il_clock *, const struct il_clock *);
void il_load_order(struct il_object *, int order);
void il_store_order(struct il_object *, int order, const struct il_clock *);
void il_rmw_order(struct il_object *, int order);
void il_fence_order(int order);

/* memory.c: n bytes are read, or written, by code that is not watched. */
void il_look_at(const void *addr, size_t n, uintptr_t pc);
void il_put_there(char *to, const char *from, size_t n, uintptr_t pc);

/* regions.c */
void il_regions_snapshot(void);
void il_regions_restore(void);
void il_private_snapshot(void);
void il_private_restore(void);
void il_regions_forget(void);
uint64_t il_object_of(uint64_t place);
uint64_t il_offset_of(uint64_t place);

/* world.c */
void il_run_here(void);
void il_run_apart(void);
bool il_captain(void (*search)(void (*run)(void)));
void il_watch_the_others(void);

/* search.c */
void il_search(void (*run)(void));

#endif
