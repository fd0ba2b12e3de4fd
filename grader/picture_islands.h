/*
 * picture_islands.h — where everything of the map stands.
 */
#ifndef PICTURE_ISLANDS_H
#define PICTURE_ISLANDS_H

#include "picture_parts.h"
#include "svg.h"

struct box {
    double x, y, w, h;
};

/* How an island is written on: font sizes, the heights of its name and of a
 * line, a chip's width and height, the most chips and lines. */
struct hand {
    double name, state, head, line, chip, row;
    int chips, lines;
};

/* A process; its box is that of its coast. */
struct island {
    struct box box;
    int row, rank; /* rank: its place from the left */
    int place;     /* the same in its generation */
    struct svg_lines name, state;
    char *program, *where;
    double high; /* all that is written on it */
    int holds, chips_a_row, wrong;
    bool right;              /* what is wrong stands to its right … */
    double room;             /* … or below, in so much room */
    struct svg_lines lament; /* the sentences about it */
};

/* A curve from one coast to another; flow or idle: nothing crossed. */
struct bridge {
    int channel, from, to;
    long flow;             /* index; -1: idle */
    double x[4], y[4];     /* the ends and, between, what bends it */
    double disc_x, disc_y; /* the letter */
    char *text;
    bool both; /* a socket that leads both ways */
    bool over; /* nobody can write any more */
    struct box label;
    bool lettered, worded;  /* there was room for the letter, the bytes */
    int side_from, side_to; /* of the islands: 0 top, 1 right, 2 bottom, 3 */
};

struct map {
    const struct pen *pen;
    double limit, width, height;
    bool narrow, column, compact;
    struct hand hand;
    struct island island[STORY_LANES];
    int rows;
    struct bridge *bridge;
    size_t bridges, room;
    struct box *taken; /* where no label may lie */
    size_t takens;
};

/* picture_rows.c: where they lie */
void map_islands(struct map *);

/* picture_islands.c: what is written on them, and how large they are */
void map_measure(struct map *);
double map_widest(const struct svg_lines *, double size, enum svg_font);
void map_islands_clear(struct map *);

/* picture_coast.c: a coast around a box, grown by so much, as path data;
 * waves where nothing is. alone: they end with the map. */
void map_coast(FILE *, const struct box *, unsigned seed, double grow);
void map_waves(const struct map *, bool alone);

/* picture_places.c: where labels do not lie on anything */
double map_covered(const struct map *, struct box);
void map_labels(struct map *);

/* picture_bridges.c: what joins it */
void map_bridges(struct map *);
void bridge_at(const struct bridge *, double t, double *x, double *y);

/* How round an island is: x and y are cos and sin to this power. */
double island_round(double height);
/* Half the height of an island's coast at dx from its middle. */
double island_reach(double half_width, double half_height, double dx,
                    double height);

enum { MAP_LOOP = 44, MAP_PROGRAM = 16, MAP_WHERE = 15 };

#endif
