/*
 * encode.c — quoting for the formats machines read.
 */
#include "encode.h"

#include <stdlib.h>
#include <stdbool.h>

#include "text.h"

void encode_json(FILE *out, const char *text)
{
    char *clean = text_clean(text, TEXT_BOUND);

    fputc('"', out);
    for (const char *at = clean; *at; at++) {
        if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if (*at == '\n')
            fputs("\\n", out);
        else if (*at == '\t')
            fputs("\\t", out);
        else
            fputc(*at, out);
    }
    fputc('"', out);
    free(clean);
}

static const char *xml_entity(char c, bool attribute)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>': /* so that "]]>" is none */
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return attribute ? "&quot;" : NULL;
    case '\n':
        return attribute ? "&#10;" : NULL;
    case '\t':
        return attribute ? "&#9;" : NULL;
    default:
        return NULL;
    }
}

static void put_xml(FILE *out, const char *text, bool attribute)
{
    char *clean = text_clean(text, TEXT_BOUND);

    for (const char *at = clean; *at; at++) {
        const char *entity = xml_entity(*at, attribute);
        if (entity)
            fputs(entity, out);
        else
            fputc(*at, out);
    }
    free(clean);
}

void encode_xml(FILE *out, const char *text)
{
    put_xml(out, text, false);
}

void encode_xml_attribute(FILE *out, const char *text)
{
    put_xml(out, text, true);
}

void encode_tap(FILE *out, const char *text)
{
    char *line = text_line(text, 400);

    for (const char *at = line; *at; at++) {
        if (*at == '#' || *at == '\\')
            fputc('\\', out);
        fputc(*at, out);
    }
    free(line);
}

void encode_seconds(FILE *out, double seconds)
{
    bool sane = seconds >= 0 && seconds < 1e9;
    long ms = sane ? (long)(seconds * 1000 + 0.5) : 0;

    fprintf(out, "%ld.%03ld", ms / 1000, ms % 1000); /* in any locale */
}
