/*
 * report_test.c — the result model and everything that writes it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lacking.h"
#include "nearest.h"
#include "report.h"
#include "result.h"
#include "text.h"
#include "words.h"

/* Results to look at. */

static struct exercise_result *add(struct report *report, const char *stem,
                                   enum verdict verdict, const char *message)
{
    size_t size = (report->count + 1) * sizeof *report->exercises;
    struct exercise_result *exercise;

    report->exercises = realloc(report->exercises, size);
    exercise = &report->exercises[report->count++];
    *exercise = (struct exercise_result){
        .chapter = copy_text("1_islands"),
        .stem = copy_text(stem),
        .source = format_text("chapters/1_islands/%s.c", stem),
        .weight = 1,
        .verdict = verdict,
        .message = copy_text(message),
        .warnings = copy_text(""),
    };
    return exercise;
}

static struct test_result *add_test(struct exercise_result *exercise,
                                    const char *name, enum verdict verdict,
                                    const char *headline)
{
    size_t size = (exercise->count + 1) * sizeof *exercise->tests;
    struct test_result *test;

    exercise->tests = realloc(exercise->tests, size);
    test = &exercise->tests[exercise->count++];
    *test = (struct test_result){
        .name = copy_text(name),
        .verdict = verdict,
        .unstarted = verdict == V_NOT_STARTED,
        .headline = copy_text(headline),
        .message = copy_text(headline),
        .output = copy_text(""),
        .proved = copy_text(""),
        .schedule = copy_text(""),
        .seconds = 0.0125,
    };
    exercise_judge(exercise);
    return test;
}

/* An exercise with these verdicts, judged. */
static struct exercise_result *add_tests(struct report *report,
                                         const char *stem, size_t count,
                                         const enum verdict verdict[])
{
    struct exercise_result *exercise = add(report, stem, V_PASSED, "");

    for (size_t i = 0; i < count; i++)
        add_test(exercise, "stops_short_at_end_of_file", verdict[i],
                 verdict[i] == V_PASSED ? "" : "close it before you read");
    return exercise;
}
#define ADD(report, stem, ...)                                                 \
    add_tests(report, stem,                                                    \
              sizeof((enum verdict[]){__VA_ARGS__}) / sizeof(enum verdict),    \
              (enum verdict[]){__VA_ARGS__})

static struct report course(void)
{
    struct report report = {.impl = copy_text("chapters")};

    ADD(&report, "family", V_PASSED, V_PASSED, V_SKIPPED);
    ADD(&report, "isolate", V_PASSED, V_HUNG, V_CRASHED, V_LEFT_BEHIND);
    add(&report, "spawn", V_NOT_COMPILED, "spawn.c:12: expected ';'\n  at");
    ADD(&report, "deadline", V_NOT_STARTED, V_NOT_STARTED);
    add(&report, "supervise", V_MISSING, "");
    ADD(&report, "tally", V_PASSED, V_GRADER_FAULT);
    return report;
}

/* What a writer writes. */
static char *map_of(const struct report *report, struct look look)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    map_write(out, report, look);
    fclose(out);
    return text;
}

static char *detail_of(const struct exercise_result *exercise, bool chinese)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    detail_write(out, exercise, (struct look){.chinese = chinese, .width = 80});
    fclose(out);
    return text;
}

static size_t lines_of(const char *text)
{
    size_t lines = 0;

    for (; (text = strchr(text, '\n')); text++)
        lines++;
    return lines;
}

static int widest_of(char *text)
{
    int widest = 0;
    char *rest = text;

    for (char *line; (line = strsep(&rest, "\n"));)
        widest = text_width(line) > widest ? text_width(line) : widest;
    return widest;
}

/* A private folder, and what is left in it. */
static char *make_folder(void)
{
    const char *home = getenv("TMPDIR");
    char *path = format_text("%s/report_test.XXXXXX", home ? home : "/tmp");

    assert_non_null(mkdtemp(path));
    return path;
}

static int remove_folder(char *path)
{
    DIR *folder = opendir(path);
    int files = 0;

    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char *inner = format_text("%s/%s", path, entry->d_name);
        if (*entry->d_name != '.') {
            files++;
            if (unlink(inner) != 0 && errno == EISDIR)
                remove_folder(copy_text(inner));
        }
        free(inner);
    }
    closedir(folder);
    rmdir(path);
    free(path);
    return files;
}

/* From here on every write fails, as on a full disk. */
static void fill_disk(bool full)
{
    struct rlimit limit;

    signal(SIGXFSZ, full ? SIG_IGN : SIG_DFL);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = full ? 10 : limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* The result model. */

static void judges_an_exercise_by_its_tests(void **state)
{
    (void)state;
    struct report report = {0};
    struct exercise_result *exercise;

    exercise = ADD(&report, "a", V_PASSED, V_SKIPPED);
    assert_int_equal(exercise->verdict, V_PASSED);
    exercise = ADD(&report, "b", V_NOT_STARTED, V_NOT_STARTED, V_SKIPPED);
    assert_int_equal(exercise->verdict, V_NOT_STARTED);
    exercise = ADD(&report, "c", V_NOT_STARTED, V_PASSED);
    assert_int_equal(exercise->verdict, V_FAILED);
    exercise = ADD(&report, "d", V_SKIPPED, V_SKIPPED);
    assert_int_equal(exercise->verdict, V_SKIPPED);
    exercise = ADD(&report, "e", V_PASSED, V_GRADER_FAULT, V_FAILED);
    assert_int_equal(exercise->verdict, V_GRADER_FAULT);
    exercise = add(&report, "f", V_PASSED, "");
    exercise_judge(exercise); /* no test at all is no success */
    assert_int_equal(exercise->verdict, V_GRADER_FAULT);
    report_clear(&report);
}

static void failing_with_enosys_is_not_started(void **state)
{
    (void)state;
    struct report report = {0};
    struct exercise_result *exercise = ADD(&report, "a", V_FAILED, V_FAILED);

    exercise->tests[0].unstarted = exercise->tests[1].unstarted = true;
    exercise_judge(exercise);
    assert_int_equal(exercise->verdict, V_NOT_STARTED);
    report_clear(&report);
}

static void points_are_tests_times_weight(void **state)
{
    (void)state;
    struct report report = {0};
    struct exercise_result *exercise;

    exercise = ADD(&report, "a", V_PASSED, V_FAILED, V_SKIPPED, V_GRADER_FAULT);
    exercise->weight = 3;
    assert_int_equal(exercise_points(exercise).got, 3);
    assert_int_equal(exercise_points(exercise).max, 6);
    exercise->verdict = V_NOT_COMPILED; /* its list of tests is an old one */
    assert_int_equal(exercise_points(exercise).got, 0);
    assert_int_equal(exercise_points(exercise).max, 6);
    assert_int_equal(report_points(&report, "1_islands").max, 6);
    assert_int_equal(report_points(&report, "2_pipes").max, 0);
    report_clear(&report);
}

static void without_tests_the_weight_is_at_stake(void **state)
{
    (void)state;
    struct report report = {0};
    struct exercise_result *exercise = add(&report, "a", V_NOT_COMPILED, "");

    exercise->weight = 2;
    assert_int_equal(exercise_points(exercise).max, 2);
    exercise->verdict = V_GRADER_FAULT;
    assert_int_equal(exercise_points(exercise).max, 0);
    report_clear(&report);
}

/* Saving and loading. */

static void what_was_saved_is_loaded(void **state)
{
    (void)state;
    char *folder = make_folder();
    char *path = format_text("%s/family.result", folder);
    struct report report = course();
    struct exercise_result *exercise = &report.exercises[1], loaded;

    free(exercise->tests[1].output);
    exercise->tests[1].output = copy_text("one\n\x01\xff\xfe]]>\nname 3\nabc");
    free(exercise->tests[0].proved);
    exercise->tests[0].proved = copy_text("26 schedules\nand 3 more");
    free(exercise->tests[1].schedule);
    exercise->tests[1].schedule = copy_text("{\"found\": \"race\"}");
    exercise->tests[2].unstarted = true;
    assert_int_equal(result_save(exercise, path), 0);
    assert_int_equal(result_load(&loaded, path), 0);
    assert_string_equal(loaded.chapter, exercise->chapter);
    assert_string_equal(loaded.stem, exercise->stem);
    assert_string_equal(loaded.source, exercise->source);
    assert_int_equal(loaded.weight, exercise->weight);
    assert_int_equal(loaded.verdict, exercise->verdict);
    assert_int_equal(loaded.count, exercise->count);
    assert_string_equal(loaded.tests[1].output, exercise->tests[1].output);
    assert_string_equal(loaded.tests[0].proved, "26 schedules\nand 3 more");
    assert_string_equal(loaded.tests[1].schedule, "{\"found\": \"race\"}");
    assert_string_equal(loaded.tests[3].headline, exercise->tests[3].headline);
    assert_int_equal(loaded.tests[1].verdict, V_HUNG);
    assert_true(loaded.tests[2].unstarted);
    assert_true(fabs(loaded.tests[0].seconds - 0.0125) < 1e-6);
    result_clear(&loaded);
    report_clear(&report);
    free(path);
    assert_int_equal(remove_folder(folder), 1);
}

static void damaged_files_do_not_load(void **state)
{
    (void)state;
    char *folder = make_folder(), bytes[8192];
    char *path = format_text("%s/family.result", folder);
    struct report report = course();
    struct exercise_result loaded;

    assert_int_equal(result_save(&report.exercises[1], path), 0);
    FILE *file = fopen(path, "r+");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    assert_true(size > 0 && size < sizeof bytes);
    for (size_t i = 0; i < size; i++) { /* a byte changed */
        pwrite(fileno(file), &(char){bytes[i] ^ 1}, 1, (off_t)i);
        errno = 0;
        assert_int_equal(result_load(&loaded, path), -1);
        assert_int_equal(errno, EINVAL);
        pwrite(fileno(file), &bytes[i], 1, (off_t)i);
    }
    assert_int_equal(result_load(&loaded, path), 0);
    result_clear(&loaded);
    for (size_t i = size; i-- > 0;) { /* cut short */
        assert_int_equal(ftruncate(fileno(file), (off_t)i), 0);
        assert_int_equal(result_load(&loaded, path), -1);
    }
    fclose(file);
    unlink(path);
    assert_int_equal(result_load(&loaded, path), -1);
    assert_int_equal(errno, ENOENT);
    report_clear(&report);
    free(path);
    remove_folder(folder);
}

static void a_full_disk_keeps_the_old_files(void **state)
{
    (void)state;
    char *folder = make_folder();
    char *path = format_text("%s/family.result", folder);
    struct report report = course();
    struct exercise_result loaded;

    assert_int_equal(result_save(&report.exercises[0], path), 0);
    assert_int_equal(report_write(folder, &report), 0);
    fill_disk(true);
    int saved = result_save(&report.exercises[1], path), error = errno;
    int written = report_write(folder, &report);
    fill_disk(false);
    assert_int_equal(saved, -1);
    assert_int_equal(error, EFBIG);
    assert_int_equal(written, -1);
    assert_int_equal(result_load(&loaded, path), 0);
    assert_string_equal(loaded.stem, "family");
    result_clear(&loaded);
    report_clear(&report);
    free(path);
    assert_int_equal(remove_folder(folder), 5); /* nothing half done */
}

static void no_folder_no_report(void **state)
{
    (void)state;
    struct report report = course();

    assert_int_equal(report_write("/nowhere/at/all", &report), -1);
    assert_int_equal(errno, ENOENT);
    report_clear(&report);
}

/* Text. */

static void assert_clean(const char *text, const char *wanted)
{
    char *clean = text_clean(text, TEXT_BOUND);

    assert_string_equal(clean, wanted);
    free(clean);
}

static void hostile_bytes_become_harmless(void **state)
{
    (void)state;
    assert_clean("a\tb\nc\r\n", "a\tb\nc\n");
    assert_clean("\033[2J\x7f\r", "␛[2J␡␍");
    assert_clean("岛 \U0001f600", "岛 \U0001f600");
    assert_clean("\xff|\xc3|\xe5\xb2", "\ufffd|\ufffd|\ufffd\ufffd");
    assert_clean("\xc0\x80", "\ufffd\ufffd");           /* overlong */
    assert_clean("\xe0\x80\xaf", "\ufffd\ufffd\ufffd"); /* overlong */
    assert_clean("\xed\xa0\x80", "\ufffd\ufffd\ufffd"); /* surrogate */
    assert_clean("\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd"); /* beyond */
    assert_clean("\xef\xbf\xbe\xef\xbf\xbf", "\ufffd\ufffd");     /* no XML */
    assert_clean("\xc2\x9b"
                 "31m",
                 "\ufffd31m");              /* CSI */
    assert_clean("\xe2\x80\xae", "\ufffd"); /* turns */
}

static void megabytes_are_cut_and_told(void **state)
{
    (void)state;
    size_t size = 10 << 20;
    char *text = allocate(size + 1);

    for (size_t i = 0; i + 3 <= size; i += 3)
        memcpy(text + i, "岛", 3);
    memset(text + size - 1, 'x', 1);
    char *clean = text_clean(text, 100);
    assert_true(strlen(clean) < 150);
    assert_non_null(strstr(clean, "岛… (10485760 bytes in all)"));
    free(clean);
    free(text);
}

static void lines_fit_their_columns(void **state)
{
    (void)state;
    char *line = text_line("  one\n\n two\t岛屿 ", 80);

    assert_string_equal(line, "one two 岛屿");
    free(line);
    for (int columns = 0; columns < 20; columns++) {
        line = text_line("岛a屿b \xff管c道d e\u0301\u0301\u0301", columns);
        assert_true(text_width(line) <= columns);
        free(line);
    }
    line = text_line("岛屿", 3);
    assert_string_equal(line, "岛…");
    free(line);
}

/* What people read. */

static void both_languages_print_the_same_values(void **state)
{
    (void)state;
    const char *english, *chinese;

    for (size_t i = 0; words_pair(i, &english, &chinese); i++) {
        for (;; english++, chinese++) {
            english += strcspn(english, "%");
            chinese += strcspn(chinese, "%");
            size_t length = *english ? strcspn(english, "sdu") + 1 : 0;
            assert_int_equal(strncmp(english, chinese, length), 0);
            if (!*english) {
                assert_string_equal(chinese, "");
                break;
            }
        }
    }
    for (int i = 0; i < V_COUNT; i++)
        assert_string_not_equal(words(true, verdict_word(i)), verdict_word(i));
}

static void language_is_the_environments(void **state)
{
    (void)state;
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    unsetenv("LANG");
    assert_false(words_chinese());
    setenv("LANG", "zh_CN.UTF-8", 1);
    assert_true(words_chinese());
    setenv("LC_MESSAGES", "C", 1);
    assert_false(words_chinese());
    setenv("LC_ALL", "", 1); /* as good as unset */
    assert_false(words_chinese());
    setenv("LC_ALL", "zh", 1);
    assert_true(words_chinese());
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    unsetenv("LANG");
}

static void a_file_gets_no_colours(void **state)
{
    (void)state;
    FILE *file = tmpfile();

    assert_non_null(file);
    struct look look = look_from_environment(file);
    fclose(file);
    assert_false(look.colour);
    assert_int_equal(look.width, 80);
}

static void the_map_is_at_most_80_columns(void **state)
{
    (void)state;
    struct report report = course();

    add_test(&report.exercises[1], "x", V_FAILED, "");
    report.exercises[1].tests[1].headline[0] = '\0';
    free(report.exercises[1].tests[1].message);
    report.exercises[1].tests[1].message =
        copy_text("岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿"
                  "岛屿岛屿岛屿"
                  "岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿岛屿"
                  "岛屿\033[2J");
    for (int chinese = 0; chinese < 2; chinese++) {
        struct look look = {.chinese = chinese, .width = 200};
        char *map = map_of(&report, look);
        assert_null(strchr(map, '\033'));
        assert_true(widest_of(map) <= 80);
        free(map);
    }
    report_clear(&report);
}

static void the_map_says_what_is_next(void **state)
{
    (void)state;
    struct report report = course();
    char *map = map_of(&report, (struct look){.width = 80});

    assert_non_null(strstr(map, "1 islands"));
    assert_non_null(strstr(map, "next    make isolate\n"));
    assert_non_null(strstr(map, "spawn.c:12: expected ';'\n"));
    assert_non_null(strstr(map, "grader's fault, it costs no points"));
    free(map);
    free(report.impl);
    report.impl = copy_text("/home/a class/anna");
    map = map_of(&report, (struct look){.chinese = true, .width = 80});
    assert_non_null(strstr(map, "1 孤岛"));
    assert_non_null(strstr(map, "make IMPL='/home/a class/anna' isolate\n"));
    free(map);
    report_clear(&report);
}

static void a_course_that_passes_is_praised(void **state)
{
    (void)state;
    struct report report = {.impl = copy_text("chapters")};

    ADD(&report, "family", V_PASSED);
    char *map = map_of(&report, (struct look){.width = 80});
    assert_non_null(strstr(map, "Well done!"));
    assert_null(strstr(map, "next"));
    free(map);
    report_clear(&report);
}

static void a_detail_is_a_screen(void **state)
{
    (void)state;
    struct report report = {.impl = copy_text("chapters")};
    struct exercise_result *exercise = add(&report, "isolate", V_PASSED, "");
    struct test_result *test = NULL;

    for (int i = 0; i < 20; i++)
        test = add_test(exercise, "a_b", i < 14 ? V_PASSED : V_FAILED, "c d");
    free(exercise->tests[14].message);
    exercise->tests[14].message = allocate(2 * 500 + 1);
    for (int i = 0; i < 500; i++)
        strcat(exercise->tests[14].message, "x\n");
    for (int chinese = 0; chinese < 2; chinese++) {
        char *detail = detail_of(exercise, chinese);
        assert_non_null(strstr(detail, "✗ a b\n"));
        assert_non_null(strstr(detail, "make isolate.hint"));
        assert_true(lines_of(detail) <= 42);
        free(detail);
    }
    assert_int_equal(test->verdict, V_FAILED);
    report_clear(&report);
}

static void a_detail_says_where_to_begin(void **state)
{
    (void)state;
    struct report report = course();
    char *detail = detail_of(&report.exercises[3], false);

    assert_non_null(strstr(detail, "chapters/1_islands/deadline.c\n"));
    assert_non_null(strstr(detail, "chapters/1_islands/deadline.h\n"));
    assert_non_null(strstr(detail, "chapters/1_islands/README.md, deadline\n"));
    free(detail);
    detail = detail_of(&report.exercises[2], false);
    assert_non_null(strstr(detail, "spawn.c:12: expected ';'\n"));
    free(detail);
    detail = detail_of(&report.exercises[5], true);
    assert_non_null(strstr(detail, "评测器的错"));
    free(detail);
    report_clear(&report);
}

static void assert_lacking(const char *log, const char *wanted)
{
    char *part = lacking_part(log);

    if (wanted)
        assert_string_equal(part, wanted);
    else
        assert_null(part);
    free(part);
}

static void what_setup_installs_is_named(void **state)
{
    (void)state;
    assert_lacking("a.c:6:10: fatal error: openssl/hmac.h: No such file or "
                   "directory\n    6 | #include <openssl/hmac.h>\n",
                   "openssl/hmac.h");
    assert_lacking("a.c:6:10: fatal error: 'openssl/evp.h' file not found\n",
                   "openssl/evp.h");
    assert_lacking("/usr/bin/ld: cannot find -lcrypto: No such file or "
                   "directory\ncollect2: error: ld returned 1 exit status\n",
                   "-lcrypto");
    assert_lacking("a.c:1:10: fatal error: stdoi.h: No such file\n", NULL);
    assert_lacking("a.c:9: error: 'openssl/x' undeclared\n", NULL);
    assert_lacking("", NULL);
}

static void a_detail_says_what_is_lacking(void **state)
{
    static const char log[] =
        "a.c:6:10: fatal error: 'openssl/hmac.h' file not found\n";
    struct report report = {.impl = copy_text("chapters")};
    struct exercise_result *exercise =
        add(&report, "handshake", V_NOT_COMPILED, log);
    char *detail = detail_of(exercise, false);

    (void)state;
    assert_non_null(strstr(detail, "openssl/hmac.h is missing on this machine: "
                                   "`make setup` installs it."));
    free(detail);
    report_clear(&report);
}

static void assert_nearest(const char *name, const char *wanted)
{
    char *const names[] = {"family", "isolate", "spawn",
                           "tally",  "test",    "family.hint"};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    nearest(out, name, names, sizeof names / sizeof names[0]);
    fclose(out);
    assert_non_null(strstr(text, wanted));
    free(text);
}

static void misspelt_names_get_the_nearest(void **state)
{
    (void)state;
    assert_int_equal(nearest_distance("family", "famly"), 1);
    assert_int_equal(nearest_distance("spawn", "spwan"), 1);
    assert_int_equal(nearest_distance("kitten", "sitting"), 3);
    assert_nearest("famly", "called 'famly'. Did you mean: family?\n");
    assert_nearest("isloate", "mean: isolate?\n");
    assert_nearest("famly.hint", "mean: family.hint?\n");
    assert_nearest("iso", "mean: isolate?\n");
    assert_nearest("zebra", "`make help`");
    assert_nearest("", "`make help`");
    assert_nearest("\033[2J", "'␛[2J'");
}

/* What machines read: everything that can be printed, checked by another
 * program. REPORT_FUZZ=5000 in the environment looks for longer. */

static uint32_t seed = 1;

static uint32_t dice(uint32_t sides)
{
    seed ^= seed << 13; /* xorshift, so that a failure comes again */
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % sides;
}

static char *nasty(void)
{
    static const char *const piece[] = {
        "]]>",      "<![CDATA[", "&amp;",        "<!--",
        "\"",       "'",         "\\",           "\\u0000",
        "\033[2J",  "\r\n",      "\n",           "\t",
        "#",        " # SKIP ",  " # TODO",      "not ok 1",
        "\n1..9\n", "岛屿",      "\xff",         "\xed\xa0\x80",
        "\xc0\x80", "  ...\n",   "\xef\xbf\xbe", "\u2028",
        "%s%n",     "{}",        "</testcase>"};
    enum { PIECES = sizeof piece / sizeof piece[0] };
    char *text = allocate(1024), *at = text;

    for (uint32_t i = dice(12); i > 0; i--) {
        if (dice(2) == 0)
            at = stpcpy(at, piece[dice(PIECES)]);
        else
            *at++ = (char)(1 + dice(255));
    }
    return text;
}

static struct report nasty_report(void)
{
    struct report report = {.impl = nasty()};

    for (uint32_t i = dice(5); i > 0; i--) {
        char *stem = nasty(), *message = nasty();
        struct exercise_result *exercise =
            add(&report, stem, dice(2) ? V_PASSED : V_NOT_COMPILED, message);
        exercise->weight = (int)dice(4) + 1;
        for (uint32_t j = dice(6); j > 0; j--) {
            char *name = nasty(), *headline = nasty();
            struct test_result *test =
                add_test(exercise, name, dice(V_COUNT), headline);
            free(test->output);
            test->output = nasty();
            free(test->proved);
            test->proved = nasty();
            test->seconds = dice(9) ? dice(1000) / 999.0 : (double)NAN;
            free(name);
            free(headline);
        }
        exercise_judge(exercise);
        free(stem);
        free(message);
    }
    return report;
}

/* report_check.py over the folders; its exit status. */
static int check(char *const folders[], size_t count)
{
    char *here = copy_text(__FILE__), *slash = strrchr(here, '/');
    char **argv = allocate((count + 4) * sizeof *argv);

    if (slash)
        *slash = '\0';
    argv[0] = "python3";
    argv[1] = format_text("%s/report_check.py", slash ? here : ".");
    argv[2] =
        format_text("%s/../../grader/report.schema.json", slash ? here : ".");
    for (size_t i = 0; i < count; i++)
        argv[3 + i] = folders[i];
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (access(argv[1], R_OK) == 0)
            execvp(argv[0], argv);
        _exit(127);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    free(argv[1]);
    free(argv[2]);
    free(argv);
    free(here);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void every_file_is_valid(void **state)
{
    (void)state;
    const char *wish = getenv("REPORT_FUZZ");
    size_t count = wish ? (size_t)atol(wish) : 100;
    char *folder = make_folder(), **inner = allocate(count * sizeof *inner);

    for (size_t i = 0; i < count; i++) {
        struct report report = i > 0 ? nasty_report() : course();
        inner[i] = format_text("%s/%zu", folder, i);
        assert_int_equal(report_write(inner[i], &report), 0);
        report_clear(&report);
    }
    int status = check(inner, count);
    for (size_t i = 0; i < count; i++)
        free(inner[i]);
    free(inner);
    remove_folder(folder);
    if (status == 127)
        skip(); /* no python3 here */
    assert_int_equal(status, 0);
}

static void megabytes_break_no_file(void **state)
{
    (void)state;
    struct report report = {.impl = copy_text("chapters")};
    struct exercise_result *exercise = ADD(&report, "family", V_FAILED);
    char **text[] = {&exercise->tests[0].message, &exercise->tests[0].output,
                     &exercise->tests[0].headline, &exercise->warnings};
    char *folder = make_folder();

    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
        free(*text[i]);
        *text[i] = allocate((10 << 20) + 1);
        memset(*text[i], i == 2 ? 0xff : ']', 10 << 20);
    }
    assert_int_equal(report_write(folder, &report), 0);
    int status = check(&folder, 1);
    char *map = map_of(&report, (struct look){.width = 80});
    char *detail = detail_of(exercise, false);
    assert_true(strlen(map) < 4096);
    assert_true(strlen(detail) < 8192);
    free(map);
    free(detail);
    report_clear(&report);
    remove_folder(folder);
    if (status == 127)
        skip(); /* no python3 here */
    assert_int_equal(status, 0);
}

static void no_text_steers_the_terminal(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct report report = nasty_report();
        *report.impl = '\0'; /* the command that names it may be long */
        char *map = map_of(&report, (struct look){.width = 80});
        assert_null(strchr(map, '\033'));
        assert_true(widest_of(map) <= 80);
        free(map);
        for (size_t j = 0; j < report.count; j++) {
            char *detail = detail_of(&report.exercises[j], dice(2));
            assert_null(strchr(detail, '\033'));
            free(detail);
        }
        report_clear(&report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_an_exercise_by_its_tests),
        cmocka_unit_test(failing_with_enosys_is_not_started),
        cmocka_unit_test(points_are_tests_times_weight),
        cmocka_unit_test(without_tests_the_weight_is_at_stake),
        cmocka_unit_test(what_was_saved_is_loaded),
        cmocka_unit_test(damaged_files_do_not_load),
        cmocka_unit_test(a_full_disk_keeps_the_old_files),
        cmocka_unit_test(no_folder_no_report),
        cmocka_unit_test(hostile_bytes_become_harmless),
        cmocka_unit_test(megabytes_are_cut_and_told),
        cmocka_unit_test(lines_fit_their_columns),
        cmocka_unit_test(both_languages_print_the_same_values),
        cmocka_unit_test(language_is_the_environments),
        cmocka_unit_test(a_file_gets_no_colours),
        cmocka_unit_test(the_map_is_at_most_80_columns),
        cmocka_unit_test(the_map_says_what_is_next),
        cmocka_unit_test(a_course_that_passes_is_praised),
        cmocka_unit_test(a_detail_is_a_screen),
        cmocka_unit_test(a_detail_says_where_to_begin),
        cmocka_unit_test(what_setup_installs_is_named),
        cmocka_unit_test(a_detail_says_what_is_lacking),
        cmocka_unit_test(misspelt_names_get_the_nearest),
        cmocka_unit_test(every_file_is_valid),
        cmocka_unit_test(megabytes_break_no_file),
        cmocka_unit_test(no_text_steers_the_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
