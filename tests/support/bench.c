/*
 * bench.c — rounds, medians and the table; bench_chart.c draws it.
 */
#include "bench.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_chart.h"

enum { PATIENCE_MS = 60000, MOST_ROUNDS = 101 };

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

double bench_cpu(void)
{
    static const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
    struct rusage usage;
    double sum = 0;

    for (int i = 0; i < 2; i++) {
        getrusage(whose[i], &usage);
        sum += seconds(usage.ru_utime) + seconds(usage.ru_stime);
    }
    return sum;
}

/* ---- one round ---------------------------------------------------------- */

struct round {
    double cost;
    int error;
    double memory; /* bytes */
    int wstatus;
    bool late;
};

static void do_round(const struct bench_way *way, size_t size, int tell)
{
    struct round r = {0};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    errno = 0;
    r.cost = way->run(size);
    r.error = r.cost < 0 ? errno : 0;
    _exit(write(tell, &r, sizeof(r)) != sizeof(r));
}

static struct round one_round(const struct bench_way *way, size_t size)
{
    struct round r = {.cost = -1};
    struct rusage usage = {0};
    int end[2];

    fflush(NULL);
    if (pipe(end) == -1)
        return r;
    pid_t pid = fork();
    if (pid == 0)
        do_round(way, size, end[1]);
    close(end[1]);
    struct pollfd p = {.fd = end[0], .events = POLLIN};
    r.late = pid != -1 && poll(&p, 1, PATIENCE_MS) == 0;
    if (r.late)
        kill(-pid, SIGKILL);
    else if (read(end[0], &r, sizeof(r)) != sizeof(r))
        r.cost = -1;
    close(end[0]);
    while (pid != -1 && wait4(pid, &r.wstatus, 0, &usage) == -1)
        ;
    r.memory = (double)usage.ru_maxrss * 1024;
    return r;
}

/* What went wrong, in one sentence. */
static void complain(const struct bench_way *way, const struct round *r)
{
    if (r->late)
        fprintf(stderr, "%s did not come to an end within a minute", way->name);
    else if (WIFSIGNALED(r->wstatus))
        fprintf(stderr, "%s was ended by a signal: %s", way->name,
                strsignal(WTERMSIG(r->wstatus)));
    else if (r->error == ENOSYS)
        fprintf(stderr, "%s is not written yet", way->name);
    else
        fprintf(stderr, "%s failed: %s", way->name, strerror(r->error));
    fprintf(stderr,
            ". A bench compares right answers: 'make %s' says what is "
            "missing.\n",
            way->name);
}

/* ---- all rounds --------------------------------------------------------- */

static int by_cost(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int rounds_of(const struct bench *b)
{
    const char *asked = getenv("BENCH_ROUNDS");
    int n = asked ? atoi(asked) : b->rounds;

    return n < 1 ? 1 : n > MOST_ROUNDS ? MOST_ROUNDS : n;
}

/* One size: all ways in turn, round after round. The first round warms up. */
static int measure_size(const struct bench *b, size_t size,
                        struct bench_result *results)
{
    double cost[BENCH_WAYS][MOST_ROUNDS];
    int rounds = rounds_of(b);

    for (int n = -1; n < rounds; n++)
        for (size_t w = 0; w < b->way_count; w++) {
            struct round r = one_round(&b->ways[w], size);
            if (r.cost < 0) {
                complain(&b->ways[w], &r);
                return -1;
            }
            if (n >= 0)
                cost[w][n] = r.cost;
            if (r.memory > results[w].memory)
                results[w].memory = r.memory;
        }
    for (size_t w = 0; w < b->way_count; w++) {
        qsort(cost[w], (size_t)rounds, sizeof(double), by_cost);
        results[w].median = cost[w][rounds / 2];
        results[w].fastest = cost[w][0];
        results[w].slowest = cost[w][rounds - 1];
    }
    return 0;
}

/* ---- the table ---------------------------------------------------------- */

void bench_size_text(const struct bench *b, size_t size, char *text, size_t cap)
{
    if (strcmp(b->unit, "bytes") != 0)
        snprintf(text, cap, "%zu %s", size, b->unit);
    else if (size >= 1 << 20)
        snprintf(text, cap, "%zu MiB", size >> 20);
    else
        snprintf(text, cap, "%zu KiB", size >> 10);
}

void bench_seconds_text(double s, char *text, size_t cap)
{
    double value = s >= 1 ? s : s >= 1e-3 ? s * 1e3 : s * 1e6;
    const char *unit = s >= 1 ? "s" : s >= 1e-3 ? "ms" : "µs";

    snprintf(text, cap, "%.*f %s",
             value < 10    ? 2
             : value < 100 ? 1
                           : 0,
             value, unit);
}

/* Right-aligned by characters: µ has two bytes. */
static void put_right(const char *text, int columns)
{
    int wide = 0;

    for (const char *c = text; *c; c++)
        wide += (*c & 0xc0) != 0x80;
    printf("%*s%s", columns > wide ? columns - wide : 0, "", text);
}

static void put_seconds(double s, int columns)
{
    char text[32];

    bench_seconds_text(s, text, sizeof(text));
    put_right(text, columns);
}

static void put_head(const struct bench *b, bool bold)
{
    char versus[40];

    printf("\n%s%s%s\n\n", bold ? "\x1b[1m" : "", b->title,
           bold ? "\x1b[0m" : "");
    snprintf(versus, sizeof(versus), "to %s", b->ways[b->way_count - 1].name);
    printf("  %-14s%-12s%10s%10s%10s%10s%10s\n", "", b->cost, "median",
           "fastest", "slowest", versus, "memory");
}

static void put_size(const struct bench *b, size_t s,
                     const struct bench_result *results)
{
    const struct bench_result *last = &results[b->way_count - 1];
    char size[40];

    bench_size_text(b, b->sizes[s], size, sizeof(size));
    for (size_t w = 0; w < b->way_count; w++) {
        const struct bench_result *r = &results[w];
        printf("  %-14s%-12s", w == 0 ? size : "", b->ways[w].name);
        put_seconds(r->median, 10);
        put_seconds(r->fastest, 10);
        put_seconds(r->slowest, 10);
        printf("%8.2f ×%6.0f MiB\n", r->median / last->median,
               r->memory / (1 << 20));
    }
    fflush(stdout);
}

/* "linearly" leaves room for the machine's caches and its noise. */
static const char *growth(double times, double size)
{
    return times < 1.2           ? "hardly grows"
           : times <= 1.7 * size ? "grows linearly"
                                 : "grows faster than linearly";
}

static void put_growth(const struct bench *b,
                       const struct bench_result *results)
{
    if (b->size_count < 2)
        return;
    size_t last = b->size_count - 1;
    const struct bench_result *big = &results[last * b->way_count];
    const struct bench_result *small = big - b->way_count;
    double size = (double)b->sizes[last] / (double)b->sizes[last - 1];
    double time = big->median / small->median;
    double memory = big->memory / small->memory;

    printf("\n  %s, with %.0f times as much to do:\n", b->ways[0].name, size);
    printf("  %5.1f times the %s: it %s\n", time, b->cost, growth(time, size));
    printf("  %5.1f times the memory: it %s\n", memory, growth(memory, size));
}

static int run_bench(const struct bench *b, struct bench_result *results)
{
    for (size_t s = 0; s < b->size_count; s++) {
        if (measure_size(b, b->sizes[s], &results[s * b->way_count]) == -1)
            return -1;
        if (s == 0)
            put_head(b, isatty(1) && !getenv("NO_COLOR"));
        put_size(b, s, &results[s * b->way_count]);
    }
    put_growth(b, results);
    return 0;
}

int bench_main(const struct bench *benches, size_t count)
{
    struct bench_result *results[BENCH_MOST];

    for (size_t i = 0; i < count; i++) {
        results[i] = calloc(benches[i].size_count * benches[i].way_count,
                            sizeof(struct bench_result));
        if (!results[i] || run_bench(&benches[i], results[i]) == -1)
            return 1;
    }
    return bench_draw(benches, results, count);
}
