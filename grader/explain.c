/*
 * explain.c — why nobody moves, for a person.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "explain_parts.h"
#include "source_line.h"

enum { LINES = 8, NAMES = 6 }; /* processes that are told of */

/* Helper threads of the test that sleep are of no interest. */
static bool worth_a_line(const struct actor *a)
{
    return a->task->tid == a->task->pid || a->event || a->task->state == 'R';
}

static char *description(struct scene *s, const struct actor *a)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return NULL;
    describe(out, s, a);
    fclose(out);
    return text;
}

/* The processes that do the same are told of together. */
struct group {
    char *text, others[512];
    int count;
};

static void end_group(FILE *out, struct group *g)
{
    int more = g->count - 1 - NAMES;
    if (more > 0)
        detail(out, "so do %s and %d more", g->others, more);
    else if (g->count > 1)
        detail(out, "so %s %s", g->count == 2 ? "does" : "do", g->others);
    free(g->text);
    *g = (struct group){0};
}

/* Does it join the group? Else a new one begins. */
static bool joins(struct group *g, const struct actor *a, const char *text)
{
    char name[80];
    size_t used = strlen(g->others);
    if (!g->text || !text || strcmp(g->text, text) != 0)
        return false;
    if (g->count++ <= NAMES)
        snprintf(g->others + used, sizeof(g->others) - used, "%s%s",
                 used ? ", " : "", the(a, name, sizeof(name)));
    return true;
}

static void put_lines(FILE *out, struct scene *s)
{
    int shown = 0, left = 0;
    struct group group = {0};
    for (size_t i = 0; i < s->actors; i++) {
        const struct actor *a = &s->actor[i];
        if (!worth_a_line(a))
            continue;
        char *text = description(s, a);
        if (joins(&group, a, text)) {
            free(text);
            continue;
        }
        if (shown <= LINES)
            end_group(out, &group);
        free(group.text);
        group = (struct group){.text = text, .count = 1};
        if (shown++ < LINES)
            fprintf(out, "%-10s %s", a->role, text ? text : "\n");
        else
            left++;
    }
    if (shown <= LINES)
        end_group(out, &group);
    free(group.text);
    if (left > 0)
        fprintf(out, "… and %d more\n", left);
    if (s->blind)
        fprintf(out, "(Some processes could not be looked into: /proc denies "
                     "it here.)\n");
}

static void find_base(const struct tree *tree, const char *binary)
{
    for (size_t i = 0; i < tree->count; i++)
        if (tree->task[i].state != 'Z') {
            source_base(tree->task[i].pid, binary);
            return;
        }
}

void explain(FILE *out, char *headline, size_t cap, const struct tree *tree,
             const struct page *page, const char *binary, bool loop)
{
    struct scene scene;
    char *text = NULL;
    size_t len = 0;
    find_base(tree, binary);
    scene_make(&scene, tree, page, binary);
    FILE *say = open_memstream(&text, &len);
    if (say) {
        headline_of(say, &scene, loop);
        fclose(say);
    }
    if (text)
        text[0] = (char)toupper((unsigned char)text[0]);
    if (headline && cap > 0)
        snprintf(headline, cap, "%s", text ? text : "Nobody can move.");
    fprintf(out, "%s\n\n", text ? text : "Nobody can move.");
    free(text);
    put_lines(out, &scene);
    scene_clear(&scene);
}
