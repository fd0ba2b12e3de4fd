/*
 * picture_test.c — the picture of stories made by hand.
 *
 * With a folder as its argument it writes their pages and drawings there
 * instead, for browser.py to look at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "picture_stories.h"
#include "svg.h"

typedef void draw_fn(FILE *, const struct story *, bool chinese);

static const struct {
    draw_fn *draw;
    const char *ending;
} drawing[] = {{picture_write, "html"},
               {picture_map, "map.svg"},
               {picture_log, "log.svg"}};

enum { DRAWINGS = 3 };

static char *drawn(draw_fn *draw, const struct story *story, bool chinese)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    draw(out, story, chinese);
    fclose(out);
    return text;
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;

    for (const char *at = text; (at = strstr(at, word)); at++)
        n++;
    return n;
}

static void every_part_is_drawn_once(void **state)
{
    (void)state;
    for (int i = 0; i < FIXTURES; i++) {
        struct teller it;
        fixture[i].tell(&it);
        const struct story *story = &it.story;
        char *map = drawn(picture_map, story, false);
        char *log = drawn(picture_log, story, false);
        assert_int_equal(count(map, "data-flow="), story->flows);
        assert_int_equal(count(map, "data-hold="), story->holds);
        assert_int_equal(count(map, "data-lane="), story->lanes);
        assert_int_equal(count(log, "data-step="), story->steps);
        assert_int_equal(count(log, "data-lane="), story->lanes);
        assert_int_equal(count(log, "data-crossing="), story->crossings);
        free(map);
        free(log);
        untell(&it);
    }
}

/* Every < opens or closes an element in its turn. */
static void well_formed(const char *name, const char *text)
{
    const char *open[64];
    int depth = 0;

    for (const char *at = text; (at = strchr(at, '<')); at++) {
        size_t length = strcspn(at + 1 + (at[1] == '/'), " >/\n");
        const char *end = strchr(at, '>');
        if (!end)
            fail_msg("%s: no end of %.40s", name, at);
        if (at[1] == '/') {
            if (depth == 0 || strncmp(open[--depth], at + 2, length) != 0)
                fail_msg("%s: closes what is not open: %.40s", name, at);
        } else if (end[-1] != '/') {
            assert_true(depth < 64);
            open[depth++] = at + 1;
        }
        if (strncmp(at, "<style>", 7) == 0)
            at = strstr(at, "</style>") - 1;
    }
    assert_int_equal(depth, 0);
}

static void files_are_well_formed(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * FIXTURES; i++) {
        struct teller it;
        fixture[i / 2].tell(&it);
        char *map = drawn(picture_map, &it.story, i % 2);
        char *log = drawn(picture_log, &it.story, i % 2);
        well_formed(fixture[i / 2].name, map);
        well_formed(fixture[i / 2].name, log);
        assert_null(strstr(map, "<script"));
        assert_null(strstr(map, "nan"));
        assert_null(strstr(log, "nan"));
        free(map);
        free(log);
        untell(&it);
    }
}

static void what_learners_write_stays_text(void **state)
{
    struct teller it;

    (void)state;
    long_names(&it);
    snprintf(it.story.lane[0].name, 64, "</title><script>x()</script>");
    snprintf(it.story.step[1].call, 64, "\"' onload=x() <\x1b[1m\xff>");
    char *page = drawn(picture_write, &it.story, false);
    assert_int_equal(count(page, "<script"), 2); /* its own two */
    assert_null(strstr(page, "<b>"));
    assert_null(strchr(page, '\x1b'));
    assert_null(strstr(page, "\xff"));
    free(page);
    untell(&it);
}

static void process_numbers_change_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < DRAWINGS; i++) {
        struct teller it;
        pipeline_hangs(&it);
        char *once = drawn(drawing[i].draw, &it.story, false);
        for (int lane = 0; lane < it.story.lanes; lane++)
            it.story.lane[lane].pid += 1000;
        char *again = drawn(drawing[i].draw, &it.story, false);
        if (drawing[i].draw != picture_write)
            assert_string_equal(once, again);
        free(once);
        free(again);
        untell(&it);
    }
}

static void chinese_frames_are_chinese(void **state)
{
    struct teller it;

    (void)state;
    left_open(&it);
    char *page = drawn(picture_write, &it.story, true);
    assert_non_null(strstr(page, "lang=\"zh-CN\""));
    assert_non_null(strstr(page, "仍持有管道 A 的写端（fd 4）"));
    assert_non_null(strstr(page, "缺少 close(4)"));
    assert_null(strstr(page, "The map"));
    assert_null(strstr(page, "not read"));
    free(page);
    untell(&it);
}

static void asks_nobody(void **state)
{
    struct teller it;

    (void)state;
    long_names(&it);
    char *page = drawn(picture_write, &it.story, false);
    assert_non_null(strstr(page, "default-src 'none'"));
    assert_null(strstr(page, "src="));
    assert_null(strstr(page, "href="));
    assert_null(strstr(page, "url("));
    assert_int_equal(count(page, "http"), 1 + 4); /* http-equiv, namespaces */
    free(page);
    untell(&it);
}

static void text_breaks_where_it_may(void **state)
{
    struct svg_lines lines;

    (void)state;
    svg_break(&lines, "one two three", 60, 12, SVG_PLAIN, 6);
    assert_int_equal(lines.count, 2);
    assert_string_equal(lines.line[0], "one two");
    assert_string_equal(lines.line[1], "three");
    svg_lines_clear(&lines);
    svg_break(&lines, "仍持有写端（很远）", 74, 12, SVG_PLAIN, 6);
    assert_string_equal(lines.line[0], "仍持有写端");
    assert_string_equal(lines.line[1], "（很远）");
    svg_lines_clear(&lines);
    svg_break(&lines, "averylongwordthatneverends", 60, 12, SVG_PLAIN, 2);
    assert_int_equal(lines.count, 2);
    svg_lines_clear(&lines);
    char *cut = svg_cut("a text too long", 50, 12, SVG_PLAIN);
    assert_true(svg_width(cut, 12, SVG_PLAIN) <= 50);
    assert_non_null(strstr(cut, "…"));
    free(cut);
}

static int write_all(const char *folder)
{
    if (chdir(folder) != 0)
        return 1;
    for (int i = 0; i < FIXTURES * DRAWINGS * 2; i++) {
        int which = i / 2 % DRAWINGS, story = i / 2 / DRAWINGS;
        struct teller it;
        char name[96];
        snprintf(name, sizeof name, "%s.%s.%s", fixture[story].name,
                 i % 2 ? "zh" : "en", drawing[which].ending);
        FILE *out = fopen(name, "w");
        if (!out)
            return 1;
        fixture[story].tell(&it);
        drawing[which].draw(out, &it.story, i % 2);
        fclose(out);
        untell(&it);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_is_drawn_once),
        cmocka_unit_test(files_are_well_formed),
        cmocka_unit_test(what_learners_write_stays_text),
        cmocka_unit_test(process_numbers_change_nothing),
        cmocka_unit_test(chinese_frames_are_chinese),
        cmocka_unit_test(asks_nobody),
        cmocka_unit_test(text_breaks_where_it_may),
    };

    if (argc > 1)
        return write_all(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
