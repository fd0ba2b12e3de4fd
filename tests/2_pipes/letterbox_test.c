/*
 * letterbox_test.c — facts about letterbox_open, _post and _next.
 *
 * A fact about one of the three does the others' part itself, with plain
 * calls: mouth() is an owner's end, drop() a writer.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fact.h"
#include "letterbox.h"

enum { FAR = 3602000, SOON = 80, LONGEST = PIPE_BUF - 1, FRESH = 0xee };

static const char path[] = "box";

/* ---- the other side, with plain calls ------------------------------- */

/* A box as its owner has it. */
static int mouth(void)
{
    unlink(path);
    if (mkfifo(path, 0600) == -1)
        FAIL_TEST("the test itself cannot make a FIFO in its folder");
    return open(path, O_RDWR | O_CLOEXEC);
}

static void write_into(const char *name, const void *bytes, size_t size)
{
    int fd = open(name, O_WRONLY | O_CLOEXEC);

    if (write(fd, bytes, size) != (ssize_t)size)
        FAIL_TEST("the test itself cannot write into %s", name);
    close(fd);
}

/* A writer comes, leaves one line, and has left. */
static void drop_into(const char *name, const char *line)
{
    char text[PIPE_BUF + 1];
    int size = snprintf(text, sizeof(text), "%s\n", line);

    write_into(name, text, (size_t)size);
}

static void drop(const char *line)
{
    drop_into(path, line);
}

static int bytes_in(int box)
{
    int bytes = -1;

    ioctl(box, FIONREAD, &bytes);
    return bytes;
}

/* Takes all that is in the box, however many lines. */
static const char *empty(int box)
{
    static char text[1 << 17];
    size_t have = 0;

    while (bytes_in(box) > 0) {
        ssize_t n = read(box, text + have, (size_t)bytes_in(box));
        have += n > 0 ? (size_t)n : 0;
    }
    text[have] = '\0';
    return text;
}

/* Takes what one read finds, and not what room made that way lets in. */
static const char *take_out(int box)
{
    static char text[PIPE_BUF + 1];
    ssize_t n = read(box, text, PIPE_BUF);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

static const char *line_of(size_t size)
{
    static char line[3 * PIPE_BUF];

    memset(line, 'l', size);
    line[size] = '\0';
    return line;
}

/* ---- with the learner's --------------------------------------------- */

static int open_at(const char *name)
{
    unlink(name);
    IF_STUCK("letterbox_open waits for a writer: open(2) of a FIFO for reading "
             "sleeps until somebody opens it for writing, unless O_NONBLOCK "
             "is given, or O_RDWR, which is both ends at once");
    int box = letterbox_open(name);
    CHECK_OK(box, "nothing is at the path, so a new box is made there");
    IF_STUCK("%s", "");
    return box;
}

static int open_box(void)
{
    return open_at(path);
}

static void close_box(int box)
{
    close(box);
    unlink(path);
}

static struct {
    char before[8], line[PIPE_BUF + 8];
} taken;

static ssize_t take(int box, size_t cap, int timeout_ms)
{
    memset(&taken, FRESH, sizeof(taken));
    errno = 0;
    ssize_t size = letterbox_next(box, taken.line, cap, timeout_ms);
    int error = errno;
    bool clean = true;
    for (size_t i = 0; i < 8; i++)
        clean &= (unsigned char)taken.before[i] == FRESH &&
                 (unsigned char)taken.line[cap + i] == FRESH;
    CHECK(clean, "something was written beside line, where cap bytes are: "
                 "count the NUL, too");
    errno = error;
    return size;
}

/* The next line is this one. */
static void check_next_as(int box, const char *want, const char *why)
{
    ssize_t size = take(box, PIPE_BUF, -1);

    CHECK_OK(size, "a line is in the box: letterbox_next takes it");
    CHECK_MEM(taken.line, (size_t)size, want, strlen(want), "%s", why);
    CHECK_EQ(taken.line[size], '\0', "the line is ended with NUL");
}

static void check_next(int box, const char *want)
{
    check_next_as(box, want,
                  "a call takes one line, the next one, without its newline; "
                  "an empty one is a line, too. What is behind it in the box "
                  "stays for the calls to come");
}

/* ---- the plain case ------------------------------------------------- */

static void a_posted_line_arrives(void **state)
{
    (void)state;
    int box = open_box();

    quiet_begin();
    CHECK_EQ(letterbox_post(path, "a letter"), 0,
             "the box is open, so the line is posted, and that is 0");
    IF_STUCK("a line was posted, and letterbox_next waits on. A newline is "
             "what a line ends with: is there one behind it in the box?");
    check_next(box, "a letter");
    quiet_end();
    close_box(box);
}

static void lines_are_taken_one_by_one(void **state)
{
    (void)state;
    static const char *const lines[] = {"first", "", "你好, \xff", "", "last"};
    int box = open_box();

    for (int i = 0; i < 5; i++)
        drop(lines[i]);
    STEP("five lines are in the box, some of them empty");
    IF_STUCK("a line that was in the box is not found any more: whoever reads "
             "more than one line at a time has to keep the rest for the next "
             "call");
    for (int i = 0; i < 5; i++)
        check_next(box, lines[i]);
    CHECK_ERRNO(take(box, PIPE_BUF, 0), ETIMEDOUT, "all have been taken");
    close_box(box);
}

/* ---- letterbox_open ------------------------------------------------- */

static mode_t mode_of(const char *name)
{
    struct stat st;

    return lstat(name, &st) == 0 ? st.st_mode : 0;
}

static void a_box_is_a_fifo_for_its_owner_only(void **state)
{
    (void)state;
    static const mode_t masks[] = {0, 022, 0277, 0777};

    for (int i = 0; i < 4; i++) {
        STEP("the caller's umask is %03o", (unsigned)masks[i]);
        mode_t own = umask(masks[i]);
        int box = open_box();
        mode_t left = umask(own);
        CHECK(S_ISFIFO(mode_of(path)), "a letterbox is a FIFO: mkfifo(3)");
        CHECK((mode_of(path) & 07777) == 0600,
              "the mode is %04o, and has to be 0600: nobody else may post or "
              "read, and the umask only takes bits away from the mode that "
              "mkfifo is given",
              (unsigned)(mode_of(path) & 07777));
        CHECK_EQ(left, masks[i], "the umask is the caller's: put it back");
        close_box(box);
    }
}

static void a_box_left_behind_is_taken_over(void **state)
{
    (void)state;
    close(mouth());
    STEP("an earlier owner left its FIFO there");
    IF_STUCK("letterbox_open waits for a writer, which may never come");
    int box = letterbox_open(path);
    CHECK_OK(box, "an earlier owner's FIFO is taken over: EEXIST of mkfifo "
                  "only says that something is there, look what it is");
    drop("to the new owner");
    check_next(box, "to the new owner");
    close_box(box);
}

static void a_wide_box_is_made_narrow_or_refused(void **state)
{
    (void)state;
    static const mode_t wide[] = {0666, 0660, 0640, 0620, 0604, 0602};

    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
        close(mouth());
        chmod(path, wide[i]);
        STEP("a FIFO of the caller's own is there, with mode %04o", wide[i]);
        int box = letterbox_open(path);
        CHECK(box == -1 ? errno != ENOSYS : mode_of(path) == (S_IFIFO | 0600),
              "others may post into this box, or read what was posted: narrow "
              "it down to 0600, or refuse it");
        if (box != -1)
            close(box);
        unlink(path);
    }
}

/* What letterbox_open finds at its path, and is to leave alone. */
static const char other[] = "other", secret[] = "not a letter\n";

static void make_file(void)
{
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    write_into(path, secret, strlen(secret));
}

static void make_folder(void)
{
    mkdir(path, 0755);
}

static void make_link_to_fifo(void)
{
    mkfifo(other, 0644);
    symlink(other, path);
}

static void make_link_to_file(void)
{
    close(open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    write_into(other, secret, strlen(secret));
    symlink(other, path);
}

static void make_link_to_nothing(void)
{
    symlink(other, path);
}

static void make_somebody_elses_fifo(void)
{
    mkfifo(path, 0644);
    chown(path, 1, 1);
}

static const struct {
    const char *name;
    void (*make)(void);
} strange[] = {
    {"a file", make_file},
    {"a directory", make_folder},
    {"a symbolic link to a FIFO", make_link_to_fifo},
    {"a symbolic link to a file", make_link_to_file},
    {"a symbolic link to nothing", make_link_to_nothing},
    {"a FIFO of another user", make_somebody_elses_fifo}, /* only as root */
};

struct sight {
    struct stat path, other;
    char text[32];
};

static struct sight look(void)
{
    struct sight s;

    memset(&s, 0, sizeof(s));
    lstat(path, &s.path);
    lstat(other, &s.other);
    int fd = S_ISREG(s.path.st_mode)    ? open(path, O_RDONLY | O_CLOEXEC)
             : S_ISREG(s.other.st_mode) ? open(other, O_RDONLY | O_CLOEXEC)
                                        : -1;
    if (fd != -1 && read(fd, s.text, sizeof(s.text) - 1) < 0)
        s.text[0] = '?';
    if (fd != -1)
        close(fd);
    return s;
}

static bool same_thing(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_mode == b->st_mode &&
           a->st_uid == b->st_uid && a->st_size == b->st_size;
}

static void clear_away(void)
{
    if (unlink(path) == -1)
        rmdir(path);
    unlink(other);
}

static void what_is_no_box_is_left_alone(void **state)
{
    (void)state;
    for (int i = 0; i < (geteuid() == 0 ? 6 : 5); i++) {
        unlink(path);
        strange[i].make();
        struct sight before = look();
        STEP("at the path is %s", strange[i].name);
        IF_STUCK("letterbox_open waits in open(2) for the other end");
        CHECK_ERRNO(letterbox_open(path), EEXIST,
                    "%s is no letterbox of the caller's: look with lstat, or "
                    "open it with O_NOFOLLOW and look with fstat, and say "
                    "EEXIST",
                    strange[i].name);
        struct sight after = look();
        CHECK(same_thing(&before.path, &after.path) &&
                  same_thing(&before.other, &after.other) &&
                  strcmp(before.text, after.text) == 0,
              "%s was at the path, and it, or what it points to, is not as it "
              "was: leave it alone, neither truncate nor create, remove nor "
              "chmod",
              strange[i].name);
        clear_away();
    }
}

static void why_it_cannot_be_made_is_told(void **state)
{
    (void)state;
    make_file();
    CHECK_ERRNO(letterbox_open("no/such/folder"), ENOENT,
                "mkfifo says why it cannot make a box there: pass it on");
    CHECK_ERRNO(letterbox_open("box/inside"), ENOTDIR,
                "mkfifo says why it cannot make a box there: pass it on");
    unlink(path);
}

static void opens_or_leaves_nothing(void)
{
    unlink(path);
    errno = 0;
    int box = letterbox_open(path);
    int error = errno;

    if (box != -1) {
        close_box(box);
        return;
    }
    bool left = mode_of(path) != 0;
    unlink(path);
    errno = error;
    CHECK(sea_hit(), "nothing has gone wrong in this run, and yet it failed");
    CHECK_EQ(error, sea_error(),
             "the caller learns the errno of the call that failed: keep it "
             "while you clean up");
    CHECK(!left, "letterbox_open failed after it had made the FIFO: nothing "
                 "is left half done, so remove it again");
}

static void a_box_that_cannot_be_opened_is_not_left(void **state)
{
    (void)state;
    sea_every(opens_or_leaves_nothing, SEA_ERRORS);
}

/* ---- letterbox_post ------------------------------------------------- */

static void a_line_may_have_pipe_buf_minus_1_bytes(void **state)
{
    (void)state;
    int box = mouth();

    CHECK_OK(letterbox_post(path, line_of(LONGEST)),
             "%d bytes and the newline are PIPE_BUF bytes: that is the longest "
             "line that arrives whole",
             LONGEST);
    CHECK_EQ(bytes_in(box), PIPE_BUF, "the line and its newline");
    CHECK(strncmp(empty(box), line_of(LONGEST), LONGEST) == 0,
          "the line arrives as it was posted");
    CHECK_OK(letterbox_post(path, ""), "an empty line is a line");
    CHECK_STR(empty(box), "\n", "an empty line is just a newline");
    close_box(box);
}

static void a_longer_line_is_refused(void **state)
{
    (void)state;
    static const size_t sizes[] = {LONGEST + 1, LONGEST + 2, 2 * PIPE_BUF};
    int box = mouth();

    for (int i = 0; i < 3; i++) {
        CHECK_ERRNO(letterbox_post(path, line_of(sizes[i])), EMSGSIZE,
                    "a line of %zu bytes and its newline are longer than "
                    "PIPE_BUF: others could write into the middle of it",
                    sizes[i]);
        CHECK_EQ(bytes_in(box), 0, "nothing of a line that is refused is sent");
    }
    close_box(box);
}

static void without_an_owner_nothing_is_posted(void **state)
{
    (void)state;
    int box = mouth();

    close(box);
    sighandler_t own = signal(SIGPIPE, SIG_IGN);
    STEP("the FIFO is there, but nobody has it open");
    IF_STUCK("letterbox_post waits for somebody to open the box: open(2) of a "
             "FIFO for writing sleeps until there is a reader. With O_NONBLOCK "
             "it fails with ENXIO");
    CHECK_ERRNO(letterbox_post(path, "nobody reads this"), ENXIO,
                "nobody has the box open, so the line would be lost: open it "
                "for writing only, with O_NONBLOCK, and the kernel says ENXIO");
    signal(SIGPIPE, own);
    unlink(path);
    CHECK_ERRNO(letterbox_post(path, "nowhere"), ENOENT,
                "there is no box at the path, and posting makes none: leave "
                "out mkfifo and O_CREAT");
    CHECK_EQ(mode_of(path), 0,
             "posting makes no file: leave out mkfifo and O_CREAT");
}

static void only_a_fifo_is_written_to(void **state)
{
    (void)state;
    unlink(path);
    make_file();
    struct sight before = look();
    CHECK_ERRNO(letterbox_post(path, "a letter"), EINVAL,
                "a file is no letterbox: ask fstat before you write");
    struct sight after = look();
    CHECK(same_thing(&before.path, &after.path) &&
              strcmp(before.text, after.text) == 0,
          "a file was at the path, and the line was written into it, or it "
          "was truncated: ask fstat before you write");
    clear_away();
    make_link_to_file();
    CHECK(letterbox_post(path, "a letter") == -1 &&
              (errno == EINVAL || errno == ELOOP) &&
              strcmp(look().text, secret) == 0,
          "a file is no letterbox, also behind a symbolic link");
    clear_away();
    make_folder();
    CHECK(letterbox_post(path, "a letter") == -1 &&
              (errno == EINVAL || errno == EISDIR),
          "a directory is no letterbox");
    clear_away();
    CHECK_ERRNO(letterbox_post("/dev/null", "a letter"), EINVAL,
                "a device is no letterbox: the line would be lost");
}

/* Somebody else posts a line in the moment before a call of ours. */
static int intruder = -1;

static void intrude(int sig)
{
    (void)sig;
    if (write(intruder, "intruder\n", 9) != 9)
        _exit(99);
}

static void posts_beside_an_intruder(void)
{
    int box = mouth();

    intruder = open(path, O_WRONLY | O_CLOEXEC);
    CHECK_OK(letterbox_post(path, "a whole line"), "the box is open");
    const char *text = empty(box);
    CHECK(strcmp(text, "a whole line\n") == 0 ||
              strcmp(text, "intruder\na whole line\n") == 0 ||
              strcmp(text, "a whole line\nintruder\n") == 0,
          "another writer's line came into the middle of this one: the kernel "
          "keeps together what one write sends, up to PIPE_BUF bytes, so the "
          "line and its newline go out in one write");
    close(intruder);
    close_box(box);
}

static void a_line_is_one_write(void **state)
{
    (void)state;
    struct sigaction act = {.sa_handler = intrude, .sa_flags = SA_RESTART}, old;

    sigaction(SIGUSR2, &act, &old);
    sea_raise_every(posts_beside_an_intruder, SIGUSR2);
    sigaction(SIGUSR2, &old, NULL);
}

/* A box of one page with so much room left. */
static int brimming_mouth(size_t room)
{
    int box = mouth();
    size_t size = (size_t)fcntl(box, F_SETPIPE_SZ, PIPE_BUF) - room;

    write_into(path, line_of(size - 1), size - 1);
    write_into(path, "\n", 1);
    return box;
}

/* What a process of its own got from letterbox_post. */
static struct posted {
    atomic_int rc, error;
} * posted;

/* Waits until it has ended, or can go no further. */
static pid_t post_elsewhere(int box, const char *line)
{
    posted = posted ? posted : fact_shared(sizeof(*posted));
    pid_t pid = fact_fork();

    if (pid == 0) {
        posted->rc = -2;
        close(box); /* it would be an owner */
        signal(SIGPIPE, SIG_IGN);
        posted->rc = letterbox_post(path, line);
        posted->error = errno;
        _exit(0);
    }
    while (!gone(pid) && !asleep(pid))
        moment();
    return pid;
}

/* A right answer waits for room; to say EAGAIN loses nothing either. */
static bool is_full(int rc, int error)
{
    return rc == -1 && error == EAGAIN;
}

static void a_line_enters_whole_or_not_at_all(void **state)
{
    (void)state;
    int box = brimming_mouth(5);
    int before = bytes_in(box);

    STEP("five bytes are free in the box, the line and its newline are six");
    pid_t pid = post_elsewhere(box, "hello");
    CHECK_EQ(bytes_in(box), before,
             "a part of the line has gone into the box, and the rest waits "
             "for room: whoever posts meanwhile, or dies, leaves a broken "
             "line there. Send the line and its newline with one write");
    const char *text = take_out(box);
    CHECK(strchr(text, 'h') == NULL, "only what was there before is in it");
    IF_STUCK("there is room in the box now, and the line does not come: did "
             "letterbox_post give it up?");
    waitpid(pid, NULL, 0);
    errno = posted->error;
    CHECK(posted->rc == 0 || is_full(posted->rc, posted->error),
          "there is room now, and the box is open: the line is posted");
    if (posted->rc == 0)
        CHECK_STR(empty(box), "hello\n",
                  "letterbox_post said 0: the line is in the box, whole");
    close_box(box);
}

static void make_room(void *box)
{
    take_out(*(int *)box);
}

static void a_full_box_is_waited_for_asleep(void **state)
{
    (void)state;
    int box = brimming_mouth(0);

    STEP("the box is full");
    watch_begin(make_room, &box);
    int rc = letterbox_post(path, "patient");
    int error = errno;
    watch_end("a blocking write sleeps until there is room, and poll does "
              "when asked for POLLOUT");
    errno = error;
    CHECK(rc == 0 || is_full(rc, error), "there was room in the end");
    if (rc == 0)
        CHECK_STR(empty(box), "patient\n",
                  "letterbox_post said 0: the line is in the box");
    close_box(box);
}

static void a_signal_does_not_end_a_post(void **state)
{
    (void)state;
    int box = brimming_mouth(0);

    sea_handler();
    nudge_begin(3, make_room, &box);
    int rc = letterbox_post(path, "patient");
    int error = errno;
    nudge_end();
    errno = error;
    CHECK(rc == 0 || is_full(rc, error),
          "a signal came while the box was full: write returns -1 with EINTR "
          "and has sent nothing, so it is called again");
    if (rc == 0)
        CHECK_STR(empty(box), "patient\n", "the line is in the box, once");
    close_box(box);
}

static void an_owner_that_leaves_is_epipe(void **state)
{
    (void)state;
    int box = brimming_mouth(0);
    pid_t pid = post_elsewhere(box, "too late");

    STEP("the box is full, somebody waits for room, and the owner leaves");
    IF_STUCK("the owner has left, and letterbox_post waits on: EPIPE means "
             "that nobody will ever make room");
    close(box);
    int wstatus;
    waitpid(pid, &wstatus, 0);
    CHECK_STATUS(wstatus, EXITED(0),
                 "the caller ignores SIGPIPE, so it lives on");
    errno = posted->error;
    CHECK(posted->rc == -1 && (errno == EPIPE || errno == EAGAIN),
          "the line was not posted: write says EPIPE, pass it on");
    unlink(path);
}

static void posts_or_leaves_nothing(void)
{
    int box = mouth();
    errno = 0;
    int rc = letterbox_post(path, "a line"), error = errno;
    int bytes = bytes_in(box);

    close_box(box);
    CHECK_EQ(bytes, rc == 0 ? 7 : 0,
             "0 says that the line is in the box, -1 that nothing of it is");
    if (rc == 0)
        return;
    errno = error;
    CHECK(sea_hit(), "nothing has gone wrong in this run, and yet it failed");
    CHECK_EQ(error, sea_error(),
             "the caller learns the errno of the call that failed: keep it "
             "while you clean up");
}

static void a_post_that_fails_leaves_nothing_behind(void **state)
{
    (void)state;
    sea_every(posts_or_leaves_nothing, SEA_ERRORS);
}

static void posts_and_is_killed(void)
{
    int box = mouth();
    pid_t pid = post_elsewhere(box, "a line");

    waitpid(pid, NULL, 0);
    const char *text = empty(box);
    close_box(box);
    errno = posted->error;
    CHECK(sea_hit() || posted->rc == 0, "the box is open: the line is posted");
    CHECK(strcmp(text, "") == 0 || strcmp(text, "a line\n") == 0,
          "a writer was killed, and half a line of it is in the box, where "
          "the next line will stick to it: send the line and its newline "
          "with one write");
}

static void a_writer_that_dies_leaves_no_half_line(void **state)
{
    (void)state;
    sea_every(posts_and_is_killed, SEA_KILLS);
}

/* ---- many writers --------------------------------------------------- */

enum { WRITERS = 8, LINES = 40 };

/* Each line tells who wrote it and which it is; some are as long as may be. */
static const char *letter(int writer, int n)
{
    static char line[PIPE_BUF];
    size_t size = n % 20 == 7 ? LONGEST : 10 + (size_t)(writer * 13 + n) % 50;

    memset(line, 'A' + writer, size);
    line[size] = '\0';
    memcpy(line + 1, (char[]){(char)('0' + n / 10), (char)('0' + n % 10)}, 2);
    return line;
}

static void post_letters(int writer)
{
    int rc;

    for (int n = 0; n < LINES; n++) {
        while ((rc = letterbox_post(path, letter(writer, n))) == -1 &&
               errno == EAGAIN)
            moment();
        ISLAND_CHECK(rc == 0,
                     "letterbox_post failed (%s) although the box was "
                     "open all the time",
                     name_errno(errno));
    }
}

/* When all have posted, a line of the test's own says so. */
static pid_t start_writers(void)
{
    pid_t crowd = fact_fork();

    if (crowd != 0)
        return crowd;
    for (int w = 0; w < WRITERS; w++)
        if (fork() == 0) {
            post_letters(w);
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    drop("that is all");
    _exit(0);
}

static void lines_of_eight_writers_do_not_mix(void **state)
{
    (void)state;
    int seen[WRITERS] = {0}, box = open_box();
    pid_t crowd = start_writers();

    IF_STUCK("eight processes post at the same time, and nobody moves any "
             "more: was a line lost, or taken together with another one?");
    for (;;) {
        ssize_t size = take(box, PIPE_BUF, -1);
        CHECK_OK(size, "lines are coming, one by one");
        if (strcmp(taken.line, "that is all") == 0)
            break;
        int w = taken.line[0] - 'A';
        CHECK(w >= 0 && w < WRITERS && seen[w] < LINES &&
                  strcmp(taken.line, letter(w, seen[w])) == 0,
              "eight processes post at the same time, and a line came that "
              "none of them posted then (\"%.20s…\", %zd bytes): it is broken, "
              "or one before it is lost. A line is posted with one write of at "
              "most PIPE_BUF bytes, and taken up to its newline, no further",
              taken.line, size);
        seen[w]++;
    }
    for (int w = 0; w < WRITERS; w++)
        CHECK_EQ(seen[w], LINES, "each line that was posted arrives, once");
    waitpid(crowd, NULL, 0);
    close_box(box);
}

/* ---- letterbox_next: what it takes ---------------------------------- */

static void a_line_may_fill_the_room(void **state)
{
    (void)state;
    int box = open_box();

    drop("12345");
    CHECK_EQ(take(box, 6, -1), 5, "five bytes and the NUL fit in six");
    CHECK_STR(taken.line, "12345", "all of it, and then NUL");
    drop("");
    CHECK_EQ(take(box, 1, -1), 0, "an empty line and its NUL fit in one");
    CHECK_EQ(taken.line[0], '\0', "an empty line is ended with NUL, too");
    drop(line_of(LONGEST));
    CHECK_EQ(take(box, PIPE_BUF, -1), LONGEST, "the longest line that may be");
    close_box(box);
}

static void a_line_that_does_not_fit_is_skipped(void **state)
{
    (void)state;
    static const size_t caps[] = {5, 3, 1};
    int box = open_box();

    for (int i = 0; i < 3; i++) {
        STEP("the next line has 5 bytes, cap is %zu", caps[i]);
        drop("12345");
        drop("next");
        IF_STUCK("the line does not fit, and the one behind it is not found");
        CHECK_ERRNO(take(box, caps[i], -1), EMSGSIZE,
                    "a line that was cut off looks like a whole one: when it "
                    "does not fit, with its NUL, say EMSGSIZE");
        check_next(box, "next");
    }
    drop("12345");
    CHECK(take(box, 0, -1) == -1, "in no bytes at all nothing fits");
    close_box(box);
}

static void two_boxes_do_not_mix(void **state)
{
    (void)state;
    int one = open_box(), two = open_at("box2");

    drop("a"), drop("b"), drop("c");
    drop_into("box2", "1"), drop_into("box2", "2");
    static const char why[] =
        "each box has lines of its own: what was read ahead from one of them "
        "is not found in the other, nor does it hide what is there";
    STEP("three lines are in one box, two in another");
    IF_STUCK("a line that was in one of the boxes is not found any more");
    check_next_as(one, "a", why);
    check_next_as(two, "1", why);
    check_next_as(one, "b", why);
    check_next_as(two, "2", why);
    close(two);
    close_box(one);
    unlink("box2");
    STEP("both are closed, one of them with a line inside; a new one is made");
    int three = open_box();
    CHECK_ERRNO(take(three, PIPE_BUF, 0), ETIMEDOUT,
                "a new box is empty: a line that was read ahead from another "
                "box, perhaps with the same number, does not belong into it");
    close_box(three);
}

/* ---- letterbox_next: how it waits ----------------------------------- */

static void drop_one(void)
{
    drop("too late");
}

/* letterbox_next in a storm; did it keep its deadline? */
static ssize_t take_in_a_storm(bool signals, int box, int timeout_ms,
                               bool *late)
{
    storm_begin(signals, drop_one);
    errno = 0;
    ssize_t size = letterbox_next(box, taken.line, PIPE_BUF, timeout_ms);
    *late = storm_end();
    return size;
}

static long ms_since(const struct timespec *from)
{
    struct timespec to;

    clock_gettime(CLOCK_MONOTONIC, &to);
    return (to.tv_sec - from->tv_sec) * 1000 +
           (to.tv_nsec - from->tv_nsec) / 1000000;
}

static void a_time_that_is_over_is_told(void **state)
{
    (void)state;
    struct timespec from;
    int box = open_box();

    clock_gettime(CLOCK_MONOTONIC, &from);
    bool late;
    ssize_t size = take_in_a_storm(false, box, SOON, &late);
    int error = errno;
    long ms = ms_since(&from);
    CHECK(!late,
          "%d ms were given, and more than a second was not "
          "enough: timeout_ms counts milliseconds",
          SOON);
    errno = error;
    CHECK_ERRNO((errno = error, size), ETIMEDOUT,
                "no line came within timeout_ms");
    CHECK(ms >= SOON - 2, "it gave up after %ld of its %d ms", ms, SOON);
    close_box(box);
}

static void a_time_of_0_does_not_wait(void **state)
{
    (void)state;
    int box = open_box();

    IF_STUCK("a time of 0 is over at once: look, and say ETIMEDOUT");
    CHECK_ERRNO(take(box, PIPE_BUF, 0), ETIMEDOUT,
                "the box is empty, and there is no time to wait");
    drop("there already");
    CHECK_EQ(take(box, PIPE_BUF, 0), 13,
             "a line is there: it is taken, also where there is no time to "
             "wait");
    CHECK_ERRNO(take(box, PIPE_BUF, 0), ETIMEDOUT,
                "the last writer has left: that is no line, and no end of the "
                "box, which is just empty");
    close_box(box);
}

static void drop_a_line(void *line)
{
    drop(line);
}

static void check_sleeps(int box, int timeout_ms)
{
    watch_begin(drop_a_line, "at last");
    ssize_t size = take(box, PIPE_BUF, timeout_ms);
    int error = errno;
    watch_end("read and poll sleep until a line comes as long as somebody has "
              "the box open for writing. When the last writer has left, they "
              "do not sleep any more, unless the owner is a writer, too "
              "(O_RDWR)");
    errno = error;
    CHECK_OK(size, "a line came, in the end");
    CHECK_MEM(taken.line, (size_t)size, "at last", 7,
              "the end of the last writer is no line: wait for one");
}

static void an_empty_box_is_waited_for_asleep(void **state)
{
    (void)state;
    int box = open_box();

    STEP("nobody has posted yet");
    check_sleeps(box, -1);
    check_sleeps(box, FAR);
    close_box(box);
}

static void the_last_writer_is_not_the_end(void **state)
{
    (void)state;
    int box = open_box();

    drop("one");
    check_next(box, "one");
    STEP("the only writer has left");
    check_sleeps(box, -1);
    close_box(box);
}

static void a_signal_does_not_end_the_wait(void **state)
{
    (void)state;
    int box = open_box();

    sea_handler();
    for (int timeout_ms = -1; timeout_ms <= FAR; timeout_ms += FAR + 1) {
        nudge_begin(3, drop_a_line, "at last");
        ssize_t size = take(box, PIPE_BUF, timeout_ms);
        int error = errno;
        nudge_end();
        errno = error;
        CHECK_EQ(size, 7,
                 "a signal interrupted the wait (EINTR): that is neither a "
                 "line nor the end of the time. Wait again for what is left");
    }
    close_box(box);
}

static void a_storm_does_not_move_the_deadline(void **state)
{
    (void)state;
    int box = open_box();
    bool late;
    ssize_t size = take_in_a_storm(true, box, SOON, &late);
    int error = errno;

    CHECK(!late,
          "a signal every 2 ms, and a deadline of %d ms was not kept for more "
          "than a second: fix the end once, and after each interruption wait "
          "only for what is left",
          SOON);
    CHECK_ERRNO((errno = error, size), ETIMEDOUT, "its time was over");
    close_box(box);
}

static void the_wall_clock_does_not_count(void **state)
{
    (void)state;
    int box = open_box();
    bool late;

    sea_handler();
    STEP("somebody sets the wall clock two hours ahead");
    sea_step_wall_clock(2 * 3600);
    nudge_begin(3, drop_a_line, "at last");
    ssize_t size = take(box, PIPE_BUF, FAR);
    nudge_end();
    CHECK_EQ(size, 7,
             "somebody set the wall clock, and the wait ended before "
             "its time: only CLOCK_MONOTONIC measures time");
    STEP("somebody sets the wall clock two hours back");
    sea_step_wall_clock(-2 * 3600);
    size = take_in_a_storm(true, box, SOON, &late);
    int error = errno;
    CHECK(!late, "somebody set the wall clock back, and the wait did not "
                 "end in time: only CLOCK_MONOTONIC measures time");
    CHECK_ERRNO((errno = error, size), ETIMEDOUT, "its time was over");
    close_box(box);
}

static void takes_two_lines(void)
{
    int box = open_box();

    drop("one"), drop("two");
    for (int i = 0; i < 2; i++) {
        ssize_t size = take(box, PIPE_BUF, FAR);
        CHECK_OK(size, "nothing has gone wrong: after EINTR call again");
        CHECK_MEM(taken.line, (size_t)size, i == 0 ? "one" : "two", 3,
                  "no line is lost or broken by a signal or a short read");
    }
    close_box(box);
}

static void no_line_is_lost_in_a_rough_sea(void **state)
{
    (void)state;
    sea_handler();
    sea_every(takes_two_lines, SEA_EINTR | SEA_SHORT);
}

static void takes_a_line_or_fails(void)
{
    int box = mouth();

    close(box);
    errno = 0;
    box = letterbox_open(path);
    int error = errno;
    ssize_t size = -1;
    if (box != -1) {
        drop("one");
        size = take(box, PIPE_BUF, FAR);
        error = errno;
        close(box);
    }
    unlink(path);
    if (size == 3)
        return;
    errno = error;
    CHECK(sea_hit(), "nothing has gone wrong in this run, and yet it failed");
    CHECK_EQ(error, sea_error(),
             "the caller learns the errno of the call that failed: keep it "
             "while you clean up");
}

static void what_fails_leaves_nothing_open(void **state)
{
    (void)state;
    sea_every(takes_a_line_or_fails, SEA_ERRORS);
}

static void posts_in_a_rough_sea(void)
{
    int box = mouth();

    CHECK_OK(letterbox_post(path, "a line"),
             "nothing has gone wrong: after EINTR call again");
    CHECK_STR(empty(box), "a line\n", "the line is in the box, once");
    close_box(box);
}

static void a_post_goes_on_after_a_signal(void **state)
{
    (void)state;
    sea_handler();
    sea_every(posts_in_a_rough_sea, SEA_EINTR | SEA_SHORT);
}

/* ---- close-on-exec -------------------------------------------------- */

/* Is one of the process's descriptors of the box left open in exec? */
static bool leaks_into_programs(pid_t pid)
{
    char name[64], line[128];
    struct stat box, st;
    unsigned flags;
    bool leaks = false;

    stat(path, &box);
    for (int fd = 0; fd < 256; fd++) {
        snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)pid, fd);
        if (stat(name, &st) == -1 || st.st_ino != box.st_ino ||
            st.st_dev != box.st_dev)
            continue;
        snprintf(name, sizeof(name), "/proc/%d/fdinfo/%d", (int)pid, fd);
        FILE *info = fopen(name, "re");
        while (info && fgets(line, sizeof(line), info))
            if (sscanf(line, "flags: %o", &flags) == 1)
                leaks |= !(flags & O_CLOEXEC);
        if (info)
            fclose(info);
    }
    return leaks;
}

static void its_descriptors_are_close_on_exec(void **state)
{
    (void)state;
    int box = open_box();

    CHECK(fcntl(box, F_GETFD) & FD_CLOEXEC,
          "the box is not close-on-exec: every program the owner starts would "
          "have it open, too, and take lines from it. open takes O_CLOEXEC");
    close_box(box);
    box = brimming_mouth(0);
    pid_t pid = post_elsewhere(box, "patient");
    bool leaks = leaks_into_programs(pid);
    empty(box);
    waitpid(pid, NULL, 0);
    close_box(box);
    CHECK(!leaks, "letterbox_post opens the box without close-on-exec: a "
                  "program that another thread starts meanwhile inherits it");
}

static const struct CMUnitTest facts[] = {
    FACT(a_posted_line_arrives),
    FACT(lines_are_taken_one_by_one),
    FACT(a_box_is_a_fifo_for_its_owner_only),
    FACT(a_box_left_behind_is_taken_over),
    FACT(a_wide_box_is_made_narrow_or_refused),
    FACT(what_is_no_box_is_left_alone),
    FACT(why_it_cannot_be_made_is_told),
    FACT(a_box_that_cannot_be_opened_is_not_left),
    FACT(a_line_may_have_pipe_buf_minus_1_bytes),
    FACT(a_longer_line_is_refused),
    FACT(without_an_owner_nothing_is_posted),
    FACT(only_a_fifo_is_written_to),
    FACT(a_line_is_one_write),
    FACT(a_line_enters_whole_or_not_at_all),
    FACT(a_full_box_is_waited_for_asleep),
    FACT(a_signal_does_not_end_a_post),
    FACT(an_owner_that_leaves_is_epipe),
    FACT(a_post_that_fails_leaves_nothing_behind),
    FACT(a_post_goes_on_after_a_signal),
    FACT(a_writer_that_dies_leaves_no_half_line),
    FACT(lines_of_eight_writers_do_not_mix),
    FACT(a_line_may_fill_the_room),
    FACT(a_line_that_does_not_fit_is_skipped),
    FACT(two_boxes_do_not_mix),
    FACT(a_time_that_is_over_is_told),
    FACT(a_time_of_0_does_not_wait),
    FACT(an_empty_box_is_waited_for_asleep),
    FACT(the_last_writer_is_not_the_end),
    FACT(a_signal_does_not_end_the_wait),
    FACT(a_storm_does_not_move_the_deadline),
    FACT(the_wall_clock_does_not_count),
    FACT(no_line_is_lost_in_a_rough_sea),
    FACT(what_fails_leaves_nothing_open),
    FACT(its_descriptors_are_close_on_exec),
};
EXERCISE("2_pipes/letterbox",
         "mkfifo(3), fifo(7), pipe(7), open(2), fstat(2), poll(2)", facts)
