/*
 * schedule_test.c — how a schedule is told, whatever is in it.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "interleave/tell_parts.h"
#include "schedule.h"
#include "story.h"
#include "tell.h"

static uint32_t seed;

static uint32_t dice(uint32_t sides)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % sides;
}

static const char *where(uintptr_t pc)
{
    static char text[32];

    snprintf(text, sizeof(text), "message_queue.c:%u", (unsigned)pc);
    return pc ? text : "";
}

static const struct interleave world = {
    .op = {{.name = "producer"},
           {.name = "a consumer with a long name"},
           {.name = "消费者 2"},
           {.name = "closer"}},
};

/* Steps as they might be; now and then one of each kind. */
static void fill(struct interleave_trace *t, int steps, uint32_t actors)
{
    static const char *const call[] = {"pthread_mutex_lock",
                                       "pthread_cond_clockwait", "sem_wait"};

    *t = (struct interleave_trace){.steps = steps};
    for (int i = 0; i < steps; i++) {
        struct interleave_step *s = &t->step[i];
        s->actor = i > 0 && dice(3) ? s[-1].actor : (int)dice(actors + 1);
        s->act = dice(4) ? dice(ACT_CALL + 1) : dice(ACT_STUCK + 1);
        s->object = (int)dice(3);
        s->offset = dice(4) ? dice(64) : dice(1 << 20);
        s->size = 1 << dice(4);
        s->value = dice(9) ? dice(100) : UINT64_MAX - dice(9);
        s->order = (int)dice(6);
        s->pc = dice(9) ? dice(40) + 1 : 0;
        s->wrong = dice(30) == 0;
        s->preempted = dice(9) == 0;
        s->call = s->act == ACT_CALL ? call[dice(3)] : NULL;
        snprintf(s->text, sizeof(s->text), "got %u", dice(100));
    }
}

static char *table(const struct interleave_trace *t, bool chinese)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    interleave_tell(out, &world, t, where, chinese);
    fclose(out);
    return text;
}

static struct interleave_trace trace;

static void no_line_is_wider_than_76_columns(void **state)
{
    (void)state;
    for (seed = 1; seed < 4000; seed += 7) {
        fill(&trace, (int)dice(200), 4);
        char *text = table(&trace, seed % 2), *rest = text;
        for (char *line; (line = strsep(&rest, "\n"));)
            if (tell_width(line) > 76)
                fail_msg("%d columns: %s", tell_width(line), line);
        free(text);
    }
}

static int count(const char *text, const char *what)
{
    int n = 0;

    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

static void what_is_wrong_or_said_is_never_folded(void **state)
{
    (void)state;
    for (seed = 1; seed < 4000; seed += 7) {
        int wrong = 0, said = 0;
        fill(&trace, (int)dice(400), 4);
        for (int i = 0; i < trace.steps; i++) {
            wrong += tell_wrong(&trace.step[i]);
            said += trace.step[i].act == ACT_SAY &&
                    (trace.step[i].actor > 0 || trace.step[i].wrong);
        }
        char *text = table(&trace, false);
        assert_int_equal(count(text, "✗"), wrong);
        assert_int_equal(count(text, "» got "), said);
        free(text);
    }
}

static void a_long_one_is_folded(void **state)
{
    (void)state;
    trace = (struct interleave_trace){.steps = 400};
    for (int i = 0; i < 400; i++)
        trace.step[i] =
            (struct interleave_step){.actor = 1 + i / 200,
                                     .act = i % 7 ? ACT_READ : ACT_LOAD,
                                     .object = 1,
                                     .offset = (uint64_t)i * 4,
                                     .size = 4,
                                     .pc = (uintptr_t)(1 + i % 50)};
    char *text = table(&trace, false);
    assert_true(count(text, "\n") <= 31);
    free(text);
}

/* What the learner's code may have done to the page. */
static void garbage_breaks_nothing(void **state)
{
    (void)state;
    struct page *page = calloc(1, sizeof(*page));
    struct places places = {NULL, NULL};

    for (seed = 1; seed < 400; seed += 7) {
        struct page_schedule *s = &page->schedule;
        for (size_t i = 0; i < sizeof(*s); i += 64)
            ((unsigned char *)s)[i] = (unsigned char)dice(256);
        for (int i = 0; i < PAGE_TURNS; i++) {
            uint32_t all = 0;
            for (int k = 0; k < 4; k++)
                all = all << 8 | dice(256);
            s->turn[i].step.actor = (int)all;
            s->turn[i].step.act = dice(99);
            s->turn[i].step.object = (int)(all >> 3);
            s->turn[i].step.offset = (uint64_t)all << 31;
            s->turn[i].step.size = (int)(all * 3);
            s->turn[i].step.result = (long)all;
            s->turn[i].step.wrong = false;
            memset(s->turn[i].step.text, 'x', sizeof(s->turn[i].step.text));
            s->turn[i].step.preempted = s->turn[i].step.volatile_ =
                s->turn[i].step.switched = dice(2);
        }
        memset(s->name, 'n', sizeof(s->name));
        s->cut = dice(2);
        s->turns = (int)dice(9999) - 99;
        s->set = true;
        char *json = schedule_json(page, &places);
        struct test_result result = {.headline = (char *)""};
        struct story story;
        story_make(&story, page, NULL, NULL, &result, false);
        FILE *out = fopen("/dev/null", "w");
        log_write(out, &story, true);
        picture_write(out, &story, false);
        story_json(out, &story);
        fclose(out);
        story_clear(&story);
        free(json);
    }
    free(page);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(no_line_is_wider_than_76_columns),
    cmocka_unit_test(what_is_wrong_or_said_is_never_folded),
    cmocka_unit_test(a_long_one_is_folded),
    cmocka_unit_test(garbage_breaks_nothing),
};

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
