/*
 * check.c — what a failed check writes down, and how it ends the test.
 */
#include "check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fact_run.h"
#include "logbook.h"

void check_step(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(page->step[page->steps % PAGE_STEPS], PAGE_LINE, format, list);
    va_end(list);
    page->steps++;
}

void check_if_stuck(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(page->if_stuck, sizeof(page->if_stuck), format, list);
    va_end(list);
}

void check_skip(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(page->skipped, sizeof(page->skipped), format, list);
    va_end(list);
    page->outcome = SKIPPED;
    if (getpid() != page->test_pid) /* cmocka is the parent's */
        _exit(CHECK_FAILED_STATUS);
    fact_curtain();
    skip();
}

/* A breakpoint here stops at every failed check, in whichever process. */
__attribute__((noinline)) void check_failed(void);
__attribute__((noinline)) void check_failed(void)
{
    __asm__ volatile("");
}

/* The test's own process goes back to cmocka; any other one ends here. */
static _Noreturn void end_test(void)
{
    check_failed();
    if (getpid() != page->test_pid)
        _exit(CHECK_FAILED_STATUS);
    page->outcome = FAILED;
    quiet_lift();
    fact_curtain();
    _fail(page->failure.file, page->failure.line);
    abort();
}

/* The first failure of all processes is the one that is told. */
static _Noreturn void failed(struct here here, const char *check, int error,
                             const char *expected, const char *came,
                             const char *why, va_list list)
{
    struct page_failure *f = &page->failure;
    const char *base = strrchr(here.file, '/');

    if (!atomic_exchange(&f->set, true)) {
        f->line = here.line;
        f->pid = getpid();
        f->unstarted = error == ENOSYS;
        snprintf(f->file, sizeof(f->file), "%s", base ? base + 1 : here.file);
        snprintf(f->check, sizeof(f->check), "%s", check ? check : "");
        snprintf(f->expected, sizeof(f->expected), "%s", expected);
        snprintf(f->came, sizeof(f->came), "%s", came);
        vsnprintf(f->why, sizeof(f->why), why, list);
        logbook_holds();
    }
    end_test();
}

/*
 * A check is meant for the test's process. Whoever else comes here was
 * forked by the learner's code and returned from it.
 */
void check_home(void)
{
    if (getpid() == page->test_pid || fact_is_helper())
        return;
    page->broken_pid = getpid();
    atomic_fetch_or(&page->broken, RETURNED_INTO_TEST);
    check_failed();
    _exit(CHECK_FAILED_STATUS);
}

static void passed(const char *check, const char *format, ...)
{
    char value[96];
    va_list list;

    if (!check || getpid() != page->test_pid)
        return;
    va_start(list, format);
    vsnprintf(value, sizeof(value), format, list);
    va_end(list);
    check_step("%.150s: %s", check, value);
}

#define FAILED_WITH(expected, came)                                            \
    do {                                                                       \
        va_list list_;                                                         \
        va_start(list_, why);                                                  \
        failed(here, check, error, expected, came, why, list_);                \
    } while (0)

void check_came(struct here here, const char *check, int error,
                const char *expected, const char *came, const char *why, ...)
{
    FAILED_WITH(expected, came);
}

void check_true(struct here here, const char *check, int error, bool ok,
                const char *why, ...)
{
    check_home();
    if (ok)
        passed(check, "yes");
    else
        FAILED_WITH(check ? "true" : "", check ? "false" : "");
}

void check_eq(struct here here, const char *check, int error, intmax_t got,
              intmax_t want, const char *why, ...)
{
    char expected[64], came[192];

    check_home();
    if (got == want) {
        passed(check, "%jd", got);
        return;
    }
    snprintf(expected, sizeof(expected), "%jd", want);
    if (got == -1 && error)
        snprintf(came, sizeof(came), "-1, errno %s", name_errno(error));
    else if (want > 0 && want < 256 && got == want << 8)
        snprintf(came, sizeof(came),
                 "%jd, a raw wait status: WEXITSTATUS() of it is %jd", got,
                 want);
    else
        snprintf(came, sizeof(came), "%jd", got);
    FAILED_WITH(expected, came);
}

void check_ok(struct here here, const char *check, int error, intmax_t got,
              const char *why, ...)
{
    char came[160];

    check_home();
    if (got != -1) {
        passed(check, "%jd", got);
        return;
    }
    snprintf(came, sizeof(came), "-1, errno %s", name_errno(error));
    FAILED_WITH("success", came);
}

void check_errno(struct here here, const char *check, int error, intmax_t got,
                 int want, const char *why, ...)
{
    char expected[160], came[160];

    check_home();
    if (got == -1 && error == want) {
        passed(check, "-1, errno %s", name_errno(error));
        return;
    }
    snprintf(expected, sizeof(expected), "-1, errno %s", name_errno(want));
    if (got == -1)
        snprintf(came, sizeof(came), "-1, errno %s", name_errno(error));
    else
        snprintf(came, sizeof(came), "%jd", got);
    FAILED_WITH(expected, came);
}

void check_status(struct here here, const char *check, int error, int got,
                  int want, const char *why, ...)
{
    char expected[96], came[96];

    check_home();
    name_status(got, came, sizeof(came));
    if (got == want || (want < 128 && (got & 0xff7f) == want)) {
        passed(check, "%s", came); /* a core dump's bit makes no difference */
        return;
    }
    name_status(want, expected, sizeof(expected));
    FAILED_WITH(expected, came);
}

static void show_bytes(char *text, size_t cap, const void *bytes, size_t len,
                       size_t from)
{
    const unsigned char *b = bytes;
    size_t used;

    used = (size_t)snprintf(text, cap, "%zu bytes", len);
    if (from < len)
        used += (size_t)snprintf(text + used, cap - used, ", at %zu: ", from);
    for (size_t i = from; i < len && i < from + 24 && used + 8 < cap; i++)
        used += (size_t)snprintf(text + used, cap - used,
                                 b[i] >= ' ' && b[i] < 127 ? "%c" : "\\x%02x",
                                 b[i]);
}

void check_mem(struct here here, const char *check, int error, const void *got,
               size_t got_len, const void *want, size_t want_len,
               const char *why, ...)
{
    const unsigned char *g = got, *w = want;
    char expected[256], came[256];
    size_t same = 0;

    check_home();
    while (same < got_len && same < want_len && g[same] == w[same])
        same++;
    if (same == got_len && same == want_len) {
        passed(check, "%zu bytes as expected", got_len);
        return;
    }
    show_bytes(expected, sizeof(expected), want, want_len, same);
    show_bytes(came, sizeof(came), got, got_len, same);
    FAILED_WITH(expected, came);
}

void check_str(struct here here, const char *check, int error, const char *got,
               const char *want, const char *why, ...)
{
    char expected[256], came[256];
    size_t same = 0;

    check_home();
    if (got && strcmp(got, want) == 0) {
        passed(check, "\"%.60s\"", got);
        return;
    }
    while (got && got[same] && got[same] == want[same])
        same++;
    show_bytes(expected, sizeof(expected), want, strlen(want), same);
    if (got)
        show_bytes(came, sizeof(came), got, strlen(got), same);
    else
        snprintf(came, sizeof(came), "NULL");
    FAILED_WITH(expected, came);
}

void check_island(struct here here, const char *check, int error, bool ok,
                  const char *why, ...)
{
    if (!ok)
        FAILED_WITH("true", "false");
}
