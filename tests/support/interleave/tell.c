/*
 * tell.c — a failing schedule as a table.
 */
#include "tell.h"

#include <stdlib.h>
#include <string.h>

#include "tell_parts.h"

enum { WIDTH = 76, MARGIN = 3, LINES = 30, LEAST = 24 };
enum { COLUMNS = INTERLEAVE_OPS };

struct table {
    FILE *out;
    const struct interleave_trace *trace;
    interleave_where *where;
    bool chinese;
    const char *name[COLUMNS];
    int columns, stride, cursor;
    int places; /* columns of the longest place, and a blank */
    enum { GOES, SLEEPS, GONE } state[COLUMNS]; /* what its rail shows */
};

/* The cursor is moved to the right as far as needed. */
static void put_at(struct table *t, int column, const char *text)
{
    for (; t->cursor < column; t->cursor++)
        fputc(' ', t->out);
    fputs(text, t->out);
    t->cursor += tell_width(text);
}

static void end_line(struct table *t)
{
    fputc('\n', t->out);
    t->cursor = 0;
}

/* A rail: │ it could go on, ┊ it sleeps, nothing when it is done. */
static void put_rail(struct table *t, int c)
{
    static const char *const rail[] = {"│", "┊"};
    int column = MARGIN + c * t->stride;

    if (t->state[c] != GONE && t->cursor < column)
        put_at(t, column, rail[t->state[c]]);
}

/* text in column c, or of setup and check, where at the right edge. */
static void put_line(struct table *t, int c, bool wrong, const char *text,
                     const char *where)
{
    put_at(t, 1, wrong ? "✗" : " ");
    if (c < 0) {
        put_at(t, MARGIN, tell_word(t->chinese, "setup or check: "));
        put_at(t, t->cursor, text);
    }
    for (int i = 0; c >= 0 && i < t->columns; i++) {
        if (i == c)
            put_at(t, MARGIN + c * t->stride, text);
        else
            put_rail(t, i);
    }
    if (*where && t->cursor > WIDTH - tell_width(where))
        put_at(t, t->cursor, " ");
    if (*where)
        put_at(t, WIDTH - tell_width(where), where);
    end_line(t);
}

static void put_names(struct table *t)
{
    for (int c = 0; c < t->columns; c++) {
        char name[64];
        snprintf(name, sizeof(name), "%s", t->name[c]);
        if (c + 1 < t->columns)
            tell_cut(name, sizeof(name), t->stride - 1);
        put_at(t, MARGIN + c * t->stride, name);
    }
    end_line(t);
}

static const char *place(const struct table *t, uintptr_t pc)
{
    return pc && t->where ? t->where(pc) : "";
}

/* Where the one who was switched away goes on. */
static uintptr_t goes_on(const struct interleave_trace *trace,
                         const struct tell_item *item)
{
    for (int i = item->first; i < trace->steps; i++)
        if (trace->step[i].actor == item->actor)
            return trace->step[i].pc;
    return 0;
}

uintptr_t tell_pc(const struct interleave_trace *trace,
                  const struct tell_item *item)
{
    if (item->kind == ITEM_SWITCH)
        return goes_on(trace, item);
    if (item->kind == ITEM_FOLDED || item->kind == ITEM_AGAIN)
        return 0;
    return trace->step[item->first].pc;
}

static void move_rail(struct table *t, const struct tell_item *item)
{
    int c = item->actor - 1;

    if (c < 0 || item->kind == ITEM_SWITCH)
        return;
    for (int i = 0; i < item->count; i++)
        switch (t->trace->step[item->first + i].act) {
        case ACT_SLEEPS:
        case ACT_STUCK:
            t->state[c] = SLEEPS;
            break;
        case ACT_RETURNS:
        case ACT_KILLED:
        case ACT_CRASHED:
            t->state[c] = GONE;
            break;
        default:
            t->state[c] = GOES;
            break;
        }
}

static void put_item(struct table *t, const struct tell_item *item)
{
    const struct interleave_step *s = &t->trace->step[item->first];
    int c = item->actor - 1, at = c > 0 ? c * t->stride : 0;
    char text[160], kept[96];

    snprintf(kept, sizeof(kept), "%.90s", place(t, tell_pc(t->trace, item)));
    tell_item(text, sizeof(text), t->trace, item,
              WIDTH - t->places - MARGIN - at, t->chinese);
    put_line(t, c, item->kind == ITEM_STEP && tell_wrong(s), text, kept);
    move_rail(t, item);
}

static void set_columns(struct table *t, const struct interleave *world)
{
    int room = WIDTH - MARGIN - t->places, widest = 0;

    for (int c = 0; c < COLUMNS && world->op[c].name; c++) {
        int width = tell_width(t->name[c] = world->op[c].name);
        widest = width > widest ? width : widest;
        t->columns++;
    }
    t->stride = t->columns <= 2 ? 26 : t->columns == 3 ? 16 : 11;
    if (t->columns > 1 && widest >= t->stride &&
        (widest + 1) * (t->columns - 1) < room - LEAST)
        t->stride = widest + 1;
}

void interleave_tell(FILE *out, const struct interleave *world,
                     const struct interleave_trace *trace,
                     interleave_where *where, bool chinese)
{
    struct table t = {out, trace, where, chinese, {NULL}, 0, 0, 0, 1, {0}};
    struct tell_item *item;
    int count;

    item = tell_fold(trace, where, LINES, &count);
    for (int i = 0; item && i < count; i++) {
        int width = 1 + tell_width(place(&t, tell_pc(trace, &item[i])));
        t.places = width > t.places ? width : t.places;
    }
    set_columns(&t, world);
    put_names(&t);
    for (int i = 0; item && i < count; i++)
        if (item[i].actor <= t.columns)
            put_item(&t, &item[i]);
    if (trace->cut)
        fprintf(out, "   %s\n", tell_word(chinese, "… the rest is not kept"));
    free(item);
}
