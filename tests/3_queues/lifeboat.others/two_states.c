/*
 * Technique: a state is written beside the old one, and one store makes it
 *     valid.
 */
#include "lifeboat.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* What one sleeps on: a condition variable could die with its user. */
struct bell {
    atomic_uint rung; /* futex word; changes with each ringing */
    bool heard;       /* somebody may be asleep on it */
};

struct lifeboat {
    size_t size; /* of the whole mapping: munmap wants to know */
    pthread_mutex_t lock;
    struct bell put, got;
    size_t item_size;
    size_t slots; /* one more than the capacity: it stays free */
    struct state {
        size_t first, next; /* equal: nothing is in it */
        bool closed;
    } state[2];
    atomic_uint valid;
    unsigned char items[];
};

/* Returns an error number, like the calls it is made of. */
static int init_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;
    int error = pthread_mutexattr_init(&attr);

    if (error != 0)
        return error;
    error = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    if (error == 0)
        error = pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    if (error == 0)
        error = pthread_mutex_init(lock, &attr);
    pthread_mutexattr_destroy(&attr);
    return error;
}

struct lifeboat *lifeboat_create(size_t capacity, size_t item_size)
{
    struct lifeboat *boat;
    size_t size;
    int error;

    if (capacity == 0 || item_size == 0) {
        errno = EINVAL;
        return NULL;
    }
    if (capacity == SIZE_MAX ||
        __builtin_mul_overflow(capacity + 1, item_size, &size) ||
        __builtin_add_overflow(size, sizeof(*boat), &size)) {
        errno = ENOMEM;
        return NULL;
    }
    boat = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                -1, 0);
    if (boat == MAP_FAILED)
        return NULL;
    boat->size = size;
    boat->item_size = item_size;
    boat->slots = capacity + 1;
    error = init_lock(&boat->lock);
    if (error != 0) {
        munmap(boat, size);
        errno = error;
        return NULL;
    }
    return boat;
}

static void lock(struct lifeboat *boat)
{
    /* The owner died. Nothing is half done, so there is nothing to mend. */
    if (pthread_mutex_lock(&boat->lock) == EOWNERDEAD)
        pthread_mutex_consistent(&boat->lock);
}

static void unlock(struct lifeboat *boat)
{
    pthread_mutex_unlock(&boat->lock);
}

/* Under the lock, before the store that the sleepers wait for. */
static void ring(struct bell *bell)
{
    if (!bell->heard)
        return;
    atomic_fetch_add(&bell->rung, 1);
    /* All: one alone might be killed before he has done what he was for. */
    syscall(SYS_futex, &bell->rung, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    bell->heard = false; /* not before they are awake */
}

/* Gives the lock away while it sleeps. False when the time is over. */
static bool sleep_until(struct bell *bell, struct lifeboat *boat,
                        const struct timespec *deadline)
{
    unsigned before = atomic_load(&bell->rung);
    int error = 0;

    bell->heard = true;
    unlock(boat);
    if (syscall(SYS_futex, &bell->rung, FUTEX_WAIT_BITSET, before,
                deadline->tv_sec ? deadline : NULL, NULL,
                FUTEX_BITSET_MATCH_ANY) == -1)
        error = errno;
    lock(boat);
    return error != ETIMEDOUT;
}

/* The point in time, fixed once: however often we wake, it stays. */
static struct timespec after(int timeout_ms)
{
    struct timespec t = {0};

    if (timeout_ms < 0)
        return t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += timeout_ms % 1000 * 1000000L;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static struct state now(const struct lifeboat *boat)
{
    return boat->state[boat->valid];
}

static void become(struct lifeboat *boat, struct state state)
{
    boat->state[1 - boat->valid] = state;
    boat->valid = 1 - boat->valid;
}

static size_t behind(const struct lifeboat *boat, size_t slot)
{
    return (slot + 1) % boat->slots;
}

static bool full(const struct lifeboat *boat)
{
    return behind(boat, now(boat).next) == now(boat).first;
}

static bool empty(const struct lifeboat *boat)
{
    return now(boat).next == now(boat).first;
}

static int result(int error)
{
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}

int lifeboat_put(struct lifeboat *boat, const void *item, int timeout_ms)
{
    struct timespec deadline = after(timeout_ms);
    int error = 0;

    lock(boat);
    while (full(boat) && !now(boat).closed)
        if (!sleep_until(&boat->got, boat, &deadline))
            break;
    if (now(boat).closed) {
        error = EPIPE;
    } else if (full(boat)) {
        error = ETIMEDOUT;
    } else {
        struct state state = now(boat);
        memcpy(boat->items + state.next * boat->item_size, item,
               boat->item_size);
        ring(&boat->put);
        state.next = behind(boat, state.next);
        become(boat, state);
    }
    unlock(boat);
    return result(error);
}

int lifeboat_get(struct lifeboat *boat, void *item, int timeout_ms)
{
    struct timespec deadline = after(timeout_ms);
    int error = 0;

    lock(boat);
    while (empty(boat) && !now(boat).closed)
        if (!sleep_until(&boat->put, boat, &deadline))
            break;
    if (!empty(boat)) {
        struct state state = now(boat);
        memcpy(item, boat->items + state.first * boat->item_size,
               boat->item_size);
        ring(&boat->got);
        state.first = behind(boat, state.first);
        become(boat, state);
    } else {
        error = now(boat).closed ? EPIPE : ETIMEDOUT;
    }
    unlock(boat);
    return result(error);
}

void lifeboat_close(struct lifeboat *boat)
{
    lock(boat);
    ring(&boat->put);
    ring(&boat->got);
    struct state state = now(boat);
    state.closed = true;
    become(boat, state);
    unlock(boat);
}

size_t lifeboat_length(struct lifeboat *boat)
{
    lock(boat);
    struct state state = now(boat);
    size_t length = (state.next + boat->slots - state.first) % boat->slots;
    unlock(boat);
    return length;
}

/* Only unmapped: pthread_mutex_destroy would end it for the others, too. */
void lifeboat_destroy(struct lifeboat *boat)
{
    if (boat != NULL)
        munmap(boat, boat->size);
}
