/*
 * text.c — text that may hold anything, made fit to be shown.
 */
#include "text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NO_CHARACTER = 0xfffd, LONGEST = 4 };

void *allocate(size_t size)
{
    void *memory = calloc(1, size > 0 ? size : 1);

    if (!memory) {
        fprintf(stderr, "grader: out of memory\n");
        exit(2);
    }
    return memory;
}

static size_t length_by_first_byte(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first < 0xe0)
        return 2;
    if (first >= 0xe0 && first < 0xf0)
        return 3;
    if (first >= 0xf0 && first < 0xf5)
        return 4;
    return 0;
}

size_t text_next(const char *s, uint32_t *c)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *byte = (const unsigned char *)s;
    size_t length = length_by_first_byte(*byte);

    *c = *byte;
    if (*byte == 0)
        return 0;
    if (length > 1)
        *c = *byte & (0xff >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xc0) != 0x80) /* the final NUL stops us, too */
            length = 0;
        else
            *c = *c << 6 | (byte[i] & 0x3f);
    }
    bool surrogate = *c >= 0xd800 && *c < 0xe000;
    if (length == 0 || *c < least[length] || *c > 0x10ffff || surrogate) {
        *c = NO_CHARACTER;
        return 1;
    }
    return length;
}

/* What is shown in place of c. */
static uint32_t harmless(uint32_t c)
{
    if (c < 0x20 && c != '\n' && c != '\t')
        return 0x2400 + c;
    if (c == 0x7f)
        return 0x2421;
    bool steers = c >= 0x80 && c < 0xa0; /* CSI in one byte */
    bool turns = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    bool not_xml = c == 0xfffe || c == 0xffff;
    return steers || turns || not_xml ? NO_CHARACTER : c;
}

static size_t put(char *to, uint32_t c)
{
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (size_t i = length - 1; i > 0; i--) {
        to[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    to[0] = (char)(first[length] | c);
    return length;
}

int text_columns(uint32_t c)
{
    static const struct {
        uint32_t from, to;
        int columns;
    } other[] = {
        {0x300, 0x36f, 0},     {0x1100, 0x115f, 2},   {0x200b, 0x200f, 0},
        {0x20d0, 0x20ff, 0},   {0x2e80, 0x303e, 2},   {0x3041, 0xa4cf, 2},
        {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},
        {0xfe20, 0xfe2f, 0},   {0xfe30, 0xfe6f, 2},   {0xfeff, 0xfeff, 0},
        {0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},   {0x1f300, 0x1f64f, 2},
        {0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2},
    };

    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        if (c >= other[i].from && c <= other[i].to)
            return other[i].columns;
    return 1;
}

int text_width(const char *s)
{
    int width = 0;
    uint32_t c;

    for (size_t n; (n = text_next(s, &c)) > 0; s += n)
        width += text_columns(c);
    return width;
}

char *text_clean(const char *s, size_t bound)
{
    size_t size = strlen(s), used = 0, n;
    size_t room = size < bound ? size * LONGEST : bound;
    char *clean = allocate((room < bound ? room : bound) + 64);
    uint32_t c;

    for (const char *at = s; (n = text_next(at, &c)) > 0; at += n) {
        if (c == '\r' && at[1] == '\n')
            continue;
        if (used + LONGEST > bound) {
            sprintf(clean + used, "… (%zu bytes in all)", size);
            return clean;
        }
        used += put(clean + used, harmless(c));
    }
    clean[used] = '\0';
    return clean;
}

static bool is_blank(uint32_t c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

char *text_line(const char *s, int columns)
{
    size_t room = columns > 0 ? (size_t)columns * 8 : 0;
    char *line = allocate(room + 2 * LONGEST);
    size_t used = 0, keep = 0; /* keep: as much as leaves room for the … */
    int width = 0;
    bool blank = false;
    uint32_t c;

    for (size_t n; (n = text_next(s, &c)) > 0; s += n) {
        if (is_blank(c)) {
            blank = used > 0;
            continue;
        }
        c = harmless(c);
        width += text_columns(c) + blank;
        if (width > columns || used + 1 + LONGEST > room) {
            strcpy(line + keep, columns > 0 ? "…" : "");
            return line;
        }
        if (blank)
            line[used++] = ' ';
        blank = false;
        used += put(line + used, c);
        if (width < columns)
            keep = used;
    }
    line[used] = '\0';
    return line;
}

char *text_sentence(const char *name, int columns)
{
    char *line = text_line(name, columns);

    for (char *at = line; (at = strchr(at, '_')); at++)
        *at = ' ';
    return line;
}
