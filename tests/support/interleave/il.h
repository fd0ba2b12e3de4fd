/*
 * il.h — what the files of this folder share.
 *
 * One process has the turn; all others sleep on a futex of their own. Who
 * has the turn runs the scheduler itself at each point, on the control block
 * that all of them share, and gives the turn away when it decides so. Actor
 * 0 is the captain, the process that made the world: it restores it before
 * each schedule, starts the others and runs the check.
 *
 * Everything in the control block is at the same address in all processes.
 */
#ifndef IL_H
#define IL_H

#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "interleave.h"

enum {
    IL_ACTORS = INTERLEAVE_OPS + 1,
    IL_CHOICES = 20000,
    IL_REGIONS = 32,
    IL_OBJECTS = 256, /* things that calls are about, in one schedule */
    IL_BUFFER = 4,
    IL_MOST_STEPS = 20000,
};

/* Vector clocks. */
struct il_clock {
    uint32_t at[IL_ACTORS];
};

/* --------------------------------------------------------------- objects
 * What a modelled call is about: a mutex, a condition, a semaphore, a futex
 * word, an atomic variable. Found by place, so that processes that map the
 * same memory at different addresses mean the same thing.
 */
enum il_kind {
    IL_MUTEX = 1,
    IL_COND,
    IL_SEM,
    IL_FUTEX,
    IL_ATOMIC,
    IL_RWLOCK,
    IL_SPIN,
    IL_BARRIER,
    IL_KERNEL, /* whatever is behind unmodelled calls: one for all */
};

struct il_object {
    uint64_t place; /* il_place(); of private memory the address, with the
                       actor in the highest byte */
    enum il_kind kind;
    struct il_clock clock; /* what those who acquire it may see */
    int user; /* 1 + the first actor that used it. Who comes second may not,
                 unless it is process-shared. */
    /* The model's own. Zeroed when the object is found for the first time;
     * restored before each schedule to what setup made of it. */
    union {
        struct {
            int owner; /* 1 + actor; 0: free */
            int type;  /* PTHREAD_MUTEX_NORMAL … */
            int depth; /* of a recursive one */
            bool known, shared, robust;
            bool made; /* pthread_mutex_init was seen */
            bool destroyed;
            bool owner_died, inconsistent, unrecoverable;
            uintptr_t locked_at; /* pc */
        } mutex;
        struct {
            bool known, shared;
            bool made; /* pthread_cond_init was seen */
            bool destroyed;
            int clock;             /* clockid_t of timed waits */
            unsigned signals;      /* ever given … */
            unsigned signals_lost; /* … and of those to nobody */
            /* The last one: by this actor, here, when il->rising was that; */
            int last_by;
            uintptr_t last_at;
            uint64_t last_when;
            int woke; /* it woke 1 + this actor; 0: nobody */
        } cond;
        struct {
            bool known, shared, destroyed;
            bool made; /* sem_init or sem_open was seen */
            unsigned value;
            int taker;          /* 1 + the actor that took from it last, */
            uintptr_t taken_at; /* here */
        } sem;
        struct {
            unsigned wakes, private_wakes;
            int woke_by;        /* the last one by this actor, */
            uintptr_t woke_at;  /* here, */
            uint64_t woke_when; /* when il->rising was that */
        } futex;
        struct {
            bool known, shared, made, destroyed;
            bool writers_first;     /* …_PREFER_WRITER_NONRECURSIVE_NP */
            int writer;             /* 1 + actor; 0: none */
            int readers[IL_ACTORS]; /* how often each holds it */
            uintptr_t locked_at[IL_ACTORS];
        } rwlock;
        struct {
            bool known, shared;
            int owner; /* 1 + actor */
            uintptr_t locked_at;
        } spin;
        struct {
            bool known, shared;
            unsigned count, arrived, round;
        } barrier;
        struct {
            unsigned changes; /* calls that have done something */
        } kernel;
    };
};

/* Finds it, or makes a new one. NULL never: too many end the schedule. */
struct il_object *il_object(enum il_kind, const void *addr);
/* Without making one. */
struct il_object *il_object_known(enum il_kind, const void *addr);

/* ----------------------------------------------------------------- actors */
enum il_state {
    IL_UNBORN,
    IL_GOING,
    IL_WAITING,
    IL_SPINNING,
    IL_DONE,
    IL_DEAD
};

struct il_actor {
    atomic_uint go; /* futex word: the turn is yours */
    pid_t pid;
    enum il_state state;
    /* IL_WAITING. ready is asked by whoever schedules, in any process. */
    bool (*ready)(const struct il_actor *);
    struct il_object *object;
    bool woken; /* by signal, post, wake */
    bool timed; /* … or when virtual time comes to deadline */
    bool timed_out;
    bool can_spurious; /* POSIX lets this wait end for nothing */
    bool spurious;
    int64_t deadline; /* ns of virtual CLOCK_MONOTONIC */
    uint64_t queued;  /* when it began to wait: a number that rises */
    uintptr_t wait_pc;
    const char *wait_call; /* "pthread_cond_wait" */
    long detail[4];        /* the model's own, e.g. the expected futex value */

    int steps;           /* points passed in this schedule */
    unsigned registered; /* for membarrier(2): the commands */
    struct il_clock clock, pending, released; /* see clocks.c */
    int buffered; /* stores that others do not see yet, the oldest first */
    struct {
        uint64_t place;
        void *addr;
        uint64_t value;
        int size, order;
        struct il_clock clock;
        uintptr_t pc;
    } buffer[IL_BUFFER];
};

/* ------------------------------------------------------- the control block */
struct il_world {
    struct il_actor actor[IL_ACTORS];
    int actors; /* with the captain */
    struct il_object object[IL_OBJECTS];
    int objects;
    int64_t time;    /* virtual ns since the schedule began */
    uint64_t rising; /* numbers for `queued` */

    bool exploring; /* false in setup and teardown: nothing is scheduled */
    bool fine;      /* plain accesses are points to switch at as well */
    bool spurious;
    int bound, preemptions; /* of this schedule: allowed, spent */
    int victim, death;      /* actor `victim` dies at its `death`th step */
    bool died;

    /* The verdict of this schedule. */
    enum interleave_found found;
    char sentence[768];
};
extern struct il_world *il; /* NULL: this process is in no exploration */
extern int il_me;           /* its actor */

/* --------------------------------------------------------- for the models */
#define IL_PC ((uintptr_t)__builtin_return_address(0))

/*
 * The calling process is about to do something that others can see: a
 * modelled call on object (or NULL). Others may go first; it may be killed
 * here. Returns the step of the trace, whose result and value the caller
 * fills in when it knows them, or a dummy; never NULL. A store in the
 * buffer becomes visible before it.
 *
 * false from il_active(): no exploration, make the real call.
 */
bool il_active(void);
struct interleave_step *il_call(const char *call, const void *addr,
                                uintptr_t pc);

/*
 * Sleep until ready(actor) says so. The caller has set up what ready looks at
 * (object, detail) with il_actor_self(). timeout: a deadline in ns of virtual
 * CLOCK_MONOTONIC, or IL_FOR_EVER. When it returns, it is this process's turn.
 */
enum il_woke { IL_READY, IL_TIMED_OUT, IL_SPURIOUS };
#define IL_FOR_EVER INT64_MAX
struct il_actor *il_actor_self(void);
enum il_woke il_sleep(bool (*ready)(const struct il_actor *), int64_t deadline,
                      bool can_spurious, const char *call, uintptr_t pc);

/* One of n, 0 … n-1: explored like who goes next, without cost. */
int il_choose(int n);

/* Something has changed that others may have been looking for. */
void il_changed(void);

/* The other actors that wait for this object, in the order they began to;
 * returns how many. (woken ones are left out.) */
int il_waiters(const struct il_object *, int waiters[IL_ACTORS]);

/* The schedule has failed: told with this sentence. Does not return. */
_Noreturn void il_fail(enum interleave_found, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "consumer 1", "the test" */
const char *il_name(int actor);
/* "ring.c:41", in a buffer of its own; "" where unknown. Slow: for sentences
 * only. */
const char *il_where(uintptr_t pc);

/* Virtual time of a clock, ns. CLOCK_REALTIME is ahead of CLOCK_MONOTONIC by
 * a constant that is no round number. */
int64_t il_clock_now(int clockid);
int64_t il_deadline(int clockid, const void *timespec); /* absolute → ours */

/* clocks.c: happens-before. */
void il_acquire(const struct il_object *); /* see what its releasers saw */
void il_release(struct il_object *);       /* joined to what is there */

/* A process that died: the robust mutexes it owns (locks.c). Called in the
 * scheduler, with the dead actor's number. */
void il_locks_of_dead(int actor);

/* Sentences for the deadlock: why does this actor wait, in words that teach
 * ("consumer waits for a signal at queue.c:31; the last one was given before
 * it waited"). Each model tells of its own; false: none of ours. */
bool il_locks_tell(const struct il_actor *, char *buf, size_t cap);
bool il_conds_tell(const struct il_actor *, char *buf, size_t cap);
bool il_sems_tell(const struct il_actor *, char *buf, size_t cap);
bool il_futex_tell(const struct il_actor *, char *buf, size_t cap);
bool il_outside_tell(const struct il_actor *, char *buf, size_t cap);

/* regions.c: the place of an address in shared memory, 0 if it is private. */
uint64_t il_place(const void *addr);

/* A mapping that others see: of a file (device and inode as fstat has them), or
 * one of its own (0, 0). */
void il_region_add(void *addr, size_t size, uint64_t device, uint64_t inode,
                   uint64_t offset);

/* atomics.c: no store of anybody is in a buffer any more. */
void il_drain_all(unsigned registered, uintptr_t pc);

/* The turn goes to whoever can go on, without cost: sched_yield. */
void il_yield(void);

/* search.c: this world has state that only the kernel can restore: from now
 * on each schedule has processes of its own, and who is killed really dies.
 * Returns only if that is so already. */
void il_needs_real_processes(void);

#endif
