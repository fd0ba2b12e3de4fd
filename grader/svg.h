/*
 * svg.h — text in a drawing: escaped, measured and broken into lines.
 *
 * No font is at hand, so widths are those of wide fonts (DejaVu Sans); a
 * narrower one only leaves more room.
 */
#ifndef SVG_H
#define SVG_H

#include <stdio.h>

enum svg_font { SVG_PLAIN, SVG_BOLD, SVG_MONO };

/* The text, clean, with the quoting of XML and HTML, also in attributes. */
void svg_text(FILE *, const char *);

/* Its width in pixels at a font size. */
double svg_width(const char *, double size, enum svg_font);

/* A clean copy on one line, cut with "…" to fit. To be freed. */
char *svg_cut(const char *, double width, double size, enum svg_font);

/* Text broken into lines, at blanks or between Chinese characters. */
enum { SVG_LINES = 6 };
struct svg_lines {
    int count;
    char *line[SVG_LINES];
};
void svg_break(struct svg_lines *, const char *, double width, double size,
               enum svg_font, int most);
void svg_lines_clear(struct svg_lines *);

#endif
