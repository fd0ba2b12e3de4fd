/*
 * fact.h — what every test file includes.
 *
 * A test file is a table of facts about one exercise:
 *
 *     static void counts_to_three(void **state) { … }
 *
 *     static const struct CMUnitTest facts[] = {
 *         FACT(counts_to_three),
 *     };
 *     EXERCISE("1_islands/family", "fork(2), waitpid(2)", facts)
 *
 * EXERCISE makes main: `family_test` runs all facts, `family_test NAME` one,
 * `family_test --list` prints their names. Each fact runs with a calm sea,
 * in a private empty directory as working directory, and with leftovers_mark
 * and leftovers_check around it.
 */
#ifndef FACT_H
#define FACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check.h"
#include "leftovers.h"
#include "sea.h"

#define FACT(f)                                                                \
    {                                                                          \
#f, fact_run, NULL, NULL, (void *)(uintptr_t)(f)                       \
    }
void fact_run(void **state);

/*
 * Programs for exec: a table, ended by NULL, of mains. Each is found on PATH
 * under its name while a fact runs (a link to the test binary itself).
 */
struct program {
    const char *name;
    int (*main)(int argc, char **argv);
};

#define EXERCISE(name, read_more, facts)                                       \
    EXERCISE_WITH(name, read_more, facts, NULL)
#define EXERCISE_WITH(name, read_more, facts, programs)                        \
    int main(int argc, char **argv)                                            \
    {                                                                          \
        return fact_main(argc, argv, name, read_more, facts,                   \
                         sizeof(facts) / sizeof(facts[0]), programs);          \
    }
int fact_main(int argc, char **argv, const char *exercise,
              const char *read_more, const struct CMUnitTest *facts,
              size_t count, const struct program *programs);

/* fork with stdio flushed before: for processes the test itself makes. */
pid_t fact_fork(void);

/* Anonymous zeroed memory shared with every process forked later. */
void *fact_shared(size_t size);

/*
 * A barrier for processes: gate_wait returns when n have arrived. A gate in
 * fact_shared memory works across fork. gate_open lets everyone through.
 */
struct gate;
struct gate *gate_new(int n);
void gate_wait(struct gate *);
void gate_open(struct gate *);
int gate_arrived(struct gate *);

#endif
