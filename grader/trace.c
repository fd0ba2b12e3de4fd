/*
 * trace.c — one test, or one program of a text, told as a story.
 *
 * The keeper tells it, while the processes are still there, into files in
 * memory that it shares with the grader; the grader puts them where they
 * belong.
 */
#include "trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "draft.h"
#include "errand.h"
#include "keeper.h"
#include "look.h"
#include "report.h"
#include "sandbox.h"
#include "story.h"
#include "text.h"
#include "words.h"

typedef void writer(FILE *, const struct story *, bool chinese);

static void write_json(FILE *out, const struct story *s, bool chinese)
{
    (void)chinese;
    story_json(out, s);
}

/* What is to be written, and the file in memory it goes to. */
enum { MOST_WORKS = 6 };
struct works {
    int count;
    struct work {
        writer *write;
        bool chinese;
        int fd;
    } work[MOST_WORKS];
};

static void add_work(struct works *w, writer *write, bool chinese)
{
    int fd = memfd_create("story", MFD_CLOEXEC);

    if (fd < 0)
        die("memory", NULL);
    w->work[w->count++] = (struct work){write, chinese, fd};
}

/* In the keeper. */
static void tell(const struct story *s, void *arg)
{
    const struct works *w = arg;

    for (int i = 0; i < w->count; i++) {
        FILE *out = fdopen(dup(w->work[i].fd), "w");
        if (!out)
            continue;
        w->work[i].write(out, s, w->work[i].chinese);
        fclose(out);
    }
}

static void copy(FILE *out, int from)
{
    char bytes[65536];
    off_t at = 0;
    ssize_t n;

    while ((n = pread(from, bytes, sizeof(bytes), at)) > 0) {
        fwrite(bytes, 1, (size_t)n, out);
        at += n;
    }
}

static bool is_empty(int fd)
{
    struct stat st;

    return fstat(fd, &st) < 0 || st.st_size == 0;
}

/* The old file or the new one, whole. */
static bool publish(int from, const char *path)
{
    struct draft draft;
    FILE *out = draft_open(&draft, path);

    if (out)
        copy(out, from);
    if (!out || draft_publish(&draft) < 0) {
        fprintf(stderr, words(words_chinese(), "Cannot write %s: %s.\n"), path,
                strerror(errno));
        return false;
    }
    return true;
}

static bool make_folder_of(const char *path)
{
    char *folder = copy_text(path), *slash = strrchr(folder, '/');
    bool made = true;

    if (slash && slash > folder) {
        *slash = '\0';
        made = mkdir(folder, 0777) == 0 || errno == EEXIST;
    }
    free(folder);
    return made;
}

/* Run it; true when there is something to show. */
static bool run(struct errand *e, struct works *w, bool steady,
                const char *parent)
{
    struct telling telling = {steady, tell, w};
    char *folder = format_text("%s/trace-XXXXXX", parent);

    if (!mkdtemp(folder)) {
        fprintf(stderr, words(words_chinese(), "Cannot write %s: %s.\n"),
                parent, strerror(errno));
        free(folder);
        return false;
    }
    e->telling = &telling;
    run_errands(e, 1, folder);
    e->telling = NULL;
    remove_folder(folder);
    free(folder);
    if (is_empty(w->work[0].fd)) {
        fprintf(stderr, "%s\n", e->result.headline);
        return false;
    }
    return true;
}

static void forget(struct errand *e, struct works *w)
{
    for (int i = 0; i < w->count; i++)
        close(w->work[i].fd);
    test_clear(&e->result);
}

/* "hello_pipe: a fact — hung", the sentence, and where the page is. */
static void say_where(const char *name, const struct errand *e,
                      const char *fact, const char *path)
{
    struct look look = look_from_environment(stdout);
    char *sentence = text_sentence(fact, 60);

    look_put_mark(stdout, look, e->result.verdict);
    look_put(stdout, look, BOLD, name, 0);
    printf("%s%s", *sentence ? ": " : "", sentence);
    if (*sentence || e->result.verdict != V_PASSED)
        printf(" — %s", words(look.chinese, verdict_word(e->result.verdict)));
    putchar('\n');
    if (e->result.headline[0])
        printf("  %s\n", e->result.headline);
    printf("\n  %s\n    %s\n",
           words(look.chinese, "The picture, for a browser:"), path);
    free(sentence);
}

static int show(struct errand *e, const char *how, const char *name,
                const char *fact, const char *path, const char *parent)
{
    struct works w = {0};
    bool log = strcmp(how, "log") == 0;
    int status = 1;

    add_work(&w, log ? log_write : picture_write, words_chinese());
    if (!run(e, &w, false, parent)) {
        status = 1;
    } else if (log) {
        copy(stdout, w.work[0].fd);
        status = 0;
    } else if (publish(w.work[0].fd, path)) {
        say_where(name, e, fact, path);
        status = 0;
    }
    forget(e, &w);
    return status;
}

/* Why there is nothing to show, or NULL. */
static const char *obstacle(const struct exercise_result *e)
{
    switch (e->verdict) {
    case V_NOT_COMPILED:
        return "%s does not compile yet, so there is nothing to show: "
               "`make %s` says why.\n";
    case V_MISSING:
        return "%s is not there, so there is nothing to show: `make %s` says "
               "more.\n";
    case V_NOT_STARTED:
        return "%s is not written yet, so there is nothing to show: `make "
               "%s` says how to begin.\n";
    default:
        return e->count == 0 ? "%s could not be run: `make %s` says why.\n"
                             : NULL;
    }
}

static bool fails(const struct test_result *test)
{
    return test->verdict != V_PASSED && test->verdict != V_SKIPPED;
}

/* One with a schedule, if there is any: it fails again, step by step, where
 * others may be lucky this time. */
static const char *telling(const struct exercise_result *e)
{
    const char *first = NULL;

    for (size_t i = 0; i < e->count; i++) {
        const struct test_result *test = &e->tests[i];
        if (fails(test) && test->schedule && test->schedule[0])
            return test->name;
        if (fails(test) && !first)
            first = test->name;
    }
    return first ? first : e->tests[0].name;
}

static bool has_fact(const struct exercise_result *e, const char *fact)
{
    for (size_t i = 0; i < e->count; i++)
        if (strcmp(e->tests[i].name, fact) == 0)
            return true;
    return false;
}

static void say_facts(const struct exercise_result *e, const char *fact)
{
    bool chinese = words_chinese();
    char *shown = text_line(fact, 60);

    fprintf(stderr, words(chinese, "%s has no fact called '%s'. It has:\n"),
            e->stem, shown);
    for (size_t i = 0; i < e->count; i++)
        fprintf(stderr, "    %s\n", e->tests[i].name);
    free(shown);
}

int trace_exercise(const struct options *o, const struct exercise_result *e,
                   const char *fact)
{
    const char *why = obstacle(e);
    int status;

    if (why) {
        fprintf(stderr, words(words_chinese(), why), e->source, e->stem);
        return 1;
    }
    if (!fact)
        fact = telling(e);
    if (!has_fact(e, fact)) {
        say_facts(e, fact);
        return 1;
    }
    char *binary = format_text("%s/%s/%s_test", o->build, e->chapter, e->stem);
    char *path = format_text("%s/%s/%s.html", o->build, e->chapter, e->stem);
    char *parent = absolute(copy_text(o->build));
    struct errand errand = {.binary = absolute(binary), .fact = fact};
    status = show(&errand, o->mode, e->stem, fact, path, parent);
    free((char *)errand.binary);
    free(path);
    free(parent);
    return status;
}

static writer *writer_of(const char *how)
{
    static const struct {
        const char *word;
        writer *write;
    } kind[] = {{"page", picture_write},
                {"log", log_write},
                {"map", picture_map},
                {"lanes", picture_log}};

    for (size_t i = 0; how && i < sizeof(kind) / sizeof(*kind); i++)
        if (strcmp(kind[i].word, how) == 0)
            return kind[i].write;
    return write_json;
}

int trace_binary(const char *binary, const char *fact, const char *how)
{
    struct errand e = {.binary = absolute(copy_text(binary)), .fact = fact};
    struct works w = {0};
    int status = 1;

    bool steady = how && (strcmp(how, "steady") == 0 ||
                          strcmp(how, "map") == 0 || strcmp(how, "lanes") == 0);

    add_work(&w, writer_of(how), words_chinese());
    if (run(&e, &w, steady, "/tmp")) {
        copy(stdout, w.work[0].fd);
        status = 0;
    }
    forget(&e, &w);
    free((char *)e.binary);
    return status;
}

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int trace_program(const char *how, const char *binary, const char *path)
{
    struct errand e = {.binary = absolute(copy_text(binary)), .fact = ""};
    int status = show(&e, how, base(binary), "", path, "/tmp");

    free((char *)e.binary);
    return status;
}

int trace_pictures(const char *binary, const char *prefix, const char *which)
{
    static const struct {
        const char *word;
        writer *write;
    } kind[] = {
        {"map", picture_map}, {"log", picture_log}, {"schedule", picture_log}};
    struct errand e = {.binary = absolute(copy_text(binary)), .fact = ""};
    struct works w = {0};
    const char *word[MOST_WORKS];
    bool well;

    for (size_t k = 0; k < sizeof(kind) / sizeof(*kind); k++)
        for (int chinese = 0; strstr(which, kind[k].word) && chinese < 2;
             chinese++) {
            word[w.count] = kind[k].word;
            add_work(&w, kind[k].write, chinese);
        }
    if (w.count == 0)
        errno = 0, die("no picture is asked for:", which);
    well = run(&e, &w, true, "/tmp");
    for (int i = 0; well && i < w.count; i++) {
        char *path = format_text("%s.%s%s.svg", prefix, word[i],
                                 w.work[i].chinese ? ".zh-CN" : "");
        well = make_folder_of(path) && publish(w.work[i].fd, path);
        free(path);
    }
    forget(&e, &w);
    free((char *)e.binary);
    return well ? 0 : 1;
}
