/*
 * story.c — the story of one test, from the logbook and from /proc.
 */
#include "story.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "explain.h"
#include "explain_parts.h"
#include "source_line.h"
#include "story_parts.h"
#include "text.h"

void *story_more(void *array, size_t *count, size_t *room, size_t size)
{
    if (*count == *room) {
        size_t more = *room ? 2 * *room : 64;
        void *grown = realloc(array, more * size);
        if (!grown) {
            fprintf(stderr, "grader: out of memory\n");
            exit(2);
        }
        array = grown;
        *room = more;
    }
    memset((char *)array + *count * size, 0, size);
    ++*count;
    return array;
}

struct making_step *story_step(struct making *m)
{
    m->step = story_more(m->step, &m->steps, &m->room, sizeof(*m->step));
    struct making_step *new = &m->step[m->steps - 1];
    new->step.peer = new->step.channel = -1;
    new->step.fd = new->step.other_fd = -1;
    new->step.times = 1;
    new->other = -1;
    return new;
}

void story_edge(struct making *m, int from, bool from_end, int to, bool to_end)
{
    if (from < 0 || to < 0 || from == to)
        return;
    m->edge = story_more(m->edge, &m->edges, &m->edge_room, sizeof(*m->edge));
    m->edge[m->edges - 1] = (struct edge){from, to, from_end, to_end};
}

int story_channel(const struct making *m, uint64_t object, int *side)
{
    for (int c = 0; object && c < m->story->channels; c++)
        for (int s = 0; s < 2; s++)
            if (m->story->channel[c].object[s] == object) {
                if (side)
                    *side = s;
                return c;
            }
    return -1;
}

static struct channel *channel_of_letter(struct making *m, int letter)
{
    struct story *s = m->story;

    for (int c = 0; c < s->channels; c++)
        if (s->channel[c].letter == letter)
            return &s->channel[c];
    if (letter < 0 || s->channels == STORY_CHANNELS)
        return NULL;
    s->channel[s->channels] = (struct channel){.letter = letter};
    return &s->channel[s->channels++];
}

static enum channel_kind kind_of(const struct making *m, uint64_t object,
                                 mode_t mode)
{
    if (!S_ISSOCK(mode))
        return S_ISREG(mode) ? CH_FILE : CH_PIPE;
    if (strcmp(page_kind(m->page, object, mode), "listener") == 0)
        return CH_LISTENER;
    return story_is_mailbox(m->page, object) ? CH_MAILBOX : CH_SOCKET;
}

/* A FIFO has a name of its own; the scene knows it while it is open. */
static void name_channel(struct making *m, struct channel *c, uint64_t object,
                         mode_t mode)
{
    c->kind = kind_of(m, object, mode);
    c->waiting = -1;
    snprintf(c->name, sizeof(c->name), "%s %c",
             page_kind(m->page, object, mode), 'A' + c->letter);
    for (size_t i = 0; m->scene && i < m->scene->ends; i++) {
        const struct end *e = &m->scene->end[i];
        if (e->inode == object && S_ISFIFO(e->mode) &&
            strncmp(e->link, "pipe:", 5) != 0) {
            const char *slash = strrchr(e->link, '/');
            c->kind = CH_FIFO;
            snprintf(c->name, sizeof(c->name), "FIFO %.24s",
                     slash ? slash + 1 : e->link);
        }
    }
}

static mode_t mode_of(const struct making *m, uint64_t object)
{
    const struct page *page = m->page;
    unsigned end = page->events < PAGE_EVENTS ? page->events : PAGE_EVENTS;

    for (unsigned i = 0; i < end; i++)
        for (int p = 0; p < 2; p++)
            if (page->event[i].object[p] == object)
                return page->event[i].mode[p];
    for (size_t i = 0; m->scene && i < m->scene->ends; i++)
        if (m->scene->end[i].inode == object)
            return m->scene->end[i].mode;
    return 0;
}

static void find_channels(struct making *m)
{
    struct page_letter own[PAGE_LETTERS], *list = own;
    int count = m->scene ? m->scene->letters : page_letters(m->page, own);

    if (m->scene)
        list = m->scene->letter;
    for (int i = 0; i < count; i++) {
        struct channel *c = channel_of_letter(m, list[i].letter);
        if (!c)
            continue;
        bool first = c->object[0] == 0;
        c->object[!first] = list[i].object;
        if (first)
            name_channel(m, c, list[i].object, mode_of(m, list[i].object));
    }
}

/* Whoever runs does not wait for anybody. */
static const struct actor *runner(const struct scene *scene)
{
    for (size_t i = 0; i < scene->actors; i++) {
        const struct task *t = scene->actor[i].task;
        if (t->state == 'R' || (t->known && t->call == -1 && t->state != 'Z'))
            return &scene->actor[i];
    }
    return NULL;
}

/* The rules find out who is to blame. They and the lines also give letters to
 * what the logbook has not seen. */
static void let_explain(struct scene *scene)
{
    FILE *nowhere = fopen("/dev/null", "we");

    if (!nowhere)
        return;
    scene->culprit[0] = runner(scene);
    if (!scene->culprit[0])
        headline_of(nowhere, scene, false);
    for (size_t i = 0; i < scene->actors; i++)
        describe(nowhere, scene, &scene->actor[i]);
    fclose(nowhere);
}

/* Copies what is left, so that indices count on without holes. */
static void finish(struct making *m)
{
    struct story *s = m->story;
    int *place = allocate((m->steps + 1) * sizeof(*place));
    size_t kept = 0;

    s->step = allocate((m->steps + 1) * sizeof(*s->step));
    for (size_t i = 0; i < m->steps; i++) {
        place[i] = m->step[i].gone ? -1 : (int)s->steps;
        if (!m->step[i].gone)
            s->step[s->steps++] = m->step[i].step;
    }
    for (size_t i = 0; i < s->crossings; i++) {
        struct crossing c = s->crossing[i];
        c.write = place[c.write];
        c.read = place[c.read];
        if (c.write >= 0 && c.read >= 0)
            s->crossing[kept++] = c;
    }
    s->crossings = kept;
    for (int l = 0; l < s->lanes; l++) {
        s->lane[l].stuck_step = -1;
        for (size_t i = 0; i < s->steps; i++)
            if (s->step[i].lane == l && s->step[i].stuck)
                s->lane[l].stuck_step = (int)i;
    }
    free(place);
}

static void put_places(struct making *m)
{
    for (size_t i = 0; i < m->steps; i++) {
        struct step *step = &m->step[i].step;
        if (!m->step[i].gone && step->event)
            snprintf(step->where, sizeof(step->where), "%s",
                     source_line(m->binary, step->event->pc));
    }
}

void story_make(struct story *s, const struct page *page,
                const struct tree *tree, const char *binary,
                const struct test_result *result, bool steady)
{
    struct scene scene;
    struct making m = {.story = s, .page = page, .binary = binary};

    *s = (struct story){
        .exercise = page->exercise, .fact = page->fact, .headline = ""};
    m.steady = steady;
    s->program = page->program;
    if (result) {
        s->verdict = result->verdict;
        s->headline = result->headline ? result->headline : "";
    }
    if (story_of_schedule(&m))
        return;
    s->cut = page_begin(page) > 0;
    if (tree && tree->count > 0) {
        source_base(tree->task[0].pid, binary);
        scene_make(&scene, tree, page, binary);
        m.scene = &scene;
        let_explain(&scene);
    }
    story_lanes(&m);
    find_channels(&m);
    story_steps(&m);
    story_sockets(&m);
    story_ends(&m);
    story_sort(&m);
    story_ledger(&m);
    story_bytes(&m);
    story_connections(&m);
    story_wrongs(&m);
    story_fold(&m);
    story_times(&m);
    put_places(&m);
    finish(&m);
    for (int l = 0; l < STORY_LANES; l++)
        free(m.table[l].entry);
    free(m.step);
    free(m.edge);
    free(m.release);
    if (m.scene)
        scene_clear(&scene);
}

void story_clear(struct story *s)
{
    if (s->schedule) {
        free(s->schedule->trace);
        free(s->schedule->item);
        free(s->schedule);
    }
    free(s->hold);
    free(s->flow);
    free(s->step);
    free(s->crossing);
    *s = (struct story){0};
}
