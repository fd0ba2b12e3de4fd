/*
 * picture_places.c — places for the labels of the bridges.
 */
#include "picture_islands.h"

#include <math.h>
#include <stdlib.h>

/* A corner of a label may lie on a corner of an island's box, where the
 * coast is round. */
static const double BEARABLE = 160;

static void take(struct map *map, struct box box)
{
    size_t size = (map->takens + 1) * sizeof *map->taken;
    struct box *more = realloc(map->taken, size);

    if (!more)
        abort();
    map->taken = more;
    map->taken[map->takens++] = box;
}

/* How much of a box lies on what is taken. */
double map_covered(const struct map *map, struct box box)
{
    double sum = 0;

    for (size_t i = 0; i < map->takens; i++) {
        const struct box *it = &map->taken[i];
        double w = fmin(box.x + box.w, it->x + it->w) - fmax(box.x, it->x);
        double h = fmin(box.y + box.h, it->y + it->h) - fmax(box.y, it->y);
        if (w > 0 && h > 0)
            sum += w * h + 20;
    }
    return sum;
}

/* The same, and whether it is in the sea at all. */
static double overlap(const struct map *map, struct box box)
{
    bool outside = box.x < 4 || box.y < 4 || box.x + box.w > map->width - 4 ||
                   box.y + box.h > map->height - 4;

    return map_covered(map, box) + (outside ? 1e5 : 0);
}

/* How many points of bridges lie in a box; of its own, which goes through
 * its letter, those beside it. */
static double crossed(const struct map *map, const struct bridge *own,
                      struct box box, bool letter)
{
    double sum = 0, x, y;

    for (size_t i = 0; i < map->bridges; i++) {
        const struct bridge *it = &map->bridge[i];
        for (int k = 0; (it != own || !letter) && k <= 24; k++) {
            bridge_at(it, k / 24.0, &x, &y);
            if (x > box.x && x < box.x + box.w && y > box.y &&
                y < box.y + box.h)
                sum += 12;
        }
    }
    return sum;
}

/* A disc on a bridge, and the text on one of its four sides. */
struct spot {
    struct box disc, text;
    double cost;
};

static struct spot spot_at(const struct map *map, const struct bridge *bridge,
                           double t, int side)
{
    double width = svg_width(bridge->text, 12, SVG_PLAIN) + 4, x, y;

    bridge_at(bridge, t, &x, &y);
    const struct box text[] = {{x + 12, y - 8, width, 16},
                               {x - 12 - width, y - 8, width, 16},
                               {x - width / 2, y - 28, width, 16},
                               {x - width / 2, y + 12, width, 16}};
    struct spot spot = {{x - 11, y - 11, 22, 22}, text[side], 0};
    spot.cost = overlap(map, spot.text) + overlap(map, spot.disc) +
                crossed(map, bridge, spot.text, false) +
                crossed(map, bridge, spot.disc, true);
    return spot;
}

/* The letter on the bridge, the bytes beside it, where it is free; where
 * nothing is, only the colour and the tooltip say what it is. */
static void place_label(struct map *map, struct bridge *bridge)
{
    static const double at[] = {0.5,  0.42, 0.58, 0.34, 0.66,
                                0.26, 0.74, 0.18, 0.82};
    bool flat = fabs(bridge->x[3] - bridge->x[0]) >
                1.6 * fabs(bridge->y[3] - bridge->y[0]);
    struct spot best = {.cost = 1e9};

    for (int i = 0; i < 9; i++)
        for (int side = 0; side < 4; side++) {
            struct spot spot = spot_at(map, bridge, at[i], side);
            spot.cost += i * 4 + 2 * ((side + (flat ? 2 : 0)) % 4);
            if (spot.cost < best.cost)
                best = spot;
        }
    bridge->label = best.text;
    bridge->disc_x = best.disc.x + 11;
    bridge->disc_y = best.disc.y + 11;
    bridge->lettered = map_covered(map, best.disc) == 0;
    bridge->worded = bridge->lettered && overlap(map, best.text) < BEARABLE;
    if (bridge->lettered)
        take(map, best.disc);
    if (bridge->worded)
        take(map, best.text);
}

static void take_islands(struct map *map)
{
    for (int i = 0; i < map->pen->story->lanes; i++) {
        const struct island *it = &map->island[i];
        double text = it->lament.count * 15.0;
        take(map, it->box);
        if (it->lament.count == 0)
            continue;
        if (it->right)
            take(map, (struct box){it->box.x + it->box.w, it->box.y,
                                   MAP_LOOP + 160, it->box.h});
        else
            take(map, (struct box){it->box.x - 20, it->box.y + it->box.h,
                                   it->box.w + 40, MAP_LOOP + text + 8});
    }
}

/* No wave shall cross a bridge. */
static void take_bridge(struct map *map, const struct bridge *bridge)
{
    for (int k = 1; k < 12; k++) {
        double x, y;
        bridge_at(bridge, k / 12.0, &x, &y);
        take(map, (struct box){x - 6, y - 6, 12, 12});
    }
}

void map_labels(struct map *map)
{
    take_islands(map);
    for (size_t i = 0; i < map->bridges && !map->compact; i++)
        place_label(map, &map->bridge[i]);
    for (size_t i = 0; i < map->bridges && !map->compact; i++)
        take_bridge(map, &map->bridge[i]);
}
