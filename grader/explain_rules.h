/*
 * explain_rules.h — the rules of explain_headline.c.
 *
 * true: it applies, and the sentence is written.
 */
#ifndef EXPLAIN_RULES_H
#define EXPLAIN_RULES_H

#include "scene.h"

#define RULE(name) bool name(FILE *, struct scene *, const struct actor *)

/* explain_own_end.c */
RULE(reads_from_itself);
RULE(polls_itself);
RULE(watches_nothing);
RULE(socket_to_itself);
RULE(writes_to_itself);

/* explain_rings.c */
RULE(holder_waits_for_reader);
RULE(ring_over_a_full_pipe);
RULE(both_write);
RULE(both_read);
RULE(listens_to_another);
RULE(forgotten_by_a_sibling);
RULE(full_and_nobody_reads);
RULE(end_is_held);

/* explain_programs.c */
RULE(inherited_by_programs);
RULE(held_beside_a_program);

/* explain_locked.c */
RULE(private_lock);
RULE(copied_lock);
RULE(lock_of_the_dead);
RULE(lock_of_an_heir);
RULE(lock_of_its_own);
RULE(lock_held);
RULE(nobody_wakes);
RULE(file_lock);

/* explain_waits.c */
RULE(semaphores_crossed);
RULE(nobody_posts);
RULE(woken_privately);
RULE(woken_too_early);

/* explain_queues.c */
RULE(queues_crossed);
RULE(queue);

/* explain_others.c */
RULE(stopped);
RULE(opens_fifo);
RULE(reads_its_input);
RULE(watches);
RULE(sleeps);
RULE(waits);

/* explain_accept.c */
RULE(replaced_path);
RULE(calls_elsewhere);
RULE(guest_waits_too);
RULE(connection);

/* explain_sockets.c */
RULE(end_not_said);
RULE(copy_is_open);
RULE(served_by_poll);
RULE(never_accepted);

/* explain_datagrams.c */
RULE(datagram_astray);
RULE(no_datagram);

/* explain_epoll.c */
RULE(edge_is_over);
RULE(fired_once);

/* a as it would be in read or write, where it polls one descriptor only. */
struct actor meant(struct scene *, const struct actor *a);

/* The other end of what a waits on in the hands of this process, or NULL. */
const struct end *held_by(const struct scene *, const struct actor *a, pid_t);

/* Ends a sentence: ", while the parent waits for child 1 to end" if it does,
 * a full stop, and what to do. Returns true. */
bool conclude(FILE *, struct scene *, const struct actor *, const char *remedy);

#endif
