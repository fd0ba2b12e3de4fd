/*
 * sea.c — the wrappers: sea_read stands where the learner wrote read.
 *
 * Those that the macro makes are all alike. By hand are the calls that the
 * sea changes, that do not return, or that take varying arguments.
 */
#include <errno.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "sea_call.h"

#if __has_include(<sys/pidfd.h>)
#include <sys/pidfd.h>
#else /* glibc before 2.36 */
static int pidfd_open(pid_t pid, unsigned flags)
{
    return (int)syscall(SYS_pidfd_open, pid, flags);
}
#endif

#define PARAMS0() void
#define PARAMS1(A) A a
#define PARAMS2(A, B) A a, B b
#define PARAMS3(A, B, C) A a, B b, C c
#define PARAMS4(A, B, C, D) A a, B b, C c, D d
#define PARAMS5(A, B, C, D, E) A a, B b, C c, D d, E e
#define PARAMS6(A, B, C, D, E, F) A a, B b, C c, D d, E e, F f
#define ARGS0
#define ARGS1 a
#define ARGS2 a, b
#define ARGS3 a, b, c
#define ARGS4 a, b, c, d
#define ARGS5 a, b, c, d, e
#define ARGS6 a, b, c, d, e, f
#define LONGS0 0
#define LONGS1 (long)a
#define LONGS2 LONGS1, (long)b
#define LONGS3 LONGS2, (long)c
#define LONGS4 LONGS3, (long)d
#define LONGS5 LONGS4, (long)e
#define LONGS6 LONGS5, (long)f

/* How a failure looks: E -1 and errno; C the error number itself. */
#define FAILURE_E(error) -1
#define FAILURE_C(error) (error)
#define ERROR_E(r) ((r) == -1 ? errno : 0)
#define ERROR_C(r) ((r) > 0 ? (r) : 0) /* -1: PTHREAD_BARRIER_… */

#define ROW(how, R, name, n, types)                                            \
    R sea_##name(PARAMS##n types);                                             \
    R sea_##name(PARAMS##n types)                                              \
    {                                                                          \
        struct sailing s = DEPART(name, LONGS##n);                             \
        if (s.injected)                                                        \
            return (R)FAILURE_##how(s.error);                                  \
        R r = name(ARGS##n);                                                   \
        sea_arrive(&s, (long)r, ERROR_##how((int)r));                          \
        return r;                                                              \
    }
#define FREE(name)
CALLS(ROW, FREE)
