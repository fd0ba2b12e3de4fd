/*
 * pipeline_test.c — what pipeline promises.
 *
 * The stages are ordinary programs (cat, head, yes …), small scripts for sh,
 * and two programs of our own. What goes in and comes out is a sheet, a file
 * in memory. Stages meet, and wait to be let go, at FIFOs in the fact's
 * folder: whatever opens one sleeps until its other end is opened as well.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"
#include "pipeline.h"

enum { MANY = 100, UNSET = -77, TEXT = 512, HIGH = 40, SAVED = 400 };

static int status[MANY];

/* LINE(P("sort"), SH("exit 3")): a line of two, and how many they are. */
#define P(...) ((char *const[]){__VA_ARGS__, NULL})
#define SH(script) P("sh", "-c", script)
#define LIST(...) ((char *const *const[]){__VA_ARGS__})
#define LINE(...)                                                              \
    LIST(__VA_ARGS__), (int)(sizeof(LIST(__VA_ARGS__)) / sizeof(char *const *))

/* ---- what goes in and comes out ------------------------------------- */

static int sheet(const char *text)
{
    int fd = memfd_create("sheet", MFD_CLOEXEC);

    if (fd == -1 || pwrite(fd, text, strlen(text), 0) == -1)
        FAIL_TEST("the test itself got no memory: is the machine full?");
    return fd;
}

/* What stands on a sheet, which is then thrown away. */
static const char *text_of(int fd)
{
    static char text[TEXT];
    ssize_t n = pread(fd, text, TEXT - 1, 0);

    text[n > 0 ? n : 0] = '\0';
    close(fd);
    return text;
}

static void needs(const char *programs)
{
    char names[TEXT], path[TEXT], *rest = names, *name;

    snprintf(names, sizeof(names), "%s", programs);
    while ((name = strsep(&rest, " ")) != NULL) {
        snprintf(path, sizeof(path), "/usr/bin/%s", name);
        if (access(path, X_OK) == -1 && access(path + 4, X_OK) == -1)
            SKIP_TEST("there is no program %s here", name);
    }
}

static void no_status(void)
{
    for (int i = 0; i < MANY; i++)
        status[i] = UNSET;
}

static const char stay_open[] =
    "in and out stay open in the caller, who closes them, also after an "
    "error: close only what you opened";

static void give_back(int fd)
{
    CHECK_OK(close(fd), "%s", stay_open);
}

static const char can_be_started[] =
    "every program of the line is there and can be started, by its name on "
    "PATH; how it ends is told by its status, not by the result";

/* Lets `text` run through a line of programs: what comes out. */
static const char *through(char *const *const argv[], int n, const char *text)
{
    int in = sheet(text), out = sheet("");

    no_status();
    int rc = pipeline(argv, n, in, out, status);
    CHECK_OK(rc, "%s", can_be_started);
    CHECK_EQ(rc, 0, "the result is 0: how each ended is told by its status");
    for (int i = 0; i < n; i++)
        CHECK(status[i] != UNSET,
              "status[%d] has not been filled in: wait for every stage, the "
              "first and the last as well, and tell how each has ended",
              i);
    give_back(in);
    CHECK_OK(fcntl(out, F_GETFD), "%s", stay_open);
    return text_of(out);
}

static void no_child_is_left(void)
{
    CHECK_ERRNO(waitpid(-1, NULL, WNOHANG), ECHILD,
                "a child is left: whatever pipeline started has ended and has "
                "been waited for when it returns. After a failure kill the "
                "other stages with SIGKILL, then collect each with waitpid");
}

/* ---- FIFOs ---------------------------------------------------------- */

static void make_fifos(const char *letters)
{
    for (; *letters; letters++)
        if (mkfifo((char[]){*letters, '\0'}, 0600) == -1)
            FAIL_TEST("the test itself cannot write in its folder");
}

static void remove_fifos(const char *letters)
{
    for (; *letters; letters++)
        unlink((char[]){*letters, '\0'});
}

/* Three stages, each of which ends only when all of them have been there: a
 * word goes forth from the first to the last, and another back. */
#define MEETING                                                                \
    SH("echo >a; read x <d"), SH("read x <a; echo >b; read x <c; echo >d"),    \
        SH("read x <b; echo >c")

/* ---- the plain case ------------------------------------------------- */

static void joins_three_programs(void **state)
{
    (void)state;
    needs("sort head tr");
    const char *came =
        through(LINE(P("sort"), P("head", "-n", "2"), P("tr", "a-z", "A-Z")),
                "pear\nfig\napple\n");

    CHECK_STR(came, "APPLE\nFIG\n",
              "the first reads from in, each next one reads what the one "
              "before it writes, and the last writes to out: its end of the "
              "pipe becomes descriptor 1 of the writer and 0 of the reader");
    for (int i = 0; i < 3; i++)
        CHECK_EQ(status[i], 0, "stage %d ended well", i);
}

static void runs_a_single_program(void **state)
{
    (void)state;
    needs("tr");
    quiet_begin();
    const char *came = through(LINE(P("tr", "a-z", "A-Z")), "alone\n");
    quiet_end();
    CHECK_STR(came, "ALONE\n",
              "a line of one program has no pipe: it reads from in and writes "
              "to out");
    CHECK_EQ(status[0], 0, "it ended well");
}

static void passes_on_every_argument(void **state)
{
    (void)state;
    static const char show[] = "printf '[%s]' \"$0\" \"$@\"; cat";
    char *script = strdup(show);
    const char *came = through(LINE(P("sh", "-c", script, "two words", "", "*"),
                                    P("sh", "-c", script, "$HOME", "a|b", ";")),
                               "");

    free(script);
    CHECK_STR(came, "[$HOME][a|b][;][two words][][*]",
              "each program gets its argv as it is, argument by argument: no "
              "shell stands in between that would split or expand anything");
}

static void passes_on_the_environment(void **state)
{
    (void)state;
    setenv("WIND", "north by west", 1);
    CHECK_STR(through(LINE(SH("echo $WIND"), SH("cat; echo $WIND")), ""),
              "north by west\nnorth by west\n",
              "as in a shell, the programs live in the caller's environment");
}

static void all_run_at_the_same_time(void **state)
{
    (void)state;
    make_fifos("abcd");
    IF_STUCK("Each stage waits to meet the next one, which has not been "
             "started: start all of them before you wait for any.");
    through(LINE(MEETING), "");
    IF_STUCK("%s", "");
    for (int i = 0; i < 3; i++)
        CHECK_EQ(status[i], 0, "stage %d has met the others", i);
    remove_fifos("abcd");
}

static void carries_64_mib_through_three_stages(void **state)
{
    (void)state;
    needs("head tr wc");
    const char *came = through(LINE(P("head", "-c", "67108864", "/dev/zero"),
                                    P("tr", "\\0", "x"), P("wc", "-c")),
                               "");

    CHECK_EQ(atol(came), 64 << 20,
             "all the bytes go through, however many: the programs alone move "
             "them, through ordinary pipes (no O_NONBLOCK), while pipeline "
             "waits");
    for (int i = 0; i < 3; i++)
        CHECK_EQ(status[i], 0, "stage %d ended well", i);
}

static void takes_a_hundred_stages(void **state)
{
    (void)state;
    char *const *argv[MANY], *const *cat = P("cat");

    for (int i = 0; i < MANY; i++)
        argv[i] = cat;
    int in = sheet("far\n"), out = sheet("");

    no_status();
    CHECK_OK(pipeline(argv, MANY, in, out, status),
             "a line may have any number of stages: make room for n of them");
    give_back(in);
    CHECK_STR(text_of(out), "far\n",
              "a line may have any number of stages: what goes in comes out");
    for (int i = 0; i < MANY; i++)
        CHECK_EQ(status[i], 0, "stage %d of %d ended well", i, MANY);
}

/* ---- statuses ------------------------------------------------------- */

static void tells_how_each_of_them_ended(void **state)
{
    (void)state;
    static const int want[] = {3, 0, 128 + SIGTERM, 255, 128 + SIGKILL, 1};

    through(LINE(SH("exit 3"), SH("exit 0"), SH("kill -TERM $$"),
                 SH("exit 255"), SH("kill -KILL $$"), SH("exit 1")),
            "");
    for (int i = 0; i < 6; i++)
        CHECK_EQ(status[i], want[i],
                 "status[%d] tells how stage %d ended: WEXITSTATUS if "
                 "WIFEXITED, 128 + WTERMSIG if WIFSIGNALED, and every stage "
                 "has its own, not only the last",
                 i, i);
}

static void takes_127_for_an_exit_status(void **state)
{
    (void)state;
    int in = sheet("");

    no_status();
    CHECK_OK(pipeline(LINE(SH("exit 126"), SH("exit 127"), SH("exit 128")), in,
                      in, status),
             "the programs were started, and ended with 126, 127 and 128 by "
             "themselves: an exit status does not tell whether exec failed");
    give_back(in);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(status[i], 126 + i,
                 "the program was started and itself ended with %d: an exit "
                 "status does not tell whether exec failed",
                 126 + i);
}

/* Lets the stages end one after another, in this order. */
static void *let_them_go(void *order)
{
    for (const char *door = order; *door; door++) {
        int fd = open((char[]){*door, '\0'}, O_WRONLY | O_CLOEXEC);
        struct pollfd poller = {.fd = fd};

        if (write(fd, "\n", 1) == 1)
            poll(&poller, 1, -1); /* until nobody has its other end */
        close(fd);
    }
    return NULL;
}

#define BEHIND(door, code) SH("exec 3<" door "; read x <&3; exit " code)

static void they_end_in_any_order(void **state)
{
    (void)state;
    static const char *const orders[] = {"abc", "cba", "bac",
                                         "acb", "bca", "cab"};
    pthread_t thread;

    make_fifos("abc");
    signal(SIGPIPE, SIG_IGN); /* for the thread */
    for (int o = 0; o < 6; o++) {
        STEP("stages a, b and c end in the order %s", orders[o]);
        IF_STUCK("Each stage waits until the test lets it go, in an order of "
                 "its own: all of them have to run before pipeline waits for "
                 "any.");
        pthread_create(&thread, NULL, let_them_go, (void *)orders[o]);
        through(LINE(BEHIND("a", "10"), BEHIND("b", "11"), BEHIND("c", "12")),
                "");
        pthread_join(thread, NULL);
        for (int i = 0; i < 3; i++)
            CHECK_EQ(status[i], 10 + i,
                     "status[i] belongs to argv[i], in whatever order they "
                     "end: waitpid returns who it was");
    }
    signal(SIGPIPE, SIG_DFL);
    remove_fifos("abc");
}

static void *wake_the_stopped(void *arg)
{
    char text[16] = "";
    int fd = open("a", O_RDONLY | O_CLOEXEC);
    pid_t pid = read(fd, text, sizeof(text) - 1) > 0 ? atoi(text) : 0;

    (void)arg;
    close(fd);
    while (pid > 0 && !gone(pid) && state_of(pid) != 'T')
        moment();
    for (int i = 0; i < 20; i++) /* time for a wait that reports stops */
        moment();
    if (pid > 0)
        kill(pid, SIGCONT);
    return NULL;
}

static void a_stopped_stage_has_not_ended(void **state)
{
    (void)state;
    pthread_t thread;

    make_fifos("a");
    pthread_create(&thread, NULL, wake_the_stopped, NULL);
    through(LINE(SH("exit 2"), SH("echo $$ > a; kill -STOP $$; exit 4")), "");
    pthread_join(thread, NULL);
    CHECK_EQ(status[1], 4,
             "the stage was stopped for a while, and then ended: only an exit "
             "or a deadly signal is the end (no WUNTRACED)");
    remove_fifos("a");
}

/* ---- as the shell does it ------------------------------------------- */

struct spoken {
    char *command; /* words between spaces, stages between bars */
    const char *in;
};

static const struct spoken table[] = {
    {"cat", "a letter\n"},
    {"sort | uniq -c | sort -n", "b\na\nb\nc\nb\n"},
    {"false | true", ""},
    {"true | false", ""},
    {"grep x | wc -l", "x\ny\nx\n"},
    {"grep nowhere | wc -l", "x\ny\n"},
    {"cat no-such-file | cat | wc -c", ""},
    {"yes | head -n 3", ""},
    {"yes | cat | head -n 1 | tr y n", ""},
    {"cat | head -c 2 | cat | cat", "four\n"},
    {"head -c 70000 /dev/zero | tail -c 5 | tr \\0 0", ""},
    {"sleep 0 | dd bs=1 count=2 status=none | cat", "abc"},
};

/* sh is told to note each status in the file "ended". */
static void shell_line(const char *command, char *script, size_t cap)
{
    char copy[TEXT], *rest = copy, *one;
    size_t used = 0;

    snprintf(copy, sizeof(copy), "%s", command);
    for (int i = 0; (one = strsep(&rest, "|")) != NULL; i++) {
        char *slash = strchr(one, '\\');
        used += (size_t)snprintf(
            script + used, cap - used, "%s{ %.*s%s%s; echo %d $? >>ended; }",
            i ? "|" : "", slash ? (int)(slash - one) : (int)strlen(one), one,
            slash ? "\\" : "", slash ? slash : "", i);
    }
}

/* What the shell makes of it: its output, its statuses by place. */
static const char *in_the_shell(const struct spoken *s, int code[])
{
    char script[TEXT];
    int in = sheet(s->in), out = sheet(""), i, ended;

    shell_line(s->command, script, sizeof(script));
    pid_t pid = fact_fork();
    if (pid == 0) {
        dup2(in, 0);
        dup2(out, 1);
        dup2(open("/dev/null", O_WRONLY), 2);
        execl("/bin/sh", "sh", "-c", script, NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
    FILE *file = fopen("ended", "r");
    while (file && fscanf(file, "%d %d", &i, &ended) == 2)
        code[i] = ended;
    if (file)
        fclose(file);
    unlink("ended");
    close(in);
    return text_of(out);
}

static int words_of(char *copy, char *word[64], char *const *argv[8])
{
    int words = 0, n = 0;

    argv[n++] = word;
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " ")) {
        bool bar = strcmp(w, "|") == 0;
        word[words++] = bar ? NULL : w;
        if (bar)
            argv[n++] = word + words;
    }
    word[words] = NULL;
    return n;
}

static void does_as_the_shell_does(const struct spoken *s)
{
    char copy[TEXT], want[TEXT], *word[64];
    char *const *argv[8];
    int code[8] = {0};

    STEP("%s", s->command);
    snprintf(want, sizeof(want), "%s", in_the_shell(s, code));
    snprintf(copy, sizeof(copy), "%s", s->command);
    int n = words_of(copy, word, argv);
    CHECK_STR(through(argv, n, s->in), want,
              "the same programs in the same order give what they give in "
              "the shell: %s",
              s->command);
    for (int i = 0; i < n; i++)
        CHECK_EQ(status[i], code[i],
                 "stage %d of %s ends as it ends in the shell", i, s->command);
}

static void agrees_with_the_shell(void **state)
{
    (void)state;
    int saved = fcntl(2, F_DUPFD_CLOEXEC, SAVED), null = open("/dev/null", 1);
    void (*old)(int) = signal(SIGPIPE, SIG_DFL);

    needs("cat sort uniq grep wc yes head tr tail dd");
    dup2(null, 2); /* cat complains about no-such-file */
    close(null);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        does_as_the_shell_does(&table[i]);
    signal(SIGPIPE, old);
    dup2(saved, 2);
    close(saved);
}

/* ---- ends that nobody may keep -------------------------------------- */

static void ends_when_nobody_reads_any_more(void **state)
{
    (void)state;
    needs("yes head wc");
    const char *came = through(
        LINE(P("yes"), P("cat"), P("head", "-n", "1"), P("wc", "-l")), "");

    CHECK_EQ(atoi(came), 1, "head lets one line pass, and wc counts it");
    for (int i = 0; i < 2; i++)
        CHECK_EQ(status[i], 128 + SIGPIPE,
                 "when head has ended nobody reads any more, and SIGPIPE ends "
                 "whoever writes on: that is how yes comes to an end");
    CHECK_EQ(status[2], 0, "head ended well");
}

/* Program: how does it find SIGPIPE? */
static int sigpipe_main(int argc, char **argv)
{
    struct sigaction found;

    (void)argc, (void)argv;
    sigaction(SIGPIPE, NULL, &found);
    return found.sa_handler == SIG_IGN;
}

static void no_stage_inherits_an_ignored_sigpipe(void **state)
{
    (void)state;
    needs("yes head");
    signal(SIGPIPE, SIG_IGN);
    STEP("the caller ignores SIGPIPE");
    through(LINE(P("sigpipe"), P("sigpipe"), P("sigpipe")), "");
    for (int i = 0; i < 3; i++)
        CHECK_EQ(status[i], 0,
                 "stage %d ignores SIGPIPE: what is ignored stays ignored "
                 "across fork and exec, and many a program would write for "
                 "ever. Set it back to SIG_DFL in the child, before exec",
                 i);
    through(LINE(P("yes"), P("head", "-n", "1")), "");
    CHECK_EQ(status[0], 128 + SIGPIPE, "SIGPIPE ends yes");
    CHECK(signal(SIGPIPE, SIG_DFL) == SIG_IGN,
          "the caller still ignores SIGPIPE: change it in the child only");
}

struct open_file {
    int fd, access;
    ino_t inode;
    char link[64];
};
enum { STAGES = 4, FILES = 32 };

/* Program: writes down which descriptors it has, into the file argv[1]. */
static int descriptors_main(int argc, char **argv)
{
    struct open_file all[FILES] = {{0}};
    struct dirent *entry;
    struct stat st;
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");

    if (argc != 2 || !dir)
        return 1;
    while ((entry = readdir(dir)) && n < FILES) {
        struct open_file *file = &all[n];
        file->fd = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || file->fd == dirfd(dir))
            continue;
        if (readlinkat(dirfd(dir), entry->d_name, file->link, 63) > 0 &&
            fstat(file->fd, &st) == 0)
            file->inode = st.st_ino;
        file->access = fcntl(file->fd, F_GETFL) & O_ACCMODE;
        n++;
    }
    int fd = open(argv[1], O_WRONLY | O_CREAT, 0600);
    return write(fd, all, (size_t)n * sizeof(all[0])) > 0 ? 0 : 1;
}

static int read_descriptors(const char *name, struct open_file all[FILES])
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t size = read(fd, all, FILES * sizeof(all[0]));

    close(fd);
    unlink(name);
    CHECK(size > 0, "the program that writes down what it has open has run");
    return (int)(size / (ssize_t)sizeof(all[0]));
}

/* "the write end of the pipe between stages 0 and 1", "pipe:[4711]". */
static const char *what_is(const struct open_file *file, const ino_t pipe[])
{
    static char text[96];

    snprintf(text, sizeof(text), "%s", file->link);
    for (int i = 0; i < STAGES - 1; i++)
        if (file->inode == pipe[i])
            snprintf(text, sizeof(text),
                     "the %s end of the pipe between stages %d and %d",
                     file->access == O_RDONLY ? "read" : "write", i, i + 1);
    return text;
}

/* Whose 1 it is, by number: the pipe behind it. */
static void pipes_of(struct open_file all[STAGES][FILES], const int count[],
                     ino_t pipe[])
{
    for (int i = 0; i < STAGES; i++)
        for (int f = 0; f < count[i]; f++)
            if (all[i][f].fd == 1)
                pipe[i] = all[i][f].inode;
}

/* What the caller itself lets every program have is no fault of pipeline's:
 * make, for one, leaves descriptors open. */
static bool is_foreign(const struct open_file *file)
{
    return file->fd > 2 && fcntl(file->fd, F_GETFD) != 0;
}

static bool has_0_1_and_2(const struct open_file *all, int count)
{
    int seen = 0;

    for (int f = 0; f < count; f++)
        if (all[f].fd <= 2)
            seen |= 1 << all[f].fd;
    return seen == 7;
}

static void gives_every_stage_0_1_and_2_only(void **state)
{
    (void)state;
    struct open_file all[STAGES][FILES] = {{{0}}};
    int count[STAGES];
    ino_t pipe[STAGES] = {0};

    if (access("/proc/self/fd", R_OK | X_OK) == -1)
        SKIP_TEST("there is no /proc/self/fd to look at");
    through(LINE(P("descriptors", "a"), P("descriptors", "b"),
                 P("descriptors", "c"), P("descriptors", "d")),
            "");
    for (int i = 0; i < STAGES; i++)
        count[i] = read_descriptors((char[]){(char)('a' + i), 0}, all[i]);
    pipes_of(all, count, pipe);
    for (int i = 0; i < STAGES; i++)
        for (int f = 0; f < count[i]; f++)
            CHECK(!is_foreign(&all[i][f]),
                  "stage %d has descriptor %d open as well: %s. A pipe has "
                  "not ended while any process has its write end, and its "
                  "writer gets no SIGPIPE while any has its read end. Close "
                  "what a stage does not use before exec, or make it all "
                  "close-on-exec (pipe2)",
                  i, all[i][f].fd, what_is(&all[i][f], pipe));
    for (int i = 0; i < STAGES; i++)
        CHECK(has_0_1_and_2(all[i], count[i]),
              "stage %d has a 0, a 1 and a 2: dup2 makes the first two, and "
              "standard error is the caller's",
              i);
}

static const char to_the_callers_2[] =
    "what the stages write to 2 goes where the caller's 2 goes, not into a "
    "pipe or to out: leave descriptor 2 alone";

static void standard_error_is_the_callers(void **state)
{
    (void)state;
    int saved = fcntl(2, F_DUPFD_CLOEXEC, SAVED), paper = sheet("");

    fflush(NULL);
    /* Three write at once, and a memfd's offset has no lock. */
    fcntl(paper, F_SETFL, O_APPEND);
    dup2(paper, 2);
    STEP("the caller's 2 is a sheet of paper");
    const char *came =
        through(LINE(SH("echo x >&2"), SH("echo x >&2"), SH("echo x >&2")), "");
    dup2(saved, 2);
    close(saved);
    CHECK_STR(came, "", "%s", to_the_callers_2);
    CHECK_STR(text_of(paper), "x\nx\nx\n", "%s", to_the_callers_2);
}

/* ---- in and out ----------------------------------------------------- */

/* Socket pairs: the caller has the near ends, the test talks and listens at
 * the far ends. Port 3 is one with a high number. */
struct ports {
    int near[4], far[4], saved[3];
};

static struct ports open_ports(void)
{
    struct ports ports;
    int pair[2];

    for (int i = 0; i < 4; i++) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
            FAIL_TEST("the test itself got no socket pair");
        ports.near[i] = fcntl(pair[0], F_DUPFD_CLOEXEC, HIGH);
        ports.far[i] = fcntl(pair[1], F_DUPFD_CLOEXEC, HIGH);
        close(pair[0]);
        close(pair[1]);
    }
    return ports;
}

static void close_ports(struct ports *ports)
{
    for (int i = 0; i < 4; i++) {
        close(ports->near[i]);
        close(ports->far[i]);
    }
}

/* Port i becomes the caller's i, with these flags; or the caller has no i,
 * where i is one of the bits of `closed`. */
static void install(struct ports *ports, int flags, int closed)
{
    fflush(NULL);
    for (int i = 0; i < 3; i++) {
        ports->saved[i] = fcntl(i, F_DUPFD_CLOEXEC, SAVED);
        if (closed & 1 << i)
            close(i);
        else
            dup3(ports->near[i], i, i == 2 ? 0 : flags);
    }
}

static void put_back(const struct ports *ports)
{
    for (int i = 0; i < 3; i++) {
        dup2(ports->saved[i], i);
        close(ports->saved[i]);
    }
}

static const char *heard(const struct ports *ports, int i)
{
    static char text[TEXT];
    ssize_t n = recv(ports->far[i], text, TEXT - 1, MSG_DONTWAIT);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

/* Calls pipeline while the caller's own 0, 1 and 2 are ports or closed. */
static int with_own(struct ports *ports, int flags, int closed,
                    char *const *const argv[], int n, int in, int out)
{
    install(ports, flags, closed);
    int rc = pipeline(argv, n, in, out, status), error = errno;
    put_back(ports);
    errno = error;
    return rc;
}

#define PASSES_ON SH("read x; echo \"$x\"")

/* A word that goes in at port `in` comes out at port `out`. */
static void carries_a_word(struct ports *ports, int n, int in, int out,
                           int flags, const char *why)
{
    char *const *const *line = LIST(PASSES_ON, PASSES_ON, PASSES_ON);

    STEP("%d stage%s, in is %d%s, out is %d%s", n, n == 1 ? "" : "s", in,
         flags && in < 2 ? " (close-on-exec)" : "", out,
         flags && out < 2 ? " (close-on-exec)" : "");
    IF_STUCK("The word waits at in, and a stage waits for it elsewhere: %s.",
             why);
    send(ports->far[in > 2 ? 3 : in], "word\n", 5, MSG_NOSIGNAL);
    CHECK_OK(with_own(ports, flags, 0, line, n, in, out), "%s", why);
    CHECK_STR(heard(ports, out > 2 ? 3 : out), "word\n", "%s", why);
    for (int i = 0; i < n; i++)
        CHECK_EQ(status[i], 0, "stage %d: %s", i, why);
}

static void takes_in_and_out_of_any_number(void **state)
{
    (void)state;
    struct ports ports = open_ports();
    int number[] = {0, 1, 2, ports.near[3]};

    for (int n = 1; n <= 2; n++)
        for (int c = 0; c < 16; c++)
            carries_a_word(
                &ports, n, number[c / 4], number[c % 4], 0,
                "in and out may be any two of the caller's descriptors, or "
                "one and the same: the first dup2 may cover the one that the "
                "second still needs, and what is 0, 1 or 2 already may not be "
                "closed afterwards. Make copies from 3 upwards first (fcntl "
                "F_DUPFD)");
    close_ports(&ports);
}

static void takes_in_and_out_that_are_close_on_exec(void **state)
{
    (void)state;
    struct ports ports = open_ports();

    for (int n = 1; n <= 3; n += 2)
        for (int c = 0; c < 4; c++)
            carries_a_word(
                &ports, n, c / 2, c % 2, O_CLOEXEC,
                "dup2(1, 1) does nothing at all: it leaves close-on-exec as "
                "it was, and exec closes the descriptor. Clear the flag, in "
                "the child, where it is in place already");
    close_ports(&ports);
}

static void works_for_a_caller_without_stdio(void **state)
{
    (void)state;
    struct ports ports = open_ports();

    IF_STUCK("Where the caller has no 0, 1 or 2, a new pipe gets just these "
             "numbers. Whoever then takes them for stdin or stdout closes the "
             "wrong one, and keeps the other: make copies from 3 upwards "
             "first.");
    for (int closed = 1; closed < 8; closed++) {
        int in = sheet("word\n"), out = sheet("");
        STEP("the caller has no%s%s%s", closed & 1 ? " 0" : "",
             closed & 2 ? " 1" : "", closed & 4 ? " 2" : "");
        no_status();
        CHECK_OK(with_own(&ports, 0, closed, LINE(P("cat"), P("cat"), P("cat")),
                          in, out),
                 "the caller's own descriptors 0 to 2 may be closed");
        give_back(in);
        CHECK_STR(text_of(out), "word\n",
                  "where the caller has no 0, 1 or 2, a new pipe gets just "
                  "these numbers, and a dup2 covers it or a close takes it "
                  "away: make copies from 3 upwards first");
        for (int i = 0; i < 3; i++)
            CHECK_EQ(status[i], 0, "stage %d ended well", i);
        in = sheet("");
        CHECK_ERRNO(with_own(&ports, 0, closed,
                             LINE(P("cat"), P("no-such-program")), in, in),
                    ENOENT,
                    "the pipe that tells of exec may have one of the numbers "
                    "0 to 2 as well");
        give_back(in);
        no_child_is_left();
    }
    close_ports(&ports);
}

static void leaves_in_and_out_as_they_were(void **state)
{
    (void)state;
    int in = sheet("one two three"), out = sheet("");

    needs("dd");
    fcntl(out, F_SETFD, 0);
    fcntl(out, F_SETFL, O_APPEND);
    CHECK_OK(pipeline(LINE(P("dd", "bs=1", "count=4", "status=none"), P("cat")),
                      in, out, status),
             "a file is as good as a pipe");
    CHECK_EQ(fcntl(in, F_GETFD), FD_CLOEXEC,
             "in stays open in the caller, and close-on-exec as it was: what "
             "the stages need is done in the children");
    CHECK_EQ(fcntl(out, F_GETFD), 0, "out stays open in the caller as well");
    CHECK_EQ(fcntl(out, F_GETFL) & O_APPEND, O_APPEND,
             "their flags are the caller's");
    CHECK_EQ(lseek(in, 0, SEEK_CUR), 4,
             "the first stage reads from in itself, and what it has not read "
             "is still there for the caller");
    give_back(in);
    CHECK_STR(text_of(out), "one ", "the last writes to out");
}

static void leaves_the_callers_0_1_and_2_as_they_were(void **state)
{
    (void)state;
    struct stat before[3], after;

    for (int i = 0; i < 3; i++)
        fstat(i, &before[i]);
    through(LINE(P("cat"), P("cat"), P("cat")), "word\n");
    for (int i = 0; i < 3; i++)
        CHECK(fstat(i, &after) == 0 && after.st_ino == before[i].st_ino &&
                  after.st_dev == before[i].st_dev,
              "the caller's own %d is not what it was: dup2 is for the "
              "children, after fork",
              i);
}

/* ---- failures ------------------------------------------------------- */

/* Program: stays until it is killed, whatever else it is sent. */
static int stays_main(int argc, char **argv)
{
    (void)argv;
    for (int sig = 1; sig <= 31; sig++)
        signal(sig, SIG_IGN);
    while (argc > 0)
        pause();
    return 0;
}

static const char must_learn_why[] =
    "exec failed in a child, and the caller must learn why: send errno home, "
    "say through a close-on-exec pipe. An exit status tells nothing";

static const char others_live_on[] =
    "One stage could not be started, and pipeline waits for the others, which "
    "never end by themselves. As soon as it has learnt that exec failed, it "
    "has to kill them with SIGKILL, which nobody can ignore, and then to "
    "collect them.";

static void fails_with(char *program, int at, int error)
{
    char *const *line[] = {P("stays"), P("stays"), P("stays")};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    line[at] = P(program);
    STEP("stage %d of 0 to 2 is %s, the others never end by themselves", at,
         program);
    IF_STUCK("%s", others_live_on);
    quiet_begin();
    CHECK_ERRNO(pipeline(line, 3, null, null, status), error, "%s",
                must_learn_why);
    quiet_end();
    IF_STUCK("%s", "");
    give_back(null);
    no_child_is_left();
}

static void make_file(const char *name, const char *text, mode_t mode)
{
    FILE *file = fopen(name, "w");

    fputs(text, file);
    fclose(file);
    chmod(name, mode);
}

/* What the caller ignores its children ignore from their first moment. */
static void ignore_all(void (*disposition)(int))
{
    static const int polite[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR2};

    for (int i = 0; i < 5; i++)
        signal(polite[i], disposition);
    if (disposition == SIG_IGN)
        STEP("the caller ignores SIGTERM and others, and so does whatever it "
             "starts");
}

static void says_why_one_cannot_be_started(void **state)
{
    (void)state;
    make_file("letter", "not a program\n", 0644);
    ignore_all(SIG_IGN);
    for (int at = 0; at < 3; at++) {
        fails_with("no-such-program", at, ENOENT);
        fails_with("./letter", at, EACCES);
    }
    ignore_all(SIG_DFL);
    unlink("letter");
}

static void says_when_the_arguments_are_too_long(void **state)
{
    (void)state;
    size_t most = 32 * (size_t)sysconf(_SC_PAGESIZE); /* for one argument */
    char *huge = malloc(most + 1);
    int in = sheet("");

    memset(huge, 'a', most);
    huge[most] = '\0';
    CHECK_ERRNO(
        pipeline(LINE(P("cat"), P("true", huge), P("cat")), in, in, status),
        E2BIG,
        "only exec itself knows whether it will work: to look for the "
        "file beforehand does not replace its errno");
    free(huge);
    give_back(in);
    no_child_is_left();
}

static void says_when_none_can_be_started(void **state)
{
    (void)state;
    int in = sheet("");
    char *const *nothing = P("no-such-program");

    CHECK_ERRNO(pipeline(LIST(nothing, nothing, nothing), 3, in, in, status),
                ENOENT, "%s", must_learn_why);
    give_back(in);
    no_child_is_left();
}

static void refuses_what_is_no_line(void **state)
{
    (void)state;
    int in = sheet("");
    char *const *cat = P("cat");

    CHECK_ERRNO(pipeline(LIST(cat), -1, in, in, status), EINVAL,
                "a line has one stage or more");
    CHECK_ERRNO(pipeline(LIST(cat), INT_MIN, in, in, status), EINVAL,
                "a line has one stage or more");
    if (pipeline(LIST(cat), 0, in, in, status) != 0)
        CHECK_EQ(errno, EINVAL, "a line has one stage or more");
    give_back(in);
    no_child_is_left();
}

/* ---- good manners --------------------------------------------------- */

static void leaves_other_children_alone(void **state)
{
    (void)state;
    struct gate *gate = gate_new(1);
    siginfo_t info;
    int wstatus;
    pid_t ended = fact_fork();

    if (ended == 0)
        _exit(5);
    pid_t running = fact_fork();
    if (running == 0) {
        while (gate_arrived(gate) == 0)
            pause();
        _exit(6);
    }
    waitid(P_PID, (id_t)ended, &info, WEXITED | WNOWAIT);
    STEP("the caller has two more children, of which one has ended with 5");
    IF_STUCK("The stages have ended, but pipeline waits for another child of "
             "its caller's as well: wait for each stage by its pid.");
    through(LINE(SH("exit 7"), SH("exit 8")), "");
    IF_STUCK("%s", "");
    CHECK_EQ(status[0], 7, "a status is that of a stage, of no other child");
    CHECK_EQ(status[1], 8, "a status is that of a stage, of no other child");
    kill(running, SIGKILL);
    CHECK_EQ(waitpid(running, NULL, 0), running, "it is still there");
    CHECK_EQ(waitpid(ended, &wstatus, 0), ended,
             "wait() takes whichever child has ended, also one of the "
             "caller's: collect yours with waitpid(pid, …)");
    CHECK_STATUS(wstatus, EXITED(5), "and its status is untouched");
}

static void spares_them_when_it_fails(void **state)
{
    (void)state;
    siginfo_t info;
    int wstatus, in = sheet("");
    pid_t other = fact_fork();

    if (other == 0)
        _exit(5);
    waitid(P_PID, (id_t)other, &info, WEXITED | WNOWAIT);
    CHECK_ERRNO(pipeline(LINE(P("cat"), P("no-such-program")), in, in, status),
                ENOENT, "no program of that name is there");
    CHECK_EQ(waitpid(other, &wstatus, 0), other,
             "what is killed is collected by its pid, too: the caller's other "
             "children are the caller's");
    CHECK_STATUS(wstatus, EXITED(5), "and its status is untouched");
    give_back(in);
    no_child_is_left();
}

static void leaves_the_callers_buffers_alone(void **state)
{
    (void)state;
    int in = sheet("");
    FILE *file = fopen("letter", "w+");

    fputs("written once", file);
    CHECK_ERRNO(pipeline(LINE(P("no-such-program"), P("true")), in, in, status),
                ENOENT, "no program of that name is there");
    rewind(file);
    CHECK_STR(text_of(dup(fileno(file))), "written once",
              "the child holds a copy of every unwritten stdio buffer: exit "
              "writes them a second time, _exit does not");
    fclose(file);
    unlink("letter");
    give_back(in);
}

/* ---- waiting -------------------------------------------------------- */

static int held; /* the FIFO that the stage in the middle reads */

static void let_go(void *arg)
{
    (void)arg;
    if (write(held, "\n", 1) != 1)
        FAIL_TEST("the test itself cannot write to its FIFO");
}

static void hold(void)
{
    make_fifos("a");
    held = open("a", O_RDWR | O_CLOEXEC);
}

/* A line whose middle ends only when let_go is called, some time after the
 * others. */
static void waits_until_let_go(void)
{
    through(LINE(SH("exit 3"), SH("read x <a; exit 5"), SH("exit 4")), "");
    close(held);
    remove_fifos("a");
    CHECK_EQ(status[0], 3, "the first has ended early, with 3");
    CHECK_EQ(status[1], 5,
             "pipeline returns when all of its stages have ended by "
             "themselves, not when one of them has, however it ended, and not "
             "when a signal has come");
    CHECK_EQ(status[2], 4, "the last has ended early, with 4");
}

static void sleeps_until_all_have_ended(void **state)
{
    (void)state;
    hold();
    watch_begin(let_go, NULL);
    waits_until_let_go();
    watch_end("wait for each stage in a waitpid that sleeps until it has "
              "ended (no WNOHANG)");
}

static void goes_on_waiting_after_a_signal(void **state)
{
    (void)state;
    hold();
    sea_handler();
    nudge_begin(5, let_go, NULL);
    waits_until_let_go();
    nudge_end();
}

/* ---- rough weather -------------------------------------------------- */

static void runs_whole(void)
{
    CHECK_STR(through(LINE(P("cat"), SH("cat; exit 3"), P("cat")), "word\n"),
              "word\n", "a signal changes nothing of what the programs do");
    CHECK_EQ(status[0], 0, "after EINTR wait again, for the same stage");
    CHECK_EQ(status[1], 3, "after EINTR wait again, for the same stage");
    CHECK_EQ(status[2], 0, "after EINTR wait again, for the same stage");
}

static void fails_clean(void)
{
    int in = sheet("");

    CHECK_ERRNO(pipeline(LINE(P("cat"), P("no-such-program"), P("cat")), in, in,
                         status),
                ENOENT,
                "a read that a signal interrupted has not yet told what "
                "became of exec: after EINTR read again");
    give_back(in);
    no_child_is_left();
}

static void a_signal_changes_nothing(void **state)
{
    (void)state;
    sea_handler();
    sea_every(runs_whole, SEA_EINTR);
    sea_every(fails_clean, SEA_EINTR);
}

/* Stages that meet: where one is missing the others never end. */
static void meets_or_fails(void)
{
    int in = sheet(""), out = sheet("");

    no_status();
    make_fifos("abcd");
    IF_STUCK("Something that pipeline needs has failed: the result is -1 "
             "then, and no stage goes on. It waits for those already started, "
             "which never end by themselves: kill them with SIGKILL, then "
             "collect them.");
    int rc = pipeline(LINE(MEETING), in, out, status), error = errno;
    IF_STUCK("%s", "");
    remove_fifos("abcd");
    give_back(in);
    give_back(out);
    if (rc == 0) {
        for (int i = 0; i < 3; i++)
            CHECK_EQ(status[i], 0,
                     "0 means that every stage was started: look at what each "
                     "call returned, in the children as well");
        return;
    }
    CHECK(sea_hit(), "nothing has gone wrong in this run");
    CHECK_EQ(error, sea_error(),
             "the caller learns the errno of the call that failed: keep it "
             "while you clean up");
    no_child_is_left();
}

static void fails_or_fails_otherwise(void)
{
    int in = sheet("");
    int rc = pipeline(LINE(P("cat"), P("no-such-program"), P("cat")), in, in,
                      status),
        error = errno;

    give_back(in);
    CHECK_EQ(rc, -1, "no program of that name is there");
    CHECK(error == ENOENT || (sea_hit() && error == sea_error()),
          "the caller learns why: exec's errno (ENOENT), or that of the call "
          "that failed before; it was %s",
          name_errno(error));
    no_child_is_left();
}

static void starts_all_or_none(void **state)
{
    (void)state;
    ignore_all(SIG_IGN);
    sea_every(meets_or_fails, SEA_ERRORS);
    sea_every(fails_or_fails_otherwise, SEA_ERRORS);
    ignore_all(SIG_DFL);
}

static const struct program programs[] = {
    {"descriptors", descriptors_main},
    {"sigpipe", sigpipe_main},
    {"stays", stays_main},
    {NULL, NULL},
};

static const struct CMUnitTest facts[] = {
    FACT(joins_three_programs),
    FACT(runs_a_single_program),
    FACT(all_run_at_the_same_time),
    FACT(tells_how_each_of_them_ended),
    FACT(ends_when_nobody_reads_any_more),
    FACT(gives_every_stage_0_1_and_2_only),
    FACT(carries_64_mib_through_three_stages),
    FACT(says_when_none_can_be_started),
    FACT(says_why_one_cannot_be_started),
    FACT(agrees_with_the_shell),
    FACT(takes_127_for_an_exit_status),
    FACT(they_end_in_any_order),
    FACT(a_stopped_stage_has_not_ended),
    FACT(no_stage_inherits_an_ignored_sigpipe),
    FACT(standard_error_is_the_callers),
    FACT(passes_on_every_argument),
    FACT(passes_on_the_environment),
    FACT(takes_in_and_out_of_any_number),
    FACT(takes_in_and_out_that_are_close_on_exec),
    FACT(works_for_a_caller_without_stdio),
    FACT(leaves_in_and_out_as_they_were),
    FACT(leaves_the_callers_0_1_and_2_as_they_were),
    FACT(takes_a_hundred_stages),
    FACT(refuses_what_is_no_line),
    FACT(says_when_the_arguments_are_too_long),
    FACT(leaves_other_children_alone),
    FACT(spares_them_when_it_fails),
    FACT(leaves_the_callers_buffers_alone),
    FACT(sleeps_until_all_have_ended),
    FACT(goes_on_waiting_after_a_signal),
    FACT(a_signal_changes_nothing),
    FACT(starts_all_or_none),
};
EXERCISE_WITH("2_pipes/pipeline", "pipe(2), dup2(2), execvp(3), pipe(7)", facts,
              programs)
