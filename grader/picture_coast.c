/*
 * picture_coast.c — what is nature in the map: coasts and waves.
 */
#include "picture_islands.h"

#include <math.h>

enum { CAPES = 32 };

/* Numbers that look like chance and are the same every time. */
static double chance(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (double)(*seed >> 8) / (double)(1u << 24);
}

void map_coast(FILE *out, const struct box *box, unsigned seed, double grow)
{
    double x[CAPES], y[CAPES];
    double cx = box->x + box->w / 2, cy = box->y + box->h / 2;

    double phase[4], power = island_round(box->h);
    seed = seed * 2654435761u + 12345;
    for (int i = 0; i < 4; i++)
        phase[i] = chance(&seed) * 2 * M_PI;
    for (int i = 0; i < CAPES; i++) {
        double angle = i * 2 * M_PI / CAPES;
        double rough = 1.01 + 0.022 * sin(2 * angle + phase[0]) +
                       0.026 * sin(3 * angle + phase[1]) +
                       0.018 * sin(5 * angle + phase[2]) +
                       0.010 * sin(9 * angle + phase[3]);
        double c = cos(angle), s = sin(angle);
        x[i] =
            cx + (box->w / 2 + grow) * rough * copysign(pow(fabs(c), power), c);
        y[i] =
            cy + (box->h / 2 + grow) * rough * copysign(pow(fabs(s), power), s);
    }
    fprintf(out, "M%.1f,%.1f", x[0], y[0]);
    for (int i = 0; i < CAPES; i++) {
        int before = (i + CAPES - 1) % CAPES, next = (i + 1) % CAPES;
        int after = (i + 2) % CAPES;
        fprintf(out, "C%.1f,%.1f %.1f,%.1f %.1f,%.1f",
                x[i] + (x[next] - x[before]) / 6,
                y[i] + (y[next] - y[before]) / 6,
                x[next] - (x[after] - x[i]) / 6,
                y[next] - (y[after] - y[i]) / 6, x[next], y[next]);
    }
    fputc('z', out);
}

void map_waves(const struct map *map, bool alone)
{
    unsigned seed = 7;

    fputs("<path class=\"wave\" d=\"", map->pen->out);
    /* A page's sea is wider than its map. */
    double from = alone ? 14 : -400;
    for (double y = 16; y < map->height - 24; y += 34)
        for (double x = from; x < map->width - 40 - from; x += 74) {
            double wx = x + chance(&seed) * 38, wy = y + chance(&seed) * 18;
            bool shown = chance(&seed) < 0.45;
            struct box box = {wx - 14, wy - 16, 50, 32};
            if (shown && map_covered(map, box) == 0)
                fprintf(map->pen->out, "M%.1f,%.1fq5.5,-6 11,0q5.5,6 11,0", wx,
                        wy);
        }
    fputs("\"/>\n", map->pen->out);
}
