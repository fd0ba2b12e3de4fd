/*
 * picture_bridges.c — the curves between the islands, and their labels.
 *
 * Neighbours in a row are joined coast to coast, rows from below to above,
 * what is further apart around the outside. The ends on one side of an
 * island are spread along it in the order of where they lead.
 */
#include "picture_islands.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "text.h"

enum { TOP, RIGHT, BOTTOM, LEFT };

static struct bridge *add(struct map *map, int channel, int from, int to)
{
    if (map->bridges == map->room) {
        map->room = map->room * 2 + 16;
        struct bridge *more =
            realloc(map->bridge, map->room * sizeof *map->bridge);
        if (!more)
            abort();
        map->bridge = more;
    }
    struct bridge *bridge = &map->bridge[map->bridges++];
    *bridge = (struct bridge){.channel = channel, .from = from, .to = to};
    bridge->flow = -1;
    return bridge;
}

/* Nobody holds an end any more through which bytes could come. */
static bool is_over(const struct story *story, int channel)
{
    for (size_t i = 0; i < story->holds; i++)
        if (story->hold[i].channel == channel && story->hold[i].writes)
            return false;
    return true;
}

static char *waiting(const struct pen *pen, int channel)
{
    char *bytes = picture_bytes(pen, pen->story->channel[channel].waiting);
    char *text = format_text(picture_word(pen, "%s not read"), bytes);

    free(bytes);
    return text;
}

/* "9 bytes, 65536 bytes not read": the second once for each channel. */
static char *bytes_of(const struct map *map, size_t flow)
{
    const struct story *story = map->pen->story;
    const struct flow *it = &story->flow[flow];
    char *crossed = picture_bytes(map->pen, it->bytes);
    bool told = map->narrow || story->channel[it->channel].waiting <= 0;

    for (size_t i = 0; i < flow; i++)
        told = told || story->flow[i].channel == it->channel;
    if (told)
        return crossed;
    char *left = waiting(map->pen, it->channel);
    char *text =
        format_text("%s%s%s", crossed, picture_word(map->pen, ", "), left);
    free(crossed);
    free(left);
    return text;
}

/* A channel through which nothing has come, where it is clear enough from
 * whom to whom it leads. */
static void idle(struct map *map, int channel)
{
    const struct story *story = map->pen->story;
    enum channel_kind kind = story->channel[channel].kind;
    bool socket = kind == CH_SOCKET;
    int from = -1, to = -1, writers = 0, readers = 0;
    bool unseen = false; /* a program holds an end of it */

    if (kind == CH_LISTENER || kind == CH_MAILBOX || kind == CH_FILE)
        return; /* one process's own */
    for (size_t i = 0; i < story->flows; i++)
        if (story->flow[i].channel == channel)
            return;
    for (size_t i = 0; i < story->holds; i++) {
        const struct hold *hold = &story->hold[i];
        if (hold->channel != channel)
            continue;
        unseen |= story->lane[hold->lane].program[0] != '\0';
        if (hold->wrong)
            continue;
        if (hold->writes && hold->lane != to && (!socket || from < 0)) {
            writers += from != hold->lane;
            from = hold->lane;
        }
        if (hold->reads && hold->lane != from) {
            readers += to != hold->lane;
            to = hold->lane;
        }
    }
    if (writers != 1 || readers != 1 || from == to)
        return;
    struct bridge *bridge = add(map, channel, from, to);
    bridge->both = socket;
    bridge->text =
        story->channel[channel].waiting > 0
            ? waiting(map->pen, channel)
            : copy_text(picture_word(map->pen, unseen ? "bytes not seen"
                                                      : "nothing crossed"));
}

static void list(struct map *map)
{
    const struct story *story = map->pen->story;

    for (size_t i = 0; i < story->flows; i++) {
        const struct flow *flow = &story->flow[i];
        struct bridge *bridge = add(map, flow->channel, flow->from, flow->to);
        bridge->flow = (long)i;
        bridge->over = is_over(story, flow->channel);
        bridge->text = bytes_of(map, i);
    }
    for (int i = 0; i < story->channels && !map->compact; i++)
        idle(map, i);
}

static void sides(const struct map *map, struct bridge *bridge)
{
    const struct island *from = &map->island[bridge->from];
    const struct island *to = &map->island[bridge->to];
    int rows = to->row - from->row, ranks = to->rank - from->rank;

    if (bridge->from == bridge->to) {
        bridge->side_from = bridge->side_to = TOP;
    } else if (rows == 0 && abs(ranks) == 1) {
        bridge->side_from = ranks > 0 ? RIGHT : LEFT;
        bridge->side_to = ranks > 0 ? LEFT : RIGHT;
    } else if (rows == 0) {
        bridge->side_from = bridge->side_to = BOTTOM;
    } else if (map->column && abs(rows) > 1) {
        bridge->side_from = bridge->side_to = LEFT;
    } else {
        bridge->side_from = rows > 0 ? BOTTOM : TOP;
        bridge->side_to = rows > 0 ? TOP : BOTTOM;
    }
}

/* An end on one side of an island, and where the other end is. */
struct port {
    size_t bridge;
    bool to;
    double other;
};

static int by_other(const void *a, const void *b)
{
    const struct port *one = a, *two = b;

    if (one->other != two->other)
        return one->other < two->other ? -1 : 1;
    return one->bridge < two->bridge ? -1 : 1;
}

static void set_port(struct map *map, int lane, int side,
                     const struct port *port, double along)
{
    struct bridge *bridge = &map->bridge[port->bridge];
    const struct box *box = &map->island[lane].box;
    double cx = box->x + box->w / 2, cy = box->y + box->h / 2, x, y;

    if (side == TOP || side == BOTTOM) {
        double reach = island_reach(box->w / 2, box->h / 2, along, box->h);
        x = cx + along;
        y = side == TOP ? cy - reach : cy + reach;
    } else {
        double reach = island_reach(box->h / 2, box->w / 2, along, box->h);
        x = side == LEFT ? cx - reach : cx + reach;
        y = cy + along;
    }
    double out = port->to ? 8 : 0; /* the head ends before the coast */
    x += side == LEFT ? -out : side == RIGHT ? out : 0;
    y += side == TOP ? -out : side == BOTTOM ? out : 0;
    bridge->x[port->to ? 3 : 0] = x;
    bridge->y[port->to ? 3 : 0] = y;
}

static void ports(struct map *map, int lane, int side, struct port *port)
{
    const struct box *box = &map->island[lane].box;
    bool flat = side == TOP || side == BOTTOM;
    size_t count = 0;

    for (size_t i = 0; i < map->bridges; i++) {
        const struct bridge *it = &map->bridge[i];
        for (int to = 0; to < 2; to++) {
            int here = to ? it->to : it->from, there = to ? it->from : it->to;
            const struct box *other = &map->island[there].box;
            if (here != lane || (to ? it->side_to : it->side_from) != side)
                continue;
            double where =
                flat ? other->x + other->w / 2 : other->y + other->h / 2;
            port[count++] = (struct port){i, to, where};
        }
    }
    qsort(port, count, sizeof *port, by_other);
    double room = flat ? box->w * 0.66 : box->h * 0.5;
    double step = fmin(flat ? 60 : 26, room / (double)(count ? count : 1));
    for (size_t i = 0; i < count; i++)
        set_port(map, lane, side, &port[i],
                 ((double)i - ((double)count - 1) / 2) * step);
}

static void outward(int side, double much, double *x, double *y)
{
    *x += side == LEFT ? -much : side == RIGHT ? much : 0;
    *y += side == TOP ? -much : side == BOTTOM ? much : 0;
}

static void bend(struct bridge *bridge)
{
    double dx = fabs(bridge->x[3] - bridge->x[0]);
    double dy = fabs(bridge->y[3] - bridge->y[0]);
    bool flat = bridge->side_from == RIGHT || bridge->side_from == LEFT;
    bool around = bridge->side_from == bridge->side_to;
    double much = around ? 26 + fmin(24, (flat ? dy : dx) * 0.08)
                         : (flat ? dx : dy) * 0.5;

    for (int i = 1; i <= 2; i++) {
        bridge->x[i] = bridge->x[i == 1 ? 0 : 3];
        bridge->y[i] = bridge->y[i == 1 ? 0 : 3];
        outward(i == 1 ? bridge->side_from : bridge->side_to, much,
                &bridge->x[i], &bridge->y[i]);
    }
    /* A bridge between neighbours is an arc; the way back bends down. */
    if (flat && !around)
        for (int i = 1; i <= 2; i++)
            bridge->y[i] += bridge->side_from == RIGHT ? -26 : 26;
    if (bridge->from == bridge->to) {
        bridge->x[1] -= 22;
        bridge->x[2] += 22;
    }
}

void bridge_at(const struct bridge *bridge, double t, double *x, double *y)
{
    double s = 1 - t;
    double part[] = {s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t};

    *x = *y = 0;
    for (int i = 0; i < 4; i++) {
        *x += part[i] * bridge->x[i];
        *y += part[i] * bridge->y[i];
    }
}

void map_bridges(struct map *map)
{
    list(map);
    struct port *port = allocate((2 * map->bridges + 1) * sizeof *port);
    for (size_t i = 0; i < map->bridges; i++)
        sides(map, &map->bridge[i]);
    for (int i = 0; i < map->pen->story->lanes; i++)
        for (int side = TOP; side <= LEFT; side++)
            ports(map, i, side, port);
    for (size_t i = 0; i < map->bridges; i++)
        bend(&map->bridge[i]);
    free(port);
}
