/*
 * fact_lost_wakeup.c — a schedule that is known step by step.
 *
 * Not explored but written by hand: interleave() is the one below. What each
 * step is said to have done stands in its line.
 */
#include <stdio.h>
#include <string.h>

#include "ways.h"

static struct interleave_trace trace;

static __attribute__((noinline)) uintptr_t here(void)
{
    __asm__ volatile("" ::: "memory"); /* each call is another */
    return (uintptr_t)__builtin_return_address(0);
}

static struct interleave_step *add(int actor, enum interleave_act act,
                                   uintptr_t pc)
{
    struct interleave_step *last =
        trace.steps ? &trace.step[trace.steps - 1] : NULL;
    struct interleave_step *s = &trace.step[trace.steps++];

    *s = (struct interleave_step){.actor = actor,
                                  .act = act,
                                  .pc = pc,
                                  .order = __ATOMIC_SEQ_CST,
                                  .size = 4};
    s->switched = last && last->actor != actor;
    return s;
}

static struct interleave_step *access_to(int actor, enum interleave_act act,
                                         uint64_t offset, uint64_t value,
                                         uintptr_t pc)
{
    struct interleave_step *s = add(actor, act, pc);

    s->object = 1;
    s->offset = offset;
    s->value = value;
    return s;
}

enum { HEAD = 0, TAIL = 4, SEQ = 8, ITEM = 64, PRODUCER = 1, CONSUMER };

static void consumer_looks(void)
{
    access_to(CONSUMER, ACT_LOAD, HEAD, 0, here());
    access_to(CONSUMER, ACT_LOAD, TAIL, 0, here())->order = __ATOMIC_ACQUIRE;
}

static void producer_puts(void)
{
    access_to(PRODUCER, ACT_LOAD, TAIL, 0, here())->preempted = true;
    access_to(PRODUCER, ACT_WRITE, ITEM, 7, here());
    access_to(PRODUCER, ACT_STORE, TAIL, 1, here())->order = __ATOMIC_RELEASE;
    access_to(PRODUCER, ACT_RMW, SEQ, 1, here())->call = "fetch_add";
    access_to(PRODUCER, ACT_CALL, SEQ, 0, here())->call = "futex_wake";
    snprintf(add(PRODUCER, ACT_SAY, 0)->text, 48, "put 7");
    add(PRODUCER, ACT_RETURNS, 0);
}

static void consumer_sleeps(void)
{
    access_to(CONSUMER, ACT_LOAD, SEQ, 1, here());
    access_to(CONSUMER, ACT_CALL, SEQ, 0, here())->call = "futex_wait";
    add(CONSUMER, ACT_SLEEPS, here());
    add(CONSUMER, ACT_STUCK, here())->wrong = true;
}

/* In place of the library's. */
void interleave(const struct interleave *world, struct interleave_result *r)
{
    world->setup();
    consumer_looks();
    producer_puts();
    consumer_sleeps();
    *r = (struct interleave_result){
        .found = INTERLEAVE_DEADLOCK,
        .schedules = 3,
        .preemptions = 1,
        .switches = 2,
        .sentence = "consumer waits for ever: nobody is left to wake it",
        .replay = "1.2.3",
        .trace = &trace,
    };
}

void interleave_fail(const char *format, ...)
{
    (void)format;
}

const char *il_where(uintptr_t pc)
{
    return pc ? "somewhere" : "";
}

static void nothing(void)
{
}

static void no_wake_up_is_lost(void **state)
{
    (void)state;
    EVERY_WAY(.of = "one producer and one consumer",
              .world = {.setup = nothing,
                        .preemptions = 1,
                        .op = {{"producer", nothing}, {"consumer", nothing}}},
              .lesson = {[INTERLEAVE_DEADLOCK] =
                             "Look again at what you wait for, after you have "
                             "said that you wait."});
}

static const struct CMUnitTest facts[] = {FACT(no_wake_up_is_lost)};
EXERCISE("stories/fact_lost_wakeup", "futex(2)", facts)
