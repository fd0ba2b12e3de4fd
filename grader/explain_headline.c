/*
 * explain_headline.c — the one sentence a teacher would say.
 *
 * Rules, the most telling first. Each looks at one actor and, if it applies,
 * says why nobody moves and what to do. The first that speaks is heard.
 */
#include "explain_parts.h"
#include "explain_rules.h"

typedef bool rule(FILE *, struct scene *, const struct actor *);

static rule *const rules[] = {
    /* a mistake by itself, whoever else waits */
    lock_of_the_dead,
    lock_of_an_heir,
    lock_of_its_own,
    private_lock,
    copied_lock,
    reads_from_itself,
    polls_itself,
    watches_nothing,
    edge_is_over,
    fired_once,
    socket_to_itself,
    inherited_by_programs,
    writes_to_itself,
    /* two that wait for each other */
    held_beside_a_program,
    holder_waits_for_reader,
    ring_over_a_full_pipe,
    both_write,
    end_not_said,
    both_read,
    listens_to_another,
    copy_is_open,
    served_by_poll,
    never_accepted,
    forgotten_by_a_sibling,
    full_and_nobody_reads,
    file_lock,
    lock_held,
    queues_crossed,
    semaphores_crossed,
    woken_privately,
    /* what only somebody who is not there could end */
    stopped,
    queue,
    opens_fifo,
    replaced_path,
    calls_elsewhere,
    guest_waits_too,
    datagram_astray,
    no_datagram,
    connection,
    nobody_posts,
    reads_its_input,
    end_is_held,
    sleeps,
    woken_too_early,
    nobody_wakes,
    watches,
    waits,
};

/* Only who is asleep can be the reason. */
static bool is_candidate(const struct actor *a)
{
    return !a->dead && (a->stopped || a->kind != CALL_UNKNOWN);
}

void headline_of(FILE *say, struct scene *s, bool loop)
{
    if (loop) {
        spins(say, s);
        return;
    }
    const struct actor *a = restless(s);
    if (a) {
        s->culprit[0] = a;
        goes_on(say, s, a);
        return;
    }
    for (size_t r = 0; r < sizeof(rules) / sizeof(*rules); r++)
        for (size_t i = 0; i < s->actors; i++)
            if (is_candidate(&s->actor[i]) && rules[r](say, s, &s->actor[i])) {
                if (!s->blamed && !s->culprit[0])
                    s->culprit[0] = &s->actor[i];
                return;
            }
    fputs("The test does not come to an end.", say);
}
