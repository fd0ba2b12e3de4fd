/*
 * ring_test.c — facts about ring_create, _put, _get and _destroy.
 */
#include "ring.h"

#define RING struct ring
#define OF(f) ring_##f
#define BETWEEN                                                                \
    "what wakes another process lies in shared memory and is made for it: "    \
    "sem_init with a pshared of 1, PTHREAD_PROCESS_SHARED, a futex without "   \
    "FUTEX_PRIVATE_FLAG"
#include "ring_facts.h"

/* In ring_ways.c. */
void no_order_breaks_a_ring_with_one_slot(void **state);
void no_order_breaks_a_ring_with_two_slots(void **state);

static const struct CMUnitTest facts[] = {
    FACT(what_is_put_can_be_got),
    FACT(it_holds_as_many_items_as_its_capacity),
    FACT(it_goes_round_with_any_capacity),
    FACT(items_have_any_size),
    FACT(what_lies_behind_the_slots_is_not_touched),
    FACT(two_rings_are_independent),
    FACT(children_and_grandchildren_share_it),
    FACT(what_was_put_outlives_who_put_it),
    FACT(who_puts_and_who_gets_may_change),
    FACT(put_waits_while_the_ring_is_full),
    FACT(get_waits_while_the_ring_is_empty),
    FACT(put_sleeps_while_it_waits),
    FACT(get_sleeps_while_it_waits),
    FACT(a_signal_does_not_end_a_wait_for_room),
    FACT(a_signal_does_not_end_a_wait_for_an_item),
    FACT(an_item_is_there_when_all_of_it_is),
    FACT(a_slot_is_free_when_all_of_it_was_copied),
    FACT(many_items_cross_in_order),
    FACT(two_rings_make_a_conversation),
    FACT(it_goes_on_behind_four_thousand_million_items),
    FACT(destroying_is_for_one_process_only),
    FACT(destroying_none_does_nothing),
    FACT(all_memory_is_given_back),
    FACT(none_of_something_is_invalid),
    FACT(there_may_be_no_memory),
    FACT(what_does_not_fit_is_refused),
    FACT(no_order_breaks_a_ring_with_one_slot),
    FACT(no_order_breaks_a_ring_with_two_slots),
};
EXERCISE("3_queues/ring", "sem_overview(7), sem_init(3), mmap(2)", facts)
