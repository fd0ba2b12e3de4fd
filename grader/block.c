/*
 * block.c — text in lines, indented and folded.
 */
#include "block.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "words.h"

enum { ROWS = 6 }; /* of the terminal, for one line: a sentence fits in */

int block_width(struct look look)
{
    return look.width < 80 ? 80 : look.width;
}

/* How many bytes of the line to put on a row: to a blank, if there is one. */
static size_t row_of(const char *line, int columns)
{
    size_t at = 0, blank = 0, n;
    uint32_t c;

    for (; (n = text_next(line + at, &c)) > 0; at += n) {
        if (c == ' ' && at > 0)
            blank = at;
        columns -= text_columns(c);
        if (columns < 0)
            return blank > 0 ? blank : at;
    }
    return at;
}

/* A line, folded at blanks; what follows hangs below where its text began. */
static void put_line(FILE *out, struct look look, enum ink ink,
                     const char *line)
{
    int begin = (int)strspn(line, " "),
        columns = block_width(look) - BLOCK_INDENT;

    begin = begin < columns / 2 ? begin : 0;
    line += begin;
    for (int row = 0; *line && row < ROWS; row++) {
        size_t size = row_of(line, columns - begin);
        fprintf(out, "%*s", BLOCK_INDENT + begin, "");
        char *text = format_text("%.*s", (int)size, line);
        look_put(out, look, ink, text, 0);
        free(text);
        line += size + strspn(line + size, " ");
        if (*line)
            fputs(row + 1 == ROWS ? "…" : "\n", out);
    }
    fputc('\n', out);
}

int block_put(FILE *out, struct look look, const char *text, int most)
{
    return block_put_in(out, look, PLAIN, text, most);
}

int block_put_in(FILE *out, struct look look, enum ink ink, const char *text,
                 int most)
{
    int lines = 0, left = 0;
    char *clean = text_clean(text, TEXT_BOUND), *rest = clean;

    for (size_t end = strlen(clean); end > 0 && clean[end - 1] == '\n'; end--)
        clean[end - 1] = '\0';
    if (!*clean)
        rest = NULL;
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (lines++ < most)
            put_line(out, look, ink, line);
        else
            left++;
    }
    if (left > 0) {
        char *more =
            left == 1
                ? copy_text(words(look.chinese, "… 1 more line"))
                : format_text(words(look.chinese, "… %d more lines"), left);
        put_line(out, look, ink, more);
        free(more);
    }
    free(clean);
    return lines < most ? lines : most + 1;
}
