/*
 * check.h — assertions that teach.
 *
 * Each says what it checks, and, in one sentence with printf's % signs, why
 * it matters: the sentence a teacher would say to somebody who got it wrong.
 * A failure shows the steps so far, what was expected, what came, the
 * sentence and where to read, and ends the test. Everything is evaluated
 * once. errno is looked at right after the value, so the call itself may
 * stand inside.
 *
 *     CHECK_EQ(family(2, answer, status), 0, "two children were started");
 *
 * These are for the test's own process. A process that is not, has fallen
 * through from the learner's fork, and is reported as exactly that. Code
 * that a test means to run in a child uses ISLAND_CHECK.
 */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A condition. */
#define CHECK(cond, ...) CHECK_WITH(bool, cond, #cond, check_true, __VA_ARGS__)

/* Two integers. */
#define CHECK_EQ(got, want, ...)                                               \
    CHECK_WITH(intmax_t, got, #got, check_eq, (intmax_t)(want), __VA_ARGS__)

/* A call that must not return -1 (where it returns a pointer: use CHECK). */
#define CHECK_OK(call, ...)                                                    \
    CHECK_WITH(intmax_t, call, #call, check_ok, __VA_ARGS__)

/* A call that must return -1 with this errno. errno is 0 before it. */
#define CHECK_ERRNO(call, want, ...)                                           \
    do {                                                                       \
        errno = 0;                                                             \
        CHECK_WITH(intmax_t, call, #call, check_errno, want, __VA_ARGS__);     \
    } while (0)

/* A wait status, decoded: want is made with EXITED(3) or KILLED(SIGTERM). */
#define CHECK_STATUS(got, want, ...)                                           \
    CHECK_WITH(int, got, #got, check_status, want, __VA_ARGS__)
#define EXITED(code) ((code) << 8)
#define KILLED(sig) (sig)

/* Bytes, and text. */
#define CHECK_MEM(got, got_len, want, want_len, ...)                           \
    CHECK_WITH(const void *, got, #got, check_mem, got_len, want, want_len,    \
               __VA_ARGS__)
#define CHECK_STR(got, want, ...)                                              \
    CHECK_WITH(const char *, got, #got, check_str, want, __VA_ARGS__)

/* In a process the test itself means to be a child. Ends that process. */
#define ISLAND_CHECK(cond, ...)                                                \
    CHECK_WITH(bool, cond, #cond, check_island, __VA_ARGS__)

/* The test says it has failed, or cannot be done here and why. */
#define FAIL_TEST(...) check_true(HERE, NULL, errno, false, __VA_ARGS__)
#define SKIP_TEST(...) check_skip(__VA_ARGS__)

/* A step of the story, shown before a failure. Passed checks add theirs. */
#define STEP(...) check_step(__VA_ARGS__)

/*
 * The sentence the grader says first if nobody can move from here on, until
 * the next IF_STUCK or the end of the test. "" takes it back.
 */
#define IF_STUCK(...) check_if_stuck(__VA_ARGS__)

/* What follows is the machinery. */
struct here {
    const char *file;
    int line;
};
#define HERE ((struct here){__FILE__, __LINE__})
#define SAYS(fmt, args) __attribute__((format(printf, fmt, args)))

/* The value first, then errno as it left it; an argument list alone would
 * leave the order to the compiler. */
#define CHECK_WITH(type, value, text, check, ...)                              \
    do {                                                                       \
        type check_value_ = (type)(value);                                     \
        int check_errno_ = errno;                                              \
        check(HERE, text, check_errno_, check_value_, __VA_ARGS__);            \
    } while (0)

/* Ends a process that was forked by the learner and came back. */
void check_home(void);

void check_true(struct here, const char *, int, bool, const char *, ...)
    SAYS(5, 6);
void check_eq(struct here, const char *, int, intmax_t, intmax_t, const char *,
              ...) SAYS(6, 7);
void check_ok(struct here, const char *, int, intmax_t, const char *, ...)
    SAYS(5, 6);
void check_errno(struct here, const char *, int, intmax_t, int, const char *,
                 ...) SAYS(6, 7);
void check_status(struct here, const char *, int, int, int, const char *, ...)
    SAYS(6, 7);
void check_mem(struct here, const char *, int, const void *, size_t,
               const void *, size_t, const char *, ...) SAYS(8, 9);
void check_str(struct here, const char *, int, const char *, const char *,
               const char *, ...) SAYS(6, 7);
void check_island(struct here, const char *, int, bool, const char *, ...)
    SAYS(5, 6);
void check_skip(const char *, ...) SAYS(1, 2);
void check_step(const char *, ...) SAYS(1, 2);
void check_if_stuck(const char *, ...) SAYS(1, 2);

/* "ENOENT (No such file or directory)"; "SIGTERM"; "exit status 3". */
const char *name_errno(int);
const char *name_signal(int);
const char *name_status(int wstatus, char *buf, size_t cap);

#endif
