/*
 * advice.c — what to do with an exercise now.
 */
#include "advice.h"

#include <stdlib.h>
#include <string.h>

#include "lacking.h"
#include "look.h"
#include "text.h"
#include "words.h"

enum { PATH_COLUMNS = 200 };

void advice_to_start(FILE *out, struct look look,
                     const struct exercise_result *exercise)
{
    char *source = text_line(exercise->source, PATH_COLUMNS);
    char *stem = text_line(exercise->stem, 40);
    char *chapter = text_line(exercise->chapter, 40);

    fprintf(out, "  %s\n    %s\n",
            words(look.chinese, "Open this file and write the function:"),
            source);
    fprintf(out, "  %s\n    chapters/%s/%s.h\n",
            words(look.chinese, "What it shall do:"), chapter, stem);
    fprintf(out, "  %s\n    chapters/%s/README%s.md, %s\n\n",
            words(look.chinese, "The story and the hints:"), chapter,
            look.chinese ? ".zh-CN" : "", stem);
    free(source);
    free(stem);
    free(chapter);
}

/* "solutions" for "solutions/1_islands/family.c". */
static char *impl_of(const struct exercise_result *exercise)
{
    char *impl = copy_text(exercise->source);

    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(impl, '/');
        if (slash)
            *slash = '\0';
    }
    return impl;
}

static void put_command(FILE *out, struct look look,
                        const struct exercise_result *exercise,
                        const char *suffix, const char *what)
{
    char *impl = impl_of(exercise);
    char *target = format_text("%s%s", exercise->stem, suffix);
    char *command = words_make(impl, *suffix ? target : "");

    fputs("  ", out);
    look_put(out, look, BOLD, command, 24);
    fprintf(out, "  %s\n", words(look.chinese, what));
    free(command);
    free(target);
    free(impl);
}

void advice_one_fact(FILE *out, struct look look,
                     const struct exercise_result *exercise, const char *fact)
{
    char *impl = impl_of(exercise);
    char *command = words_make(impl, exercise->stem);
    char *name = text_line(fact, PATH_COLUMNS);
    char *whole = format_text("%s FACT=%s", command, name);

    fputs("  ", out);
    look_put(out, look, BOLD, whole, 0);
    fputc('\n', out);
    free(whole);
    free(name);
    free(command);
    free(impl);
}

void advice_lacking(FILE *out, struct look look,
                    const struct exercise_result *exercise)
{
    char *part = lacking_part(exercise->message);

    if (part) {
        fputs("  ", out);
        fprintf(out,
                words(look.chinese, "%s is missing on this machine: "
                                    "`make setup` installs it."),
                part);
        fputc('\n', out);
    }
    free(part);
}

void advice_what_next(FILE *out, struct look look,
                      const struct exercise_result *exercise)
{
    switch (exercise->verdict) {
    case V_FAILED:
        put_command(out, look, exercise, ".hint", "a hint");
        put_command(out, look, exercise, ".trace",
                    "a picture of the failing test");
        put_command(out, look, exercise, ".debug", "gdb at the failing test");
        break;
    case V_NOT_COMPILED:
        advice_lacking(out, look, exercise);
        break;
    case V_NOT_STARTED:
        put_command(out, look, exercise, ".hint", "a hint");
        break;
    case V_PASSED:
        put_command(out, look, exercise, "", "the map, and what is next");
        break;
    case V_GRADER_FAULT:
        fprintf(out, "  %s %s\n",
                words(look.chinese, "This is the grader's fault, not yours. "
                                    "It costs no points."),
                words(look.chinese, "Please run it again."));
        break;
    default:
        break;
    }
}
