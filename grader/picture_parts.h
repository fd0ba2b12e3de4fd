/*
 * picture_parts.h — what the picture's files share.
 *
 * Colours are classes: c0 … c7 is a channel's, as its letter modulo 8; the
 * style sheet gives them their values, light and dark.
 */
#ifndef PICTURE_PARTS_H
#define PICTURE_PARTS_H

#include "story.h"

enum { PICTURE_COLOURS = 8 };

struct pen {
    FILE *out;
    const struct story *story;
    bool chinese;
};

/* Style and behaviour (picture_style.c). */
extern const char picture_colours[], picture_style[], picture_page_style[];
extern const char picture_schedule_style[], picture_script[];

/* Names and sentences (picture_words.c); to be freed. */
const char *picture_word(const struct pen *, const char *english)
    __attribute__((format_arg(2)));
char *picture_lane(const struct pen *, int lane);
char *picture_channel(const struct pen *, int channel);
char *picture_state(const struct pen *, int lane);
char *picture_bytes(const struct pen *, long bytes);
char *picture_hold(const struct pen *, const struct hold *);
char *picture_flow(const struct pen *, const struct flow *);
char *picture_title(const struct pen *, const struct step *);
const char *picture_signal(int sig);
const char *picture_error(int error);
char picture_letter(const struct pen *, int channel);
int picture_colour(const struct pen *, int channel);
bool picture_ended(const struct lane *);

/* <text …>s</text>; the class says font, size and colour. */
void picture_say(const struct pen *, double x, double y, const char *class,
                 const char *s);
void picture_titled(const struct pen *, const char *s);

/* A channel's letter in a disc: full where it writes, else a ring; both for
 * the end of a socket, which does both. */
enum disc { DISC_READS, DISC_WRITES, DISC_BOTH };
void picture_disc(const struct pen *, double x, double y, double r, int channel,
                  enum disc);

/* The drawings: an <svg> each. alone: with its style, as a file. */
void map_svg(const struct pen *, double width, bool alone, const char *class);
double map_width(const struct pen *, double width);
void chart_svg(const struct pen *, bool alone);
void schedule_svg(const struct pen *, double width, bool narrow, bool alone,
                  const char *class);

#endif
