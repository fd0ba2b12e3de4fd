/*
 * sea_call.h — what every wrapper of the sea does before and after the call.
 */
#ifndef SEA_CALL_H
#define SEA_CALL_H

#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include "logbook.h"

struct sailing {
    struct page_event *event;
    enum sea_call call;
    uint64_t began; /* the event is ours while it says the same */
    long arg[6];
    int saved_errno;
    bool shorten;  /* deliver less than was asked for */
    bool injected; /* do not make the call: fail with error */
    bool woken;    /* do not wait: return as if somebody had woken it */
    int error;
};

/*
 * Enter the call in the logbook and ask the plan what becomes of it. When
 * `injected` is set the wrapper returns a failure without making the call.
 */
struct sailing sea_depart(enum sea_call, uintptr_t pc, const long arg[6]);

/* Complete the entry; errno is as the call left it. */
void sea_arrive(struct sailing *, long result, int error);

/* Before it arrives: the first of the bytes that were written or read; whom
 * a wait has found, with which wait status. */
void sea_saw(struct sailing *, const struct iovec *, int parts, ssize_t bytes);
void sea_reaped(struct sailing *, pid_t, int status);

/* How many of n bytes to ask for, and so many of a vector's first bytes: the
 * parts that are left. */
enum { CUT_PARTS = 16 };
size_t sea_cut(const struct sailing *, size_t n);
int sea_cut_vector(struct iovec *cut, const struct iovec *, int n,
                   size_t bytes);

/* The moment of the real clock that the learner's, which may have been
 * stepped, calls `at`; NULL stays NULL. */
const struct timespec *sea_until(clockid_t, const struct timespec *at,
                                 struct timespec *room);

/* The plans behind sea.h: for any process, by the path of page_proc. */
void sea_plan(enum sea_call, unsigned path, int nth, int fault, bool persists);
void sea_storm_plan(unsigned seed, int faults);
void sea_allocated_clear(void);

/* The mode of open and its like is there only with O_CREAT or O_TMPFILE. */
#define MODE(flags, list)                                                      \
    ((flags) & (O_CREAT | O_TMPFILE) ? va_arg(list, unsigned) : 0)

#define PC ((uintptr_t)__builtin_return_address(0))
#define DEPART(call, ...)                                                      \
    sea_depart(SEA_##call, PC, (const long[6]){__VA_ARGS__})

#endif
