/*
 * picture_map.c — the map: who is there, what joins them, who holds what.
 */
#include "picture_islands.h"

#include <math.h>
#include <stdlib.h>

#include "text.h"

/* A dotted route from a parent to a child it has no bridge to. */
static void kin(const struct map *map, int lane)
{
    int parent = map->pen->story->lane[lane].parent;

    if (parent < 0 || map->compact ||
        map->island[lane].row != map->island[parent].row + 1)
        return;
    for (size_t i = 0; i < map->bridges; i++) {
        int from = map->bridge[i].from, to = map->bridge[i].to;
        if ((from == lane && to == parent) || (from == parent && to == lane))
            return;
    }
    const struct box *a = &map->island[parent].box;
    const struct box *b = &map->island[lane].box;
    double x0 = a->x + a->w / 2, y0 = a->y + a->h, x1 = b->x + b->w / 2;
    double y1 = b->y, bow = (y1 - y0) / 2;
    fprintf(map->pen->out,
            "<path class=\"kin\" d=\"M%.1f,%.1fC%.1f,%.1f %.1f,%.1f "
            "%.1f,%.1f\"/>\n",
            x0, y0 - 8, x0, y0 + bow, x1, y1 - bow, x1, y1 + 8);
}

/* An arrow's head at the second of two points. */
static void head(const double *x, const double *y, FILE *out)
{
    double dx = x[1] - x[0], dy = y[1] - y[0];
    double length = hypot(dx, dy);

    if (length < 0.1)
        return;
    dx /= length;
    dy /= length;
    double bx = x[1] - dx * 11, by = y[1] - dy * 11;
    fprintf(out, "<path class=\"tip\" d=\"M%.1f,%.1fL%.1f,%.1fL%.1f,%.1fz\"/>",
            x[1], y[1], bx - dy * 5.5, by + dx * 5.5, bx + dy * 5.5,
            by - dx * 5.5);
}

/* The line stops where the head begins. */
static void curve(const struct bridge *it, FILE *out)
{
    double dx = it->x[3] - it->x[2], dy = it->y[3] - it->y[2];
    double length = fmax(hypot(dx, dy), 0.1);

    fprintf(out, "M%.1f,%.1fC%.1f,%.1f %.1f,%.1f %.1f,%.1f", it->x[0], it->y[0],
            it->x[1], it->y[1], it->x[2], it->y[2], it->x[3] - dx / length * 8,
            it->y[3] - dy / length * 8);
}

static void bridge(const struct map *map, const struct bridge *it)
{
    const struct pen *pen = map->pen;
    const char *look = it->flow < 0 ? "idle" : it->over ? "over" : "";

    fprintf(pen->out, "<g class=\"bridge c%d %s\" data-channel=\"%d\"",
            picture_colour(pen, it->channel), look, it->channel);
    if (it->flow >= 0)
        fprintf(pen->out, " data-flow=\"%ld\"", it->flow);
    fputs(">", pen->out);
    if (it->flow >= 0) {
        char *title = picture_flow(pen, &pen->story->flow[it->flow]);
        picture_titled(pen, title);
        free(title);
    }
    if (!map->compact) {
        fputs("<path class=\"bed\" d=\"", pen->out);
        curve(it, pen->out);
        fputs("\"/>", pen->out);
    }
    fputs("<path class=\"line\" d=\"", pen->out);
    curve(it, pen->out);
    fputs("\"/>", pen->out);
    fputs("</g>\n", pen->out);
}

/* What must not lie below an island's coast. */
static void bridge_label(const struct map *map, const struct bridge *it)
{
    const struct pen *pen = map->pen;

    fprintf(pen->out, "<g class=\"sign c%d\" data-channel=\"%d\">",
            picture_colour(pen, it->channel), it->channel);
    head(it->x + 2, it->y + 2, pen->out);
    if (it->both) {
        double x[] = {it->x[1], it->x[0]}, y[] = {it->y[1], it->y[0]};
        head(x, y, pen->out);
    }
    if (it->lettered)
        picture_disc(pen, it->disc_x, it->disc_y, 9, it->channel,
                     it->flow >= 0 ? DISC_WRITES : DISC_READS);
    if (it->worded)
        picture_say(pen, it->label.x + it->label.w / 2, it->label.y + 12,
                    "bytes mid", it->text);
    fputs("</g>\n", pen->out);
}

/* An open end: the letter, and its number. */
static void chip(const struct map *map, size_t index, double x, double y)
{
    const struct pen *pen = map->pen;
    const struct hold *hold = &pen->story->hold[index];
    char *title = picture_hold(pen, hold), number[24];

    fprintf(pen->out,
            "<g class=\"chip c%d%s\" data-hold=\"%zu\" data-channel=\"%d\">",
            picture_colour(pen, hold->channel), hold->wrong ? " wrong" : "",
            index, hold->channel);
    picture_titled(pen, title);
    free(title);
    picture_disc(pen, x + 8, y, map->compact ? 7 : 8, hold->channel,
                 !hold->writes ? DISC_READS
                 : hold->reads ? DISC_BOTH
                               : DISC_WRITES);
    if (hold->wrong)
        fprintf(pen->out,
                "<circle class=\"blame\" cx=\"%.1f\" cy=\"%.1f\" r=\"10.5\"/>",
                x + 8, y);
    snprintf(number, sizeof number, "%d", hold->fd);
    if (!map->compact)
        picture_say(pen, x + 22, y + 4, hold->wrong ? "small bad" : "small",
                    number);
    fputs("</g>", pen->out);
}

static void chips(const struct map *map, int lane, double y)
{
    const struct story *story = map->pen->story;
    const struct island *island = &map->island[lane];
    double cx = island->box.x + island->box.w / 2, width = map->hand.chip;
    int number = 0, most = island->chips_a_row;

    for (size_t i = 0; i < story->holds; i++) {
        if (story->hold[i].lane != lane)
            continue;
        int left = island->holds - number / most * most;
        int here = left < most ? left : most;
        chip(map, i,
             cx + (number % most - here / 2.0) * width + (map->compact ? 1 : 3),
             y + number / most * map->hand.row);
        number++;
    }
}

static void inscription(const struct map *map, int lane)
{
    const struct pen *pen = map->pen;
    const struct island *it = &map->island[lane];
    const struct lane *state = &pen->story->lane[lane];
    bool bad = state->end != LANE_OPEN && state->end != LANE_EXITED;
    const char *line = map->compact ? (bad ? "tiny bad mid" : "tiny soft mid")
                                    : (bad ? "bad mid" : "soft mid");
    double x = it->box.x + it->box.w / 2;
    double y = it->box.y + (it->box.h - it->high) / 2 + map->hand.name - 1;

    if (it->name.count > 0)
        picture_say(pen, x, y, map->compact ? "tiny strong mid" : "title mid",
                    it->name.line[0]);
    if (it->program)
        picture_say(pen, x, y += MAP_PROGRAM, "mono mid", it->program);
    y += map->hand.head - map->hand.line;
    for (int i = 0; i < it->state.count; i++)
        picture_say(pen, x, y += map->hand.line, line, it->state.line[i]);
    if (it->where)
        picture_say(pen, x, y += MAP_WHERE, "mono soft mid", it->where);
    if (it->holds > 0)
        chips(map, lane, y + map->hand.row - 4);
}

static void island(const struct map *map, int lane)
{
    static const char *const look[] = {[LANE_OPEN] = "",
                                       [LANE_EXITED] = " gone",
                                       [LANE_KILLED] = " gone killed",
                                       [LANE_STUCK] = " halted",
                                       [LANE_LOOPING] = " halted"};
    const struct pen *pen = map->pen;
    const struct island *it = &map->island[lane];
    char *name = picture_lane(pen, lane), *state = picture_state(pen, lane);

    fprintf(pen->out, "<g class=\"island%s\" data-lane=\"%d\"><title>",
            look[pen->story->lane[lane].end], lane);
    svg_text(pen->out, name);
    fputs(*state ? ": " : "", pen->out);
    svg_text(pen->out, state);
    fputs("</title><path class=\"shallow\" d=\"", pen->out);
    map_coast(pen->out, &it->box, (unsigned)lane + 1, map->compact ? 4 : 9);
    fputs("\"/><path class=\"land\" d=\"", pen->out);
    map_coast(pen->out, &it->box, (unsigned)lane + 1, 0);
    fputs("\"/>", pen->out);
    inscription(map, lane);
    fputs("</g>\n", pen->out);
    free(name);
    free(state);
}

/* A forgotten end: a way from the island back to itself. */
static void loop(const struct map *map, int lane)
{
    const struct pen *pen = map->pen;
    const struct island *it = &map->island[lane];
    double cx = it->box.x + it->box.w / 2, cy = it->box.y + it->box.h / 2;
    double right = it->box.x + it->box.w, low = it->box.y + it->box.h;

    if (it->lament.count == 0)
        return;
    fputs("<g class=\"lament\"><path class=\"loop\" d=\"", pen->out);
    if (it->right)
        fprintf(pen->out,
                "M%.1f,%.1fc50,-30 50,52 4,25\"/><path class=\"loophead\" "
                "d=\"M%.1f,%.1fl9.5,-1.8l-3.4,9z",
                right - 2, cy - 12, right - 0.5, cy + 11.5);
    else
        fprintf(pen->out,
                "M%.1f,%.1fc-34,58 60,58 26,5\"/><path class=\"loophead\" "
                "d=\"M%.1f,%.1fl9.4,3.4l-7.2,6.6z",
                cx - 13, low - 3, cx + 10.5, low + 1);
    fputs("\"/>", pen->out);
    for (int i = 0; i < it->lament.count; i++) {
        double line = (i - (it->lament.count - 1) / 2.0) * 15;
        if (it->right)
            picture_say(pen, right + MAP_LOOP + 2, cy + line + 4, "lamentation",
                        it->lament.line[i]);
        else
            picture_say(pen, cx, low + MAP_LOOP + 14 + i * 15,
                        "lamentation mid", it->lament.line[i]);
    }
    fputs("</g>\n", pen->out);
}

static void map_make(struct map *map, const struct pen *pen, double width)
{
    *map = (struct map){.pen = pen, .limit = width};
    map->narrow = width < 600;
    map->compact = pen->story->lanes > 12;
    map_islands(map);
    map_bridges(map);
    map_labels(map);
}

static void map_clear(struct map *map)
{
    map_islands_clear(map);
    for (size_t i = 0; i < map->bridges; i++)
        free(map->bridge[i].text);
    free(map->bridge);
    free(map->taken);
}

double map_width(const struct pen *pen, double width)
{
    struct map map;

    map_make(&map, pen, width);
    width = map.width;
    map_clear(&map);
    return width;
}

void map_svg(const struct pen *pen, double width, bool alone, const char *class)
{
    int lanes = pen->story->lanes;
    struct map map;

    map_make(&map, pen, width);
    fprintf(pen->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"pic map%s %s\" "
            "width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
            "role=\"img\" lang=\"%s\">\n<title>",
            map.compact ? " many" : "", class, map.width, map.height, map.width,
            map.height, pen->chinese ? "zh-CN" : "en");
    fputs(picture_word(pen, "The map: who is there, and who holds what"),
          pen->out);
    fputs("</title>\n", pen->out);
    if (alone)
        fprintf(pen->out, "<style>%s%s</style>\n", picture_colours,
                picture_style);
    fprintf(pen->out,
            "<rect class=\"sea\" width=\"%.0f\" height=\"%.0f\" "
            "rx=\"12\"/>\n",
            map.width, map.height);
    map_waves(&map, alone);
    for (int i = 0; i < lanes; i++)
        kin(&map, i);
    for (size_t i = 0; i < map.bridges; i++)
        bridge(&map, &map.bridge[i]);
    for (int i = 0; i < lanes; i++)
        island(&map, i);
    for (int i = 0; i < lanes; i++)
        loop(&map, i);
    for (size_t i = 0; i < map.bridges; i++)
        bridge_label(&map, &map.bridge[i]);
    fputs("</svg>\n", pen->out);
    map_clear(&map);
}
