/*
 * picture_islands.c — what is written on the islands, and how large it
 * makes them.
 */
#include "picture_islands.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "text.h"

static const struct hand usual = {14, 12, 17, 15, 48, 22, 3, 4};
static const struct hand slim = {14, 12, 17, 15, 48, 22, 3, 5};
static const struct hand small = {11, 10, 14, 13, 18, 17, 4, 1};

/* 1: an ellipse; less: nearer to a box, as a high island has to be. */
double island_round(double height)
{
    return fmin(0.7, fmax(0.42, 0.72 - (height - 80) / 300));
}

double island_reach(double half_width, double half_height, double dx,
                    double height)
{
    double part = fabs(dx) / half_width, power = 2 / island_round(height);

    if (part >= 1)
        return 0;
    return half_height * pow(1 - pow(part, power), 1 / power);
}

double map_widest(const struct svg_lines *lines, double size,
                  enum svg_font font)
{
    double most = 0;

    for (int i = 0; i < lines->count; i++)
        most = fmax(most, svg_width(lines->line[i], size, font));
    return most;
}

/* The sentences about the ends it should have closed. */
static void lament(struct map *map, int lane)
{
    const struct story *story = map->pen->story;
    struct island *island = &map->island[lane];
    double width = map->narrow ? 128 : 190;

    for (size_t i = 0; i < story->holds; i++) {
        struct svg_lines part;
        if (story->hold[i].lane != lane || !story->hold[i].wrong)
            continue;
        char *sentence = picture_hold(map->pen, &story->hold[i]);
        svg_break(&part, sentence, width, 12, SVG_BOLD, 3);
        for (int k = 0; k < part.count; k++) {
            if (island->lament.count < SVG_LINES)
                island->lament.line[island->lament.count++] =
                    copy_text(part.line[k]);
        }
        svg_lines_clear(&part);
        free(sentence);
    }
}

/* "…ly_long_name.c:31": what is cut off is the beginning. */
static char *cut_front(const char *s, double width)
{
    double whole = svg_width(s, 11, SVG_MONO);

    if (whole <= width)
        return copy_text(s);
    while (*s && svg_width(s, 11, SVG_MONO) + 10 > width)
        s++;
    return format_text("…%s", s);
}

/* A name that is too long for a small island is its number only. */
static void write_name(struct map *map, int lane, double width)
{
    char *name = picture_lane(map->pen, lane);
    const char *number = strrchr(name, ' '), *shown = name;

    if (map->compact && number &&
        svg_width(name, map->hand.name, SVG_BOLD) > width)
        shown = number + 1;
    svg_break(&map->island[lane].name, shown, width, map->hand.name, SVG_BOLD,
              1);
    free(name);
}

static bool is_halted(const struct lane *lane)
{
    return lane->end == LANE_STUCK || lane->end == LANE_LOOPING;
}

static void write_state(struct map *map, int lane, double width)
{
    const struct lane *it = &map->pen->story->lane[lane];
    const char *brief = it->end == LANE_STUCK ? "waits for ever" : "loops";
    char *state = picture_state(map->pen, lane);

    svg_break(
        &map->island[lane].state,
        map->compact && is_halted(it) ? picture_word(map->pen, brief) : state,
        map->compact ? 80 : width, map->hand.state, SVG_PLAIN, map->hand.lines);
    free(state);
}

static void count_holds(struct map *map, int lane)
{
    const struct story *story = map->pen->story;
    struct island *island = &map->island[lane];

    for (size_t i = 0; i < story->holds; i++) {
        island->holds += story->hold[i].lane == lane;
        island->wrong += story->hold[i].lane == lane && story->hold[i].wrong;
    }
    island->chips_a_row =
        island->holds < map->hand.chips ? island->holds : map->hand.chips;
}

/* Everything that is written on it. */
static void inscribe(struct map *map, int lane)
{
    const struct lane *it = &map->pen->story->lane[lane];
    struct island *island = &map->island[lane];
    double width = map->compact  ? 72
                   : map->column ? 126
                   : map->narrow ? 78
                                 : 150;

    write_name(map, lane, width);
    write_state(map, lane, width);
    count_holds(map, lane);
    if (map->compact)
        return;
    if (*it->program)
        island->program = svg_cut(it->program, width, 12, SVG_MONO);
    if (*it->where && is_halted(it))
        island->where = cut_front(it->where, fmax(width, 110));
    if (island->wrong > 0)
        lament(map, lane);
}

static void measure(struct map *map, int lane)
{
    struct island *island = &map->island[lane];
    const struct hand *hand = &map->hand;
    double width = fmax(map_widest(&island->name, hand->name, SVG_BOLD),
                        map_widest(&island->state, hand->state, SVG_PLAIN));

    island->high = hand->head + hand->line * island->state.count;
    if (island->program) {
        width = fmax(width, svg_width(island->program, 12, SVG_MONO));
        island->high += MAP_PROGRAM;
    }
    if (island->where) {
        width = fmax(width, svg_width(island->where, 11, SVG_MONO));
        island->high += MAP_WHERE;
    }
    if (island->holds > 0) {
        int rows = (island->holds + hand->chips - 1) / hand->chips;
        width = fmax(width, island->chips_a_row * hand->chip);
        island->high += rows * hand->row + 4;
    }
    island->box.w = map->compact  ? fmax(84, width + 18)
                    : map->narrow ? fmax(112, width + 38)
                                  : fmax(128, width + 44);
    island->box.h =
        map->compact ? island->high + 20 : fmax(66, island->high + 34);
}

void map_measure(struct map *map)
{
    map->hand = map->compact ? small : map->narrow ? slim : usual;
    for (int i = 0; i < map->pen->story->lanes; i++) {
        inscribe(map, i);
        measure(map, i);
    }
}

void map_islands_clear(struct map *map)
{
    for (int i = 0; i < map->pen->story->lanes; i++) {
        struct island *island = &map->island[i];
        svg_lines_clear(&island->name);
        svg_lines_clear(&island->state);
        svg_lines_clear(&island->lament);
        free(island->program);
        free(island->where);
    }
}
