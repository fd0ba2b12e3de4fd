/*
 * capture_test.c — what capture promises.
 *
 * The programs are sh, cat and talker (below), which does what its arguments
 * say. Bytes are made from their place, so that a lost, shifted or doubled
 * one shows. LOTS is more than any pipe holds.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "fact.h"

enum { LOTS = 3 << 20, LONG = 300000, SAVED = 400 };
#define LOTS_TEXT "3145728"

/* ---- bytes ---- */

/* Every byte depends on its place, and the pattern fits no page. */
enum { PERIOD = 4099 };

static const char *pattern(int salt)
{
    static char bytes[PERIOD];

    for (int i = 0; i < PERIOD; i++)
        bytes[i] = (char)(i * 7 + i / 64 + salt);
    return bytes;
}

static char *fill(char *bytes, size_t size, int salt)
{
    const char *from = pattern(salt);

    for (size_t i = 0, n; i < size; i += n) {
        n = size - i < PERIOD ? size - i : PERIOD;
        memcpy(bytes + i, from, n);
    }
    return bytes;
}

static bool is_whole(const char *bytes, size_t size, int salt)
{
    const char *want = pattern(salt);

    for (size_t i = 0, n; i < size; i += n) {
        n = size - i < PERIOD ? size - i : PERIOD;
        if (memcmp(bytes + i, want, n) != 0)
            return false;
    }
    return true;
}

/* Something to feed a program with. */
static const char *food(size_t size)
{
    static char *bytes;
    static size_t had;

    if (had < size)
        bytes = fill(realloc(bytes, size), had = size, 'i');
    return bytes;
}

/* ---- talker, the program ---- */

static void say(int fd, long n, int salt)
{
    char *bytes = fill(malloc((size_t)n), (size_t)n, salt), *next = bytes;

    for (ssize_t done; n > 0; n -= done, next += done)
        if ((done = write(fd, next, (size_t)n)) <= 0)
            _exit(99);
    free(bytes);
}

static long hear(long most)
{
    static char bytes[1 << 16];
    long sum = 0, n = 1;

    while (sum < most && n > 0) {
        long room = (long)sizeof(bytes);
        n = read(0, bytes, (size_t)(most - sum < room ? most - sum : room));
        sum += n > 0 ? n : 0;
    }
    return sum;
}

static void echo(void)
{
    static char bytes[1 << 16];
    ssize_t n;

    while ((n = read(0, bytes, sizeof(bytes))) > 0)
        for (int fd = 1; fd <= 2; fd++)
            for (ssize_t done = 0, now; done < n; done += now)
                if ((now = write(fd, bytes + done, (size_t)(n - done))) <= 0)
                    _exit(99);
}

static void wait_at_the_gate(void)
{
    char byte;
    int gate = open("gate", O_RDONLY);

    if (read(gate, &byte, 1) != 1)
        _exit(98);
    close(gate);
}

/* What the program finds: its signals, its descriptors. */
static void report(void)
{
    struct sigaction pipe;
    sigset_t mask;
    char text[256] = "";
    int flags = 0, blocked = 0;

    sigaction(SIGPIPE, NULL, &pipe);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int fd = 0; fd < 3; fd++)
        flags |= fcntl(fd, F_GETFL) & O_NONBLOCK ? 1 << fd : 0;
    for (int sig = 1; sig <= SIGRTMAX; sig++)
        blocked += sigismember(&mask, sig) == 1;
    sprintf(text, "ignored %d blocked %d nonblock %d open",
            pipe.sa_handler == SIG_IGN, blocked, flags);
    for (int fd = 3; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) != -1 && strlen(text) < 200)
            sprintf(text + strlen(text), " %d", fd);
    strcat(text, ".");
    if (write(1, text, strlen(text)) < 0)
        _exit(99);
}

/* One that does not go when it is not wanted any more. */
static void stay_for_ever(void)
{
    for (;;)
        pause();
}

static void be_stubborn(long bytes)
{
    char *text = fill(malloc(LONG), LONG, 'o');
    ssize_t now = 1;

    signal(SIGPIPE, SIG_IGN);
    for (size_t done = 0; done < LONG && now > 0; done += (size_t)now)
        now = write(1, text + done, LONG - done);
    if (now <= 0 || hear(bytes + 1) != bytes || write(2, text, 8) != 8)
        stay_for_ever();
}

static int talker(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *colon = strchr(argv[i], ':');
        long n = colon ? atol(colon + 1) : 0;

        switch (argv[i][0]) {
        case 'o': /* out:N, err:N: writes N bytes */
            say(1, n, 'o');
            break;
        case 'e':
            say(2, n, 'e');
            break;
        case 'b': /* both: writes its input to both, to its end */
            echo();
            break;
        case 'r': /* read:N: reads N bytes */
            hear(n);
            break;
        case 'a': /* all:N: reads all; leaves with 7 if it was not N bytes */
            if (hear(1L << 40) != n)
                _exit(7);
            break;
        case 'c': /* close:FD */
            close((int)n);
            break;
        case 'g':
            wait_at_the_gate();
            break;
        case 't': /* tell */
            report();
            break;
        case 's':
            be_stubborn(n);
            break;
        default: /* x:N */
            _exit((int)n);
        }
    }
    return 0;
}

static const struct program programs[] = {{"talker", talker}, {NULL, NULL}};

/* ---- the call ---- */

#define SH(script) ((char *const[]){"sh", "-c", script, NULL})
#define TALKER(...) ((char *const[]){"talker", __VA_ARGS__, NULL})
static char *const cat[] = {"cat", NULL};
static char *const nothing[] = {"no-such-program", NULL};

static struct captured heard;

/* What is in c before the call means nothing. */
static int run(char *const argv[], const char *in, size_t len)
{
    memset(&heard, 0xa5, sizeof(heard));
    errno = 0;
    return capture(argv, in, len, &heard);
}

static const char ran[] =
    "the program was started, so capture returns 0, however the program ended";

static void forget(void)
{
    captured_free(&heard);
}

static void hears(const char *out, const char *err, const char *why)
{
    CHECK_MEM(heard.out, heard.out_len, out, strlen(out), "%s", why);
    CHECK_MEM(heard.err, heard.err_len, err, strlen(err), "%s", why);
}

static const char whole[] =
    "all that the program wrote comes home, in its order: read until read "
    "returns 0, and put each piece behind the one before it";

static void hears_lots(size_t out, size_t err)
{
    CHECK_EQ(heard.out_len, out, "%s", whole);
    CHECK_EQ(heard.err_len, err, "%s", whole);
    CHECK(is_whole(heard.out, out, 'o') && is_whole(heard.err, err, 'e'), "%s",
          whole);
}

static void ended_well(void)
{
    CHECK_STATUS(heard.wstatus, EXITED(0),
                 "the program does its work undisturbed and ends by itself; "
                 "waitpid's status of it goes into c->wstatus");
}

/* ---- the plain case ---- */

static void brings_home_what_the_program_says(void **state)
{
    (void)state;
    IF_STUCK("The program has said all and ended, but capture waits for more. "
             "A pipe ends when its last write end is closed: close the "
             "caller's copies right after the program has been started.");
    CHECK_OK(run(SH("echo hello; echo world >&2"), NULL, 0), "%s", ran);
    hears("hello\n", "world\n",
          "what the program writes to its descriptor 1 is in out, what it "
          "writes to 2 is in err, and the lengths count exactly that");
    ended_well();
    forget();
}

static void feeds_the_program(void **state)
{
    (void)state;
    IF_STUCK("cat waits for its input, or for the end of it. The end comes "
             "when the last write end of that pipe is closed: by the caller "
             "as soon as everything is written, and in the program, which "
             "inherits a copy, by close-on-exec.");
    CHECK_OK(run(cat, "bread and water", 15), "%s", ran);
    hears("bread and water", "",
          "the in_len bytes at in arrive at the program's standard input");
    ended_well();
    forget();
}

static void ends_the_input_where_there_is_none(void **state)
{
    (void)state;
    IF_STUCK("There is no input, so its end comes at once: cat waits for it. "
             "Close the write end also where in_len is 0.");
    CHECK_OK(run(cat, NULL, 0), "%s", ran);
    hears("", "", "cat had nothing to read, so it wrote nothing");
    ended_well();
    forget();
    CHECK_OK(run(cat, "not this", 0), "%s", ran);
    hears("", "", "0 bytes are 0 bytes, whatever in points to");
    forget();
}

static void says_how_the_program_ended(void **state)
{
    (void)state;
    static const char as_it_is[] =
        "c->wstatus is what waitpid reported, as it is; the caller looks at "
        "it with WIFEXITED and WIFSIGNALED";

    CHECK_OK(run(SH("echo last words; exit 3"), NULL, 0), "%s", ran);
    CHECK_STATUS(heard.wstatus, EXITED(3), "%s", as_it_is);
    hears("last words\n", "", "it was heard all the same");
    forget();
    CHECK_OK(run(SH("echo last words >&2; kill -9 $$"), NULL, 0), "%s", ran);
    CHECK_STATUS(heard.wstatus, KILLED(SIGKILL), "%s", as_it_is);
    hears("", "last words\n", "it was heard all the same");
    forget();
    CHECK_OK(run(SH("exit 127"), NULL, 0),
             "any program may end with 127: only exec itself says whether the "
             "program could be started");
    CHECK_STATUS(heard.wstatus, EXITED(127), "%s", as_it_is);
    forget();
}

static void brings_bytes_of_every_kind(void **state)
{
    (void)state;
    char bytes[512];

    for (int i = 0; i < 512; i++)
        bytes[i] = (char)(i < 256 ? i : 511 - i);
    CHECK_OK(run(TALKER("both"), bytes, sizeof(bytes)), "%s", ran);
    CHECK_MEM(heard.out, heard.out_len, bytes, sizeof(bytes),
              "bytes are not text: a 0 is one of them. Count with the lengths "
              "that read returns, never with strlen");
    CHECK_MEM(heard.err, heard.err_len, bytes, sizeof(bytes),
              "the same goes for standard error");
    forget();
}

static void passes_on_every_argument(void **state)
{
    (void)state;
    char *const argv[] = {"sh",        "-c", "printf '[%s]' \"$0\" \"$@\"",
                          "two words", "",   "*",
                          "$HOME",     NULL};

    CHECK_OK(run(argv, NULL, 0), "%s", ran);
    hears("[two words][][*][$HOME]", "",
          "the program gets argv as it is, argument by argument: there is no "
          "shell in between that would split or expand anything");
    forget();
}

static void gives_memory_of_its_own_each_time(void **state)
{
    (void)state;
    CHECK_OK(run(SH("echo first; echo FIRST >&2"), NULL, 0), "%s", ran);
    struct captured first = heard;

    CHECK_OK(run(SH("echo other; echo OTHER >&2"), NULL, 0), "%s", ran);
    hears("other\n", "OTHER\n", "the second program is heard like the first");
    forget();
    heard = first;
    hears("first\n", "FIRST\n",
          "what was captured belongs to the caller until captured_free: a "
          "second call must not write over it");
    forget();
}

/* ---- more than a pipe holds ---- */

static void reads_before_it_waits(void **state)
{
    (void)state;
    IF_STUCK(
        "The program cannot end before somebody has read what it writes, which "
        "is more than a pipe holds, while capture waits for its end, or for "
        "that of the other stream. Read to the end first, then wait.");
    STEP("the program writes 3 MiB to its standard output");
    CHECK_OK(run(TALKER("out:" LOTS_TEXT), NULL, 0), "%s", ran);
    hears_lots(LOTS, 0);
    ended_well();
    forget();
}

static void hears_err_before_out(void **state)
{
    (void)state;
    IF_STUCK("Nobody moves: the program has filled the pipe of its standard "
             "error, while capture waits for the end of standard output, or of "
             "the program. Do not read one to its end before the other: watch "
             "both with poll, and read the one that has something.");
    STEP("the program writes 3 MiB to standard error, then 3 MiB to standard "
         "output");
    CHECK_OK(run(TALKER("err:" LOTS_TEXT, "out:" LOTS_TEXT), NULL, 0), "%s",
             ran);
    hears_lots(LOTS, LOTS);
    ended_well();
    forget();
}

static void hears_out_before_err(void **state)
{
    (void)state;
    IF_STUCK("Nobody moves: the program has filled the pipe of its standard "
             "output, while capture waits for the end of standard error, or of "
             "the program. Do not read one to its end before the other: watch "
             "both with poll, and read the one that has something.");
    STEP("the program writes 3 MiB to standard output, then 3 MiB to standard "
         "error");
    CHECK_OK(run(TALKER("out:" LOTS_TEXT, "err:" LOTS_TEXT), NULL, 0), "%s",
             ran);
    hears_lots(LOTS, LOTS);
    ended_well();
    forget();
}

static const char writes_first[] =
    "Nobody moves: the program waits until somebody reads what it writes, and "
    "takes no more input meanwhile; capture waits, too, to write the rest of "
    "the input, or for the end of one of the two. Do not write it all before "
    "you read: watch all three with poll, and let the write end be "
    "non-blocking, so that no write waits either.";

static void listens_while_it_feeds(void **state)
{
    (void)state;
    const char *in = food(LOTS);

    IF_STUCK("%s", writes_first);
    STEP("the program writes its input, 3 MiB, to both, piece by piece");
    CHECK_OK(run(TALKER("both"), in, LOTS), "%s", ran);
    CHECK_MEM(heard.out, heard.out_len, in, LOTS, "%s", whole);
    CHECK_MEM(heard.err, heard.err_len, in, LOTS, "%s", whole);
    ended_well();
    forget();
}

static const char arrived[] =
    "all of the input arrives (status 7: not as many bytes as there are): "
    "write returns how much it took, go on with the rest";

static void feeds_before_it_is_answered(void **state)
{
    (void)state;
    IF_STUCK("The program reads all its input, 3 MiB, before it says a word, "
             "while capture waits for its first word, or for its end. Feed it "
             "to the end, and close the pipe, while you listen.");
    STEP("the program reads 3 MiB, then writes 3 MiB to both");
    CHECK_OK(run(TALKER("all:" LOTS_TEXT, "out:" LOTS_TEXT, "err:" LOTS_TEXT),
                 food(LOTS), LOTS),
             "%s", ran);
    CHECK_STATUS(heard.wstatus, EXITED(0), "%s", arrived);
    hears_lots(LOTS, LOTS);
    forget();
}

static void listens_before_it_may_feed(void **state)
{
    (void)state;
    IF_STUCK("%s", writes_first);
    STEP("the program writes 3 MiB to both, then reads 3 MiB");
    CHECK_OK(run(TALKER("out:" LOTS_TEXT, "err:" LOTS_TEXT, "all:" LOTS_TEXT),
                 food(LOTS), LOTS),
             "%s", ran);
    hears_lots(LOTS, LOTS);
    CHECK_STATUS(heard.wstatus, EXITED(0), "%s", arrived);
    forget();
}

static void moves_64_mib_on_three_streams(void **state)
{
    (void)state;
    size_t size = (size_t)64 << 20;
    const char *in = food(size);

    IF_STUCK("%s", writes_first);
    STEP("64 MiB go in, 64 MiB come out of each mouth, all at the same time");
    CHECK_OK(run(TALKER("both"), in, size), "%s", ran);
    CHECK_EQ(heard.out_len, size, "%s", whole);
    CHECK_EQ(heard.err_len, size, "%s", whole);
    CHECK(memcmp(heard.out, in, size) == 0 && memcmp(heard.err, in, size) == 0,
          "%s", whole);
    ended_well();
    forget();
}

static void asks_for_memory(size_t size, const char *words)
{
    const char *in = food(size);

    sea_calm();
    CHECK_OK(run(cat, in, size), "%s", ran);
    CHECK_MEM(heard.out, heard.out_len, in, size, "%s", whole);
    size_t asked = sea_allocated();
    CHECK(asked <= 16 * size + ((size_t)16 << 20),
          "to collect %s it asked for %zu MiB of memory, all requests added "
          "up: a buffer that grows by the same amount each time is copied by "
          "realloc again and again, and ten times as much costs a hundred "
          "times the time. Double the buffer each time instead, or keep the "
          "pieces in a list",
          words, asked >> 20);
    forget();
}

static void grows_linearly(void **state)
{
    (void)state;
    asks_for_memory((size_t)1 << 20, "1 MiB");
    asks_for_memory((size_t)4 << 20, "4 MiB");
    asks_for_memory((size_t)40 << 20, "40 MiB");
}

/* ---- programs that do not listen ---- */

struct told {
    int rc, error, wstatus;
    size_t out, err;
};

/* Captures in a process of its own, which SIGPIPE may end. */
static int in_a_helper(char *const argv[], const char *in, size_t len,
                       struct told *told)
{
    int wstatus = 0;
    pid_t pid = fact_fork();

    if (pid == 0) {
        told->rc = run(argv, in, len);
        told->error = errno;
        told->wstatus = heard.wstatus;
        told->out = heard.out_len;
        told->err = heard.err_len;
        _exit(0);
    }
    while (waitpid(pid, &wstatus, 0) == -1)
        ;
    errno = told->error;
    return wstatus;
}

static const char held[] =
    "The program has ended and its input is not read any more, but somebody "
    "still holds a copy of the read end, the caller or a child that feeds: so "
    "the write waits for room instead of failing with EPIPE. Close that end "
    "everywhere but in the program.";

static void survives_a_program_that_does_not_read(void **state)
{
    (void)state;
    struct told *told = fact_shared(sizeof(*told));

    IF_STUCK("%s", held);
    STEP("the program ends without reading any of its input, 3 MiB");
    int wstatus = in_a_helper(SH("exit 4"), food(LOTS), LOTS, told);
    CHECK(!WIFSIGNALED(wstatus) || WTERMSIG(wstatus) != SIGPIPE,
          "writing to a pipe that nobody reads any more brings SIGPIPE, and "
          "that ends the caller. Block it meanwhile with pthread_sigmask, "
          "take it back with sigtimedwait, and write just returns -1 with "
          "EPIPE");
    CHECK_STATUS(wstatus, EXITED(0), "the caller goes on after capture");
    errno = told->error;
    CHECK_EQ(told->rc, 0,
             "a program that does not read its input is no error: EPIPE only "
             "means that it does not want the rest");
    CHECK_STATUS(told->wstatus, EXITED(4), "the program ended by itself");
}

static const char unread[] =
    "a program that closes its input early is no error: after EPIPE close "
    "the write end and go on listening";

static void hears_what_comes_after_a_closed_input(void **state)
{
    (void)state;
    IF_STUCK(
        "The program reads no more and has filled a pipe, while capture waits "
        "for something else: to write the input, or for an end. Watch all "
        "three with poll, and give up the input when write says EPIPE.");
    STEP("the program reads 100 bytes, closes its input, and writes 3 MiB to "
         "both");
    CHECK_OK(
        run(TALKER("read:100", "close:0", "out:" LOTS_TEXT, "err:" LOTS_TEXT),
            food(LOTS), LOTS),
        "%s", unread);
    hears_lots(LOTS, LOTS);
    ended_well();
    forget();
}

static void hears_a_program_that_never_reads(void **state)
{
    (void)state;
    IF_STUCK(
        "The program writes and never reads, and has filled a pipe, while "
        "capture waits for something else: to write the input, or for an end. "
        "Do not write it all before you read: watch all three with poll.");
    STEP("the program writes 3 MiB to both and ends; its input, 3 MiB, it "
         "leaves unread");
    CHECK_OK(run(TALKER("out:" LOTS_TEXT, "err:" LOTS_TEXT), food(LOTS), LOTS),
             "%s", unread);
    hears_lots(LOTS, LOTS);
    ended_well();
    forget();
}

static void feeds_a_program_that_has_fallen_silent(void **state)
{
    (void)state;
    IF_STUCK("The program has closed its two mouths and reads on to the end "
             "of its input, which does not come. Feed it all, and close the "
             "pipe, before you wait for the program.");
    STEP("the program closes its standard output and error, then reads its "
         "input, 3 MiB");
    CHECK_OK(run(TALKER("close:1", "close:2", "all:" LOTS_TEXT, "x:5"),
                 food(LOTS), LOTS),
             "%s", ran);
    CHECK_STATUS(heard.wstatus, EXITED(5),
                 "the program gets all of its input, also when it says nothing "
                 "more (status 7: it did not)");
    hears("", "", "it said nothing");
    forget();
}

/* Holds the caller's code back until the program has ended. */
static void until_the_program_has_ended(int sig)
{
    siginfo_t info;
    int kept = errno;

    (void)sig;
    waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
    errno = kept;
}

static void reads_what_the_dead_have_written(void)
{
    CHECK_OK(run(SH("head -c 60000 /dev/zero; echo err >&2; exit 6"), NULL, 0),
             "%s", ran);
    CHECK_EQ(heard.out_len, 60000,
             "a program may end while what it wrote is still in the pipe, and "
             "POLLHUP comes together with POLLIN: read until read returns 0, "
             "and only that is the end");
    CHECK_MEM(heard.err, heard.err_len, "err\n", 4,
              "read standard error to its end, too, also when the program has "
              "ended already");
    CHECK_STATUS(heard.wstatus, EXITED(6), "%s", ran);
    forget();
}

static void reads_what_was_written_before_the_end(void **state)
{
    (void)state;
    struct sigaction hold = {.sa_handler = until_the_program_has_ended}, old;

    sigaction(SIGUSR2, &hold, &old);
    sea_raise_every(reads_what_the_dead_have_written, SIGUSR2);
    sigaction(SIGUSR2, &old, NULL);
}

/* ---- SIGPIPE in the caller ---- */

static void on_sigpipe(int sig)
{
    (void)sig;
}

static void captures_what_is_not_read(void)
{
    IF_STUCK("%s", held);
    CHECK_OK(run(SH("exit 4"), food(LOTS), LOTS), "%s", unread);
    CHECK_STATUS(heard.wstatus, EXITED(4), "%s", ran);
    forget();
}

static void leaves_dispositions_as_they_were(void **state)
{
    (void)state;
    void (*const handlers[])(int) = {SIG_DFL, SIG_IGN, on_sigpipe};
    static const char *const words[] = {"has not touched", "ignores",
                                        "has a handler for"};
    struct sigaction now;

    for (int i = 0; i < 3; i++) {
        struct sigaction mine = {.sa_handler = handlers[i],
                                 .sa_flags = i == 2 ? SA_NODEFER : 0};

        sigaction(SIGPIPE, &mine, NULL);
        STEP("the caller %s SIGPIPE", words[i]);
        captures_what_is_not_read();
        sigaction(SIGPIPE, NULL, &now);
        CHECK(now.sa_handler == handlers[i],
              "the disposition of SIGPIPE belongs to the caller: who changes "
              "it puts back what sigaction gave, on every way out");
        if (handlers[i] == on_sigpipe)
            CHECK_EQ(now.sa_flags & (SA_RESTART | SA_NODEFER), SA_NODEFER,
                     "the handler is back, but with other flags than it had: "
                     "signal() makes its own, sigaction keeps all of it");
    }
    signal(SIGPIPE, SIG_DFL);
}

static bool is_pending(void)
{
    sigset_t set;

    sigpending(&set);
    return sigismember(&set, SIGPIPE) == 1;
}

/* Blocks SIGPIPE, or lets it through again: to the handler. */
static void hold_sigpipe(int how)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    sigprocmask(how, &set, NULL);
}

/*
 * Who ignores SIGPIPE meanwhile, and restores the disposition, is right, too.
 * But setting SIG_IGN throws away what is pending, as POSIX has it, and what
 * is blocked is kept although it is ignored, as Linux has it.
 */
static bool ignored_it_meanwhile(void)
{
    return sea_count_here(SEA_sigaction) + sea_count_here(SEA_signal) > 0;
}

static void leaves_no_sigpipe_behind(void **state)
{
    (void)state;
    sigset_t mask;
    struct sigaction count = {.sa_handler = on_sigpipe};

    sigaction(SIGPIPE, &count, NULL);
    hold_sigpipe(SIG_BLOCK);
    STEP("the caller blocks SIGPIPE");
    captures_what_is_not_read();
    CHECK(!is_pending() || ignored_it_meanwhile(),
          "capture's own write left a SIGPIPE behind, which ends the caller "
          "when it unblocks the signal: take it back with sigtimedwait and a "
          "time-out of 0, before the old mask is restored");
    sigprocmask(SIG_SETMASK, NULL, &mask);
    CHECK(sigismember(&mask, SIGPIPE) == 1,
          "the caller blocked SIGPIPE, and it still is: restore the mask that "
          "pthread_sigmask gave, do not just unblock");
    hold_sigpipe(SIG_UNBLOCK);
    signal(SIGPIPE, SIG_DFL);
}

static void keeps_what_is_pending(void (*captures)(void))
{
    struct sigaction count = {.sa_handler = on_sigpipe};

    sea_calm();
    sigaction(SIGPIPE, &count, NULL);
    hold_sigpipe(SIG_BLOCK);
    kill(getpid(), SIGPIPE);
    STEP("a SIGPIPE that the caller has blocked waits for it");
    captures();
    if (!ignored_it_meanwhile())
        CHECK(is_pending(),
              "a SIGPIPE that was pending before capture came is the "
              "caller's: ask sigpending first, and take back only one that "
              "came later");
    hold_sigpipe(SIG_UNBLOCK);
    signal(SIGPIPE, SIG_DFL);
}

static void captures_what_is_read(void)
{
    CHECK_OK(run(cat, "in", 2), "%s", ran);
    ended_well();
    forget();
}

static void leaves_the_callers_own_sigpipe_alone(void **state)
{
    (void)state;
    keeps_what_is_pending(captures_what_is_not_read);
    keeps_what_is_pending(captures_what_is_read);
}

/* ---- what the program is given ---- */

static const char *found_by_the_program(void)
{
    static char text[300];

    CHECK_OK(run(TALKER("tell"), "in", 2), "%s", ran);
    CHECK(heard.out_len > 0 && heard.out_len < sizeof(text), "%s", whole);
    memcpy(text, heard.out, heard.out_len);
    text[heard.out_len] = '\0';
    forget();
    return text;
}

static void finds(const char *want, const char *why)
{
    const char *text = found_by_the_program();

    CHECK(strstr(text, want) != NULL, "%s (what the program found: %s)", why,
          text);
}

static void starts_it_with_sigpipe_as_usual(void **state)
{
    (void)state;
    finds("ignored 0 blocked 0",
          "what capture does about SIGPIPE in the caller is inherited by the "
          "program, which would not end then when it should: give it the "
          "caller's mask and SIG_DFL before exec");
    signal(SIGPIPE, SIG_IGN);
    STEP("the caller ignores SIGPIPE");
    finds("ignored 0",
          "an ignored signal stays ignored across exec, and the program would "
          "write into a closed pipe for ever: set SIGPIPE back to SIG_DFL in "
          "the child");
    signal(SIGPIPE, SIG_DFL);
}

static void gives_it_descriptors_that_wait(void **state)
{
    (void)state;
    finds("nonblock 0 ",
          "O_NONBLOCK belongs to the open file, not to the number: the "
          "program's read and write would fail with EAGAIN, which it does not "
          "expect. Set it with fcntl on the caller's end only, not with pipe2 "
          "on both");
}

/* Descriptors from 3 upwards that a program inherits from here. */
static const char *inherited(void)
{
    static char text[256];

    strcpy(text, "open");
    for (int fd = 3; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) == 0 && strlen(text) < 200)
            sprintf(text + strlen(text), " %d", fd);
    return strcat(text, ".");
}

static void opens_nothing_else_in_the_program(void **state)
{
    (void)state;
    finds(inherited(),
          "the program has more open than 0, 1 and 2, and an end of a pipe "
          "that it does not know of keeps that pipe from ending. Make all of "
          "them close-on-exec: the copies that dup2 makes are not");
}

/* ---- the gate: a FIFO that a program waits at ---- */

static int gate = -1;
static bool was_open[1024], not_cloexec;

static void build_gate(void)
{
    if (mkfifo("gate", 0600) == -1)
        FAIL_TEST("the test itself cannot make a FIFO");
    gate = open("gate", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 1024; fd++)
        was_open[fd] = fcntl(fd, F_GETFD) != -1;
}

static void open_gate(void *unused)
{
    (void)unused;
    for (int fd = 0; fd < 1024; fd++) {
        int flags = was_open[fd] ? -1 : fcntl(fd, F_GETFD);
        not_cloexec |= flags != -1 && !(flags & FD_CLOEXEC);
    }
    if (write(gate, "x", 1) != 1)
        FAIL_TEST("the test itself cannot open the gate");
}

static void remove_gate(void)
{
    close(gate);
    unlink("gate");
}

static void makes_descriptors_close_on_exec(void **state)
{
    (void)state;
    build_gate();
    watch_begin(open_gate, NULL);
    CHECK_OK(run(TALKER("gate"), NULL, 0), "%s", ran);
    watch_end("wait in poll");
    CHECK(!not_cloexec,
          "while the program runs, capture has descriptors open in the caller "
          "that are not close-on-exec: whatever another thread starts in the "
          "meantime gets a copy, and the pipe does not end. pipe2 with "
          "O_CLOEXEC sets it from the first moment on");
    remove_gate();
    forget();
}

/* ---- waiting ---- */

/* The program does argv up to its gate; capture has to sleep until then. Ten
 * bytes of it come afterwards. */
static void sleeps_meanwhile(const char *words, char *const argv[],
                             size_t in_len, size_t len, const char *advice)
{
    STEP("the program %s", words);
    build_gate();
    watch_begin(open_gate, NULL);
    CHECK_OK(run(argv, food(LOTS), in_len), "%s", ran);
    watch_end(advice);
    remove_gate();
    CHECK_STATUS(heard.wstatus, EXITED(5),
                 "capture returns when the program has ended, not before, "
                 "also where it has nothing more to hear: waitpid tells how");
    CHECK_EQ(heard.out_len + heard.err_len, len,
             "capture listens until both have ended, standard output and "
             "standard error: one may go on when the other is closed");
    forget();
}

static void sleeps_while_the_program_is_silent(void **state)
{
    (void)state;
    sleeps_meanwhile("says nothing for a while",
                     TALKER("gate", "out:10", "x:5"), 0, 10,
                     "wait in a poll without a time-out");
    sleeps_meanwhile("has spoken, and says nothing for a while",
                     TALKER("out:10", "err:10", "gate", "err:10", "x:5"), 0, 30,
                     "wait in a poll without a time-out");
}

static void sleeps_while_the_input_is_not_read(void **state)
{
    (void)state;
    sleeps_meanwhile("leaves its input unread for a while",
                     TALKER("gate", "all:" LOTS_TEXT, "out:10", "x:5"), LOTS,
                     10,
                     "the pipe is full, and write says EAGAIN at once: ask "
                     "poll for POLLOUT and write when there is room");
}

static void sleeps_when_a_mouth_is_closed(void **state)
{
    (void)state;
    static const char again[] =
        "poll reports a descriptor that has ended (POLLHUP) again and again, "
        "and at once: close it when read returns 0, and set its fd to -1 for "
        "poll, or it never sleeps again";

    sleeps_meanwhile("closes its standard output and lives on",
                     TALKER("close:1", "gate", "err:10", "x:5"), 0, 10, again);
    sleeps_meanwhile("closes its standard error and lives on",
                     TALKER("close:2", "gate", "out:10", "x:5"), 0, 10, again);
    sleeps_meanwhile("closes both and lives on",
                     TALKER("close:1", "close:2", "gate", "x:5"), 0, 0,
                     "what has ended is no matter for poll any more, which "
                     "reports it again and at once; only the program's end is "
                     "left, and waitpid without WNOHANG sleeps until then");
}

static void sleeps_when_the_input_is_closed(void **state)
{
    (void)state;
    sleeps_meanwhile("closes its input and lives on",
                     TALKER("read:100", "close:0", "gate", "out:10", "x:5"),
                     LOTS, 10,
                     "poll reports a pipe that nobody reads any more (POLLERR) "
                     "again and again, and at once: after EPIPE close the "
                     "write end, and set its fd to -1 for poll");
    sleeps_meanwhile("has read all of its input and lives on",
                     TALKER("all:10", "gate", "out:10", "x:5"), 10, 10,
                     "a pipe that is empty has room, so poll reports POLLOUT "
                     "at once, for ever: close the write end when all is "
                     "written");
}

/* ---- failures ---- */

static void no_child_is_left(void)
{
    CHECK_ERRNO(waitpid(-1, NULL, WNOHANG), ECHILD,
                "nothing was started, so no child is left: the one whose exec "
                "failed has ended, and waitpid must collect it");
}

static void fails_with(char *program, int error)
{
    char *const argv[] = {program, NULL};

    quiet_begin();
    CHECK_EQ(run(argv, "in", 2), -1,
             "the program could not be started, and the caller must learn it: "
             "an exit status of 127 might be the program's own. Send exec's "
             "errno home through a close-on-exec pipe, or take it from "
             "posix_spawnp");
    CHECK_EQ(errno, error,
             "exec's own reason comes home: keep it while you clean up");
    quiet_end();
    no_child_is_left();
}

static void make_file(const char *name, const char *text, mode_t mode)
{
    FILE *file = fopen(name, "w");

    fputs(text, file);
    fclose(file);
    chmod(name, mode);
}

static void says_why_it_cannot_be_started(void **state)
{
    (void)state;
    make_file("letter", "not a program\n", 0644);
    make_file("orphan", "#!/no/such/interpreter\n", 0755);
    IF_STUCK("The child whose exec failed has to leave with _exit.");
    fails_with("no-such-program", ENOENT);
    fails_with("./no-such-program", ENOENT);
    fails_with("./letter", EACCES);
    STEP("./orphan is there, but its interpreter is not");
    fails_with("./orphan", ENOENT);
    unlink("letter");
    unlink("orphan");
}

/* ---- good manners ---- */

static void leaves_the_callers_buffers_alone(void **state)
{
    (void)state;
    char text[64] = "";
    FILE *file = fopen("letter", "w+");

    fputs("written once", file);
    CHECK_EQ(run(nothing, "in", 2), -1, "no program of that name is there");
    CHECK_EQ(errno, ENOENT, "no program of that name is there");
    rewind(file);
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    unlink("letter");
    CHECK_MEM(text, len, "written once", 12,
              "the child holds a copy of every unwritten stdio buffer: exit "
              "writes them a second time, _exit does not");
}

static void leaves_other_children_alone(void **state)
{
    (void)state;
    siginfo_t info;
    int wstatus = 0;
    pid_t other = fact_fork();

    if (other == 0)
        _exit(5);
    waitid(P_PID, other, &info, WEXITED | WNOWAIT);
    STEP("the caller has another child, which has already ended with 5");
    CHECK_OK(run(SH("exit 3"), NULL, 0),
             "wait() takes whichever child has ended, also one of the "
             "caller's: wait for your own with waitpid(pid, …)");
    CHECK_STATUS(heard.wstatus, EXITED(3),
                 "it is the program's end that counts, not that of another "
                 "child: wait with waitpid(pid, …)");
    forget();
    CHECK_EQ(waitpid(other, &wstatus, 0), other,
             "the caller's other child is the caller's to wait for: name "
             "yours with waitpid(pid, …)");
    CHECK_STATUS(wstatus, EXITED(5), "and its status is untouched");
}

static int run_without(int closed, char *const argv[], const char *in,
                       size_t len)
{
    int saved[3], rc, error;

    fflush(NULL);
    for (int i = 0; i < 3; i++) {
        saved[i] = fcntl(i, F_DUPFD_CLOEXEC, SAVED);
        if (closed & 1 << i)
            close(i);
    }
    rc = run(argv, in, len);
    error = errno;
    for (int i = 0; i < 3; i++) {
        dup2(saved[i], i);
        close(saved[i]);
    }
    errno = error;
    return rc;
}

static void works_for_a_caller_without_stdio(void **state)
{
    (void)state;
    static const char covered[] =
        "where the caller has no 0, 1 or 2, a new pipe gets just these "
        "numbers: dup2(0, 0) leaves close-on-exec as it was, and one dup2 "
        "covers what a later one needs. Move such ends to 3 or above first "
        "(fcntl F_DUPFD_CLOEXEC)";

    for (int closed = 1; closed < 8; closed++) {
        IF_STUCK("%s.", covered);
        STEP("the caller has closed%s%s%s", closed & 1 ? " 0" : "",
             closed & 2 ? " 1" : "", closed & 4 ? " 2" : "");
        CHECK_OK(run_without(closed, SH("cat; echo err >&2; exit 3"), "in", 2),
                 "%s", covered);
        CHECK_STATUS(heard.wstatus, EXITED(3), "%s", covered);
        hears("in", "err\n", covered);
        forget();
        CHECK_EQ(run_without(closed, nothing, "in", 2), -1, "%s", covered);
        CHECK_EQ(errno, ENOENT, "%s", covered);
    }
}

/* ---- rough weather ---- */

static void captures_a_talk(void)
{
    IF_STUCK("A signal came in between, or a call moved only a part.");
    CHECK_OK(run(SH("cat; echo err >&2; exit 3"), "in", 2),
             "a signal does not end it: after EINTR call again");
    hears("in", "err\n",
          "read and write return how much they moved: go on with the rest, "
          "and call again after EINTR");
    CHECK_STATUS(heard.wstatus, EXITED(3),
                 "waitpid fills in the status only when it succeeds: after "
                 "EINTR call it again");
    forget();
}

static void captures_lots(void)
{
    size_t size = 150000;
    const char *in = food(size);

    IF_STUCK("A signal came in between, or a call moved only a part.");
    CHECK_OK(run(cat, in, size),
             "a signal does not end it: after EINTR call again");
    CHECK_MEM(heard.out, heard.out_len, in, size,
              "read and write return how much they moved: go on with the "
              "rest, and call again after EINTR");
    ended_well();
    forget();
}

static void goes_on_after_a_signal(void **state)
{
    (void)state;
    sea_handler();
    sea_every(captures_a_talk, SEA_EINTR | SEA_SHORT);
    sea_every(captures_lots, SEA_EINTR | SEA_SHORT);
}

static void sleeps_on_after_a_signal(void **state)
{
    (void)state;
    sea_handler();
    IF_STUCK("Signals come while capture waits, and it does not go on.");
    build_gate();
    nudge_begin(3, open_gate, NULL);
    STEP("signals arrive while the program is silent");
    CHECK_OK(
        run(TALKER("gate", "out:10", "close:1", "close:2", "x:5"), NULL, 0),
        "a signal does not end a wait: after EINTR call again");
    nudge_end();
    hears_lots(10, 0);
    CHECK_STATUS(heard.wstatus, EXITED(5), "after EINTR call waitpid again");
    remove_gate();
    forget();
}

/* The program stays until it is killed, unless all goes well. */
static void captures_or_kills(void)
{
    int rc = run(TALKER("stubborn:100000"), food(100000), 100000);

    if (rc == 0) {
        CHECK(heard.out_len == LONG && is_whole(heard.out, LONG, 'o') &&
                  heard.err_len == 8,
              "capture said 0, but what the program wrote is not all there: "
              "look at what each call returned");
        ended_well();
        forget();
        return;
    }
    int error = errno;
    errno = 0;
    CHECK(sea_hit() || error == ENOSYS, "nothing has gone wrong in this run");
    errno = error;
    CHECK_EQ(error, sea_error(),
             "the caller learns the errno of the call that failed: keep it "
             "while you clean up");
}

static void undoes_everything_when_a_call_fails(void **state)
{
    (void)state;
    CHECK_OK(run(SH("exit 0"), NULL, 0), "%s", ran);
    forget();
    IF_STUCK("A call failed, capture gives up, and the program does not end "
             "by itself: kill it with SIGKILL, then reap it.");
    sea_every(captures_or_kills, SEA_ERRORS);
}

static const struct CMUnitTest facts[] = {
    FACT(brings_home_what_the_program_says),
    FACT(feeds_the_program),
    FACT(ends_the_input_where_there_is_none),
    FACT(says_how_the_program_ended),
    FACT(brings_bytes_of_every_kind),
    FACT(passes_on_every_argument),
    FACT(gives_memory_of_its_own_each_time),
    FACT(says_why_it_cannot_be_started),
    FACT(reads_before_it_waits),
    FACT(hears_err_before_out),
    FACT(hears_out_before_err),
    FACT(listens_while_it_feeds),
    FACT(feeds_before_it_is_answered),
    FACT(listens_before_it_may_feed),
    FACT(survives_a_program_that_does_not_read),
    FACT(hears_what_comes_after_a_closed_input),
    FACT(hears_a_program_that_never_reads),
    FACT(feeds_a_program_that_has_fallen_silent),
    FACT(reads_what_was_written_before_the_end),
    FACT(leaves_dispositions_as_they_were),
    FACT(leaves_no_sigpipe_behind),
    FACT(leaves_the_callers_own_sigpipe_alone),
    FACT(starts_it_with_sigpipe_as_usual),
    FACT(gives_it_descriptors_that_wait),
    FACT(opens_nothing_else_in_the_program),
    FACT(makes_descriptors_close_on_exec),
    FACT(sleeps_while_the_program_is_silent),
    FACT(sleeps_while_the_input_is_not_read),
    FACT(sleeps_when_a_mouth_is_closed),
    FACT(sleeps_when_the_input_is_closed),
    FACT(grows_linearly),
    FACT(moves_64_mib_on_three_streams),
    FACT(leaves_the_callers_buffers_alone),
    FACT(leaves_other_children_alone),
    FACT(works_for_a_caller_without_stdio),
    FACT(goes_on_after_a_signal),
    FACT(sleeps_on_after_a_signal),
    FACT(undoes_everything_when_a_call_fails),
};
EXERCISE_WITH("2_pipes/capture", "pipe(7), poll(2), signal(7), realloc(3)",
              facts, programs)
