/*
 * hello_pipe_test.c — facts about hello_pipe.
 *
 * FRESH is what buf and its surroundings hold before a call. Some facts need
 * to be there at the very moment of fork: pthread_atfork lets them.
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"
#include "hello_pipe.h"

enum {
    FRESH = 0xee,
    BESIDE = 64,
    MOST = 1 << 20,
    PIPE = 64 << 10,
    PAGE = 4 << 10,
    MOST_FDS = 256
};

static char memory[BESIDE + MOST + BESIDE];
static char *const buf = memory + BESIDE;

/* ---- words, and what is to come of them ----------------------------- */

static char wanted[MOST];
static size_t length; /* of wanted */

static void want(const char *const words[], int n)
{
    length = 0;
    for (int i = 0; i < n; i++) {
        size_t size = strlen(words[i]);
        memcpy(wanted + length, words[i], size);
        wanted[length + size] = '\n';
        length += size + 1;
    }
}

static const char *const hello[] = {"hello", "from", "a", "child"};
enum { HELLO = 4 };

/* A word of so many bytes; each depends on its place. */
static const char *long_word(size_t size)
{
    static char word[MOST];

    for (size_t i = 0; i < size; i++)
        word[i] = (char)('a' + (i * 7 + i / 97) % 26);
    word[size] = '\0';
    return word;
}

/* n words of nine bytes, all different. */
static const char *const *many_words(int n)
{
    static char word[30000][16];
    static const char *words[30000];

    for (int i = 0; i < n; i++) {
        snprintf(word[i], sizeof(word[i]), "word%05d", i);
        words[i] = word[i];
    }
    return words;
}

/* ---- what came ------------------------------------------------------ */

static bool is_fresh(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)bytes[i] != FRESH)
            return false;
    return true;
}

static ssize_t speak(const char *const words[], int n, size_t cap)
{
    want(words, n);
    memset(memory, FRESH, sizeof(memory));
    errno = 0;
    ssize_t got = hello_pipe(words, n, buf, cap);
    int error = errno;
    CHECK(is_fresh(memory, BESIDE) && is_fresh(buf + cap, BESIDE),
          "something was written beside buf, which has room for cap bytes: "
          "ask read for at most what is still free, cap minus what you have, "
          "and add no NUL behind the text");
    errno = error;
    return got;
}

static bool same_without_newlines(const char *a, size_t m, const char *b,
                                  size_t n)
{
    size_t i = 0, j = 0;

    for (;;) {
        while (i < m && a[i] == '\n')
            i++;
        while (j < n && b[j] == '\n')
            j++;
        if (i == m || j == n)
            return i == m && j == n;
        if (a[i++] != b[j++])
            return false;
    }
}

/* The sentence that fits what came instead. */
static const char *remark(size_t got)
{
    if (got != length && memcmp(buf, wanted, length) == 0 &&
        (got < length || is_fresh(buf + length, 1)))
        return "the text is there, but the number returned is not its length: "
               "return the sum of what all your reads have returned";
    if (got == 0)
        return "not one byte came. Memory is no bridge: what the child keeps "
               "in its own, and in a stdio buffer that was not flushed, ends "
               "with it. It has to be written into the pipe";
    if (memchr(buf, '\0', got))
        return "a NUL byte came along. It marks the end of a string in "
               "memory and is no part of the text: send strlen(word) bytes "
               "and then the newline";
    if (same_without_newlines(buf, got, wanted, length))
        return "the words are right, the newlines are not: each word is "
               "followed by exactly one, the last word too";
    if (got < length && memcmp(buf, wanted, got) == 0)
        return "this is only the beginning. One read returns what is in the "
               "pipe by now, and one write may send less than asked: go on "
               "until read returns 0, which is the end";
    return "the text is every word, whole and once, in the order of words[], "
           "each with its newline, and nothing else";
}

/* And what may have been amiss when it failed. */
static const char *excuse(int error)
{
    if (error == EIO)
        return "nobody stopped the child. Did a write of its fail, or was it "
               "still writing when the read end was closed? Both processes use "
               "one pipe, made before fork. Read until read returns 0, which "
               "is the end, and close only then";
    if (error == EBADF)
        return "a call was made with a descriptor that is closed, or with the "
               "wrong one: read only from end[0], write only into end[1], and "
               "close each once in each process";
    if (error == EMSGSIZE)
        return "the text fits: buf has room for cap bytes, and no NUL is added";
    if (error == EINTR)
        return "a signal came, and nothing has gone wrong: a call that "
               "returns -1 with EINTR has done nothing and is made again";
    return "nothing has gone wrong: the number of bytes received is returned";
}

static void check_text(ssize_t got)
{
    CHECK_OK(got, "%s", excuse(errno));
    CHECK_MEM(buf, (size_t)got, wanted, length, "%s", remark((size_t)got));
}

/* ---- at the moment of fork ------------------------------------------ */

static struct {
    void (*before)(void);
    void (*in_parent)(void);
    void (*in_child)(void);
} at_fork;

static void run_before(void)
{
    if (at_fork.before)
        at_fork.before();
}

static void run_in_parent(void)
{
    if (at_fork.in_parent)
        at_fork.in_parent();
}

static void run_in_child(void)
{
    if (at_fork.in_child)
        at_fork.in_child();
}

/* For the rest of this fact. By hand, all facts share one process. */
static void watch_fork(void (*before)(void), void (*in_parent)(void),
                       void (*in_child)(void))
{
    static bool registered;

    if (!registered)
        pthread_atfork(run_before, run_in_parent, run_in_child);
    registered = true;
    at_fork.before = before;
    at_fork.in_parent = in_parent;
    at_fork.in_child = in_child;
}

static bool was_open[MOST_FDS];

static void note_descriptors(void)
{
    for (int fd = 0; fd < MOST_FDS; fd++)
        was_open[fd] = fcntl(fd, F_GETFD) != -1;
}

/* ---- the plain case ------------------------------------------------- */

static void brings_the_words_home(void **state)
{
    (void)state;
    quiet_begin();
    check_text(speak(hello, HELLO, MOST));
    quiet_end();
}

static char spoken[3][8];

/* The child has its own copy of all this by now. */
static void change_the_parents_words(void)
{
    for (int i = 0; i < 3; i++)
        memset(spoken[i], 'x', strlen(spoken[i]));
    memset(buf, FRESH, MOST);
}

/* By any call that can; syscall() may have been any of them. */
static bool a_child_was_started(void)
{
    return sea_count(SEA_fork) + sea_count(SEA__Fork) + sea_count(SEA_vfork) +
           sea_count(SEA_clone) + sea_count(SEA_syscall);
}

static bool a_channel_was_made(void)
{
    return sea_count(SEA_pipe) + sea_count(SEA_pipe2) +
           sea_count(SEA_socketpair) + sea_count(SEA_socket) +
           sea_count(SEA_mkfifo) + sea_count(SEA_syscall);
}

static void the_text_comes_out_of_a_child(void **state)
{
    (void)state;
    const char *const words[] = {spoken[0], spoken[1], spoken[2]};

    strcpy(spoken[0], "out");
    strcpy(spoken[1], "of a");
    strcpy(spoken[2], "child");
    STEP("the words in the parent's memory change right after fork");
    watch_fork(NULL, change_the_parents_words, NULL);
    ssize_t got = speak(words, 3, MOST);
    watch_fork(NULL, NULL, NULL);
    CHECK_OK(got, "nothing has gone wrong");
    CHECK(a_child_was_started(),
          "no child was started: the words come from another process, which "
          "fork makes");
    CHECK(a_channel_was_made(),
          "no pipe was made: this is the exercise to build the first one");
    CHECK(memchr(buf, 'x', length) == NULL && !is_fresh(buf, length),
          "the text was put together in the parent: it has to be written "
          "into the pipe by the child, and what is read from the pipe is the "
          "text");
    check_text(got);
}

/* ---- words of every kind -------------------------------------------- */

static void a_word_may_hold_anything_but_nul(void **state)
{
    (void)state;
    const char *const words[] = {"",     "two\nlines", "", "%d %s\\n",
                                 "你好", "\xff\x01",   "", "end"};

    STEP("some words are empty, one holds a newline");
    check_text(speak(words, 8, MOST));
}

static void no_words_are_an_empty_text(void **state)
{
    (void)state;
    CHECK_EQ(speak(hello, 0, MOST), 0,
             "n of 0 is an empty text: the stream ends before its first byte, "
             "and 0 is returned");
    CHECK_EQ(speak(hello, 0, 0), 0,
             "an empty text fits in a buffer of 0 bytes");
}

static void a_negative_number_is_refused(void **state)
{
    (void)state;
    CHECK_ERRNO(speak(hello, -1, MOST), EINVAL,
                "there are no -1 words: say so with EINVAL before anything is "
                "started");
    CHECK_ERRNO(speak(hello, INT_MIN, MOST), EINVAL,
                "every negative n is EINVAL");
}

static void a_text_may_be_longer_than_a_pipe(void **state)
{
    (void)state;
    STEP("30000 words, 300000 bytes; a pipe holds %d", PIPE);
    check_text(speak(many_words(30000), 30000, MOST));
}

static void a_word_may_be_longer_than_a_pipe(void **state)
{
    (void)state;
    static const size_t sizes[] = {4096, PIPE - 1, PIPE, PIPE + 1, 9 * PIPE};

    for (int i = 0; i < 5; i++) {
        const char *words[] = {"small", long_word(sizes[i]), "end"};
        STEP("one of the words has %zu bytes", sizes[i]);
        check_text(speak(words, 3, MOST));
    }
}

/* ---- room ----------------------------------------------------------- */

static void a_text_may_fill_the_room_to_its_last_byte(void **state)
{
    (void)state;
    const char *words[] = {long_word(2 * PIPE)};

    STEP("cap is the length of the text");
    want(hello, HELLO);
    check_text(speak(hello, HELLO, length));
    check_text(speak(words, 1, 2 * PIPE + 1));
}

static void a_text_that_does_not_fit_is_an_error(void **state)
{
    (void)state;
    want(hello, HELLO);
    const size_t caps[] = {length - 1, 1, 0};

    for (int i = 0; i < 3; i++) {
        STEP("the text has %zu bytes, cap is %zu", length, caps[i]);
        CHECK_ERRNO(speak(hello, HELLO, caps[i]), EMSGSIZE,
                    "a text that was cut off looks like a whole one: when "
                    "there is more than fits, say EMSGSIZE. A read of one byte "
                    "more tells you whether there is");
    }
}

static void check_does_not_fit(void)
{
    const char *words[] = {"this fits", long_word(6 * PIPE)};
    static const size_t caps[] = {100, PIPE + 100};

    for (int i = 0; i < 2; i++)
        CHECK_ERRNO(speak(words, 2, caps[i]), EMSGSIZE,
                    "the text does not fit: that is EMSGSIZE, however the "
                    "child ends when nobody reads the rest");
}

static void a_child_that_still_speaks_is_not_waited_for(void **state)
{
    (void)state;
    STEP("the text is much longer than cap and than a pipe");
    check_does_not_fit();
}

static void the_caller_may_ignore_sigpipe(void **state)
{
    (void)state;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;

    sigaction(SIGPIPE, &ignore, &old);
    STEP("the caller ignores SIGPIPE, and so does the child: its write "
         "returns -1 with EPIPE");
    check_does_not_fit();
    check_text(speak(hello, HELLO, MOST));
    sigaction(SIGPIPE, &old, NULL);
}

/* ---- good manners --------------------------------------------------- */

static struct gate *silence;

static void keep_silent(void)
{
    gate_wait(silence);
}

static void break_the_silence(void *gate)
{
    gate_open(gate);
}

static void sleeps_while_the_child_is_silent(void **state)
{
    (void)state;
    silence = gate_new(2);
    STEP("the child says nothing for a while");
    watch_fork(NULL, NULL, keep_silent);
    watch_begin(break_the_silence, silence);
    ssize_t got = speak(hello, HELLO, MOST);
    watch_fork(NULL, NULL, NULL);
    check_text(got);
    watch_end("read sleeps by itself until there is something to read or the "
              "stream has ended, waitpid until the child has");
}

static void signals_do_not_end_the_listening(void **state)
{
    (void)state;
    silence = gate_new(2);
    STEP("three signals come while the child says nothing");
    sea_handler();
    watch_fork(NULL, NULL, keep_silent);
    nudge_begin(3, break_the_silence, silence);
    ssize_t got = speak(hello, HELLO, MOST);
    int error = errno;
    watch_fork(NULL, NULL, NULL);
    nudge_end();
    errno = error;
    CHECK_OK(got, "a signal interrupted a call (EINTR): that is neither the "
                  "end of the text nor an error, so the call is made again");
    CHECK_MEM(buf, (size_t)got, wanted, length,
              "a signal interrupted a call (EINTR): that is neither the end "
              "of the text nor an error, so the call is made again");
}

static atomic_int *bell;

static void ring(void)
{
    if (bell)
        ++*bell;
}

static void leaves_the_callers_exit_to_the_caller(void **state)
{
    (void)state;
    char text[64] = "";
    FILE *file = fopen("letter", "w+");

    bell = fact_shared(sizeof(*bell));
    atexit(ring);
    fputs("written once", file);
    check_text(speak(hello, HELLO, MOST));
    rewind(file);
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    unlink("letter");
    CHECK_MEM(text, size, "written once", 12,
              "the child has a copy of every stdio buffer that is not yet "
              "written: exit writes them a second time, _exit does not");
    CHECK_EQ(*bell, 0,
             "the child ran the caller's atexit handlers: leave it with "
             "_exit");
}

static void leaves_other_children_alone(void **state)
{
    (void)state;
    siginfo_t info;
    int wstatus;
    pid_t other = fact_fork();

    if (other == 0)
        _exit(5);
    waitid(P_PID, other, &info, WEXITED | WNOWAIT);
    STEP("the caller has another child, which has already ended with 5");
    ssize_t got = speak(hello, HELLO, MOST);
    int error = errno;
    pid_t reaped = waitpid(other, &wstatus, 0);
    CHECK_EQ(reaped, other,
             "the caller's other child was reaped by this call: wait() and "
             "waitpid(-1) take whoever has ended. Wait for your own child, "
             "by the number fork returned");
    CHECK_STATUS(wstatus, EXITED(5), "the other child's status is untouched");
    errno = error;
    check_text(got);
}

static int leaky;

static void look_at_the_pipe(void)
{
    for (int fd = 0; fd < MOST_FDS; fd++) {
        int flags = fcntl(fd, F_GETFD);
        if (!was_open[fd] && flags != -1 && !(flags & FD_CLOEXEC))
            leaky = fd;
    }
}

static void its_descriptors_are_close_on_exec(void **state)
{
    (void)state;
    leaky = -1;
    note_descriptors();
    watch_fork(look_at_the_pipe, NULL, NULL);
    ssize_t got = speak(hello, HELLO, MOST);
    watch_fork(NULL, NULL, NULL);
    check_text(got);
    CHECK(leaky == -1,
          "descriptor %d is not close-on-exec: a program that another thread "
          "of the caller starts meanwhile would inherit it, and the stream "
          "would not end before that program does. pipe2 takes O_CLOEXEC",
          leaky);
}

static void works_where_0_to_2_are_closed(void **state)
{
    (void)state;
    int saved[3];

    fflush(NULL);
    for (int fd = 0; fd < 3; fd++) {
        saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 200);
        close(fd);
    }
    ssize_t got = hello_pipe(hello, HELLO, buf, MOST);
    int error = errno;
    for (int fd = 0; fd < 3; fd++) {
        dup2(saved[fd], fd);
        close(saved[fd]);
    }
    STEP("the caller has closed 0, 1 and 2: so the pipe gets these numbers");
    want(hello, HELLO);
    errno = error;
    CHECK(got == (ssize_t)length && memcmp(buf, wanted, length) == 0,
          "a pipe may have the numbers 0 and 1, which are good descriptors. "
          "Mind that dup2(1, 1) does nothing: close(1) after it closes the "
          "only copy");
}

/* ---- rough weather -------------------------------------------------- */

static _Atomic pid_t *child;

static void tell_the_number(void)
{
    *child = getpid();
}

/* A pipe of one page: a short text fills it. */
static void make_the_pipe_narrow(void)
{
    for (int fd = 0; fd < MOST_FDS; fd++)
        if (!was_open[fd])
            fcntl(fd, F_SETPIPE_SZ, PAGE);
}

/* Until the pipe is full: a signal can then interrupt the child's write. */
static void let_the_child_speak_first(void)
{
    for (int i = 0; i < 500; i++, moment())
        if (*child && strchr("SZX", state_of(*child)))
            return;
}

static ssize_t speak_through_a_narrow_pipe(const char *const words[], int n)
{
    child = child ? child : fact_shared(sizeof(*child));
    *child = 0;
    note_descriptors();
    watch_fork(make_the_pipe_narrow, let_the_child_speak_first,
               tell_the_number);
    ssize_t got = speak(words, n, MOST);
    int error = errno;
    watch_fork(NULL, NULL, NULL);
    errno = error;
    return got;
}

static void brings_many_words_home(void)
{
    const char *words[] = {"first", long_word(PAGE - 6), "more", "and more"};
    ssize_t got = speak_through_a_narrow_pipe(words, 4);

    CHECK_OK(got, "nothing has gone wrong: a signal came, and a call that "
                  "returns -1 with EINTR has done nothing and is made again, "
                  "in the child as in the parent");
    check_text(got);
}

static void goes_on_after_a_signal(void **state)
{
    (void)state;
    sea_handler();
    sea_every(brings_many_words_home, SEA_EINTR);
}

static void brings_a_long_word_home(void)
{
    const char *words[] = {long_word(2 * PAGE), "end"};
    ssize_t got = speak_through_a_narrow_pipe(words, 2);

    CHECK(got == (ssize_t)length && memcmp(buf, wanted, length) == 0,
          "write and read return how many bytes they moved, and that may be a "
          "part of what was asked for: go on with the rest, and only with the "
          "rest");
}

static void a_call_may_move_only_a_part(void **state)
{
    (void)state;
    sea_handler();
    sea_every(brings_a_long_word_home, SEA_SHORT);
}

static void brings_it_home_or_fails(void)
{
    ssize_t got = speak(hello, HELLO, MOST);
    int error = errno;

    if (got >= 0) {
        check_text(got);
        return;
    }
    CHECK(sea_hit(), "nothing has gone wrong in this run, and yet it failed");
    errno = error;
    CHECK(error == sea_error() || (error == EIO && sea_hit_child()),
          "the caller learns the errno of the call that failed: keep it while "
          "you clean up");
}

static void undoes_everything_when_a_call_fails(void **state)
{
    (void)state;
    quiet_begin();
    sea_every(brings_it_home_or_fails, SEA_ERRORS);
    quiet_end();
}

static void hears_of_the_childs_death(void)
{
    ssize_t got = speak(hello, HELLO, MOST);

    if (got == -1) {
        CHECK_EQ(errno, EIO, "a child that did not come to its end is EIO");
        return;
    }
    CHECK((size_t)got == length && memcmp(buf, wanted, length) == 0,
          "the child was killed before it had said everything, and %zd bytes "
          "were returned as if that were the text. The end of the stream only "
          "says that nobody can write any more: whether all was written, tell "
          "WIFEXITED and WEXITSTATUS of the status waitpid gives",
          got);
}

static void a_text_cut_short_by_death_is_an_error(void **state)
{
    (void)state;
    sea_every(hears_of_the_childs_death, SEA_KILLS);
}

static const struct CMUnitTest facts[] = {
    FACT(brings_the_words_home),
    FACT(the_text_comes_out_of_a_child),
    FACT(a_word_may_hold_anything_but_nul),
    FACT(no_words_are_an_empty_text),
    FACT(a_negative_number_is_refused),
    FACT(a_text_may_be_longer_than_a_pipe),
    FACT(a_word_may_be_longer_than_a_pipe),
    FACT(a_text_may_fill_the_room_to_its_last_byte),
    FACT(a_text_that_does_not_fit_is_an_error),
    FACT(a_child_that_still_speaks_is_not_waited_for),
    FACT(the_caller_may_ignore_sigpipe),
    FACT(sleeps_while_the_child_is_silent),
    FACT(signals_do_not_end_the_listening),
    FACT(leaves_the_callers_exit_to_the_caller),
    FACT(leaves_other_children_alone),
    FACT(its_descriptors_are_close_on_exec),
    FACT(works_where_0_to_2_are_closed),
    FACT(goes_on_after_a_signal),
    FACT(a_call_may_move_only_a_part),
    FACT(undoes_everything_when_a_call_fails),
    FACT(a_text_cut_short_by_death_is_an_error),
};
EXERCISE("2_pipes/hello_pipe", "pipe(2), pipe(7), fork(2), read(2), waitpid(2)",
         facts)
