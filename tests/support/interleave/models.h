/*
 * models.h — what the models of calls share.
 *
 * A model is made of three things: what the object is (learnt when it is
 * initialised, or else from its bytes), what a call does to it, and a
 * sentence for who sleeps in it for ever. Nothing real is locked, posted or
 * signalled while the model is asked. In setup it is the other way round: the
 * real call is made, and the model follows it.
 */
#ifndef MODELS_H
#define MODELS_H

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "il.h"

/* What a call returns, told to the trace as well: an error … */
static inline int il_returns(struct interleave_step *step, int error)
{
    step->result = error;
    return error;
}

/* … or -1 with errno. */
static inline int il_returns_errno(struct interleave_step *step, int error)
{
    step->result = error ? -1 : 0;
    step->value = (uint64_t)error;
    if (error)
        errno = error;
    return error ? -1 : 0;
}

/* Sleeps for the object. woken and detail are set before others can see it. */
static inline enum il_woke il_wait_for(struct il_object *object,
                                       bool (*ready)(const struct il_actor *),
                                       int64_t deadline, bool can_spurious,
                                       const char *call, uintptr_t pc)
{
    il_actor_self()->object = object;
    il_actor_self()->woken = false;
    return il_sleep(ready, deadline, can_spurious, call, pc);
}

/* time.c: timed waits. A moment that is no time at all is EINVAL. */
bool il_is_time(const struct timespec *);
bool il_is_waiting_clock(clockid_t);
int64_t il_moment(clockid_t, const struct timespec *absolute);
int64_t il_after(const struct timespec *relative);

/* locks.c: a condition gives its mutex back, and takes it again. */
struct il_object *il_mutex(pthread_mutex_t *, const char *call);
bool il_mutex_is_mine(const struct il_object *);
bool il_mutex_is_free(const struct il_object *);
void il_mutex_give(struct il_object *);
int il_mutex_regain(struct il_object *, const char *call, uintptr_t pc);
void il_mutex_holder(const struct il_object *, int waiter, char *buf,
                     size_t cap);

/*
 * Fails the schedule if the object, which is not process-shared, is used by a
 * second process. what: "mutex"; how: what would have made it so.
 */
void il_one_process_only(struct il_object *, const char *call, const char *what,
                         const char *how);

/* " at ring.c:41", or "" where it is not known. */
struct il_at {
    char text[64];
};
struct il_at il_at(uintptr_t pc);

bool il_rwlocks_tell(const struct il_actor *, char *buf, size_t cap);

#endif
