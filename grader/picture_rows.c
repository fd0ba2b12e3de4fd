/*
 * picture_rows.c — where the islands lie.
 *
 * A row for each generation, the parent above its children; a child that
 * gets bytes from a sister lies to her right. A row that is too long for the
 * width goes on in the next one.
 */
#include "picture_islands.h"

#include <math.h>
#include <stdlib.h>

static double margin(const struct map *map)
{
    return map->narrow || map->compact ? 14 : 26;
}

static int depth(const struct story *story, int lane)
{
    int deep = 0;

    for (int at = lane; story->lane[at].parent >= 0 && deep < STORY_LANES;
         deep++)
        at = story->lane[at].parent;
    return deep;
}

/* Nobody who is not yet placed sends to it. */
static bool leads(const struct story *story, int lane, const bool *placed,
                  int generation)
{
    for (size_t i = 0; i < story->flows; i++) {
        const struct flow *flow = &story->flow[i];
        if (flow->to == lane && flow->from != lane && !placed[flow->from] &&
            depth(story, flow->from) == generation)
            return false;
    }
    return true;
}

/* Of two islands of a generation, does a belong to the left of b? */
static bool before(const struct map *map, const bool *placed, int deep, int a,
                   int b)
{
    const struct story *story = map->pen->story;
    int pa = story->lane[a].parent, pb = story->lane[b].parent;
    bool leads_a = leads(story, a, placed, deep);
    bool leads_b = leads(story, b, placed, deep);

    if (pa != pb && pa >= 0 && pb >= 0)
        return map->island[pa].place < map->island[pb].place;
    return leads_a != leads_b ? leads_a : a < b;
}

/* The islands of a generation from left to right. Returns their number. */
static int generation(struct map *map, int deep, int *order)
{
    const struct story *story = map->pen->story;
    bool placed[STORY_LANES] = {false};
    int count = 0;

    for (;;) {
        int next = -1;
        for (int i = story->lanes - 1; i >= 0; i--) {
            if (placed[i] || depth(story, i) != deep)
                continue;
            if (next < 0 || before(map, placed, deep, i, next))
                next = i;
        }
        if (next < 0)
            return count;
        placed[next] = true;
        map->island[next].place = count;
        order[count++] = next;
    }
}

/* In a narrow map islands stand one below another, where every bridge then
 * joins two neighbours, so that there is room beside them. */
static bool is_chain(struct map *map)
{
    const struct story *story = map->pen->story;
    int order[STORY_LANES], place[STORY_LANES] = {0}, places = 0;

    for (int deep = 0; deep < STORY_LANES; deep++) {
        int count = generation(map, deep, order);
        for (int i = 0; i < count; i++)
            place[order[i]] = places++;
    }
    for (size_t i = 0; i < story->flows; i++)
        if (abs(place[story->flow[i].from] - place[story->flow[i].to]) > 1)
            return false;
    return story->lanes <= 8;
}

static double gap(const struct map *map)
{
    return map->compact ? 18 : map->narrow ? 68 : 118;
}

/* Break a generation into rows. */
static void rows(struct map *map, const int *order, int count)
{
    double used = 0;
    int rank = 0;

    map->rows++;
    for (int i = 0; i < count; i++) {
        struct island *island = &map->island[order[i]];
        double more = island->box.w + (rank > 0 ? gap(map) : 0);
        if (rank > 0 &&
            (map->column || used + more > map->limit - 2 * margin(map))) {
            map->rows++;
            rank = 0;
            used = 0;
            more = island->box.w;
        }
        used += more;
        island->row = map->rows - 1;
        island->rank = rank++;
    }
}

/* Is it alone in its row? Then there is room to its right. */
static bool alone(const struct map *map, int lane)
{
    int there = 0;

    for (int i = 0; i < map->pen->story->lanes; i++)
        there += map->island[i].row == map->island[lane].row;
    return there == 1;
}

static void laments(struct map *map)
{
    for (int i = 0; i < map->pen->story->lanes; i++) {
        struct island *island = &map->island[i];
        double text = island->lament.count * 15.0;
        if (island->lament.count == 0)
            continue;
        island->right = alone(map, i);
        if (!island->right)
            island->room = MAP_LOOP + text + 14;
        else if (island->box.h < text)
            island->box.h = text;
    }
}

static double row_width(const struct map *map, int row, double *height)
{
    double width = 0;

    *height = 0;
    for (int i = 0; i < map->pen->story->lanes; i++) {
        const struct island *island = &map->island[i];
        if (island->row != row)
            continue;
        width += island->box.w + (island->rank > 0 ? gap(map) : 0);
        *height = fmax(*height, island->box.h);
    }
    return width;
}

/* What stands below the islands of a row needs this much. */
static double row_room(const struct map *map, int row, double height)
{
    double room = 0;

    for (int i = 0; i < map->pen->story->lanes; i++) {
        const struct island *island = &map->island[i];
        double above = (height - island->box.h) / 2;
        if (island->row == row && island->room > 0)
            room = fmax(room, island->room - above);
    }
    return room;
}

/* What stands to the right of an island needs this much. */
static double aside(const struct island *island)
{
    return island->right
               ? MAP_LOOP + 14 + map_widest(&island->lament, 12, SVG_BOLD)
               : 0;
}

static void set_row(struct map *map, int row, double y, double high)
{
    double ignored, x = (map->width - row_width(map, row, &ignored)) / 2;
    int order[STORY_LANES] = {0}, count = 0;

    for (int rank = 0; rank < STORY_LANES; rank++)
        for (int i = 0; i < map->pen->story->lanes; i++)
            if (map->island[i].row == row && map->island[i].rank == rank)
                order[count++] = i;
    for (int i = 0; i < count; i++) {
        struct island *island = &map->island[order[i]];
        double most = map->width - 12 - island->box.w - aside(island);
        if (island->right && x > most)
            x = fmax(12, most);
        island->box.x = x;
        island->box.y = y + (high - island->box.h) / 2;
        x += island->box.w + gap(map);
    }
}

/* As wide as the widest row, and what stands beside it. */
static void set_width(struct map *map)
{
    double height;

    map->width = map->narrow ? map->limit : 480;
    for (int row = 0; row < map->rows; row++) {
        double width = row_width(map, row, &height) + 2 * margin(map);
        map->width = fmax(map->width, width);
    }
    for (int i = 0; i < map->pen->story->lanes && !map->narrow; i++) {
        const struct island *island = &map->island[i];
        double least = island->box.w + 2 * aside(island) + 24;
        if (island->right)
            map->width = fmax(map->width, fmin(least, map->limit));
    }
}

void map_islands(struct map *map)
{
    double y = map->compact ? 20 : 30, between = map->compact ? 24 : 86;
    int order[STORY_LANES];

    map->column = map->narrow && is_chain(map);
    map_measure(map);
    for (int deep = 0; deep < STORY_LANES; deep++) {
        int count = generation(map, deep, order);
        if (count > 0)
            rows(map, order, count);
    }
    laments(map);
    set_width(map);
    for (int row = 0; row < map->rows; row++) {
        double height;
        row_width(map, row, &height);
        set_row(map, row, y, height);
        y += height + row_room(map, row, height) + between;
    }
    map->height = y - between + (map->compact ? 20 : 34);
}
