/*
 * ways.h — a fact that holds in every order of some processes.
 *
 * In tests/<exercise>_ways.c; the exercise's FACTs list the functions.
 *
 *     void no_order_loses_an_item(void **state) {
 *         EVERY_WAY(.of = "one producer and one consumer",
 *                   .world = {.setup = setup, .preemptions = 2, .check = check,
 *                             .op = {{"producer", put}, {"consumer", get}}},
 *                   .lesson = {[INTERLEAVE_DEADLOCK] = "look again …"},
 *                   .otherwise = "what holds for every other finding");
 *     }
 *
 * In setup, operations and check use WAYS_CHECK, never CHECK: it sees ENOSYS
 * of the skeleton, and then the fact reads "not started". Its sentence is
 * the headline's beginning; the lesson follows it. A lesson teaches: what to
 * do, in one sentence. One EVERY_WAY a fact is told best; several may be.
 */
#ifndef WAYS_H
#define WAYS_H

#include "fact.h"
#include "interleave/interleave.h"
#include "interleave/tell.h"

struct ways {
    const char *of; /* "one producer and two consumers" */
    struct interleave world;
    const char *lesson[INTERLEAVE_FAULT + 1]; /* by enum interleave_found */
    const char *otherwise;                    /* where lesson has none */
};

#define EVERY_WAY(...) every_way(HERE, &(struct ways){__VA_ARGS__})
void every_way(struct here, const struct ways *);

/* Into the page, for the grader. of: of whom every order was tried. */
void ways_keep(const char *of, const struct interleave *,
               const struct interleave_result *);

#define WAYS_CHECK(cond, ...)                                                  \
    do {                                                                       \
        bool ways_held_ = (cond);                                              \
        if (!ways_held_)                                                       \
            ways_fail(errno, __VA_ARGS__);                                     \
    } while (0)
void ways_fail(int error, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
