/*
 * pipeline_bench.c — bytes through three cats, and many small pipelines.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "pipeline.h"

int reference_pipeline(char *const *const argv[], int n, int in, int out,
                       int status[]);

typedef int pipeline_way(char *const *const argv[], int n, int in, int out,
                         int status[]);

static int to_nowhere(void)
{
    return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int all_well(const int status[], int n)
{
    for (int i = 0; i < n; i++)
        if (status[i] != 0) {
            errno = ECHILD;
            return -1;
        }
    return 0;
}

/* ---- bytes through three cats: CPU time ---- */

static double through_cats(pipeline_way *run, size_t size)
{
    char text[32];
    char *const head[] = {"head", "-c", text, "/dev/zero", NULL};
    char *const cat[] = {"cat", NULL};
    char *const *const line[] = {head, cat, cat, cat};
    int status[4], null = to_nowhere();

    snprintf(text, sizeof(text), "%zu", size);
    double began = bench_cpu();
    if (run(line, 4, null, null, status) == -1 || all_well(status, 4) == -1)
        return -1;
    double cost = bench_cpu() - began;
    close(null);
    return cost;
}

static double cats_yours(size_t size)
{
    return through_cats(pipeline, size);
}

static double cats_reference(size_t size)
{
    return through_cats(reference_pipeline, size);
}

static double shell(const char *script)
{
    double began = bench_cpu();
    int wstatus = system(script);

    if (wstatus != 0)
        errno = ECHILD;
    return wstatus == 0 ? bench_cpu() - began : -1;
}

static double cats_shell(size_t size)
{
    char script[128];

    snprintf(script, sizeof(script),
             "head -c %zu /dev/zero | cat | cat | cat >/dev/null", size);
    return shell(script);
}

/* ---- many small pipelines: CPU time ---- */

static double many(pipeline_way *run, size_t count)
{
    char *const yes[] = {"true", NULL};
    char *const *const line[] = {yes, yes, yes};
    int status[3], null = to_nowhere();
    double began = bench_cpu();

    for (size_t i = 0; i < count; i++)
        if (run(line, 3, null, null, status) == -1 || all_well(status, 3) == -1)
            return -1;
    double cost = bench_cpu() - began;
    close(null);
    return cost;
}

static double many_yours(size_t count)
{
    return many(pipeline, count);
}

static double many_reference(size_t count)
{
    return many(reference_pipeline, count);
}

/* true would be the shell's own: env finds the program. */
static double many_shell(size_t count)
{
    char script[256];

    snprintf(script, sizeof(script),
             "t=$(command -v env) && t=${t%%env}true && i=0; "
             "while [ $i -lt %zu ]; do $t | $t | $t; i=$((i+1)); done",
             count);
    return shell(script);
}

int main(void)
{
    static const struct bench_way cats[] = {{"pipeline", cats_yours},
                                            {"reference", cats_reference},
                                            {"sh -c", cats_shell}};
    static const struct bench_way lines[] = {{"pipeline", many_yours},
                                             {"reference", many_reference},
                                             {"sh -c", many_shell}};
    static const size_t sizes[] = {4 << 20, 16 << 20, 64 << 20};
    static const size_t counts[] = {10, 40};
    const struct bench benches[] = {
        {"pipeline: bytes through three cats", "CPU time", "bytes", cats, 3,
         sizes, 3, 7},
        {"pipeline: start three programs, wait for all", "CPU time", "times",
         lines, 3, counts, 2, 7}};

    return bench_main(benches, 2);
}
