/*
 * mailbox_test.c — facts about mailbox_open, _send, _recv and _remove.
 *
 * The descriptor given to the learner's functions is always one of
 * mailbox_open's. The test looks at the same queue from its own side, `own`,
 * which never sleeps. A queue left behind would use up what the system
 * allows a user: name_made has the leftovers look for it.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "belongings.h"
#include "fact.h"
#include "logbook.h"
#include "mailbox.h"

enum { FAR = 3602000, SOON = 60, SIZE = 32, LONGEST = 8192, FRESH = 0xee };

static char name[40];
static mqd_t own = -1;

/* ---- the other side, with plain calls ------------------------------- */

static void fresh_name(void)
{
    if (mq_open("/there.is.none", O_RDONLY) == -1 && errno == ENOSYS)
        SKIP_TEST("this system has no POSIX message queues");
    snprintf(name, sizeof(name), "/mailbox.%d", (int)getpid());
    mq_unlink(name);
}

static mqd_t reach(void)
{
    return mq_open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

/* A queue that somebody else has made. */
static void make_queue(long capacity, long size, mode_t mode)
{
    struct mq_attr attr = {.mq_maxmsg = capacity, .mq_msgsize = size};

    fresh_name();
    own = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC,
                  mode, &attr);
    if (own == -1)
        SKIP_TEST("the test itself cannot make a message queue (%s): has this "
                  "user too many?",
                  name_errno(errno));
    name_made("message queue", name);
}

static void drop_bytes(const void *bytes, size_t size)
{
    if (mq_send(own, bytes, size, 0) == -1)
        FAIL_TEST("the test itself cannot send (%s)", name_errno(errno));
}

static void drop(const char *text)
{
    drop_bytes(text, strlen(text));
}

/* Takes the first message, as a string; NULL: there is none. */
static const char *take_out(void)
{
    static char text[LONGEST + 1];
    ssize_t n = mq_receive(own, text, LONGEST, NULL);

    if (n == -1)
        return NULL;
    text[n] = '\0';
    return text;
}

static long messages(void)
{
    struct mq_attr attr;

    return mq_getattr(own, &attr) == 0 ? attr.mq_curmsgs : -1;
}

static void fill(void)
{
    while (mq_send(own, "filler", 6, 0) == 0)
        ;
}

/* ---- with the learner's --------------------------------------------- */

static mqd_t open_sized(long capacity, long size)
{
    fresh_name();
    errno = 0;
    mqd_t box = mailbox_open(name, capacity, size);
    CHECK_OK(box, "nothing has this name, so a new mailbox is made");
    name_made("message queue", name);
    own = reach();
    CHECK(own != -1, "mailbox_open makes a POSIX message queue of exactly this "
                     "name, which others can open");
    return box;
}

static mqd_t open_box(long capacity)
{
    return open_sized(capacity, SIZE);
}

static void close_box(mqd_t box)
{
    mq_close(box);
    mq_close(own);
    mq_unlink(name);
}

static struct {
    char before[8], bytes[2 * LONGEST], after[8];
} taken;

static bool is_fresh(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)bytes[i] != FRESH)
            return false;
    return true;
}

static ssize_t take(mqd_t box, size_t cap, int timeout_ms)
{
    memset(&taken, FRESH, sizeof(taken));
    errno = 0;
    ssize_t size = mailbox_recv(box, taken.bytes, cap, timeout_ms);
    int error = errno;
    CHECK(is_fresh(taken.before, 8) &&
              is_fresh(taken.bytes + cap, sizeof(taken.bytes) - cap),
          "something was written beside buf, which has room for cap bytes");
    errno = error;
    return size;
}

static void check_taken(ssize_t size, const char *want, const char *why)
{
    CHECK_OK(size, "a message is there, and it fits: mailbox_recv takes it");
    CHECK_MEM(taken.bytes, (size_t)size, want, strlen(want), "%s", why);
}

static void check_next(mqd_t box, const char *want, const char *why)
{
    ssize_t size = take(box, SIZE, -1);

    check_taken(size, want, why);
}

static int send_text(mqd_t box, const char *text, bool urgent, int timeout_ms)
{
    errno = 0;
    return mailbox_send(box, text, strlen(text), urgent, timeout_ms);
}

static void check_sends(mqd_t box, const char *text, bool urgent)
{
    CHECK_EQ(send_text(box, text, urgent, -1), 0,
             "there is room, so the message is sent, and that is 0");
}

/* ---- the plain case ------------------------------------------------- */

static void a_message_arrives(void **state)
{
    (void)state;
    mqd_t box = open_box(2);

    quiet_begin();
    check_sends(box, "a letter", false);
    IF_STUCK("a message was sent, and mailbox_recv waits on");
    check_next(box, "a letter", "what was sent is what arrives");
    quiet_end();
    close_box(box);
}

static void a_message_is_bytes_of_any_kind(void **state)
{
    (void)state;
    static const char bytes[SIZE] = "one\0two\n\xff%s";
    static const size_t sizes[] = {SIZE, 0, 1, 4, 5, 0};
    mqd_t box = open_box(6);

    for (int i = 0; i < 6; i++)
        CHECK_OK(mailbox_send(box, bytes, sizes[i], false, -1),
                 "a message of %zu bytes is sent; message_size is %d", sizes[i],
                 SIZE);
    STEP("six messages are there, two of them with 0 bytes");
    IF_STUCK("six messages were sent, and fewer are there");
    for (int i = 0; i < 6; i++) {
        CHECK_EQ(take(box, SIZE, -1), sizes[i],
                 "a queue keeps messages apart: each call takes one, whole, "
                 "and returns how many bytes it has. 0 is a number, too");
        CHECK_MEM(taken.bytes, sizes[i], bytes, sizes[i],
                  "a message is bytes, not a string: NUL is one of them");
    }
    close_box(box);
}

static pid_t in_a_child(void (*part)(void))
{
    pid_t pid = fact_fork();

    if (pid == 0) {
        part();
        _exit(0);
    }
    return pid;
}

static void sends_from_elsewhere(void)
{
    mqd_t box = mailbox_open(name, 2, SIZE);

    ISLAND_CHECK(box != -1, "another process opens the mailbox by its name");
    ISLAND_CHECK(send_text(box, "from far away", false, -1) == 0,
                 "it is open, and there is room");
}

static void a_message_outlives_its_sender(void **state)
{
    (void)state;
    mqd_t box = open_box(2);

    waitpid(in_a_child(sends_from_elsewhere), NULL, 0);
    STEP("another process has opened it by its name, sent, and ended");
    IF_STUCK("another process has sent a message, and it is not there");
    check_next(box, "from far away",
               "the queue is the system's: what was sent stays there when the "
               "sender has ended");
    close_box(box);
}

/* ---- the order ------------------------------------------------------ */

static void urgent_overtakes_ordinary(void **state)
{
    (void)state;
    static const char *const want[] = {"u1", "u2", "o1", "o2"};
    mqd_t box = open_box(4);

    check_sends(box, "o1", false), check_sends(box, "u1", true);
    check_sends(box, "o2", false), check_sends(box, "u2", true);
    STEP("o1, u1, o2, u2 were sent; u1 and u2 are urgent");
    for (int i = 0; i < 4; i++)
        check_next(box, want[i],
                   "urgent messages come first, those sent earlier first "
                   "among them, and then the others. mq_send takes a priority: "
                   "the highest comes first, and among equals the oldest. Two "
                   "are enough");
    close_box(box);
}

static void equals_keep_their_order(void **state)
{
    (void)state;
    char text[3] = "?0";
    mqd_t box = open_box(10);

    for (int urgent = 0; urgent < 2; urgent++) {
        text[0] = urgent ? 'u' : 'o';
        for (int i = 0; i < 25; i++) { /* some are taken in between */
            text[1] = (char)('a' + i);
            check_sends(box, text, urgent);
            if (i < 9)
                continue;
            text[1] = (char)('a' + i - 9);
            check_next(box, text,
                       "equals are received in the order they were sent: so "
                       "they have the same priority, however many went before");
        }
        while (take_out())
            ;
    }
    close_box(box);
}

static void what_is_taken_late_is_still_overtaken(void **state)
{
    (void)state;
    static const char why[] = "urgent comes before ordinary, whenever both are "
                              "there. Nothing is taken ahead of time and kept "
                              "elsewhere: there it could not be overtaken";
    mqd_t box = open_box(4);

    check_sends(box, "o1", false), check_sends(box, "o2", false);
    check_next(box, "o1", why);
    STEP("o1 was taken, o2 is there, and now comes u1, which is urgent");
    check_sends(box, "u1", true);
    check_next(box, "u1", why);
    check_next(box, "o2", why);
    close_box(box);
}

/* ---- mailbox_open and mailbox_remove -------------------------------- */

static void it_holds_so_many_messages(void **state)
{
    (void)state;
    mqd_t box = open_box(3);

    IF_STUCK("a mailbox of capacity 3 is full before it holds 3 messages");
    for (int i = 0; i < 3; i++)
        CHECK_OK(send_text(box, "one of three", false, 0),
                 "capacity is 3, so 3 messages have room");
    IF_STUCK("it is full, and there is no time to wait");
    CHECK_ERRNO(send_text(box, "one too many", false, 0), ETIMEDOUT,
                "capacity is 3, so a fourth message has no room");
    CHECK_EQ(messages(), 3, "what was refused is not sent");
    take_out();
    CHECK_OK(send_text(box, "a third one", false, 0),
             "one was taken, so there is room for one");
    close_box(box);
}

static void a_message_longer_than_message_size_is_refused(void **state)
{
    (void)state;
    static const char long_text[2 * LONGEST];
    static const size_t sizes[] = {SIZE + 1, 2 * SIZE, LONGEST + 1};
    mqd_t box = open_box(2);

    for (int i = 0; i < 3; i++)
        CHECK_ERRNO(mailbox_send(box, long_text, sizes[i], false, -1), EMSGSIZE,
                    "message_size is %d, and %zu bytes are more: say so, "
                    "neither cut it off nor send it in parts",
                    SIZE, sizes[i]);
    CHECK_EQ(messages(), 0, "nothing of it is sent");
    close_box(box);
}

static mode_t mode_of_queue(void)
{
    struct stat st;

    return fstat(own, &st) == 0 ? st.st_mode & 07777 : 0;
}

static void it_is_for_its_owner_only(void **state)
{
    (void)state;
    static const mode_t masks[] = {0, 022, 077};

    for (int i = 0; i < 3; i++) {
        STEP("the caller's umask is %03o", (unsigned)masks[i]);
        mode_t mine = umask(masks[i]);
        mqd_t box = open_box(1);
        mode_t left = umask(mine);
        CHECK(mode_of_queue() == 0600,
              "the mode is %04o, and has to be 0600: any user may open a "
              "queue by its name, and send or take, if its mode lets him",
              (unsigned)mode_of_queue());
        CHECK_EQ(left, masks[i], "the umask is the caller's: put it back");
        close_box(box);
    }
}

static void it_is_close_on_exec(void **state)
{
    (void)state;
    mqd_t box = open_box(1);

    CHECK(fcntl(box, F_GETFD) & FD_CLOEXEC,
          "the mailbox is not close-on-exec: every program that the caller "
          "starts would have it open, too");
    close_box(box);
}

static void one_that_is_there_is_opened(void **state)
{
    (void)state;
    make_queue(2, SIZE, 0600);
    drop("from before");
    STEP("a queue of this name and shape is there, with a message");
    mqd_t box = mailbox_open(name, 2, SIZE);
    CHECK_OK(box, "one that is there already, and has this shape, is opened");
    IF_STUCK("a message was in the queue before it was opened, and it is gone");
    check_next(box, "from before",
               "it is the same queue, with all that was in it");
    check_sends(box, "to the others", false);
    const char *text = take_out();
    CHECK_STR(text ? text : "(nothing)", "to the others",
              "who had it open before gets what is sent now");
    close_box(box);
}

/* What has the name now is what the test has open. */
static bool is_the_same_queue(void)
{
    struct stat a = {0}, b = {0};
    mqd_t again = reach();

    fstat(own, &a);
    if (again != -1)
        fstat(again, &b);
    mq_close(again);
    return a.st_ino == b.st_ino;
}

static void one_of_another_shape_is_refused(void **state)
{
    (void)state;
    static const long shape[][2] = {{3, SIZE}, {1, SIZE}, {2, SIZE + 1},
                                    {2, 1},    {SIZE, 2}, {1, 2 * SIZE}};

    make_queue(2, SIZE, 0600);
    drop("from before");
    for (int i = 0; i < 6; i++) {
        STEP("there: capacity 2, message size %d; asked for: %ld and %ld", SIZE,
             shape[i][0], shape[i][1]);
        errno = 0;
        mqd_t box = mailbox_open(name, shape[i][0], shape[i][1]);
        int error = errno;
        CHECK(error == ENOSYS || is_the_same_queue(),
              "the queue is not the caller's to remove: leave it alone, its "
              "name and all");
        CHECK_ERRNO((errno = error, box), EEXIST,
                    "mq_open does not look at the attributes when the queue is "
                    "there already: compare them with what mq_getattr says, or "
                    "the caller believes in a capacity that is not true");
        CHECK_EQ(messages(), 1, "leave alone what is in it");
    }
    mq_close(own);
    mq_unlink(name);
}

static void shapes_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const long shape[][2] = {
        {0, SIZE},
        {-1, SIZE},
        {2, 0},
        {2, -1},
        {0, 0},
        {1L << 30, SIZE},
        {2, 1L << 30},
        {(1L << 32) + 1, SIZE},
        {2, (1L << 32) + SIZE},
    };

    fresh_name();
    for (size_t i = 0; i < sizeof(shape) / sizeof(shape[0]); i++) {
        STEP("capacity %ld, message size %ld", shape[i][0], shape[i][1]);
        CHECK_ERRNO(mailbox_open(name, shape[i][0], shape[i][1]), EINVAL,
                    "there is no such mailbox: mq_open says EINVAL for what is "
                    "below 1 or above what the system allows, if it is given "
                    "the attributes as they are");
        CHECK(reach() == -1, "what was refused was not made");
    }
}

/* As root everything may be opened: as somebody else, then. */
static mqd_t open_as_a_user(void)
{
    bool root = geteuid() == 0;

    if (root && seteuid(65534) == -1)
        SKIP_TEST("root may open everything, and cannot be somebody else here");
    errno = 0;
    mqd_t box = mailbox_open(name, 2, SIZE);
    int error = errno;
    if (root && seteuid(0) == -1)
        FAIL_TEST("the test itself cannot become root again");
    errno = error;
    return box;
}

static void why_it_cannot_be_opened_is_told(void **state)
{
    (void)state;
    static const mode_t modes[] = {0, 0400, 0200};

    for (int i = 0; i < 3; i++) {
        make_queue(2, SIZE, modes[i]);
        STEP("a queue of mode %04o has this name", (unsigned)modes[i]);
        CHECK_ERRNO(open_as_a_user(), EACCES,
                    "mq_open says why it cannot open the queue for sending "
                    "and receiving: pass it on");
        mq_close(own);
        mq_unlink(name);
    }
}

static void removed_means_the_name_is_free(void **state)
{
    (void)state;
    mqd_t box = open_box(2), old = own;

    check_sends(box, "to the old one", false);
    CHECK_OK(mailbox_remove(name), "the name is there, and the caller's own");
    CHECK(reach() == -1,
          "the name is there after mailbox_remove: mq_unlink(3)");
    mqd_t two = mailbox_open(name, 1, 2 * SIZE);
    CHECK_OK(two, "the name is free: a new mailbox, of any shape, may have it");
    CHECK_ERRNO(take(two, SIZE, 0), ETIMEDOUT, "the new one is empty");
    CHECK_OK(send_text(box, "and more", false, 0),
             "who has the removed one open, may use it on");
    check_next(box, "to the old one", "the old one lives on, with all in it");
    mq_close(two);
    mq_close(old);
    own = reach();
    close_box(box);
}

static void what_is_not_there_cannot_be_removed(void **state)
{
    (void)state;
    fresh_name();
    CHECK_ERRNO(mailbox_remove(name), ENOENT,
                "nothing has this name: mq_unlink says so, pass it on");
    mqd_t box = open_box(1);
    CHECK_OK(mailbox_remove(name), "the name is there");
    CHECK_ERRNO(mailbox_remove(name), ENOENT, "it has been removed before");
    close_box(box);
}

/* Others make and remove it in the moment before a call of ours. */
static void toggle(int sig)
{
    (void)sig;
    int saved = errno;
    struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = SIZE};
    mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);

    if (q == -1)
        mq_unlink(name);
    else
        mq_close(q);
    errno = saved;
}

static void check_opens(void)
{
    name_made("message queue", name);
    mqd_t box = mailbox_open(name, 1, SIZE);
    int error = errno;
    if (box != -1)
        mq_close(box);
    mq_unlink(name);
    errno = error;
    CHECK_OK(box,
             "somebody else made the queue, or removed it, in between, and "
             "mailbox_open failed: whoever asks first and acts later acts on "
             "old news. mq_open with O_CREAT alone opens or makes it in one "
             "step");
}

static void opens_what_was_there(void)
{
    struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = SIZE};

    fresh_name();
    mq_close(mq_open(name, O_RDWR | O_CREAT, 0600, &attr));
    check_opens();
}

static void opens_what_was_not_there(void)
{
    fresh_name();
    check_opens();
}

static void with_handler(int sig, void (*handler)(int), void (*scenario)(void))
{
    struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;

    sigaction(sig, &act, &old);
    sea_raise_every(scenario, sig);
    sigaction(sig, &old, NULL);
}

static void others_may_make_and_remove_it_meanwhile(void **state)
{
    (void)state;
    with_handler(SIGUSR2, toggle, opens_what_was_there);
    with_handler(SIGUSR2, toggle, opens_what_was_not_there);
}

/* ---- what does not fit ---------------------------------------------- */

static void cap_may_be_smaller_than_message_size(void **state)
{
    (void)state;
    static const char why[] = "the message fits in cap bytes";
    mqd_t box = open_box(2);

    drop("12345");
    STEP("message_size is %d; the message has 5 bytes, and so has buf", SIZE);
    CHECK_OK(take(box, 5, -1),
             "the message fits. mq_receive refuses every buffer smaller than "
             "mq_msgsize, whatever the message's length: give it one of its "
             "own, and copy");
    CHECK_MEM(taken.bytes, 5, "12345", 5, "%s", why);
    drop("12345");
    check_taken(take(box, SIZE - 1, -1), "12345", why);
    drop("12345");
    check_taken(take(box, SIZE, -1), "12345", why);
    drop("12345");
    check_taken(take(box, LONGEST, -1), "12345", why);
    drop("");
    CHECK_EQ(take(box, 0, -1), 0, "0 bytes fit in no room at all");
    close_box(box);
}

static void one_that_does_not_fit_is_taken_out(void **state)
{
    (void)state;
    static const size_t caps[] = {4, 1, 0};
    mqd_t box = open_box(2);

    for (int i = 0; i < 3; i++) {
        drop("12345"), drop("next");
        STEP("the first message has 5 bytes, cap is %zu", caps[i]);
        CHECK_ERRNO(take(box, caps[i], -1), EMSGSIZE,
                    "a message that was cut off looks like a whole one: say "
                    "EMSGSIZE");
        CHECK(is_fresh(taken.bytes, caps[i]),
              "buf has changed: receive into a buffer of mq_msgsize bytes, and "
              "copy only what fits as a whole");
        IF_STUCK("two messages were there, one did not fit, and the other one "
                 "is gone, too");
        check_next(box, "next",
                   "the message that does not fit has been taken out: if it "
                   "stayed, the mailbox would be stuck for ever");
        CHECK_EQ(messages(), 0,
                 "the message that does not fit has been taken "
                 "out, and is gone");
    }
    close_box(box);
}

static void a_message_may_have_8192_bytes(void **state)
{
    (void)state;
    static char text[LONGEST];
    mqd_t box = open_sized(1, LONGEST);

    for (int i = 0; i < LONGEST; i++)
        text[i] = (char)('a' + i % 26);
    for (size_t size = LONGEST - 1; size <= LONGEST; size++)
        for (size_t cap = size; cap <= LONGEST + 1; cap++) {
            CHECK_OK(mailbox_send(box, text, size, false, -1),
                     "message_size is %d: that is as long as it may be",
                     LONGEST);
            CHECK_EQ(take(box, cap, -1), size, "all of it arrives");
            CHECK_MEM(taken.bytes, size, text, size, "as it was sent");
        }
    CHECK_OK(mailbox_send(box, text, LONGEST, false, -1), "there is room");
    CHECK_ERRNO(take(box, LONGEST - 1, -1), EMSGSIZE,
                "one byte too many is too many");
    close_box(box);
}

/* ---- time ----------------------------------------------------------- */

static void drop_late(void)
{
    mq_send(own, "too late", 8, 0);
}

static void take_late(void)
{
    take_out();
}

/* A call of one kind with a deadline; was it kept? */
static int wait_in_a_storm(bool signals, bool send, mqd_t box, int timeout_ms,
                           bool *late)
{
    storm_begin(signals, send ? take_late : drop_late);
    errno = 0;
    int rc = send ? send_text(box, "no room", false, timeout_ms)
                  : (int)mailbox_recv(box, taken.bytes, SIZE, timeout_ms);
    *late = storm_end();
    return rc;
}

static long ms_since(const struct timespec *from)
{
    struct timespec to;

    clock_gettime(CLOCK_MONOTONIC, &to);
    return (to.tv_sec - from->tv_sec) * 1000 +
           (to.tv_nsec - from->tv_nsec) / 1000000;
}

static mqd_t open_where(bool send)
{
    mqd_t box = open_box(1);

    if (send)
        fill();
    STEP(send ? "the mailbox is full" : "the mailbox is empty");
    return box;
}

static void check_gives_up(bool send)
{
    struct timespec from;
    mqd_t box = open_where(send);
    bool late;

    IF_STUCK("a time was given, and it waits for ever");
    clock_gettime(CLOCK_MONOTONIC, &from);
    int rc = wait_in_a_storm(false, send, box, SOON, &late);
    int error = errno;
    long ms = ms_since(&from);
    CHECK(!late,
          "%d ms were given, and more than a second was not enough: timeout_ms "
          "counts milliseconds, and a struct timespec nanoseconds",
          SOON);
    CHECK_ERRNO((errno = error, rc), ETIMEDOUT, "its time was over");
    CHECK(ms >= SOON - 2,
          "it gave up after %ld of its %d ms. What mq_timedsend and "
          "mq_timedreceive are given is a point in time, not how long",
          ms, SOON);
    CHECK_EQ(messages(), send, "nothing was sent, nothing taken");
    close_box(box);
}

static void recv_gives_up_in_time(void **state)
{
    (void)state;
    check_gives_up(false);
}

static void send_gives_up_in_time(void **state)
{
    (void)state;
    check_gives_up(true);
}

static void a_time_of_0_does_not_wait(void **state)
{
    (void)state;
    mqd_t box = open_box(1);

    IF_STUCK("a time of 0 is over at once: look, and say ETIMEDOUT");
    CHECK_ERRNO(take(box, SIZE, 0), ETIMEDOUT,
                "it is empty, and there is no time to wait");
    CHECK_OK(send_text(box, "now", false, 0),
             "there is room: it is sent, also where there is no time to wait");
    CHECK_ERRNO(send_text(box, "then", false, 0), ETIMEDOUT,
                "it is full, and there is no time to wait");
    check_taken(take(box, SIZE, 0), "now",
                "a message is there: it is taken, also where there is no time "
                "to wait");
    close_box(box);
}

static void a_short_time_is_enough_for_what_is_there(void **state)
{
    (void)state;
    mqd_t box = open_box(1);

    sea_step_wall_clock(3600);
    CHECK_OK(send_text(box, "now", true, 1), "there is room");
    check_taken(take(box, SIZE, 1), "now", "a message is there");
    close_box(box);
}

static void let_it_through(void *send)
{
    if (*(bool *)send)
        take_out();
    else
        drop("at last");
}

static int call_that_waits(bool send, mqd_t box, int timeout_ms)
{
    errno = 0;
    return send ? send_text(box, "patient", false, timeout_ms)
                : (int)take(box, SIZE, timeout_ms);
}

static void check_let_through(bool send, int rc, const char *why)
{
    CHECK_EQ(rc, send ? 0 : 7, "%s", why);
    if (!send)
        CHECK_MEM(taken.bytes, 7, "at last", 7, "what came is what is taken");
    else
        CHECK_STR(take_out(), "patient", "what was sent is there");
    CHECK_EQ(messages(), 0, "nothing is sent or taken twice");
}

static void check_sleeps(bool send)
{
    for (int timeout_ms = -1; timeout_ms <= FAR; timeout_ms += FAR + 1) {
        mqd_t box = open_where(send);
        watch_begin(let_it_through, &send);
        int rc = call_that_waits(send, box, timeout_ms);
        int error = errno;
        watch_end("mq_send, mq_receive and poll sleep until there is room or a "
                  "message");
        errno = error;
        check_let_through(send, rc,
                          send ? "there was room in the end"
                               : "a message came in the end");
        close_box(box);
    }
}

static void recv_waits_asleep(void **state)
{
    (void)state;
    check_sleeps(false);
}

static void send_waits_asleep(void **state)
{
    (void)state;
    check_sleeps(true);
}

static void check_not_interrupted(bool send)
{
    sea_handler();
    for (int timeout_ms = -1; timeout_ms <= FAR; timeout_ms += FAR + 1) {
        mqd_t box = open_where(send);
        nudge_begin(3, let_it_through, &send);
        int rc = call_that_waits(send, box, timeout_ms);
        int error = errno;
        nudge_end();
        errno = error;
        check_let_through(send, rc,
                          "a signal interrupted the wait (EINTR): nothing has "
                          "happened yet, so wait again, for what is left of "
                          "the time");
        close_box(box);
    }
}

static void a_signal_does_not_end_recv(void **state)
{
    (void)state;
    check_not_interrupted(false);
}

static void a_signal_does_not_end_send(void **state)
{
    (void)state;
    check_not_interrupted(true);
}

static void check_storm(bool send)
{
    mqd_t box = open_where(send);
    bool late;
    int rc = wait_in_a_storm(true, send, box, SOON, &late);
    int error = errno;

    CHECK(!late,
          "a signal every 2 ms, and a deadline of %d ms was not kept for more "
          "than a second: fix the end once, and after each interruption wait "
          "only for what is left",
          SOON);
    CHECK_ERRNO((errno = error, rc), ETIMEDOUT, "its time was over");
    close_box(box);
}

static void a_storm_does_not_move_the_deadline(void **state)
{
    (void)state;
    check_storm(false);
    check_storm(true);
}

static void check_ahead(bool send)
{
    mqd_t box = open_where(send);

    STEP("somebody sets the wall clock two hours ahead");
    sea_step_wall_clock(2 * 3600);
    nudge_begin(3, let_it_through, &send);
    int rc = call_that_waits(send, box, FAR);
    int error = errno;
    nudge_end();
    errno = error;
    check_let_through(send, rc,
                      "somebody set the wall clock ahead, and the wait ended "
                      "before its time. mq_timedsend and mq_timedreceive go by "
                      "CLOCK_REALTIME: take the time from CLOCK_MONOTONIC, and "
                      "wait with poll");
    close_box(box);
}

static void the_wall_clock_may_be_set_ahead(void **state)
{
    (void)state;
    sea_handler();
    check_ahead(false);
    check_ahead(true);
}

static void check_back(bool send)
{
    mqd_t box = open_where(send);
    bool late;

    STEP("somebody sets the wall clock two hours back");
    sea_step_wall_clock(-2 * 3600);
    int rc = wait_in_a_storm(true, send, box, SOON, &late);
    int error = errno;
    CHECK(!late,
          "somebody set the wall clock two hours back, and a wait of %d ms did "
          "not end: it would have taken these two hours as well. mq_timedsend "
          "and mq_timedreceive go by CLOCK_REALTIME: take the time from "
          "CLOCK_MONOTONIC, and wait with poll",
          SOON);
    CHECK_ERRNO((errno = error, rc), ETIMEDOUT, "its time was over");
    close_box(box);
}

static void the_wall_clock_may_be_set_back(void **state)
{
    (void)state;
    check_back(false);
    check_back(true);
}

/* ---- others use it, too --------------------------------------------- */

/* A handler that runs before each of the learner's next calls: it raises the
 * signal for the one after. Not for ever: who has it blocked but in ppoll,
 * would find no sleep there. */
enum { RAISES = 80 };
static struct sigaction raise_old;
static int raises;

static void raise_begin(void (*handler)(int))
{
    struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigaction(SIGUSR2, &act, &raise_old);
    raises = RAISES;
    sea_raise(SEA_CALLS, page->proc[logbook_self()].calls + 1, SIGUSR2);
}

static void raise_again(const struct page_event *e, int sig)
{
    if (e->pid == getpid() && raises-- > 0)
        sea_raise(SEA_CALLS, e->nth + 1, sig);
}

static void raise_end(void)
{
    sea_calm();
    sigaction(SIGUSR2, &raise_old, NULL);
}

static const struct page_event *last_event(void)
{
    return &page->event[(page->events - 1) % PAGE_EVENTS];
}

/* The message that was there a moment ago, or the room, is another's. */
static void snatch(int sig)
{
    (void)sig;
    int saved = errno;
    char text[SIZE];

    if (mq_receive(own, text, SIZE, NULL) == -1)
        mq_send(own, "in between", 10, 0);
    errno = saved;
}

/* There was a message, or room, and there is none. */
static void check_loses(mqd_t box, bool send)
{
    struct timespec from;

    IF_STUCK("what poll said was true, but then another process took the "
             "message, or the room, and the call that came next sleeps for "
             "ever, beyond its deadline. After poll, try without sleeping: a "
             "time that is over for mq_timedreceive or mq_timedsend, or "
             "O_NONBLOCK");
    clock_gettime(CLOCK_MONOTONIC, &from);
    errno = 0;
    int rc = send ? send_text(box, "patient", false, SOON / 4)
                  : (int)take(box, SIZE, SOON / 4);
    int error = errno;
    long ms = ms_since(&from);
    errno = error;
    CHECK(rc >= 0 || error == ETIMEDOUT,
          "there was a message, or room; then somebody else was faster. That "
          "is no error: wait again");
    CHECK(rc >= 0 || ms >= SOON / 4 - 2,
          "there was a message, or room; then somebody else was faster, and it "
          "gave up after %ld of its %d ms: wait again, for what is left of the "
          "time",
          ms, SOON / 4);
}

static void check_snatched(bool send)
{
    mqd_t box = open_box(1);

    if (!send)
        drop("a moment ago");
    check_loses(box, send);
    close_box(box);
}

static void receives_what_is_snatched(void)
{
    check_snatched(false);
}

static void sends_where_it_is_snatched(void)
{
    check_snatched(true);
}

/* Whenever the learner's code looks, there is one; whenever it takes it,
 * another was faster. After some times there is none any more. */
static bool mirage_of_room;
static int mirages;

static enum { LOOKS, TRIES, NEITHER } kind_of(const struct page_event *e)
{
    switch (e->call) {
    case SEA_poll:
    case SEA_ppoll:
    case SEA_select:
    case SEA_pselect:
    case SEA_epoll_wait:
    case SEA_mq_getattr:
        return LOOKS;
    case SEA_mq_send:
    case SEA_mq_timedsend:
    case SEA_mq_receive:
    case SEA_mq_timedreceive:
        return TRIES;
    case SEA_syscall:
        return e->arg[0] == SYS_mq_timedsend || e->arg[0] == SYS_mq_timedreceive
                   ? TRIES
                   : NEITHER;
    default:
        return NEITHER;
    }
}

static void show_a_mirage(int sig)
{
    const struct page_event *e = last_event();
    int saved = errno, kind = kind_of(e);
    bool there = kind == LOOKS && mirages > 0;

    mirages -= there;
    if (kind != NEITHER && there != mirage_of_room)
        mq_send(own, "mirage", 6, 0);
    else if (kind != NEITHER)
        take_out();
    raise_again(e, sig);
    errno = saved;
}

static void check_mirage(bool send)
{
    mqd_t box = open_where(send);

    mirage_of_room = send;
    mirages = 5;
    raise_begin(show_a_mirage);
    check_loses(box, send);
    raise_end();
    close_box(box);
}

static void another_may_be_faster(void **state)
{
    (void)state;
    check_mirage(false);
    check_mirage(true);
    with_handler(SIGUSR2, snatch, receives_what_is_snatched);
    with_handler(SIGUSR2, snatch, sends_where_it_is_snatched);
}

/* What those see who share the open file description, at every call. */
static mqd_t shared = -1;
static int flag_last, flag_changes;

static void look_at_the_flag(int sig)
{
    int saved = errno, flag = fcntl(shared, F_GETFL) & O_NONBLOCK;

    flag_changes += flag != flag_last;
    flag_last = flag;
    if (sig)
        raise_again(last_event(), sig);
    errno = saved;
}

static void a_flag_that_is_shared_is_left_alone(void **state)
{
    (void)state;
    shared = open_box(1);
    flag_last = fcntl(shared, F_GETFL) & O_NONBLOCK;
    flag_changes = 0;
    raise_begin(look_at_the_flag);
    for (int i = 0; i < 2; i++) {
        take(shared, SIZE, 5);
        look_at_the_flag(0);
        send_text(shared, "full", false, 5);
        look_at_the_flag(0);
        send_text(shared, "too full", true, i ? 5 : 0);
        look_at_the_flag(0);
        take(shared, SIZE, i ? -1 : 5);
        look_at_the_flag(0);
    }
    raise_end();
    close_box(shared);
    CHECK(flag_changes < 2,
          "O_NONBLOCK was set for a call, and then taken away again. It is no "
          "flag of the call's, nor of the process's, but of the open file "
          "description, which all have in common who got the mailbox by fork: "
          "theirs changed in the middle of what they were doing. A time that "
          "is over for mq_timedsend and mq_timedreceive does the same for one "
          "call");
}

enum { SENDERS = 4, EACH = 25 };
static struct gate *start;
static mqd_t inherited = -1;
static atomic_int *mailed;

static void sends_a_series(void)
{
    char text[8];
    int who = atomic_fetch_add(mailed, 1);

    gate_wait(start);
    for (int i = 0; i < EACH; i++) {
        snprintf(text, sizeof(text), "%c%02d", 'A' + who, i);
        ISLAND_CHECK(send_text(inherited, text, false, -1) == 0,
                     "mailbox_send failed (%s) although it was to wait until "
                     "there is room",
                     name_errno(errno));
    }
}

static void many_may_send_at_once(void **state)
{
    (void)state;
    int next[SENDERS] = {0};
    mqd_t box = inherited = open_box(2);

    start = gate_new(SENDERS);
    mailed = fact_shared(sizeof(*mailed));
    for (int i = 0; i < SENDERS; i++)
        in_a_child(sends_a_series);
    IF_STUCK("four processes send at the same time, and nobody moves any more: "
             "was a message lost, or a wait not ended when there was room?");
    for (int n = 0; n < SENDERS * EACH; n++) {
        CHECK_EQ(take(box, SIZE, -1), 3, "messages come, one by one");
        int who = taken.bytes[0] - 'A';
        CHECK(who >= 0 && who < SENDERS && atoi(taken.bytes + 1) == next[who],
              "of each sender all messages arrive, once, in their order");
        next[who]++;
    }
    while (wait(NULL) > 0)
        ;
    CHECK_EQ(messages(), 0, "nothing is sent twice");
    close_box(box);
}

static void receives_two(void)
{
    char text[SIZE];

    gate_wait(start);
    for (int i = 0; i < 2; i++) {
        ISLAND_CHECK(mailbox_recv(inherited, text, SIZE, FAR) == 1,
                     "mailbox_recv failed (%s) although a message came for "
                     "everybody who waited",
                     name_errno(errno));
        atomic_fetch_add(mailed, 1 << 4 * (text[0] - 'a'));
    }
}

static void until_they_sleep(const pid_t pid[], int n)
{
    for (int i = 0; i < n; i++)
        while (!gone(pid[i]) && !asleep(pid[i]))
            moment();
}

static void many_may_wait_at_once(void **state)
{
    (void)state;
    pid_t pid[3];
    mqd_t box = inherited = open_box(1);

    start = gate_new(3);
    mailed = fact_shared(sizeof(*mailed));
    for (int i = 0; i < 3; i++)
        pid[i] = in_a_child(receives_two);
    until_they_sleep(pid, 3);
    STEP("three processes wait for two messages each; six are sent");
    IF_STUCK("three processes wait, each for two messages; six were sent, and "
             "somebody waits on: was one taken twice, or lost?");
    for (int i = 0; i < 6; i++)
        CHECK_OK(send_text(box, (char[]){(char)('a' + i), '\0'}, i % 2, FAR),
                 "somebody takes what is there, so there is room again");
    for (int i = 0; i < 3; i++)
        waitpid(pid[i], NULL, 0);
    CHECK_EQ(*mailed, 0x111111, "each message is taken by one of them, once");
    close_box(box);
}

/* ---- rough weather -------------------------------------------------- */

static void sends_and_receives(void)
{
    mqd_t box = open_box(1);

    for (int i = 0; i < 2; i++) {
        CHECK_OK(send_text(box, i ? "two" : "one", i, FAR),
                 "a signal came, and nothing has gone wrong: a call that "
                 "returns -1 with EINTR has done nothing and is made again");
        ssize_t size = take(box, i ? 3 : SIZE, FAR);
        CHECK_OK(size,
                 "a signal came, and nothing has gone wrong: a call that "
                 "returns -1 with EINTR has done nothing and is made again");
        CHECK_MEM(taken.bytes, (size_t)size, i ? "two" : "one", 3,
                  "no message is lost or doubled by a signal");
    }
    CHECK_EQ(messages(), 0, "nothing is sent twice");
    close_box(box);
}

static void no_message_is_lost_in_a_rough_sea(void **state)
{
    (void)state;
    sea_handler();
    sea_every(sends_and_receives, SEA_EINTR | SEA_SHORT);
}

static void check_failed_with(int error)
{
    CHECK(sea_hit(), "nothing has gone wrong in this run, and yet it failed");
    errno = error;
    CHECK_EQ(error, sea_error(),
             "the caller learns the errno of the call that failed: keep it "
             "while you clean up");
}

static void makes_or_leaves_nothing(void)
{
    fresh_name();
    errno = 0;
    mqd_t box = mailbox_open(name, 1, SIZE);
    int error = errno;

    if (box == -1) {
        check_failed_with(error);
        return;
    }
    mq_close(box);
    mq_unlink(name);
}

static void a_mailbox_that_cannot_be_opened_is_not_left(void **state)
{
    (void)state;
    sea_every(makes_or_leaves_nothing, SEA_ERRORS);
}

static void sends_or_does_not(void)
{
    fresh_name();
    mqd_t box = mailbox_open(name, 1, SIZE);

    if (box == -1)
        return; /* for the fact before */
    own = reach();
    int rc = send_text(box, "one", false, FAR), error = errno;
    long sent = messages();
    close_box(box);
    CHECK_EQ(sent, rc == 0,
             "0 says that the message is there, -1 that it is "
             "not");
    if (rc != 0)
        check_failed_with(error);
}

static void receives_or_takes_nothing(void)
{
    fresh_name();
    mqd_t box = mailbox_open(name, 1, SIZE);

    if (box == -1)
        return;
    own = reach();
    drop("one");
    ssize_t size = take(box, 8, FAR);
    int error = errno;
    long left = messages();
    close_box(box);
    CHECK_EQ(left, size == -1,
             "a message is either received or still there: whatever can fail "
             "is done before it is taken");
    if (size == -1)
        check_failed_with(error);
}

static void what_fails_has_done_nothing(void **state)
{
    (void)state;
    close_box(open_box(1));
    sea_every(sends_or_does_not, SEA_ERRORS);
    sea_every(receives_or_takes_nothing, SEA_ERRORS);
}

static const struct CMUnitTest facts[] = {
    FACT(a_message_arrives),
    FACT(a_message_is_bytes_of_any_kind),
    FACT(a_message_outlives_its_sender),
    FACT(urgent_overtakes_ordinary),
    FACT(equals_keep_their_order),
    FACT(what_is_taken_late_is_still_overtaken),
    FACT(it_holds_so_many_messages),
    FACT(a_message_longer_than_message_size_is_refused),
    FACT(it_is_for_its_owner_only),
    FACT(it_is_close_on_exec),
    FACT(one_that_is_there_is_opened),
    FACT(one_of_another_shape_is_refused),
    FACT(shapes_that_cannot_be_are_refused),
    FACT(why_it_cannot_be_opened_is_told),
    FACT(removed_means_the_name_is_free),
    FACT(what_is_not_there_cannot_be_removed),
    FACT(others_may_make_and_remove_it_meanwhile),
    FACT(cap_may_be_smaller_than_message_size),
    FACT(one_that_does_not_fit_is_taken_out),
    FACT(a_message_may_have_8192_bytes),
    FACT(recv_gives_up_in_time),
    FACT(send_gives_up_in_time),
    FACT(a_time_of_0_does_not_wait),
    FACT(a_short_time_is_enough_for_what_is_there),
    FACT(recv_waits_asleep),
    FACT(send_waits_asleep),
    FACT(a_signal_does_not_end_recv),
    FACT(a_signal_does_not_end_send),
    FACT(a_storm_does_not_move_the_deadline),
    FACT(the_wall_clock_may_be_set_ahead),
    FACT(the_wall_clock_may_be_set_back),
    FACT(another_may_be_faster),
    FACT(a_flag_that_is_shared_is_left_alone),
    FACT(many_may_send_at_once),
    FACT(many_may_wait_at_once),
    FACT(no_message_is_lost_in_a_rough_sea),
    FACT(a_mailbox_that_cannot_be_opened_is_not_left),
    FACT(what_fails_has_done_nothing),
};
EXERCISE("3_queues/mailbox",
         "mq_overview(7), mq_open(3), mq_getattr(3), mq_send(3), "
         "mq_receive(3), poll(2)",
         facts)
