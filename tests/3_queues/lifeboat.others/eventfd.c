/*
 * Technique: two eventfds to poll, told before the change; descriptors
 *     remember nobody.
 */
#include "lifeboat.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct lifeboat {
    size_t size; /* of the whole mapping: munmap wants to know */
    pthread_mutex_t lock;
    int put, got; /* eventfds */
    size_t item_size;
    size_t slots; /* one more than the capacity: it stays free */
    /* Equal: nothing is in it. All three are atomic for the compiler's sake:
     * it moves nothing to the other side of these stores. */
    atomic_size_t first, next;
    atomic_bool closed;
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
    boat->put = error ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (error == 0 && boat->put == -1)
        error = errno;
    boat->got = error ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (error == 0 && boat->got == -1) {
        error = errno;
        close(boat->put);
    }
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
static void ring(int event)
{
    uint64_t one = 1;

    while (write(event, &one, sizeof(one)) == -1 && errno == EINTR)
        ;
}

static bool sleep_until(int event, struct lifeboat *boat,
                        const struct timespec *deadline)
{
    struct pollfd p = {.fd = event, .events = POLLIN};
    struct timespec now, left;
    uint64_t seen;

    while (read(event, &seen, sizeof(seen)) == -1 && errno == EINTR)
        ;
    unlock(boat);
    clock_gettime(CLOCK_MONOTONIC, &now);
    left.tv_sec = deadline->tv_sec - now.tv_sec;
    left.tv_nsec = deadline->tv_nsec - now.tv_nsec;
    if (left.tv_nsec < 0) {
        left.tv_sec--;
        left.tv_nsec += 1000000000;
    }
    if (left.tv_sec < 0)
        left.tv_sec = left.tv_nsec = 0;
    int n = ppoll(&p, 1, deadline->tv_sec ? &left : NULL, NULL);
    lock(boat);
    return n != 0;
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

static size_t behind(const struct lifeboat *boat, size_t slot)
{
    return (slot + 1) % boat->slots;
}

static bool full(const struct lifeboat *boat)
{
    return behind(boat, boat->next) == boat->first;
}

static bool empty(const struct lifeboat *boat)
{
    return boat->next == boat->first;
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
    while (full(boat) && !boat->closed)
        if (!sleep_until(boat->got, boat, &deadline))
            break;
    if (boat->closed) {
        error = EPIPE;
    } else if (full(boat)) {
        error = ETIMEDOUT;
    } else {
        memcpy(boat->items + boat->next * boat->item_size, item,
               boat->item_size);
        ring(boat->put);
        boat->next = behind(boat, boat->next); /* now it is in */
    }
    unlock(boat);
    return result(error);
}

int lifeboat_get(struct lifeboat *boat, void *item, int timeout_ms)
{
    struct timespec deadline = after(timeout_ms);
    int error = 0;

    lock(boat);
    while (empty(boat) && !boat->closed)
        if (!sleep_until(boat->put, boat, &deadline))
            break;
    if (!empty(boat)) {
        memcpy(item, boat->items + boat->first * boat->item_size,
               boat->item_size);
        ring(boat->got);
        boat->first = behind(boat, boat->first); /* now it is out */
    } else {
        error = boat->closed ? EPIPE : ETIMEDOUT;
    }
    unlock(boat);
    return result(error);
}

void lifeboat_close(struct lifeboat *boat)
{
    lock(boat);
    ring(boat->put);
    ring(boat->got);
    boat->closed = true;
    unlock(boat);
}

size_t lifeboat_length(struct lifeboat *boat)
{
    lock(boat);
    size_t length = (boat->next + boat->slots - boat->first) % boat->slots;
    unlock(boat);
    return length;
}

/* Only unmapped: pthread_mutex_destroy would end it for the others, too. */
void lifeboat_destroy(struct lifeboat *boat)
{
    if (boat == NULL)
        return;
    close(boat->put);
    close(boat->got);
    munmap(boat, boat->size);
}
