/*
 * capture_bench.c — what it costs to feed a program and to listen to it.
 *
 * The program copies its input to both its outputs, so that each stream
 * moves the same number of bytes. The shell does the same with head, which
 * feeds, and two cats, which keep what comes in two files.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "capture.h"

int reference_capture(char *const argv[], const void *in, size_t in_len,
                      struct captured *c);
void reference_captured_free(struct captured *c);

static char self[PATH_MAX];

/* "bench both": the program. */
static int both(void)
{
    static char bytes[1 << 16];
    ssize_t n;

    while ((n = read(0, bytes, sizeof(bytes))) > 0)
        for (int fd = 1; fd <= 2; fd++)
            for (ssize_t done = 0, now; done < n; done += now)
                if ((now = write(fd, bytes + done, (size_t)(n - done))) <= 0)
                    return 1;
    return 0;
}

static double round_of(int (*capture_it)(char *const[], const void *, size_t,
                                         struct captured *),
                       void (*free_it)(struct captured *), size_t size)
{
    char *const argv[] = {self, "both", NULL};
    struct captured c = {0};
    char *in = malloc(size);

    if (in == NULL)
        return -1;
    memset(in, 'x', size);
    double began = bench_cpu();
    if (capture_it(argv, in, size, &c) == -1)
        return -1;
    double cost = bench_cpu() - began;
    if (c.wstatus != 0 || c.out_len != size || c.err_len != size ||
        memcmp(c.out, in, size) != 0 || memcmp(c.err, in, size) != 0) {
        errno = EPROTO; /* it has lost something */
        return -1;
    }
    free_it(&c);
    free(in);
    return cost;
}

static double yours(size_t size)
{
    return round_of(capture, captured_free, size);
}

static double reference(size_t size)
{
    return round_of(reference_capture, reference_captured_free, size);
}

/* Where the shell keeps what it hears; removed again. */
static char folder[] = "/tmp/bench-XXXXXX";

static void remove_files(void)
{
    if (chdir(folder) == 0) {
        unlink("out");
        unlink("err");
    }
    rmdir(folder);
}

static double shell(size_t size)
{
    char script[PATH_MAX + 256];

    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(script, sizeof(script),
             "cd %s && head -c %zu /dev/zero | "
             "{ '%s' both 2>&1 >&3 | cat >err; } 3>&1 | cat >out",
             folder, size, self);
    double began = bench_cpu();
    int wstatus = system(script);
    double cost = bench_cpu() - began;
    remove_files();
    errno = ECHILD;
    return wstatus == 0 ? cost : -1;
}

int main(int argc, char **argv)
{
    static const struct bench_way ways[] = {
        {"capture", yours}, {"reference", reference}, {"sh -c", shell}};
    static const size_t sizes[] = {1 << 20, 4 << 20, 16 << 20, 64 << 20};
    const struct bench bench = {
        "capture: feed a program, and listen to both its mouths",
        "CPU time",
        "bytes",
        ways,
        3,
        sizes,
        4,
        7};

    if (argc == 2 && strcmp(argv[1], "both") == 0)
        return both();
    if (readlink("/proc/self/exe", self, sizeof(self) - 1) == -1)
        return 1;
    return bench_main(&bench, 1);
}
