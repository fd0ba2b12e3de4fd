/*
 * hello_queue_test.c — facts about hello_queue.
 *
 * FRESH is what buf and its surroundings hold before a call. Some facts need
 * to be there at the very moment of fork, pthread_atfork lets them; one at
 * the moment of mq_open, with a signal that arrives just before it.
 */
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "belongings.h"
#include "fact.h"
#include "hello_queue.h"
#include "logbook.h"

enum { FRESH = 0xee, BESIDE = 64, LONGEST = 8192, MOST = 4 * LONGEST };
enum { MOST_FDS = 256 };

static char memory[BESIDE + MOST + BESIDE];
static char *const buf = memory + BESIDE;
static const char hello[] = "hello from a child";

/* A text of so many bytes; each depends on its place. */
static const char *long_text(size_t size)
{
    static char text[MOST];

    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + (i * 7 + i / 97) % 26);
    text[size] = '\0';
    return text;
}

/* ---- what came ------------------------------------------------------ */

static bool is_fresh(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)bytes[i] != FRESH)
            return false;
    return true;
}

static ssize_t speak(const char *text, size_t cap)
{
    if (mq_open("/there.is.none", O_RDONLY) == -1 && errno == ENOSYS)
        SKIP_TEST("this system has no POSIX message queues");
    memset(memory, FRESH, sizeof(memory));
    errno = 0;
    ssize_t got = hello_queue(text, buf, cap);
    int error = errno;
    CHECK(is_fresh(memory, BESIDE) && is_fresh(buf + cap, BESIDE),
          "something was written beside buf, which has room for cap bytes. "
          "mq_receive wants a buffer of mq_msgsize bytes; where buf is "
          "smaller, give it one of its own, and add no NUL");
    errno = error;
    return got;
}

/* What may have been amiss when it failed. */
static const char *excuse(int error)
{
    if (error == EMSGSIZE)
        return "the text fits. mq_receive says EMSGSIZE to every buffer that "
               "is smaller than mq_msgsize, whatever the message's length: "
               "give it room for mq_msgsize bytes";
    if (error == EIO)
        return "nobody stopped the child. Did its mq_send fail?";
    if (error == EBADF)
        return "a call was made with a queue that is closed, or was opened "
               "for the other direction only";
    if (error == ENOENT)
        return "the queue was not there, or not any more, when somebody opened "
               "it by its name: make the queue before the child, and remove "
               "the name when both have it open";
    if (error == EINTR)
        return "a signal came, and nothing has gone wrong: a call that "
               "returns -1 with EINTR has done nothing and is made again";
    return "nothing has gone wrong: the number of bytes received is returned";
}

/* The sentence that fits what came instead. */
static const char *remark(size_t got, const char *want, size_t size)
{
    if (got == size + 1 && buf[size] == '\0')
        return "the NUL marks the end of a string in memory, and is no part of "
               "the message: send strlen(text) bytes";
    if (got != size && memcmp(buf, want, size) == 0)
        return "the text is there, but the number returned is not its length: "
               "mq_receive returns how many bytes the message has";
    if (got < size && memcmp(buf, want, got) == 0)
        return "this is only the beginning: the text is one message, sent with "
               "one mq_send and received with one mq_receive";
    return "the message is the text, byte for byte, whatever it holds: it is "
           "no format, and nothing is added";
}

static void check_text(ssize_t got, const char *want)
{
    size_t size = strlen(want);

    CHECK_OK(got, "%s", excuse(errno));
    CHECK_MEM(buf, (size_t)got, want, size, "%s",
              remark((size_t)got, want, size));
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

/* ---- the plain case ------------------------------------------------- */

static void brings_the_text_home(void **state)
{
    (void)state;
    quiet_begin();
    check_text(speak(hello, MOST), hello);
    quiet_end();
}

static char spoken[32];

/* The child has its own copy of all this by now. */
static void change_the_parents_text(void)
{
    memset(spoken, 'x', strlen(spoken));
    memset(buf, FRESH, MOST);
}

/* By any call that can; syscall() may have been any of them. */
static bool a_child_was_started(void)
{
    return sea_count(SEA_fork) + sea_count(SEA__Fork) + sea_count(SEA_vfork) +
           sea_count(SEA_clone) + sea_count(SEA_syscall);
}

static void the_text_comes_out_of_a_child(void **state)
{
    (void)state;
    strcpy(spoken, "out of a child");
    STEP("the text in the parent's memory changes right after fork");
    watch_fork(NULL, change_the_parents_text, NULL);
    ssize_t got = speak(spoken, MOST);
    watch_fork(NULL, NULL, NULL);
    CHECK_OK(got, "%s", excuse(errno));
    CHECK(a_child_was_started(),
          "no child was started: the text comes from another process, which "
          "fork makes");
    CHECK(sea_count(SEA_mq_open) + sea_count(SEA_syscall) > 0,
          "no message queue was made: this is the exercise to make the first "
          "one, with mq_open");
    CHECK(got > 0 && buf[0] != 'x' && !is_fresh(buf, (size_t)got),
          "the text was taken from the parent's own memory: it has to be sent "
          "by the child, and what mq_receive returns is the text");
    check_text(got, "out of a child");
}

static void a_text_may_hold_anything_but_nul(void **state)
{
    (void)state;
    static const char *const texts[] = {"100%% of %d\\n", "two\nlines\n",
                                        "你好, \xff\x01", " ", "a"};

    for (int i = 0; i < 5; i++)
        check_text(speak(texts[i], MOST), texts[i]);
}

static void an_empty_text_is_a_message(void **state)
{
    (void)state;
    static const size_t caps[] = {MOST, 1, 0};

    for (int i = 0; i < 3; i++) {
        STEP("the text is empty, cap is %zu", caps[i]);
        CHECK_EQ(speak("", caps[i]), 0,
                 "an empty message is a message: it is sent and received, has "
                 "0 bytes, and fits in any room");
    }
}

static void a_text_may_have_8192_bytes(void **state)
{
    (void)state;
    static const size_t sizes[] = {2, 1024, 4096, 4097, LONGEST - 1, LONGEST};

    for (int i = 0; i < 6; i++) {
        STEP("the text has %zu bytes", sizes[i]);
        const char *text = long_text(sizes[i]);
        check_text(speak(text, MOST), text);
    }
}

static void a_longer_text_is_refused(void **state)
{
    (void)state;
    static const size_t sizes[] = {LONGEST + 1, 2 * LONGEST, MOST - 1};

    IF_STUCK("the text is too long for a message, so none is ever sent, and "
             "somebody waits for it");
    for (int i = 0; i < 3; i++) {
        STEP("the text has %zu bytes", sizes[i]);
        CHECK_ERRNO(speak(long_text(sizes[i]), MOST), EMSGSIZE,
                    "a message has at most 8192 bytes, if nobody has raised "
                    "the limit: say so, neither cut the text off nor send it "
                    "in parts");
    }
}

static void a_text_may_fill_the_room_to_its_last_byte(void **state)
{
    (void)state;
    STEP("cap is the length of the text");
    check_text(speak(hello, strlen(hello)), hello);
    check_text(speak(hello, strlen(hello) + 1), hello);
    check_text(speak("a", 1), "a");
    check_text(speak(long_text(LONGEST), LONGEST), long_text(LONGEST));
}

static void a_text_that_does_not_fit_is_an_error(void **state)
{
    (void)state;
    const size_t caps[] = {strlen(hello) - 1, 1, 0};

    for (int i = 0; i < 3; i++) {
        STEP("the text has %zu bytes, cap is %zu", strlen(hello), caps[i]);
        CHECK_ERRNO(speak(hello, caps[i]), EMSGSIZE,
                    "a text that was cut off looks like a whole one: when "
                    "there is more than fits, say EMSGSIZE");
    }
    CHECK_ERRNO(speak(long_text(LONGEST), LONGEST - 1), EMSGSIZE,
                "one byte too many is too many");
}

static void each_call_is_a_new_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < 20; i++) {
        const char *text = long_text(i * i % 31);
        check_text(speak(text, 31), text);
    }
}

/* ---- nobody else's queue -------------------------------------------- */

static _Atomic pid_t *child;
static struct gate *held;

static void tell_the_number(void)
{
    *child = getpid();
}

/* Until the child has sent, as far as it can. */
static void let_the_child_speak_first(void)
{
    for (int i = 0; i < 500; i++, moment())
        if (*child && (gone(*child) || asleep(*child)))
            break;
}

static void wait_in_the_middle(void)
{
    let_the_child_speak_first();
    gate_wait(held);
}

static void speaks_elsewhere(void)
{
    static const char text[] = "somebody else's";

    watch_fork(NULL, wait_in_the_middle, tell_the_number);
    errno = 0;
    ssize_t got = hello_queue(text, buf, MOST);
    ISLAND_CHECK(got == (ssize_t)strlen(text) &&
                     memcmp(buf, text, strlen(text)) == 0,
                 "two processes called hello_queue at the same time, and one "
                 "of them did not get its own text (%s): each needs a queue "
                 "that no other process uses",
                 got == -1 ? name_errno(errno) : "but another one");
    _exit(0);
}

static bool is_there(const char *name)
{
    mqd_t q = mq_open(name, O_RDONLY | O_CLOEXEC);

    if (q != -1)
        mq_close(q);
    return q != -1 || errno != ENOENT;
}

static void two_calls_at_once_do_not_meet(void **state)
{
    (void)state;
    int i = 0;
    const char *kind, *theirs;

    check_text(speak(hello, MOST), hello);
    child = fact_shared(sizeof(*child));
    held = gate_new(2);
    pid_t other = fact_fork();
    if (other == 0)
        speaks_elsewhere();
    while (gate_arrived(held) < 1 && !gone(other))
        moment();
    theirs = name_left(&i, &kind); /* what the other one uses just now */
    STEP("another process is in the middle of hello_queue");
    IF_STUCK("two processes call hello_queue at the same time, and one of them "
             "waits for ever: each needs a queue that no other process uses");
    ssize_t got = speak(hello, MOST);
    int error = errno;
    bool removed = theirs && !is_there(theirs);
    gate_open(held);
    waitpid(other, NULL, 0);
    errno = error;
    CHECK(got == (ssize_t)strlen(hello) && memcmp(buf, hello, (size_t)got) == 0,
          "two processes called hello_queue at the same time, and one of them "
          "did not get its own text: each needs a queue that no other process "
          "uses. Put something into the name that is different in each, and "
          "let O_CREAT | O_EXCL tell when it is taken");
    CHECK(!removed,
          "the queue of another process, \"%s\", was removed while it was "
          "using it: remove only what you have made",
          theirs);
}

/* ---- a queue that was left ------------------------------------------ */

static char stale[108];

/* The name that mq_open is just about to be called with. */
static const char *name_asked_for(void)
{
    for (unsigned end = page->events; end-- > 0;) {
        const struct page_event *e = &page->event[end % PAGE_EVENTS];
        if (e->pid == getpid())
            return e->call == SEA_mq_open && e->arg[1] & O_CREAT
                       ? (const char *)e->arg[0]
                       : NULL;
    }
    return NULL;
}

static void leave_a_queue(int sig)
{
    (void)sig;
    struct mq_attr attr = {.mq_maxmsg = 2, .mq_msgsize = LONGEST};
    int saved = errno;
    const char *name = name_asked_for();

    if (name) {
        snprintf(stale, sizeof(stale), "%s", name);
        mqd_t q = mq_open(stale, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
        if (q != -1) {
            name_made("message queue", stale);
            mq_send(q, "stale", 5, 0);
            mq_close(q);
        }
    }
    errno = saved;
}

static void check_a_stale_one_is_not_used(int nth)
{
    struct sigaction act = {.sa_handler = leave_a_queue}, old;

    stale[0] = '\0';
    sea_calm();
    sigaction(SIGUSR2, &act, &old);
    sea_raise(SEA_mq_open, nth, SIGUSR2);
    ssize_t got = speak(hello, MOST);
    int error = errno;
    sigaction(SIGUSR2, &old, NULL);
    if (stale[0])
        mq_unlink(stale);
    if (got == -1 && error == EEXIST)
        return; /* it says so, and is right */
    CHECK(got != 5 || memcmp(buf, "stale", 5) != 0,
          "the text is not the child's, but an old message of a queue that was "
          "there already: with O_CREAT alone mq_open takes what is there. "
          "O_EXCL makes it say EEXIST, and then another name can be tried");
    errno = error;
    check_text(got, hello);
}

static void a_queue_that_was_left_is_not_used(void **state)
{
    (void)state;
    STEP("a queue of just this name is there, with a message in it: an earlier "
         "process has died and left it");
    IF_STUCK("a queue of just this name was there, left by an earlier process, "
             "and somebody waits for ever. With O_EXCL mq_open says EEXIST, "
             "and another name can be tried");
    for (int nth = 1; nth <= 3; nth++) /* of the calls of mq_open */
        check_a_stale_one_is_not_used(nth);
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
    STEP("the child sends nothing for a while");
    watch_fork(NULL, NULL, keep_silent);
    watch_begin(break_the_silence, silence);
    ssize_t got = speak(hello, MOST);
    int error = errno;
    watch_fork(NULL, NULL, NULL);
    watch_end("mq_receive sleeps by itself until there is a message, waitpid "
              "until the child has ended");
    errno = error;
    check_text(got, hello);
}

static void signals_do_not_end_the_waiting(void **state)
{
    (void)state;
    silence = gate_new(2);
    STEP("three signals come while the child sends nothing");
    sea_handler();
    watch_fork(NULL, NULL, keep_silent);
    nudge_begin(3, break_the_silence, silence);
    ssize_t got = speak(hello, MOST);
    int error = errno;
    watch_fork(NULL, NULL, NULL);
    nudge_end();
    errno = error;
    CHECK_OK(got, "a signal interrupted a call (EINTR): nothing has happened "
                  "yet, so the call is made again");
    check_text(got, hello);
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
    check_text(speak(hello, MOST), hello);
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
    ssize_t got = speak(hello, MOST);
    int error = errno;
    pid_t reaped = waitpid(other, &wstatus, 0);
    CHECK_EQ(reaped, other,
             "the caller's other child was reaped by this call: wait() and "
             "waitpid(-1) take whoever has ended. Wait for your own child, "
             "by the number fork returned");
    CHECK_STATUS(wstatus, EXITED(5), "the other child's status is untouched");
    errno = error;
    check_text(got, hello);
}

static bool was_open[MOST_FDS];
static int leaky;

static void look_at_the_descriptors(void)
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
    for (int fd = 0; fd < MOST_FDS; fd++)
        was_open[fd] = fcntl(fd, F_GETFD) != -1;
    watch_fork(look_at_the_descriptors, NULL, NULL);
    ssize_t got = speak(hello, MOST);
    watch_fork(NULL, NULL, NULL);
    check_text(got, hello);
    CHECK(leaky == -1,
          "descriptor %d is not close-on-exec: a program that another thread "
          "of the caller starts meanwhile would inherit it",
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
    ssize_t got = hello_queue(hello, buf, MOST);
    int error = errno;
    for (int fd = 0; fd < 3; fd++) {
        dup2(saved[fd], fd);
        close(saved[fd]);
    }
    STEP("the caller has closed 0, 1 and 2: so the queue may get the number 0");
    errno = error;
    CHECK(got == (ssize_t)strlen(hello) && memcmp(buf, hello, (size_t)got) == 0,
          "0 is a good descriptor: only (mqd_t)-1 says that mq_open failed");
}

/* ---- rough weather -------------------------------------------------- */

static void brings_it_home(void)
{
    ssize_t got = speak(hello, MOST);

    CHECK_OK(got, "nothing has gone wrong: a signal came, and a call that "
                  "returns -1 with EINTR has done nothing and is made again, "
                  "in the child as in the parent");
    check_text(got, hello);
}

static void goes_on_after_a_signal(void **state)
{
    (void)state;
    sea_handler();
    sea_every(brings_it_home, SEA_EINTR | SEA_SHORT);
}

static void brings_it_home_or_fails(void)
{
    ssize_t got = speak(hello, MOST);
    int error = errno;

    if (got >= 0) {
        check_text(got, hello);
        return;
    }
    errno = error;
    CHECK(sea_hit(), "nothing has gone wrong in this run, and yet it failed");
    errno = error;
    CHECK(error == sea_error() || (error == EIO && sea_hit_child()),
          "the caller learns the errno of the call that failed: keep it while "
          "you clean up");
}

static void undoes_everything_when_a_call_fails(void **state)
{
    (void)state;
    IF_STUCK("a call failed, and somebody waits for a message that is never "
             "sent");
    quiet_begin();
    sea_every(brings_it_home_or_fails, SEA_ERRORS);
    quiet_end();
}

#define NO_END                                                                 \
    "the child died before it had sent its message, and the parent waits for " \
    "it for ever. A message queue has no end of file: nobody tells "           \
    "mq_receive that no one is left who could send. The queue holds a "        \
    "message without a receiver: wait for the child first"

static void die(void)
{
    kill(getpid(), SIGKILL);
}

static void a_child_that_dies_first_is_an_error(void **state)
{
    (void)state;
    check_text(speak(hello, MOST), hello);
    IF_STUCK(NO_END);
    STEP("the child is killed before it sends");
    watch_fork(NULL, NULL, die);
    errno = 0;
    ssize_t got = speak(hello, MOST);
    int error = errno;
    watch_fork(NULL, NULL, NULL);
    if (got == (ssize_t)strlen(hello))
        return; /* its child was made without fork(3) */
    CHECK_ERRNO((errno = error, got), EIO,
                "a child that did not come to its end is EIO: the status that "
                "waitpid gives tells how it ended");
}

static void hears_of_the_childs_death(void)
{
    ssize_t got = speak(hello, MOST);

    if (got == -1) {
        CHECK_EQ(errno, EIO, "a child that did not come to its end is EIO");
        return;
    }
    CHECK(got == (ssize_t)strlen(hello) && memcmp(buf, hello, (size_t)got) == 0,
          "the child was killed before it had sent, and %zd bytes were "
          "returned as if that were the text",
          got);
}

static void a_child_may_die_at_any_moment(void **state)
{
    (void)state;
    IF_STUCK(NO_END);
    sea_every(hears_of_the_childs_death, SEA_KILLS);
}

static const struct CMUnitTest facts[] = {
    FACT(brings_the_text_home),
    FACT(the_text_comes_out_of_a_child),
    FACT(a_text_may_hold_anything_but_nul),
    FACT(an_empty_text_is_a_message),
    FACT(a_text_may_have_8192_bytes),
    FACT(a_longer_text_is_refused),
    FACT(a_text_may_fill_the_room_to_its_last_byte),
    FACT(a_text_that_does_not_fit_is_an_error),
    FACT(each_call_is_a_new_one),
    FACT(two_calls_at_once_do_not_meet),
    FACT(a_queue_that_was_left_is_not_used),
    FACT(sleeps_while_the_child_is_silent),
    FACT(signals_do_not_end_the_waiting),
    FACT(leaves_the_callers_exit_to_the_caller),
    FACT(leaves_other_children_alone),
    FACT(its_descriptors_are_close_on_exec),
    FACT(works_where_0_to_2_are_closed),
    FACT(goes_on_after_a_signal),
    FACT(undoes_everything_when_a_call_fails),
    FACT(a_child_that_dies_first_is_an_error),
    FACT(a_child_may_die_at_any_moment),
};
EXERCISE("3_queues/hello_queue",
         "mq_overview(7), mq_open(3), mq_send(3), mq_receive(3), mq_unlink(3), "
         "waitpid(2)",
         facts)
