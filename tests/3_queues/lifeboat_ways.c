/*
 * lifeboat_ways.c — lifeboat in every order; see queue_ways.h.
 */
#include "lifeboat.h"

#define EXERCISE_OF(function) lifeboat_##function
typedef struct lifeboat queue_type;

enum { ONE_AND_TWO = 1 };

#include "queue_ways.h"

/* ---- killed at each point, in every order ------------------------------- */

static const char WHO_DIES[] =
    "somebody was killed, and the living wait: make the mutex robust and call "
    "pthread_mutex_consistent; let nothing be half done that others can see, "
    "and wake who sleeps before the change, or all of them when the owner "
    "died";

/* What is in it afterwards can be got, and is whole. */
static void nothing_but_the_dead_ones_is_lost(void)
{
    int left[4] = {0}, count = 0, item = 0;
    size_t length = lifeboat_length(boat);

    while (count < 4 && lifeboat_get(boat, &item, 0) == 0)
        left[count++] = item;
    WAYS_CHECK((size_t)count == length,
               "lifeboat_length said %zu, and %d could be got", length, count);
    for (item = 1; item <= 2; item++) {
        int times = times_got(item);
        for (int i = 0; i < count; i++)
            times += left[i] == item;
        WAYS_CHECK(times <= 1, "item %d was got %d times", item, times);
        WAYS_CHECK(times == 1 || !seen->put[item] || interleave_killed() > 0,
                   "item %d was put, and is lost, although none of those who "
                   "get has died",
                   item);
    }
}

static void comes_later(void)
{
    WAYS_CHECK(put_one(2, -1) == 0, "the living do not get errors because "
                                    "somebody died");
}

static void gets_one_of_them(void)
{
    WAYS_CHECK(get_one(-1) == 0, "the living do not get errors because "
                                 "somebody died");
}

void a_producer_may_die_in_every_order(void **state)
{
    (void)state;
    capacity = 2;
    every_order("a producer that dies, another one, and a consumer", WHO_DIES,
                WHO_DIES,
                (struct interleave){.op = {{"victim", puts_one},
                                           {"consumer", gets_one_of_them},
                                           {"producer", comes_later}},
                                    .check = nothing_but_the_dead_ones_is_lost,
                                    .preemptions = 1,
                                    .kills = 1});
}

void a_consumer_may_die_in_every_order(void **state)
{
    (void)state;
    capacity = 2;
    before = 1;
    every_order("a consumer that dies, another one, and a producer", WHO_DIES,
                WHO_DIES,
                (struct interleave){.op = {{"producer", comes_later},
                                           {"victim", gets_once},
                                           {"consumer", gets_one_of_them}},
                                    .check = nothing_but_the_dead_ones_is_lost,
                                    .preemptions = 1,
                                    .kills = 2});
}
