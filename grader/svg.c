/*
 * svg.c — text in a drawing: escaped, measured and broken into lines.
 */
#include "svg.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "text.h"

void svg_text(FILE *out, const char *s)
{
    static const struct {
        char c;
        const char *entity;
    } quoted[] = {{'&', "&amp;"},
                  {'<', "&lt;"},
                  {'>', "&gt;"},
                  {'"', "&quot;"},
                  {'\'', "&#39;"}};
    char *clean = text_clean(s, TEXT_BOUND);

    for (const char *at = clean; *at; at++) {
        const char *entity = NULL;
        for (size_t i = 0; i < sizeof quoted / sizeof quoted[0]; i++)
            if (quoted[i].c == *at)
                entity = quoted[i].entity;
        if (entity)
            fputs(entity, out);
        else
            fputc(*at, out);
    }
    free(clean);
}

/* Of one character, in hundredths of the font size. */
static int advance(uint32_t c, enum svg_font font)
{
    static const struct {
        const char *set;
        int width;
    } ascii[] = {{"ijl'|", 28},
                 {"fI.,:;! ()[]{}/\\-", 39},
                 {"rt", 42},
                 {"mMW@%", 100},
                 {"w", 82},
                 {"=+<>~^_", 84},
                 {"ABCDEFGHKLNOPQRSTUVXYZ&", 74}};
    int columns = text_columns(c), width = 64;

    if (columns != 1)
        return columns * 51;
    if (font == SVG_MONO)
        return c < 0x2000 ? 61 : 84;
    if (c >= 0x2000)
        width = 100;
    for (size_t i = 0; c < 0x80 && i < sizeof ascii / sizeof ascii[0]; i++)
        if (strchr(ascii[i].set, (int)c))
            width = ascii[i].width;
    return font == SVG_BOLD ? width * 113 / 100 : width;
}

double svg_width(const char *s, double size, enum svg_font font)
{
    long hundredths = 0;
    uint32_t c;

    for (size_t n; (n = text_next(s, &c)) > 0; s += n)
        hundredths += advance(c, font);
    return (double)hundredths * size / 100;
}

char *svg_cut(const char *s, double width, double size, enum svg_font font)
{
    int columns = text_width(s) + 1;
    char *line = text_line(s, columns);

    while (columns > 1 && svg_width(line, size, font) > width) {
        free(line);
        line = text_line(s, --columns);
    }
    return line;
}

/* After these, and before those, no line of Chinese ends. */
static const uint32_t opening[] = {0xff08, 0x300a, 0x300c, 0x201c, 0};
static const uint32_t closing[] = {0xff09, 0x300b, 0x300d, 0x201d, 0xff0c,
                                   0x3002, 0xff1a, 0xff1b, 0x3001, 0};

static bool is_in(uint32_t c, const uint32_t *set)
{
    while (*set && *set != c)
        set++;
    return *set != 0;
}

/* "fd 4" and "pipe A" stay together. */
static bool may_break(const char *blank)
{
    const char *at = blank + 1;

    if (*at >= '0' && *at <= '9')
        return false;
    return !(*at >= 'A' && *at <= 'Z' &&
             !((at[1] | 32) >= 'a' && (at[1] | 32) <= 'z'));
}

/* Where the line that begins at s may end: as late as it fits. */
static const char *line_end(const char *s, double width, double size,
                            enum svg_font font)
{
    const char *at = s, *end = s;
    double used = 0;
    uint32_t c;

    for (size_t n; (n = text_next(at, &c)) > 0; at += n) {
        if (c == ' ' && may_break(at))
            end = at;
        used += advance(c, font) * size / 100;
        if (used > width && at > s)
            return end > s ? end : at;
        uint32_t next;
        text_next(at + n, &next);
        if (text_columns(c) == 2 && !is_in(c, opening) && !is_in(next, closing))
            end = at + n;
    }
    return at;
}

void svg_break(struct svg_lines *lines, const char *s, double width,
               double size, enum svg_font font, int most)
{
    char *clean = text_line(s, 400);
    const char *at = clean;

    lines->count = 0;
    while (*at && lines->count < most) {
        const char *end = line_end(at, width, size, font);
        char *line = format_text("%.*s", (int)(end - at), at);
        if (lines->count == most - 1 && *end) {
            free(line);
            line = svg_cut(at, width, size, font);
        }
        lines->line[lines->count++] = line;
        at = end + strspn(end, " ");
    }
    free(clean);
}

void svg_lines_clear(struct svg_lines *lines)
{
    while (lines->count > 0)
        free(lines->line[--lines->count]);
}
