/*
 * nearest.c — what a misspelt name was meant to be.
 */
#include "nearest.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "text.h"
#include "words.h"

enum { LONGEST = 32, SHOWN = 3, TOO_FAR = 1000 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t nearest_distance(const char *a, const char *b)
{
    size_t rows = strlen(a), columns = strlen(b);
    size_t cost[LONGEST + 1][LONGEST + 1];

    if (rows > LONGEST || columns > LONGEST)
        return TOO_FAR;
    for (size_t i = 0; i <= rows; i++) {
        for (size_t j = 0; j <= columns; j++) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            bool same = a[i - 1] == b[j - 1];
            cost[i][j] = least(cost[i - 1][j], cost[i][j - 1]) + 1;
            cost[i][j] = least(cost[i][j], cost[i - 1][j - 1] + !same);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = least(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[rows][columns];
}

/* A name somebody stopped typing is as near as one with a letter wrong. */
static size_t distance(const char *typed, const char *name)
{
    size_t length = strlen(typed);

    if (length >= 2 && strncmp(typed, name, length) == 0)
        return 1;
    size_t changes = nearest_distance(typed, name);
    return changes <= 1 + length / 4 && changes < length ? changes : TOO_FAR;
}

void nearest(FILE *out, const char *name, char *const names[], size_t count)
{
    bool chinese = words_chinese();
    char *shown = text_line(name, 60);
    size_t shortest = TOO_FAR, found = 0;

    for (size_t i = 0; i < count; i++)
        shortest = least(shortest, distance(shown, names[i]));
    fprintf(out, words(chinese, "There is no exercise or command called '%s'."),
            shown);
    fputs(chinese ? "" : " ", out);
    for (size_t i = 0; shortest < TOO_FAR && i < count && found < SHOWN; i++) {
        if (distance(shown, names[i]) != shortest)
            continue;
        fputs(found++ > 0 ? ", " : words(chinese, "Did you mean: "), out);
        fputs(names[i], out);
    }
    if (found > 0)
        fputs(chinese ? "？\n" : "?\n", out);
    else
        fprintf(out, "%s\n",
                words(chinese, "`make help` lists what there is."));
    free(shown);
}
