/*
 * hello_socket_test.c — facts about hello_socket.
 *
 * FRESH is what buf and its surroundings hold before a call. Some facts need
 * to be there at the very moment of fork: pthread_atfork lets them.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"
#include "hello_socket.h"

enum {
    FRESH = 0xee,
    BESIDE = 64,
    MOST = 1 << 20,
    HOLDS = 300000, /* more than a socket does */
    LONGEST_PATH = 107,
    MOST_FDS = 256
};

static char memory[BESIDE + MOST + BESIDE];
static char *const buf = memory + BESIDE;
static const char hello[] = "hello from a child";
static const char path[] = "meeting point";

/* A text of so many bytes; each depends on its place. */
static const char *long_text(size_t size)
{
    static char text[MOST + 2];

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

static bool is_there(const char *name)
{
    struct stat st;

    return lstat(name, &st) == 0;
}

static ssize_t speak_at(const char *where, const char *text, size_t cap)
{
    memset(memory, FRESH, sizeof(memory));
    errno = 0;
    ssize_t got = hello_socket(where, text, buf, cap);
    int error = errno;
    CHECK(is_fresh(memory, BESIDE) && is_fresh(buf + cap, BESIDE),
          "something was written beside buf, which has room for cap bytes: "
          "ask read for at most what is still free, cap minus what you have, "
          "and add no NUL behind the text");
    errno = error;
    return got;
}

static ssize_t speak(const char *text, size_t cap)
{
    ssize_t got = speak_at(path, text, cap);
    int error = errno;
    bool left = is_there(path);

    if (left)
        unlink(path);
    CHECK(!left, "the path is still there: a socket's name stays until it is "
                 "removed, also when nobody listens any more, and the next one "
                 "who comes finds EADDRINUSE. Remove it on every way out");
    errno = error;
    return got;
}

/* What may have been amiss when it failed. */
static const char *excuse(int error)
{
    switch (error) {
    case EIO:
        return "nobody stopped the child. Did its connect fail, for nobody "
               "listened yet when it came? Or a write of its, since the "
               "connection was closed too early? First socket, bind, listen, "
               "then fork; receive until the end, then close";
    case EADDRINUSE:
        return "nothing was at path: is it the path you were given that you "
               "bind to, and is it removed after every call?";
    case EMSGSIZE:
        return "the text fits: buf has room for cap bytes, and no NUL is added";
    case ENAMETOOLONG:
        return "a path may have 107 bytes: sun_path has 108, one is the NUL's";
    case EINVAL:
        return "nothing is wrong with what was given. Does the socket listen? "
               "bind gives it a name, listen a queue for those who connect";
    case EINTR:
        return "a signal came, and nothing has gone wrong: a call that "
               "returns -1 with EINTR has done nothing and is made again";
    default:
        return "nothing has gone wrong: the number of bytes received is "
               "returned";
    }
}

/* The sentence that fits what came instead. */
static const char *remark(size_t got, const char *want, size_t size)
{
    if (got == size + 1 && buf[size] == '\0')
        return "the NUL marks the end of a string in memory, and is no part of "
               "the text: send strlen(text) bytes";
    if (got != size && memcmp(buf, want, size) == 0 &&
        (got < size || is_fresh(buf + size, 1)))
        return "the text is there, but the number returned is not its length: "
               "return the sum of what all your reads have returned";
    if (got > size && memcmp(buf, want, size) == 0)
        return "the text came, and something more: nothing is added, the text "
               "ends where the stream ends";
    if (got == 0)
        return "not one byte came: has somebody else connected than the child "
               "who sends, or was the end taken for the text?";
    if (got < size && memcmp(buf, want, got) == 0)
        return "this is only the beginning. One read returns what has come by "
               "now, and one write may send less than asked: go on until read "
               "returns 0, which is the end";
    return "the text is what comes, byte for byte, whatever it holds: it is no "
           "format, and nothing is added";
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

#define TOO_EARLY                                                              \
    "the parent waits, and nobody will come: is the child waiting for the "    \
    "parent, too, or has it ended?"

static void brings_the_text_home(void **state)
{
    (void)state;
    IF_STUCK(TOO_EARLY);
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

static bool the_child_connected(void)
{
    return sea_count(SEA_connect) > sea_count_here(SEA_connect) ||
           sea_count(SEA_syscall) > 0 || sea_count(SEA_vfork) > 0;
}

static void the_text_comes_out_of_a_child(void **state)
{
    (void)state;
    strcpy(spoken, "out of a child");
    STEP("the text in the parent's memory changes right after fork");
    IF_STUCK(TOO_EARLY);
    watch_fork(NULL, change_the_parents_text, NULL);
    ssize_t got = speak(spoken, MOST);
    watch_fork(NULL, NULL, NULL);
    CHECK_OK(got, "%s", excuse(errno));
    CHECK(a_child_was_started(),
          "no child was started: the text comes from another process, which "
          "fork makes");
    CHECK(the_child_connected(),
          "the child has not connected: no descriptor is handed down to it, "
          "it knows the path and comes by itself");
    CHECK(got > 0 && buf[0] != 'x' && !is_fresh(buf, (size_t)got),
          "the text was taken from the parent's own memory: it has to be sent "
          "by the child, and what comes through the socket is the text");
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

static void an_empty_text_is_the_end_at_once(void **state)
{
    (void)state;
    static const size_t caps[] = {MOST, 1, 0};

    IF_STUCK("the text is empty: the child connects all the same, and what the "
             "parent reads is the end");
    for (int i = 0; i < 3; i++) {
        STEP("the text is empty, cap is %zu", caps[i]);
        CHECK_EQ(speak("", caps[i]), 0,
                 "an empty text is a stream that ends before its first byte: "
                 "0 bytes, which fit in any room");
    }
}

static void a_text_may_be_longer_than_a_socket_holds(void **state)
{
    (void)state;
    static const size_t sizes[] = {4096, 65536, 212992, HOLDS, MOST};

    IF_STUCK("the text is longer than a socket holds: the child waits until "
             "the parent receives, and the parent must not wait for the "
             "child's end before it has received everything");
    for (int i = 0; i < 5; i++) {
        STEP("the text has %zu bytes", sizes[i]);
        const char *text = long_text(sizes[i]);
        check_text(speak(text, MOST), text);
    }
}

static void a_text_may_fill_the_room_to_its_last_byte(void **state)
{
    (void)state;
    STEP("cap is the length of the text");
    check_text(speak(hello, strlen(hello)), hello);
    check_text(speak(hello, strlen(hello) + 1), hello);
    check_text(speak("a", 1), "a");
    check_text(speak(long_text(HOLDS), HOLDS), long_text(HOLDS));
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
    IF_STUCK("the text does not fit, and the child still sends: it goes on "
             "waiting for room until the connection is closed");
    for (size_t cap = 100; cap < HOLDS; cap += HOLDS - 101) {
        STEP("the text has %d bytes, cap is %zu", HOLDS, cap);
        CHECK_ERRNO(speak(long_text(HOLDS), cap), EMSGSIZE,
                    "the text does not fit: that is EMSGSIZE, however the "
                    "child ends when nobody receives the rest");
    }
}

static void the_caller_may_ignore_sigpipe(void **state)
{
    (void)state;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;

    sigaction(SIGPIPE, &ignore, &old);
    STEP("the caller ignores SIGPIPE, and so does the child: its write "
         "returns -1 with EPIPE");
    IF_STUCK("nobody receives any more, and the child tries again and again");
    CHECK_ERRNO(speak(long_text(HOLDS), 100), EMSGSIZE,
                "the text does not fit: that is EMSGSIZE, however the child "
                "ends when nobody receives the rest");
    check_text(speak(hello, MOST), hello);
    sigaction(SIGPIPE, &old, NULL);
}

/* ---- the path ------------------------------------------------------- */

static const char *path_of(size_t size)
{
    static char name[5000];

    memset(name, 'p', size);
    name[size] = '\0';
    return name;
}

static int names_here(void)
{
    DIR *here = opendir(".");
    int count = 0;

    while (here && readdir(here))
        count++;
    if (here)
        closedir(here);
    return count;
}

static void a_path_may_have_107_bytes(void **state)
{
    (void)state;
    for (size_t size = 1; size <= LONGEST_PATH; size += LONGEST_PATH / 2) {
        const char *name = path_of(size);
        STEP("the path has %zu bytes", size);
        ssize_t got = speak_at(name, hello, MOST);
        int error = errno;
        bool left = is_there(name);
        unlink(name);
        errno = error;
        check_text(got, hello);
        CHECK(!left, "the path is still there: remove it");
    }
}

static void a_longer_path_is_refused(void **state)
{
    (void)state;
    static const size_t sizes[] = {108, 109, 110, 200, 255, 4999};
    int before = names_here();

    quiet_begin();
    for (int i = 0; i < 6; i++) {
        STEP("the path has %zu bytes", sizes[i]);
        CHECK_ERRNO(speak_at(path_of(sizes[i]), hello, MOST), ENAMETOOLONG,
                    "sun_path has 108 bytes, and the NUL is one of them: "
                    "what does not fit there is ENAMETOOLONG. A path that was "
                    "cut off is another path, perhaps somebody's");
    }
    quiet_end();
    CHECK_EQ(names_here(), before, "nothing is made under any other path");
    CHECK_EQ(sea_count(SEA_bind), 0,
             "nothing is made: look at the length "
             "before you bind");
}

static void make_a_socket(const char *name, bool somebody_listens, int *fd)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    strcpy(un.sun_path, name);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(*fd, (struct sockaddr *)&un, sizeof(un)) == -1 ||
        (somebody_listens && listen(*fd, 5) == -1))
        FAIL_TEST("the test itself could not make a socket");
    if (!somebody_listens)
        close(*fd);
}

static void check_left_alone(const char *what)
{
    struct stat was, is;

    STEP("%s is at path", what);
    lstat(path, &was);
    IF_STUCK("%s is at path, and somebody waits: bind says EADDRINUSE", what);
    quiet_begin();
    CHECK_ERRNO(speak_at(path, hello, MOST), EADDRINUSE,
                "something is at path, and it is not ours: bind says so");
    quiet_end();
    CHECK(lstat(path, &is) == 0 && is.st_ino == was.st_ino &&
              is.st_mode == was.st_mode,
          "%s was at path, and it is not there any more: remove only what you "
          "have made, and that you know when bind has succeeded",
          what);
}

static void is_there_whatever_fails(void)
{
    struct stat was, is;

    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    lstat(path, &was);
    ssize_t got = speak_at(path, hello, MOST);
    CHECK(got == -1 && (sea_hit() || errno == EADDRINUSE),
          "a file is at path: bind says EADDRINUSE");
    CHECK(lstat(path, &is) == 0 && is.st_ino == was.st_ino,
          "a file was at path, and it is not there any more: whatever fails, "
          "remove only what bind has made for you");
    unlink(path);
}

static void what_is_at_path_stays_whatever_fails(void **state)
{
    (void)state;
    quiet_begin();
    sea_every(is_there_whatever_fails, SEA_ERRORS);
    quiet_end();
}

static void what_is_at_path_is_left_alone(void **state)
{
    (void)state;
    int fd;

    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    check_left_alone("a file");
    unlink(path);
    mkdir(path, 0700);
    check_left_alone("a folder");
    rmdir(path);
    (void)!symlink("nowhere", path);
    check_left_alone("a link to nowhere");
    unlink(path);
    make_a_socket(path, false, &fd);
    check_left_alone("a socket that nobody listens at");
    unlink(path);
    make_a_socket(path, true, &fd);
    check_left_alone("somebody else's socket");
    close(fd);
    unlink(path);
    check_text(speak(hello, MOST), hello);
}

static void cannot_be_made_there(void)
{
    errno = 0;
    ssize_t got = hello_socket("closed/meeting", hello, buf, MOST);
    ISLAND_CHECK(got == -1 && errno == EACCES,
                 "the caller may not write in that folder: bind says EACCES, "
                 "and so does hello_socket (it was %zd, %s)",
                 got, name_errno(errno));
    _exit(0);
}

static void a_path_that_cannot_be_made_is_an_error(void **state)
{
    (void)state;
    quiet_begin();
    IF_STUCK("no socket could be made there, so nobody will ever come");
    CHECK_ERRNO(speak_at("none/meeting", hello, MOST), ENOENT,
                "there is no such folder: bind's errno is the caller's");
    close(open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    CHECK_ERRNO(speak_at("file/meeting", hello, MOST), ENOTDIR,
                "that is no folder: bind's errno is the caller's");
    quiet_end();
    unlink("file");
    mkdir("closed", 0755);
    chmod("closed", 0555);
    pid_t pid = fact_fork();
    if (pid == 0) {
        if (getuid() == 0 && setresuid(54321, 54321, 54321) == -1)
            _exit(0);
        cannot_be_made_there();
    }
    waitpid(pid, NULL, 0);
    rmdir("closed");
}

static void each_call_is_a_new_one(void **state)
{
    (void)state;
    STEP("one call after another, all with the same path");
    for (size_t i = 0; i < 20; i++) {
        const char *text = long_text(i * i % 31);
        check_text(speak(text, 31), text);
    }
}

static struct gate *held;

static void wait_in_the_middle(void)
{
    gate_wait(held);
}

static void speaks_elsewhere(void)
{
    static const char text[] = "somebody else's";

    watch_fork(NULL, wait_in_the_middle, NULL);
    errno = 0;
    ssize_t got = hello_socket("another path", text, buf, MOST);
    ISLAND_CHECK(got == (ssize_t)strlen(text) &&
                     memcmp(buf, text, strlen(text)) == 0,
                 "two processes called hello_socket at the same time, each "
                 "with a path of its own, and one of them did not get its own "
                 "text (%s)",
                 got == -1 ? name_errno(errno) : "but another one");
    _exit(0);
}

static void two_calls_at_once_do_not_meet(void **state)
{
    (void)state;
    held = gate_new(2);
    pid_t other = fact_fork();
    if (other == 0)
        speaks_elsewhere();
    while (gate_arrived(held) < 1 && !gone(other))
        moment();
    STEP("another process is in the middle of hello_socket, at another path");
    ssize_t got = speak(hello, MOST);
    int error = errno;
    gate_open(held);
    waitpid(other, NULL, 0);
    errno = error;
    check_text(got, hello);
}

/* ---- when ----------------------------------------------------------- */

static _Atomic pid_t *child;

static void tell_the_number(void)
{
    *child = getpid();
}

/* Until the child has done what it can without the parent. */
static void let_the_child_go_first(void)
{
    for (int i = 0; i < 500; i++, moment())
        if (*child && (gone(*child) || asleep(*child)))
            break;
}

static ssize_t speak_first(const char *text, size_t cap)
{
    child = child ? child : fact_shared(sizeof(*child));
    *child = 0;
    watch_fork(NULL, let_the_child_go_first, tell_the_number);
    ssize_t got = speak(text, cap);
    int error = errno;
    watch_fork(NULL, NULL, NULL);
    errno = error;
    return got;
}

static void the_child_may_be_faster(void **state)
{
    (void)state;
    IF_STUCK("the child has come, and the parent waits for it: whoever "
             "connects before accept waits in the listener's queue, but only "
             "from listen on");
    STEP("the child runs until it can go no further, and then the parent");
    check_text(speak_first(hello, MOST), hello);
    check_text(speak_first(long_text(HOLDS), MOST), long_text(HOLDS));
}

static struct gate *silence;
static bool held_back, listens;

static void keep_silent(void)
{
    gate_wait(silence);
}

static void break_the_silence(void *gate)
{
    struct stat st;

    held_back = gate_arrived(gate) > 0; /* not if made without fork(3) */
    listens = lstat(path, &st) == 0 && S_ISSOCK(st.st_mode);
    gate_open(gate);
}

static void sleeps_until_the_child_comes(void **state)
{
    (void)state;
    silence = gate_new(2);
    STEP("the child does nothing for a while");
    watch_fork(NULL, NULL, keep_silent);
    watch_begin(break_the_silence, silence);
    ssize_t got = speak(hello, MOST);
    int error = errno;
    watch_fork(NULL, NULL, NULL);
    watch_end("accept sleeps by itself until somebody connects, and poll until "
              "one of several things happens");
    errno = error;
    check_text(got, hello);
    CHECK(listens || !held_back,
          "there was no socket at path while the parent waited: bind "
          "makes one, of exactly this name");
}

static void signals_do_not_end_the_waiting(void **state)
{
    (void)state;
    silence = gate_new(2);
    STEP("three signals come while the child does nothing");
    sea_handler();
    watch_fork(NULL, NULL, keep_silent);
    nudge_begin(3, break_the_silence, silence);
    ssize_t got = speak(hello, MOST);
    int error = errno;
    watch_fork(NULL, NULL, NULL);
    nudge_end();
    errno = error;
    CHECK_OK(got, "a signal interrupted a call (EINTR): that is no error, so "
                  "the call is made again");
    check_text(got, hello);
}

/* The first finds it in a write that has sent a part, the next ones in one
 * that has sent nothing. */
static void interrupt_the_child(void)
{
    for (int i = 0; i < 3; i++) {
        let_the_child_go_first();
        kill(*child, SIGUSR1);
    }
    let_the_child_go_first();
}

static void signals_do_not_end_the_speaking(void **state)
{
    (void)state;
    child = fact_shared(sizeof(*child));
    sea_handler();
    STEP("the text is longer than a socket holds, and three signals come to "
         "the child that waits for room");
    watch_fork(NULL, interrupt_the_child, tell_the_number);
    ssize_t got = speak(long_text(HOLDS), MOST);
    int error = errno;
    watch_fork(NULL, NULL, NULL);
    errno = error;
    CHECK_OK(got, "a signal came to the child: a write that was interrupted "
                  "has sent a part, or nothing (EINTR). Go on with the rest");
    check_text(got, long_text(HOLDS));
}

/* ---- good manners --------------------------------------------------- */

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
    errno = error;
    CHECK(got != -1 || reaped != other, "%s", excuse(error));
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

static void look_at_the_descriptors(int sig)
{
    int saved = errno;

    (void)sig;
    for (int fd = 0; fd < MOST_FDS; fd++) {
        int flags = fcntl(fd, F_GETFD);
        if (!was_open[fd] && flags != -1 && !(flags & FD_CLOEXEC))
            leaky = fd;
    }
    errno = saved;
}

static void look_before_fork(void)
{
    look_at_the_descriptors(0);
}

/* Before fork, and before a call that is made with the connection. */
static void its_descriptors_are_close_on_exec(void **state)
{
    (void)state;
    static const enum sea_call calls[] = {SEA_read, SEA_recv, SEA_recvmsg,
                                          SEA_waitpid, SEA_waitid};
    struct sigaction act = {.sa_handler = look_at_the_descriptors}, old;

    leaky = -1;
    for (int fd = 0; fd < MOST_FDS; fd++)
        was_open[fd] = fcntl(fd, F_GETFD) != -1;
    sigaction(SIGUSR2, &act, &old);
    for (int i = 0; i < 5; i++) {
        sea_calm();
        sea_raise(calls[i], 1, SIGUSR2);
        watch_fork(look_before_fork, NULL, NULL);
        ssize_t got = speak(hello, MOST);
        watch_fork(NULL, NULL, NULL);
        check_text(got, hello);
    }
    sigaction(SIGUSR2, &old, NULL);
    CHECK(leaky == -1,
          "descriptor %d is not close-on-exec: a program that another thread "
          "of the caller starts meanwhile would inherit it. socket and "
          "accept4 take SOCK_CLOEXEC; the flag is not inherited from the "
          "listener",
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
    ssize_t got = hello_socket(path, hello, buf, MOST);
    int error = errno;
    for (int fd = 0; fd < 3; fd++) {
        dup2(saved[fd], fd);
        close(saved[fd]);
    }
    STEP("the caller has closed 0, 1 and 2: so the sockets get these numbers");
    errno = error;
    CHECK(got == (ssize_t)strlen(hello) && memcmp(buf, hello, (size_t)got) == 0,
          "0 is a good descriptor: only -1 says that socket or accept failed");
}

/* ---- rough weather -------------------------------------------------- */

#define NO_END                                                                 \
    "the child has ended before it connected, and the parent waits for it "    \
    "for "                                                                     \
    "ever: accept waits for whoever may come, and nobody tells it that no "    \
    "one "                                                                     \
    "will. Wait for two things at once, a connection and the child's end"

#define NOT_ACCEPTED                                                           \
    "a call failed, and now each waits for the other. A child that nobody "    \
    "will accept waits for room, or for an answer: close the listener first, " \
    "every copy of it, also the one the child got with fork; then wait"

static void brings_it_home(void)
{
    check_text(speak_first(long_text(HOLDS), MOST), long_text(HOLDS));
    check_text(speak(hello, MOST), hello);
}

static void goes_on_after_a_signal(void **state)
{
    (void)state;
    IF_STUCK(NO_END);
    sea_handler();
    sea_every(brings_it_home, SEA_EINTR);
}

static void a_call_may_move_only_a_part(void **state)
{
    (void)state;
    sea_handler();
    sea_every(brings_it_home, SEA_SHORT);
}

static const char *carried;

static void brings_it_home_or_fails(void)
{
    ssize_t got = speak(carried, MOST);
    int error = errno;

    if (got >= 0) {
        check_text(got, carried);
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
    IF_STUCK(NOT_ACCEPTED);
    quiet_begin();
    carried = hello;
    sea_every(brings_it_home_or_fails, SEA_ERRORS);
    carried = long_text(HOLDS);
    sea_every(brings_it_home_or_fails, SEA_ERRORS);
    quiet_end();
}

static void die(void)
{
    kill(getpid(), SIGKILL);
}

static void a_child_that_never_comes_is_an_error(void **state)
{
    (void)state;
    check_text(speak(hello, MOST), hello);
    IF_STUCK(NO_END);
    STEP("the child is killed before it connects");
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
    ssize_t got = speak(carried, MOST);

    if (got == -1) {
        CHECK_EQ(errno, EIO, "a child that did not come to its end is EIO");
        return;
    }
    CHECK((size_t)got == strlen(carried) &&
              memcmp(buf, carried, (size_t)got) == 0,
          "the child was killed before it had sent everything, and %zd bytes "
          "were returned as if that were the text. The end of the stream only "
          "says that nobody can write any more: whether all was sent, tell "
          "WIFEXITED and WEXITSTATUS of the status waitpid gives",
          got);
}

static void a_text_cut_short_by_death_is_an_error(void **state)
{
    (void)state;
    IF_STUCK(NO_END);
    carried = hello;
    sea_every(hears_of_the_childs_death, SEA_KILLS);
    carried = long_text(HOLDS);
    sea_every(hears_of_the_childs_death, SEA_KILLS);
}

static const struct CMUnitTest facts[] = {
    FACT(brings_the_text_home),
    FACT(the_text_comes_out_of_a_child),
    FACT(a_text_may_hold_anything_but_nul),
    FACT(an_empty_text_is_the_end_at_once),
    FACT(a_text_may_be_longer_than_a_socket_holds),
    FACT(a_text_may_fill_the_room_to_its_last_byte),
    FACT(a_text_that_does_not_fit_is_an_error),
    FACT(the_caller_may_ignore_sigpipe),
    FACT(a_path_may_have_107_bytes),
    FACT(a_longer_path_is_refused),
    FACT(what_is_at_path_is_left_alone),
    FACT(what_is_at_path_stays_whatever_fails),
    FACT(a_path_that_cannot_be_made_is_an_error),
    FACT(each_call_is_a_new_one),
    FACT(two_calls_at_once_do_not_meet),
    FACT(the_child_may_be_faster),
    FACT(sleeps_until_the_child_comes),
    FACT(signals_do_not_end_the_waiting),
    FACT(signals_do_not_end_the_speaking),
    FACT(leaves_the_callers_exit_to_the_caller),
    FACT(leaves_other_children_alone),
    FACT(its_descriptors_are_close_on_exec),
    FACT(works_where_0_to_2_are_closed),
    FACT(goes_on_after_a_signal),
    FACT(a_call_may_move_only_a_part),
    FACT(undoes_everything_when_a_call_fails),
    FACT(a_child_that_never_comes_is_an_error),
    FACT(a_text_cut_short_by_death_is_an_error),
};
EXERCISE("4_sockets/hello_socket",
         "unix(7), socket(2), bind(2), listen(2), accept(2), connect(2), "
         "waitpid(2)",
         facts)
