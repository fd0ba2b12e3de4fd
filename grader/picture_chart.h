/*
 * picture_chart.h — where everything of the log stands.
 *
 * Each lane has three rows: above its line, on it, below it. Whatever is
 * drawn in a row needs room there, left and right of its time; time is then
 * stretched as far as all of it fits, so nothing can lie on anything else.
 */
#ifndef PICTURE_CHART_H
#define PICTURE_CHART_H

#include "picture_parts.h"

enum row { ABOVE, ON, BELOW, ROWS };

/* Room that is needed in a row, in pixels to both sides of a time. */
struct need {
    double x;
    int lane;
    enum row row;
    double left, right;
    size_t order;
};

/* A step's sign, and the words beside it. */
struct mark {
    double x; /* its time: when it began, or for what waits, returned */
    char *label;
    const char *class; /* of the label */
    enum row row;
    bool start;       /* the label begins at the mark; else it is centred … */
    bool end;         /* … or ends at the right edge */
    bool weak;        /* is left out where it does not fit */
    bool arrow[ROWS]; /* arrows come or go on this side */
    double left, right; /* of the label */
};

/* A close that is missing: where it should be. */
struct ghost {
    size_t hold;
    double x;
    char *label;
};

struct chart {
    const struct pen *pen;
    struct mark *mark; /* one for each step */
    struct ghost *ghost;
    size_t ghosts;
    double birth[STORY_LANES], halt[STORY_LANES];
    bool told[STORY_LANES];    /* what it is stuck in */
    int end_step[STORY_LANES]; /* its exit or death; -1 */
    char *end_label[STORY_LANES];
    struct need *need;
    size_t needs, room;
    double *x, *px; /* times and where they stand */
    size_t points;
    double track[STORY_LANES + 1]; /* between the rows of two lanes */
    double y[STORY_LANES], names, width, height;
};

void chart_make(struct chart *, const struct pen *);
void chart_clear(struct chart *);

/* Where a time stands, in pixels. */
double chart_px(const struct chart *, double x);

/* Asks for room. */
void chart_need(struct chart *, double x, int lane, enum row, double left,
                double right);

/* picture_marks.c: when each step is marked, and what room it needs */
void chart_marks(struct chart *);
void chart_ghosts(struct chart *);

/* picture_labels.c: the words beside it, and how wide they are */
void chart_label(struct chart *, size_t step);
void chart_extent(struct mark *);

/* picture_signs.c: draws them */
void chart_signs(const struct chart *);

/* The radius of a disc, and the least length of what is stuck. */
enum { CHART_DISC = 8, CHART_STUCK = 70 };

#endif
