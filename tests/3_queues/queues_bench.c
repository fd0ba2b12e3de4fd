/*
 * queues_bench.c — the queues of this chapter, beside the kernel's and
 * Python's.
 *
 * Weak: an answer that is missing, or does not compile, is left out.
 */
#include <errno.h>
#include <string.h>

#include "bench_flow.h"
#include "express.h"
#include "queue.h"
#include "ring.h"

/* As many as fit in a megabyte, 1024 at most. */
static size_t capacity(size_t size)
{
    size_t fit = (1 << 20) / size;

    return fit < 1024 ? fit : 1024;
}

static const char *not_there(bool is)
{
    return is ? NULL : "is missing, or does not compile";
}

#define WEAK __attribute__((weak))

/* The functions of one answer to ring and its like: their put and get wait
 * and cannot fail. */
#define RING(prefix, stem)                                                     \
    WEAK struct stem *prefix##_create(size_t, size_t);                         \
    WEAK void prefix##_put(struct stem *, const void *);                       \
    WEAK void prefix##_get(struct stem *, void *);                             \
    static void *open_##prefix(size_t size)                                    \
    {                                                                          \
        return prefix##_create(capacity(size), size);                          \
    }                                                                          \
    static int put_##prefix(void *ring, char *message, size_t size)            \
    {                                                                          \
        (void)size;                                                            \
        prefix##_put(ring, message);                                           \
        return 0;                                                              \
    }                                                                          \
    static int get_##prefix(void *ring, char *message, size_t size)            \
    {                                                                          \
        (void)size;                                                            \
        prefix##_get(ring, message);                                           \
        return 0;                                                              \
    }                                                                          \
    static const char *no_##prefix(void)                                       \
    {                                                                          \
        return not_there(prefix##_create && prefix##_put && prefix##_get);     \
    }

#define QUEUE(prefix, stem)                                                    \
    WEAK struct stem *prefix##_create(size_t, size_t);                         \
    WEAK int prefix##_put(struct stem *, const void *, int);                   \
    WEAK int prefix##_get(struct stem *, void *, int);                         \
    static void *open_##prefix(size_t size)                                    \
    {                                                                          \
        return prefix##_create(capacity(size), size);                          \
    }                                                                          \
    static int put_##prefix(void *queue, char *message, size_t size)           \
    {                                                                          \
        (void)size;                                                            \
        return prefix##_put(queue, message, -1);                               \
    }                                                                          \
    static int get_##prefix(void *queue, char *message, size_t size)           \
    {                                                                          \
        (void)size;                                                            \
        return prefix##_get(queue, message, -1);                               \
    }                                                                          \
    static const char *no_##prefix(void)                                       \
    {                                                                          \
        return not_there(prefix##_create && prefix##_put && prefix##_get);     \
    }

RING(ring, ring)
RING(reference_ring, ring)
RING(express, express)
RING(reference_express, express)
QUEUE(queue, queue)
QUEUE(reference_queue, queue)

/* most_many of 1: no message is so short, as it is for one of each only. */
#define WAY(prefix, its_stem, of_reference, many)                              \
    {                                                                          \
        .name = #its_stem, .stem = #its_stem, .reference = of_reference,       \
        .most_many = many, .open = open_##prefix, .put = put_##prefix,         \
        .get = get_##prefix, .missing = no_##prefix                            \
    }
static const struct flow_way yours_express = WAY(express, express, false, 1),
                             reference_express =
                                 WAY(reference_express, express, true, 1),
                             yours_ring = WAY(ring, ring, false, 1),
                             reference_ring =
                                 WAY(reference_ring, ring, true, 1),
                             yours_queue = WAY(queue, queue, false, 0),
                             reference_queue =
                                 WAY(reference_queue, queue, true, 0);

int main(int argc, char *argv[])
{
    static const struct flow_way *const ways[] = {
        &yours_express,
        &reference_express,
        &yours_ring,
        &reference_ring,
        &yours_queue,
        &reference_queue,
        &flow_msg,
        &flow_pipe,
        &flow_socketpair,
        &flow_mq,
        &flow_python_queue,
        &flow_python_simple,
        NULL,
    };
    static const size_t sizes[] = {8, 64, 1 << 10, 64 << 10};
    const struct flow flow = {
        .title = "queues",
        .ways = ways,
        .sizes = sizes,
        .size_count = sizeof(sizes) / sizeof(*sizes),
        .rounds = 7,
        .note = "POSIX mq holds 10 messages, its default; mp is Python's "
                "multiprocessing.",
    };
    const char *stem = argc > 1 && strcmp(argv[1], "queues") ? argv[1] : NULL;

    return flow_main(&flow, stem, stem ? stem : "queues");
}
