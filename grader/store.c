/*
 * store.c — keep the result of an exercise until its files change.
 *
 * A first line with the version, then named fields, each "name 12\n" with
 * twelve bytes and a newline after it, or a plain number; in the order in
 * which they are written, and a checksum at the end. What is not exactly so
 * does not load.
 */
#include "result.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "draft.h"
#include "text.h"

#define VERSION "grader result 2\n"
enum { SUM_SIZE = 9 + 16 + 1 }; /* "checksum 0123456789abcdef\n" */
enum { FILE_MAX = 64 << 20, TEST_MAX = 10000 }; /* more is no result of ours */

static uint64_t checksum(const char *bytes, size_t size)
{
    uint64_t sum = 0xcbf29ce484222325; /* FNV-1a */

    for (size_t i = 0; i < size; i++)
        sum = (sum ^ (unsigned char)bytes[i]) * 0x100000001b3;
    return sum;
}

static void put_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "%s %zu\n%s\n", name, strlen(text), text);
}

static void put_number(FILE *out, const char *name, long number)
{
    fprintf(out, "%s %ld\n", name, number);
}

static void put_test(FILE *out, const struct test_result *test)
{
    put_text(out, "name", test->name);
    put_number(out, "verdict", test->verdict);
    put_number(out, "unstarted", test->unstarted);
    bool sane = test->seconds >= 0 && test->seconds < 1e9; /* no NaN */
    put_number(out, "microseconds", sane ? (long)(test->seconds * 1e6) : 0);
    put_text(out, "headline", test->headline);
    put_text(out, "message", test->message);
    put_text(out, "output", test->output);
    put_text(out, "proved", test->proved);
    put_text(out, "schedule", test->schedule);
}

static void put_exercise(FILE *out, const struct exercise_result *exercise)
{
    fputs(VERSION, out);
    put_text(out, "chapter", exercise->chapter);
    put_text(out, "stem", exercise->stem);
    put_text(out, "source", exercise->source);
    put_number(out, "weight", exercise->weight);
    put_number(out, "verdict", exercise->verdict);
    put_text(out, "message", exercise->message);
    put_text(out, "warnings", exercise->warnings);
    put_number(out, "tests", (long)exercise->count);
    for (size_t i = 0; i < exercise->count; i++)
        put_test(out, &exercise->tests[i]);
}

int result_save(const struct exercise_result *exercise, const char *path)
{
    char *bytes = NULL;
    size_t size = 0;
    struct draft draft;
    FILE *memory = open_memstream(&bytes, &size);

    if (!memory)
        return -1;
    put_exercise(memory, exercise);
    FILE *out = fclose(memory) == 0 ? draft_open(&draft, path) : NULL;
    if (out) {
        fwrite(bytes, 1, size, out);
        fprintf(out, "checksum %016" PRIx64 "\n", checksum(bytes, size));
    }
    free(bytes);
    return out ? draft_publish(&draft) : -1;
}

/* What is left to read; `wrong` once something was not as it should be. */
struct reader {
    const char *at, *end;
    bool wrong;
};

/* A number after a name; `least` once anything is wrong. */
static long get_number(struct reader *in, const char *name, long least,
                       long most)
{
    size_t length = strlen(name);
    char *after = NULL;

    if (in->wrong || (size_t)(in->end - in->at) < length + 3 ||
        memcmp(in->at, name, length) != 0 || in->at[length] != ' ')
        goto wrong;
    errno = 0;
    long number = strtol(in->at + length + 1, &after, 10);
    if (errno != 0 || after >= in->end || *after != '\n' || number < least ||
        number > most)
        goto wrong;
    in->at = after + 1;
    return number;
wrong:
    in->wrong = true;
    return least;
}

static char *get_text(struct reader *in, const char *name)
{
    size_t size = (size_t)get_number(in, name, 0, FILE_MAX);

    if (in->wrong || (size_t)(in->end - in->at) <= size ||
        in->at[size] != '\n' || memchr(in->at, '\0', size)) {
        in->wrong = true;
        return copy_text("");
    }
    char *text = allocate(size + 1);
    memcpy(text, in->at, size);
    in->at += size + 1;
    return text;
}

static void get_test(struct reader *in, struct test_result *test)
{
    test->name = get_text(in, "name");
    test->verdict = (enum verdict)get_number(in, "verdict", 0, V_COUNT - 1);
    test->unstarted = get_number(in, "unstarted", 0, 1);
    test->seconds = (double)get_number(in, "microseconds", 0, LONG_MAX) / 1e6;
    test->headline = get_text(in, "headline");
    test->message = get_text(in, "message");
    test->output = get_text(in, "output");
    test->proved = get_text(in, "proved");
    test->schedule = get_text(in, "schedule");
}

static void get_exercise(struct reader *in, struct exercise_result *exercise)
{
    size_t length = strlen(VERSION);

    in->wrong = (size_t)(in->end - in->at) < length ||
                memcmp(in->at, VERSION, length) != 0;
    in->at += in->wrong ? 0 : length;
    exercise->chapter = get_text(in, "chapter");
    exercise->stem = get_text(in, "stem");
    exercise->source = get_text(in, "source");
    exercise->weight = (int)get_number(in, "weight", INT_MIN, INT_MAX);
    exercise->verdict = (enum verdict)get_number(in, "verdict", 0, V_COUNT - 1);
    exercise->message = get_text(in, "message");
    exercise->warnings = get_text(in, "warnings");
    exercise->count = (size_t)get_number(in, "tests", 0, TEST_MAX);
    exercise->tests = allocate(exercise->count * sizeof *exercise->tests);
    for (size_t i = 0; i < exercise->count; i++)
        get_test(in, &exercise->tests[i]);
    if (in->at != in->end)
        in->wrong = true;
}

/* The whole file with a NUL after it, or NULL and errno. */
static char *read_file(const char *path, size_t *size)
{
    FILE *in = fopen(path, "re");
    char *bytes = NULL;
    struct stat is;

    if (!in)
        return NULL;
    errno = EINVAL;
    if (fstat(fileno(in), &is) == 0 && S_ISREG(is.st_mode) &&
        is.st_size <= FILE_MAX) {
        bytes = allocate((size_t)is.st_size + 1);
        *size = fread(bytes, 1, (size_t)is.st_size, in);
    }
    fclose(in);
    return bytes;
}

/* Takes the last line off; whether it is the right one. */
static bool checksum_is_right(const char *bytes, size_t *size)
{
    char line[SUM_SIZE + 1];

    if (*size < SUM_SIZE)
        return false;
    *size -= SUM_SIZE;
    sprintf(line, "checksum %016" PRIx64 "\n", checksum(bytes, *size));
    return memcmp(bytes + *size, line, SUM_SIZE) == 0;
}

int result_load(struct exercise_result *exercise, const char *path)
{
    size_t size;
    char *bytes = read_file(path, &size);

    *exercise = (struct exercise_result){0};
    if (!bytes)
        return -1;
    struct reader in = {bytes, NULL, true};
    if (checksum_is_right(bytes, &size)) {
        in.end = bytes + size;
        get_exercise(&in, exercise);
    }
    free(bytes);
    if (in.wrong) {
        result_clear(exercise);
        errno = EINVAL;
        return -1;
    }
    return 0;
}
