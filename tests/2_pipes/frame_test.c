/*
 * frame_test.c — what frame_send and frame_recv promise.
 *
 * A fact looks at the bytes themselves, or puts a reader or writer of its
 * own at the other end: a process that hands over piece by piece, two that
 * meet in a full pipe, the real Python. Random streams come from a seed;
 * FRAME_SEED=7 make frame plays the 7th alone.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"
#include "frame.h"
#include "logbook.h"
#include "python.h"

enum {
    HEAD = 4,
    OLD = 0xee,
    ROOM = 64,
    LONG = 10000,
    MEGABYTE = 1 << 20,
    LARGEST = 16 * MEGABYTE
};

/* ---- the stream, and what goes through it ---------------------------- */

static int end[2]; /* of a pipe: read from 0, write to 1 */

static void new_pipe(void)
{
    CHECK_OK(pipe2(end, O_CLOEXEC), "the test itself needs a pipe");
}

static void close_pipe(void)
{
    close(end[0]);
    close(end[1]);
}

static void feed(const void *bytes, size_t n)
{
    CHECK_EQ(write(end[1], bytes, n), n, "the test itself could not write");
}

static int waiting(void)
{
    int n = 0;

    ioctl(end[0], FIONREAD, &n);
    return n;
}

/* A stream that holds these bytes, literal ones, and has ended. */
#define STREAM(literal) new_stream(literal, sizeof(literal) - 1)
static void new_stream(const void *bytes, size_t n)
{
    new_pipe();
    if (n > 0)
        feed(bytes, n);
    close(end[1]);
}

/* All that is in the pipe now, without waiting for more. */
static unsigned char raw[64 << 10];
static size_t read_raw(void)
{
    int n = waiting();

    return n > 0 ? (size_t)read(end[0], raw, (size_t)n) : 0;
}

/* Bytes of every value that fit no power of two; a message of n bytes begins
 * at its own place. Python's pattern(n) below is the same. */
enum { PERIOD = 4099, PLACES = 97 };

static const unsigned char *message(size_t n)
{
    static unsigned char bytes[LARGEST + PERIOD + PLACES];

    if (bytes[1] == 0) {
        for (size_t i = 0; i < PERIOD; i++)
            bytes[i] = (unsigned char)((i * 7 + i / 64) % 251);
        for (size_t i = PERIOD; i + PERIOD <= sizeof(bytes); i += PERIOD)
            memcpy(bytes + i, bytes, PERIOD);
    }
    return bytes + n % PLACES;
}

static unsigned char got[LARGEST + ROOM];
static size_t len;

/* frame_recv with cap bytes of room, and a strip behind it that stays. */
static int recv_into(size_t cap)
{
    int rc;

    memset(got, OLD, cap < ROOM ? ROOM : cap);
    memset(got + cap, OLD, ROOM);
    len = SIZE_MAX;
    errno = 0;
    rc = frame_recv(end[0], got, cap, &len);
    int error = errno;
    for (size_t i = ROOM; i-- > 0;)
        if (got[cap + i] != OLD)
            FAIL_TEST("%zu bytes behind the caller's buffer of %zu were "
                      "written: the length comes from somebody else, so "
                      "compare it with cap before you read into buf, and add "
                      "no end mark",
                      i + 1, cap);
    errno = error;
    return rc;
}

#define CHECK_MESSAGE(cap, want, n, ...)                                       \
    do {                                                                       \
        CHECK_EQ(recv_into(cap), 1, __VA_ARGS__);                              \
        CHECK_EQ(len, n,                                                       \
                 "*len, a size_t, is the length of the message whenever you "  \
                 "return 1; " __VA_ARGS__);                                    \
        CHECK_MEM(got, len, want, n, __VA_ARGS__);                             \
    } while (0)

/* The same when no more will come. A read that returns 0 for ever is noticed
 * as a busy wait, and ended with zeros without end. */
static void let_zeros_come(void *arg)
{
    int zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC);

    (void)arg;
    dup2(zeros, end[0]);
    close(zeros);
}

static int recv_at_the_end(size_t cap)
{
    watch_begin(let_zeros_come, NULL);
    int rc = recv_into(cap), error = errno;
    watch_end("the stream has ended, and read returns 0 for ever. Whoever "
              "waits for n bytes in a loop leaves it at a 0");
    errno = error;
    return rc;
}

#define CHECK_END()                                                            \
    CHECK_EQ(recv_into(ROOM), 0,                                               \
             "the stream has ended and no frame had begun: that is 0")

/* ---- the plain case ------------------------------------------------- */

static void puts_the_length_before_the_message(void **state)
{
    (void)state;
    new_pipe();
    CHECK_EQ(frame_send(end[1], "island", 6), 0, "frame_send returns 0");
    CHECK_MEM(
        raw, read_raw(), "\0\0\0\006island", 10,
        "a frame is the length of the message alone, in 4 bytes, the most "
        "significant first (6 is 00 00 00 06), and then the message: "
        "this machine's own order of bytes is another one, see htonl; "
        "nothing is added");
    CHECK_EQ(frame_send(end[1], message(300), 300), 0,
             "frame_send returns 0, not a number of bytes");
    size_t n = read_raw();
    CHECK_EQ(n, HEAD + 300,
             "a message is len bytes of any value, also 0: it is no string");
    CHECK_MEM(raw, n < HEAD ? n : HEAD, "\0\0\001\054", HEAD,
              "300 is 00 00 01 2c: the length is that of the message alone, "
              "in 4 bytes, the most significant first");
    CHECK_MEM(raw + HEAD, n - HEAD, message(300), 300,
              "the message follows, byte by byte as it is");
    close_pipe();
}

static void takes_the_message_out_again(void **state)
{
    (void)state;
    STREAM("\0\0\0\006island\0\0\0\003\0\377\n");
    CHECK_MESSAGE(ROOM, "island", 6,
                  "the length is 4 bytes, the most significant first: put it "
                  "together with shifts, or ntohl");
    CHECK_MESSAGE(ROOM, "\0\377\n", 3, "a message may hold bytes of any value");
    CHECK_END();
    close(end[0]);
}

static void an_empty_message_is_a_message(void **state)
{
    (void)state;
    new_pipe();
    CHECK_EQ(frame_send(end[1], "", 0), 0, "a message may have 0 bytes");
    CHECK_MEM(raw, read_raw(), "\0\0\0\0", HEAD,
              "the frame of an empty message is its length, 00 00 00 00: send "
              "that much");
    feed("\0\0\0\0\0\0\0\0", 8);
    IF_STUCK("An empty message has no bytes behind its length: a read that "
             "asks for some waits for the next frame.");
    for (int i = 0; i < 2; i++)
        CHECK_MESSAGE(ROOM, "", 0,
                      "a message of 0 bytes is a message: 1, and *len is 0. "
                      "Only the end of the stream is 0");
    close(end[1]);
    CHECK_END();
    close(end[0]);
}

static void the_end_between_two_frames_is_no_error(void **state)
{
    (void)state;
    STREAM("");
    for (int i = 0; i < 2; i++)
        CHECK_EQ(i == 0 ? recv_into(ROOM) : recv_at_the_end(ROOM), 0,
                 "read returned 0 before the first byte of a frame: the other "
                 "side is done, which is no error and no message");
    close(end[0]);
}

static void reads_nothing_beyond_the_frame(void **state)
{
    (void)state;
    STREAM("\0\0\0\003one\0\0\0\003two and more");
    CHECK_MESSAGE(ROOM, "one", 3, "the first message");
    CHECK_EQ(waiting(), 7 + 9,
             "the bytes behind the frame belong to the next call, or to "
             "another process that reads here: ask for 4 bytes, and then for "
             "as many as they say");
    CHECK_MESSAGE(ROOM, "two", 3, "the second message is still there");
    CHECK_EQ(waiting(), 9, "ask for as many bytes as the message has");
    close(end[0]);
}

static void a_message_may_fill_the_buffer(void **state)
{
    (void)state;
    STREAM("\0\0\0\005exact\0\0\0\0\0\0\0\001x");
    CHECK_MESSAGE(5, "exact", 5,
                  "a message of cap bytes fits: only a longer one does not, "
                  "and no byte is needed for an end mark");
    CHECK_MESSAGE(0, "", 0, "an empty message fits into no room at all");
    CHECK_MESSAGE(1, "x", 1, "a message of cap bytes fits");
    close(end[0]);
}

static void the_buffer_may_be_larger_than_any_message(void **state)
{
    (void)state;
    size_t size = (size_t)5 << 30,
           caps[] = {(size_t)3 << 30, ((size_t)4 << 30) + 2, size};
    void *buf = mmap(NULL, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (buf == MAP_FAILED)
        SKIP_TEST("no 5 GiB of addresses for a buffer");
    for (int i = 0; i < 3; i++) {
        STREAM("\0\0\0\004huge");
        STEP("cap is %zu", caps[i]);
        CHECK_EQ(frame_recv(end[0], buf, caps[i], &len), 1,
                 "cap is a size_t: kept in an int or in 32 bits, a large one "
                 "becomes negative or small. Compare as size_t");
        CHECK_MEM(buf, len, "huge", 4, "the message");
        close(end[0]);
    }
    munmap(buf, size);
}

/* ---- too long ------------------------------------------------------- */

static void a_message_longer_than_the_buffer_is_skipped(void **state)
{
    (void)state;
    static const size_t caps[] = {9, 5, 1, 0};

    for (int i = 0; i < 4; i++) {
        STREAM("\0\0\0\012\0\0\0\001island\0\0\0\002ok\0\0\0\0");
        STEP("a message of 10 bytes, and room for %zu", caps[i]);
        CHECK_ERRNO(recv_into(caps[i]), EMSGSIZE,
                    "the message is longer than cap, which may also be 0: "
                    "skip it with a small buffer of your own. Do not write "
                    "beyond the caller's, nor deliver a part as if it were "
                    "all");
        CHECK_EQ(waiting(), 6 + 4,
                 "a message that does not fit is taken off the stream to its "
                 "last byte, and not one byte more: read it in pieces into a "
                 "small buffer of your own, which also works if cap is 0");
        CHECK_MESSAGE(ROOM, "ok", 2,
                      "after EMSGSIZE the next call receives the next message");
        CHECK_MESSAGE(ROOM, "", 0, "and the one after it");
        close(end[0]);
    }
}

/* A process of the test's own that writes n bytes, from *bytes or zeros. */
static pid_t writer(const void *bytes, size_t n, const void *then, size_t more)
{
    pid_t pid = fact_fork();

    if (pid != 0) {
        close(end[1]);
        return pid;
    }
    close(end[0]);
    signal(SIGPIPE, SIG_DFL);
    feed(bytes, HEAD);
    for (size_t done = 0; done < n;) {
        size_t part = n - done < LARGEST ? n - done : LARGEST;
        ssize_t w = write(end[1], message(0), part);
        if (w <= 0)
            _exit(1);
        done += (size_t)w;
    }
    feed(then, more);
    _exit(0);
}

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
        ;
}

static void skips_much_more_than_a_pipe_holds(void **state)
{
    (void)state;
    new_pipe();
    pid_t pid = writer("\002\0\0\001", (32u << 20) + 1, "\0\0\0\002ok", 6);

    STEP("a message of 32 MiB and one byte, and room for %d bytes", ROOM);
    CHECK_ERRNO(recv_into(ROOM), EMSGSIZE, "the message is longer than cap");
    CHECK_MESSAGE(ROOM, "ok", 2,
                  "one read takes what is there, not all you asked for: go on "
                  "until every byte of the message has been skipped");
    CHECK_END();
    reap(pid);
    close(end[0]);
}

/* The most memory the learner has asked for at once, by the logbook. */
static size_t largest_allocation(void)
{
    size_t most = 0;
    unsigned last = page->events;

    for (unsigned i = last > PAGE_EVENTS ? last - PAGE_EVENTS : 0; i < last;
         i++) {
        const struct page_event *e = &page->event[i % PAGE_EVENTS];
        size_t a = (size_t)e->arg[0], b = (size_t)e->arg[1], size = 0;
        if (e->call == SEA_malloc)
            size = a;
        else if (e->call == SEA_calloc)
            size = a * b;
        else if (e->call == SEA_realloc || e->call == SEA_mmap ||
                 e->call == SEA_mmap64)
            size = b;
        most = size > most ? size : most;
    }
    return most;
}

static void gets_no_memory_on_a_strangers_word(void **state)
{
    (void)state;
    STREAM("\177\377\377\377only this much");
    STEP("a frame says 2147483647 bytes, %d come, and the stream ends",
         waiting() - HEAD);
    CHECK_ERRNO(recv_into(ROOM), EPROTO,
                "the stream ended inside a frame: a message that is skipped "
                "can be cut short, too");
    CHECK(largest_allocation() <= LARGEST,
          "it asked for %zu bytes because four bytes from somebody else said "
          "so: everybody who can write here can make you do that. Skip with a "
          "small buffer, again and again",
          largest_allocation());
    CHECK_EQ(waiting(), 0,
             "2147483647 is the largest length there is, and no negative one: "
             "what follows it belongs to its message");
    close(end[0]);
}

/* What malloc and mmap give may not grow by more than 64 MiB: who copies the
 * message then gets ENOMEM, and not all of the machine's memory. */
static struct rlimit hold_memory(void)
{
    struct rlimit before, now;
    char line[128];
    unsigned long kib = 0;
    FILE *status = fopen("/proc/self/status", "re");

    getrlimit(RLIMIT_DATA, &before);
    while (status && kib == 0 && fgets(line, sizeof(line), status))
        if (sscanf(line, "VmData: %lu kB", &kib) != 1)
            kib = 0;
    if (status)
        fclose(status);
    now = before;
    if (kib > 0)
        now.rlim_cur = ((rlim_t)kib << 10) + (64u << 20);
    setrlimit(RLIMIT_DATA, &now);
    return before;
}

static void the_largest_length_is_2_gib_less_one(void **state)
{
    (void)state;
    size_t most = 0x7fffffff;
    int closed = dup(0);
    void *msg = mmap(NULL, most, PROT_READ,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    close(closed);
    if (msg == MAP_FAILED)
        SKIP_TEST("no 2 GiB of addresses for a message");
    struct rlimit before = hold_memory();
    int rc = frame_send(closed, msg, most), error = errno;
    setrlimit(RLIMIT_DATA, &before);
    munmap(msg, most);
    STEP("a message of 2147483647 bytes, to a closed descriptor");
    if (rc != -1 || error != ENOMEM)
        CHECK_ERRNO((errno = error, rc), EBADF,
                    "only lengths above 0x7fffffff are too long: this one has "
                    "to be tried, and write says EBADF");
}

static void sends_no_length_that_the_format_cannot_hold(void **state)
{
    (void)state;
    static const size_t lens[] = {0x80000000u,      0xffffffffu,
                                  SIZE_MAX,         SIZE_MAX - 3,
                                  SIZE_MAX / 2 + 1, (size_t)0x100000005};
    void *msg = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    new_pipe();
    for (int i = 0; i < 6; i++) {
        STEP("a message of %zu bytes", lens[i]);
        CHECK_ERRNO(frame_send(end[1], msg, lens[i]), EMSGSIZE,
                    "4 bytes with a sign hold at most 0x7fffffff: compare len "
                    "as the size_t it is, before you add to it, store it in "
                    "fewer bits, or look at the message");
        CHECK_EQ(waiting(), 0,
                 "a message that cannot be sent must not begin: look at len "
                 "before you write anything");
    }
    munmap(msg, 4096);
    close_pipe();
}

/* ---- broken frames -------------------------------------------------- */

static void a_length_cut_short_is_a_breach(void **state)
{
    (void)state;
    for (size_t n = 1; n < HEAD; n++) {
        new_stream("\0\0\0", n);
        STEP("%zu of the 4 bytes of a length, and the stream ends", n);
        CHECK_ERRNO(n == 1 ? recv_at_the_end(ROOM) : recv_into(ROOM), EPROTO,
                    "a frame had begun when the stream ended: only before its "
                    "first byte is the end a clean one");
        close(end[0]);
    }
}

static void a_message_cut_short_is_a_breach(void **state)
{
    (void)state;
    STREAM("\0\0\0\006islan");
    STEP("5 of 6 bytes, and the stream ends");
    CHECK_ERRNO(recv_at_the_end(ROOM), EPROTO,
                "a message comes whole or not at all: the stream ended inside "
                "a frame");
    close(end[0]);
    STREAM("\0\0\0\006");
    STEP("a length, and the stream ends");
    CHECK_ERRNO(recv_into(ROOM), EPROTO,
                "the length was there, its message was not: the stream ended "
                "inside a frame");
    close(end[0]);
}

static void a_skipped_message_cut_short_is_a_breach(void **state)
{
    (void)state;
    static const size_t n[] = {HEAD, HEAD + 1, HEAD + 5};

    for (int i = 0; i < 3; i++) {
        new_stream("\0\0\0\006islan", n[i]);
        STEP("%zu of 6 bytes, room for 2, and the stream ends", n[i] - HEAD);
        CHECK_ERRNO(i == 0 ? recv_at_the_end(2) : recv_into(2), EPROTO,
                    "the stream ended inside a frame that was being skipped: "
                    "there is no next message, so this is EPROTO");
        close(end[0]);
    }
}

static void a_negative_length_is_a_breach(void **state)
{
    (void)state;
    static const char *const lengths[] = {"\377\377\377\377", "\200\0\0\0",
                                          "\377\377\377\372"};

    for (int i = 0; i < 3; i++) {
        new_pipe();
        feed(lengths[i], HEAD);
        feed("more", 4);
        STEP("a length with its highest bit set, and the stream stays open");
        IF_STUCK("The length is a number with a sign, and this one is "
                 "negative. Taken for a large one it makes you wait for "
                 "gigabytes that never come: return EPROTO at once.");
        CHECK_ERRNO(recv_into(ROOM), EPROTO,
                    "the length is negative, which no message's is: whoever "
                    "wrote it speaks another protocol. It must not be taken "
                    "for a large number, or be handed to read as a size");
        close_pipe();
    }
}

static void pythons_long_form_is_a_breach(void **state)
{
    (void)state;
    STREAM("\377\377\377\377\0\0\0\0\200\0\0\0the message of 2 GiB");
    STEP("-1, and then a length of 8 bytes: so Python sends 2 GiB and more");
    CHECK_ERRNO(recv_into(ROOM), EPROTO,
                "Python announces a message of 2 GiB or more with the length "
                "-1: this format has none of those, and -1 is negative");
    close(end[0]);
}

/* ---- whole, among others -------------------------------------------- */

/* A process that sends a message of 100 such letters. Returns when it has,
 * or when it sleeps because the pipe is full. */
static pid_t sender(char letter)
{
    char msg[100];
    pid_t pid = fact_fork();

    if (pid == 0) {
        memset(msg, letter, sizeof(msg));
        ISLAND_CHECK(frame_send(end[1], msg, sizeof(msg)) == 0,
                     "the message is sent as soon as there is room for it");
        _exit(0);
    }
    while (!asleep(pid) && !gone(pid))
        moment();
    return pid;
}

static bool whole_frame(const unsigned char *bytes)
{
    return memcmp(bytes, "\0\0\0\144", HEAD) == 0 &&
           (bytes[HEAD] == 'A' || bytes[HEAD] == 'B') &&
           memcmp(bytes + HEAD, bytes + HEAD + 1, 99) == 0;
}

static void frames_of_two_senders_do_not_mix(void **state)
{
    (void)state;
    enum { SPACE = 16, FRAME = HEAD + 100 };
    size_t all = 0;
    ssize_t n;

    new_pipe();
    size_t full = (size_t)fcntl(end[1], F_SETPIPE_SZ, 4096) - SPACE;
    feed(message(0), full);
    STEP("the pipe has room for %d more bytes; two processes send 100 each",
         SPACE);
    pid_t a = sender('A'), b = sender('B');
    close(end[1]);
    while ((n = read(end[0], raw + all, sizeof(raw) - all)) > 0)
        all += (size_t)n;
    reap(a);
    reap(b);
    CHECK_EQ(all, full + 2 * FRAME, "both frames have arrived");
    CHECK(whole_frame(raw + full) && whole_frame(raw + full + FRAME),
          "the frames of two processes are mixed: between two writes of one "
          "there is time for a write of another. What goes into a pipe with "
          "one write of at most PIPE_BUF bytes stays together, so put length "
          "and message into one: writev, or a buffer for both");
    close(end[0]);
}

static void goes_into_the_pipe_in_one_piece(void **state)
{
    (void)state;
    static const size_t sizes[] = {
        0, 1, 3, 511, 2000, PIPE_BUF - HEAD - 1, PIPE_BUF - HEAD};

    /* In packet mode a read returns what one write has written. */
    if (pipe2(end, O_CLOEXEC | O_DIRECT) == -1)
        SKIP_TEST("this kernel has no packet mode for pipes");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        STEP("a message of %zu bytes: a frame of %zu", sizes[i],
             sizes[i] + HEAD);
        CHECK_EQ(frame_send(end[1], message(sizes[i]), sizes[i]), 0,
                 "there is room");
        CHECK_EQ(waiting() > 0 ? read(end[0], raw, sizeof(raw)) : 0,
                 sizes[i] + HEAD,
                 "the frame went into the pipe piece by piece, and another "
                 "process can write in between. Up to PIPE_BUF (%d) bytes, the "
                 "length counted, it has to be one write or one writev",
                 PIPE_BUF);
    }
    close_pipe();
}

/* ---- sizes, and the real Python -------------------------------------- */

/* clang-format off */
static const size_t sizes[] = {
    5, 0, 1, 127, 128, 255, 256, PIPE_BUF - 5, PIPE_BUF - 4, PIPE_BUF - 3,
    PIPE_BUF, 16383, 16384, 16385, 65535, 65536, MEGABYTE, LARGEST, 0, 2};
/* clang-format on */
enum { SIZES = sizeof(sizes) / sizeof(*sizes) };

/* If the Python at the other end of the socket has left, it tells why. */
static int or_python(int rc, int right, pid_t python)
{
    struct pollfd there = {.fd = end[0]};
    int error = errno;

    if (rc != right && python && poll(&there, 1, 0) == 1)
        python_end(python);
    errno = error;
    return rc;
}

static void check_size(size_t size, const char *from, pid_t python)
{
    STEP("a message of %zu bytes from %s", size, from);
    CHECK_EQ(or_python(recv_into(size), 1, python), 1,
             "the message is there: a large one comes in many pieces, so read "
             "until you have as many bytes as the length says");
    CHECK_EQ(len, size,
             "*len is the length as the frame says it: all of its 4 bytes "
             "count, in *len and on the stream");
    CHECK_MEM(got, len, message(size), size,
              "every byte arrives, in its place: read on behind what you have");
}

static void send_every_size(void)
{
    close(end[0]);
    for (int i = 0; i < SIZES; i++)
        ISLAND_CHECK(frame_send(end[1], message(sizes[i]), sizes[i]) == 0,
                     "a message may have up to 0x7fffffff bytes: neither a "
                     "pipe nor the stack holds that, and one write takes what "
                     "there is room for");
    _exit(0);
}

static void carries_messages_of_every_size(void **state)
{
    (void)state;
    new_pipe();
    pid_t pid = fact_fork();

    if (pid == 0)
        send_every_size();
    close(end[1]);
    IF_STUCK("The frame_send of another process waits for room, or its "
             "frame_recv for bytes that were never sent. A write takes what "
             "there is room for and returns how much: go on with the rest.");
    for (int i = 0; i < SIZES; i++)
        check_size(sizes[i], "another process", 0);
    CHECK_END();
    reap(pid);
    close(end[0]);
}

/* What all scripts begin with; sys.argv: the descriptor, the sizes. */
#define CONNECTION                                                             \
    "import sys\n"                                                             \
    "from multiprocessing.connection import Connection\n"                      \
    "period = bytes((i * 7 + i // 64) % 251 for i in range(4099))\n"           \
    "def pattern(n):\n"                                                        \
    "    return (period * (n // 4099 + 2))[n % 97:][:n]\n"                     \
    "def recv(conn, n):\n"                                                     \
    "    try:\n"                                                               \
    "        got = conn.recv_bytes()\n"                                        \
    "    except (EOFError, OSError) as e:\n"                                   \
    "        sys.exit(f'recv_bytes() should have given a message of {n} '\n"   \
    "                 f'bytes. It failed: {e!r}')\n"                           \
    "    if len(got) != n:\n"                                                  \
    "        sys.exit(f'recv_bytes() gave a message of {len(got)} bytes '\n"   \
    "                 f'where one of {n} was sent')\n"                         \
    "    if got != pattern(n):\n"                                              \
    "        sys.exit(f'a message of {n} bytes came with other bytes')\n"      \
    "    return got\n"                                                         \
    "fd, *sizes = map(int, sys.argv[1:])\n"

static pid_t connect_python(const char *script, int fd)
{
    static char number[SIZES + 1][16];
    const char *args[SIZES + 2];

    snprintf(number[SIZES], sizeof(*number), "%d", fd);
    args[0] = number[SIZES];
    for (int i = 0; i < SIZES; i++) {
        snprintf(number[i], sizeof(*number), "%zu", sizes[i]);
        args[i + 1] = number[i];
    }
    args[SIZES + 1] = NULL;
    pid_t pid = python_start(script, (const int[]){fd, -1}, args);
    close(fd);
    return pid;
}

static void python_understands_what_is_sent(void **state)
{
    (void)state;
    int rc = 0, error = 0;

    new_pipe();
    signal(SIGPIPE, SIG_IGN);
    CHECK_EQ(frame_send(end[1], message(sizes[0]), sizes[0]), 0,
             "the pipe has room");
    pid_t pid =
        connect_python(CONNECTION "conn = Connection(fd, writable=False)\n"
                                  "for n in sizes:\n"
                                  "    recv(conn, n)\n"
                                  "try:\n"
                                  "    conn.recv_bytes()\n"
                                  "    sys.exit('more came than was sent')\n"
                                  "except EOFError:\n"
                                  "    pass\n",
                       end[0]);
    IF_STUCK("Python has been told of a longer message than it gets.");
    for (int i = 1; i < SIZES && rc == 0; i++) {
        STEP("a message of %zu bytes for Python", sizes[i]);
        rc = frame_send(end[1], message(sizes[i]), sizes[i]);
        error = errno;
    }
    close(end[1]);
    python_end(pid);
    errno = error;
    CHECK_EQ(rc, 0, "Python has received all of it");
    signal(SIGPIPE, SIG_DFL);
}

static void understands_what_python_sends(void **state)
{
    (void)state;
    new_pipe();
    pid_t pid =
        connect_python(CONNECTION "conn = Connection(fd, readable=False)\n"
                                  "for n in sizes:\n"
                                  "    conn.send_bytes(pattern(n))\n",
                       end[1]);
    for (int i = 0; i < SIZES; i++)
        check_size(sizes[i], "Python", 0);
    CHECK_END();
    close(end[0]);
    python_end(pid);
}

static void talks_with_python_over_a_socket(void **state)
{
    (void)state;
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, end),
             "the test itself needs a socket");
    signal(SIGPIPE, SIG_IGN);
    pid_t pid =
        connect_python(CONNECTION "conn = Connection(fd)\n"
                                  "for n in sizes:\n"
                                  "    conn.send_bytes(recv(conn, n))\n",
                       end[1]);
    for (int i = 0; i < SIZES; i++) {
        STEP("a message of %zu bytes to Python and back", sizes[i]);
        IF_STUCK("Python waits for the rest of a message, and you for its "
                 "answer. A write takes what there is room for: go on with "
                 "the rest.");
        int rc = frame_send(end[0], message(sizes[i]), sizes[i]);
        CHECK_EQ(or_python(rc, 0, pid), 0,
                 "a frame goes over a socket as well as over a pipe");
        check_size(sizes[i], "Python", pid);
    }
    CHECK_END();
    close(end[0]);
    python_end(pid);
    signal(SIGPIPE, SIG_DFL);
}

/* ---- piece by piece -------------------------------------------------- */

/* Hand over the first n bytes only when the reader has taken all before. */
static const unsigned char *hand_over(const unsigned char *bytes, size_t n)
{
    while (waiting() > 0)
        blink();
    if (write(end[1], bytes, n) != (ssize_t)n)
        _exit(1);
    return bytes + n;
}

/* A frame in pieces: cut before byte i and before byte j, and byte by byte. */
static void hand_over_in_all_ways(const unsigned char *frame, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j < n; j++) {
            const unsigned char *rest = hand_over(frame, i);
            if (j > i)
                rest = hand_over(rest, j - i);
            hand_over(rest, n - j);
        }
    for (size_t i = 0; i < n; i++)
        hand_over(frame + i, 1);
}

static pid_t piecemeal(const char *frame, size_t n)
{
    new_pipe();
    pid_t pid = fact_fork();

    if (pid == 0) {
        hand_over_in_all_ways((const unsigned char *)frame, n);
        _exit(0);
    }
    close(end[1]);
    return pid;
}

enum { WAYS = 9 * 10 / 2 + 1 }; /* to cut 10 bytes so */

static void puts_the_pieces_together(void **state)
{
    (void)state;
    pid_t pid = piecemeal("\0\0\0\006island", 10);

    for (int i = 0; i < WAYS; i++) {
        STEP("the %d. of %d ways to cut a frame in pieces", i + 1, WAYS);
        CHECK_MESSAGE(ROOM, "island", 6,
                      "a read returns what is there, often less than was "
                      "asked for, and the 4 bytes of the length can come in "
                      "pieces, too: go on reading until you have them all");
    }
    CHECK_END();
    reap(pid);
    close(end[0]);
}

static void skips_the_pieces(void **state)
{
    (void)state;
    pid_t pid = piecemeal("\0\0\0\006\0\0\0\001xy", 10);

    for (int i = 0; i < WAYS; i++) {
        STEP("the %d. of %d ways to cut a frame in pieces", i + 1, WAYS);
        CHECK_ERRNO(recv_into(3), EMSGSIZE,
                    "a read returns what is there, often less than was asked "
                    "for: go on until the whole message has been skipped, or "
                    "its middle is taken for the next length");
    }
    CHECK_END();
    reap(pid);
    close(end[0]);
}

/* ---- signals --------------------------------------------------------- */

static void feed_rest(void *rest)
{
    const char *text = rest;

    if (write(end[1], text, 6) != 6)
        abort();
    close(end[1]);
}

static void goes_on_receiving_after_a_signal(void **state)
{
    (void)state;
    static const struct {
        size_t fed;
        const char *bytes, *rest;
    } at[] = {{2, "\0\0", "\0\004isle"}, {6, "\0\0\0\010ar", "chipel"}};

    sea_handler();
    for (int i = 0; i < 2; i++) {
        new_pipe();
        feed(at[i].bytes, at[i].fed);
        STEP("%zu bytes of the frame have come, and then a signal", at[i].fed);
        nudge_begin(2, feed_rest, (void *)(uintptr_t)at[i].rest);
        int rc = recv_into(ROOM), error = errno;
        nudge_end();
        errno = error;
        CHECK_EQ(rc, 1,
                 "a signal interrupted read, which is no failure of the "
                 "stream: after EINTR read on, behind the bytes you have");
        CHECK_MEM(got, len, i ? "archipel" : "isle", i ? 8 : 4,
                  "what had come before the signal counts");
        close(end[0]);
    }
}

static void receives_three(void)
{
    new_pipe();
    feed("\0\0\0\006island\0\0\047\020", 14);
    feed(message(LONG), LONG);
    feed("\0\0\047\020", HEAD);
    feed(message(1), LONG);
    feed("\0\0\0\0", HEAD);
    close(end[1]);
    CHECK_MESSAGE(ROOM, "island", 6,
                  "nothing has gone wrong: after EINTR call read again");
    CHECK_MESSAGE(LONG, message(LONG), LONG,
                  "nothing has gone wrong: after EINTR or a short read go on "
                  "behind the bytes you have");
    CHECK_ERRNO(recv_into(ROOM), EMSGSIZE,
                "the message is skipped to its end, also after EINTR and "
                "after short reads");
    CHECK_MESSAGE(ROOM, "", 0, "and the next call is in step");
    CHECK_END();
    close(end[0]);
}

static void goes_on_after_every_signal_and_short_read(void **state)
{
    (void)state;
    sea_handler();
    sea_every(receives_three, SEA_EINTR | SEA_SHORT);
}

/*
 * The pipe is full but for the rest of a page. Of a frame of some pages and
 * `first` bytes, exactly those bytes fit, then write sleeps, and a signal
 * makes it return so much. Later ones find it with nothing written.
 */
static size_t drained;

static void drain(void *arg)
{
    ssize_t n;

    (void)arg;
    while ((n = read(end[0], got + drained, sizeof(got) - drained)) > 0)
        drained += (size_t)n;
}

static void goes_on_sending_after_a_short_write(void **state)
{
    (void)state;
    sea_handler();
    for (size_t first = 0; first <= 4; first++) {
        new_pipe();
        size_t page_size = (size_t)fcntl(end[1], F_SETPIPE_SZ, 4096);
        size_t size = 2 * page_size + first - HEAD, fed = 100;
        feed(message(0), page_size - 4096 + fed);
        fed += page_size - 4096;
        drained = 0;
        STEP("of a frame, %zu bytes find room, and then a signal comes", first);
        IF_STUCK("The write was interrupted, or took only a part: go on with "
                 "the rest, or the reader waits for bytes that never come.");
        nudge_begin(3, drain, NULL);
        int rc = frame_send(end[1], message(size), size), error = errno;
        close(end[1]);
        nudge_end();
        close(end[0]);
        errno = error;
        CHECK_EQ(rc, 0,
                 "a signal interrupted write, which is no failure of the "
                 "stream: after EINTR write again");
        CHECK_EQ(drained - fed, size + HEAD,
                 "write returns how many bytes it took, and the length may be "
                 "cut in the middle: go on with the rest, no more and no less");
        CHECK_MEM(got + fed + HEAD, size, message(size), size,
                  "after a short write go on behind what was taken, which may "
                  "be only a part of the 4 bytes of the length");
    }
}

/* ---- errors ---------------------------------------------------------- */

static void says_what_is_wrong_with_the_descriptor(void **state)
{
    (void)state;
    char buf[ROOM];
    int folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    int closed = fcntl(folder, F_DUPFD_CLOEXEC, 200);

    close(closed);
    quiet_begin();
    CHECK_ERRNO(frame_recv(closed, buf, ROOM, &len), EBADF,
                "read failed, and the caller learns its errno: an error is "
                "neither the end of the stream nor a broken frame");
    CHECK_ERRNO(frame_recv(folder, buf, ROOM, &len), EISDIR,
                "read failed, and the caller learns its errno");
    CHECK_ERRNO(frame_send(closed, "island", 6), EBADF,
                "write failed, and the caller learns its errno");
    if (full != -1)
        CHECK_ERRNO(frame_send(full, "island", 6), ENOSPC,
                    "write failed, and the caller learns its errno");
    quiet_end();
    close(folder);
    close(full);
}

/* The peer leaves without having read what was sent to it. Between pieces
 * the error may get lost in the kernel: recv with MSG_WAITALL gives what there
 * is, forgets it, and then sees the end. */
static void says_that_the_peer_was_lost(void **state)
{
    (void)state;
    static const size_t come[] = {0, 2, HEAD, HEAD + 3};

    for (int i = 0; i < 8; i++) {
        CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, end),
                 "the test itself needs a socket");
        CHECK_EQ(write(end[0], "unread", 6), 6, "the test's own write");
        if (come[i / 2] > 0)
            feed("\0\0\0\006isl", come[i / 2]);
        close(end[1]);
        STEP("%zu bytes of a frame, and then read fails", come[i / 2]);
        int rc = recv_into(i % 2 ? ROOM : 2), error = errno;
        if (rc != -1 || error != EPROTO || come[i / 2] % HEAD == 0)
            CHECK_ERRNO((errno = error, rc), ECONNRESET,
                        "read failed, which is not the same as the end of "
                        "the stream: the caller learns its errno");
        close(end[0]);
    }
}

static void says_that_nobody_reads_any_more(void **state)
{
    (void)state;
    new_pipe();
    close(end[0]);
    signal(SIGPIPE, SIG_IGN);
    CHECK_ERRNO(frame_send(end[1], "island", 6), EPIPE,
                "nobody will ever read this: pass on the EPIPE that write "
                "gives");
    CHECK_ERRNO(frame_send(end[1], "", 0), EPIPE,
                "an empty message has a length to write, and nobody reads it");
    signal(SIGPIPE, SIG_DFL);
    close(end[1]);
}

static void hang_up(void *arg)
{
    (void)arg;
    close(end[0]);
}

static void says_that_the_reader_left_half_way(void **state)
{
    (void)state;
    new_pipe();
    signal(SIGPIPE, SIG_IGN);
    STEP("1 MiB is being sent when the reader closes its end");
    watch_begin(hang_up, NULL);
    int rc = frame_send(end[1], message(MEGABYTE), MEGABYTE), error = errno;
    watch_end("write sleeps until there is room: leave the descriptor "
              "blocking and call it again for the rest");
    errno = error;
    CHECK_ERRNO((errno = error, rc), EPIPE,
                "a part had been written, the rest never will be: that is a "
                "failure, and its errno is write's");
    signal(SIGPIPE, SIG_DFL);
    close(end[1]);
}

static void sends_or_says_why_not(void)
{
    static const size_t size[] = {6, LONG};

    for (int i = 0; i < 2; i++) {
        new_pipe();
        errno = 0;
        int rc = frame_send(end[1], message(size[i]), size[i]), error = errno;
        if (rc != 0) {
            errno = error;
            CHECK(sea_hit() && error == sea_error(),
                  "the caller learns the errno of the call that failed");
            CHECK_EQ(waiting(), 0, "a call failed before anything was sent");
        } else {
            CHECK_EQ(waiting(), size[i] + HEAD, "all of the frame was sent");
        }
        close_pipe();
    }
}

static void receives_or_says_why_not(void)
{
    static const size_t cap[] = {ROOM, 2};

    for (int i = 0; i < 2; i++) {
        STREAM("\0\0\0\006island");
        int rc = recv_into(cap[i]), error = errno;
        if (sea_hit() && rc == -1 && error == sea_error()) {
            close(end[0]);
            continue;
        }
        errno = error;
        CHECK(i == 0 ? rc == 1 : rc == -1 && error == EMSGSIZE,
              "a call failed: go on without it, or return -1 with its errno");
        close(end[0]);
    }
}

static void undoes_everything_when_a_call_fails(void **state)
{
    (void)state;
    sea_every(sends_or_says_why_not, SEA_ERRORS);
    sea_every(receives_or_says_why_not, SEA_ERRORS);
}

/* ---- manners --------------------------------------------------------- */

static void sleeps_until_the_frame_is_there(void **state)
{
    (void)state;
    static const char *const rest[] = {"\0\0\0\002ok", "\0\002okay", "island"};
    static const size_t fed[] = {0, 2, HEAD};

    for (int i = 0; i < 3; i++) {
        new_pipe();
        if (fed[i] > 0)
            feed("\0\0\0\006", fed[i]);
        STEP("%zu bytes of a frame are there", fed[i]);
        watch_begin(feed_rest, (void *)(uintptr_t)rest[i]);
        int rc = recv_into(ROOM), error = errno;
        watch_end("read sleeps until there is something to read: leave the "
                  "descriptor blocking and call it");
        errno = error;
        CHECK_EQ(rc, 1, "the message has come in the end");
        close(end[0]);
    }
}

static void leaves_the_descriptor_as_it_was(void **state)
{
    (void)state;
    new_pipe();
    int before[] = {fcntl(end[0], F_GETFL), fcntl(end[1], F_GETFL)};

    CHECK_EQ(frame_send(end[1], "island", 6), 0, "there is room");
    CHECK_MESSAGE(ROOM, "island", 6, "what was sent");
    CHECK_EQ(frame_send(end[1], "island", 6), 0, "there is room");
    CHECK_ERRNO(recv_into(2), EMSGSIZE, "it does not fit");
    feed("\377\377\377\377", HEAD);
    CHECK_ERRNO(recv_into(2), EPROTO, "the length is negative");
    for (int i = 0; i < 2; i++)
        CHECK_EQ(fcntl(end[i], F_GETFL), before[i],
                 "the descriptor is the caller's, and shared with every "
                 "process that has it: leave its flags alone, and leave it "
                 "open, whatever has come from it");
    close_pipe();
}

/* ---- hostile streams ------------------------------------------------- */

static uint64_t dice_state;

static unsigned dice(unsigned faces)
{
    dice_state ^= dice_state << 13;
    dice_state ^= dice_state >> 7;
    dice_state ^= dice_state << 17;
    return (unsigned)(dice_state >> 33) % faces;
}

static unsigned char hostile[4096];
static size_t hostile_size;

static void add(unsigned byte)
{
    if (hostile_size < sizeof(hostile))
        hostile[hostile_size++] = (unsigned char)byte;
}

static void add_length(uint32_t n)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        add(n >> shift & 0xff);
}

static void add_noise(unsigned n)
{
    while (n-- > 0)
        add(dice(4) ? dice(256) : 0);
}

/* Frames, lies and noise. */
static void make_hostile(unsigned seed, size_t cap)
{
    uint32_t edges[] = {
        (uint32_t)cap, (uint32_t)cap + 1, 0x7fffffff, 0x80000000, 0xffffffff,
        0xfffffffe,    0x00ffffff,        0x100,      0x10000};
    unsigned n;

    hostile_size = 0;
    for (unsigned part = dice(6) + (seed % 16 != 0); part > 0; part--)
        switch (dice(8)) {
        case 0:
            add_length(edges[dice(9)]);
            add_noise(dice(20));
            break;
        case 1:
            add_noise(dice(12));
            break;
        default:
            n = dice(3) ? dice((unsigned)cap + 2) : dice(300);
            add_length(n);
            add_noise(dice(16) ? n : dice(n + 1));
        }
}

/* What is right at this place of the stream, and where the next one is. */
static int right_answer(size_t *at, size_t cap, size_t *n, int *error)
{
    const unsigned char *b = hostile + *at;
    size_t left = hostile_size - *at;

    *n = 0;
    *error = EPROTO;
    if (left == 0)
        return 0;
    *at = hostile_size;
    if (left < HEAD || b[0] > 0x7f)
        return -1;
    *n = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
    if (*n > left - HEAD)
        return -1;
    *at -= left - HEAD - *n;
    *error = EMSGSIZE;
    return *n > cap ? -1 : 1;
}

/* One answer; the last byte of buf is the last before a forbidden page. */
static bool answers_rightly(unsigned seed, unsigned char *buf, size_t cap,
                            size_t *at)
{
    size_t n, from = *at;
    int error, right = right_answer(at, cap, &n, &error);

    STEP("FRAME_SEED=%u: from byte %zu of %zu, room for %zu", seed, from,
         hostile_size, cap);
    if (right == -1)
        CHECK_ERRNO(frame_recv(end[0], buf, cap, &len), error,
                    "random bytes (FRAME_SEED=%u make frame plays them alone): "
                    "whatever comes, a frame cut short or a negative length is "
                    "EPROTO, and one above cap EMSGSIZE. EFAULT would mean a "
                    "read beyond the room that cap allows",
                    seed);
    else
        CHECK_EQ(frame_recv(end[0], buf, cap, &len), right,
                 "random bytes (FRAME_SEED=%u make frame plays them alone): a "
                 "whole frame that fits is 1, the end between frames 0",
                 seed);
    if (right == 1)
        CHECK_MEM(buf, len, hostile + from + HEAD, n,
                  "the message between the random bytes (FRAME_SEED=%u)", seed);
    if (right != -1 || error == EMSGSIZE)
        CHECK_EQ(waiting(), hostile_size - *at,
                 "of random bytes (FRAME_SEED=%u make frame plays them alone), "
                 "too, exactly one frame is taken",
                 seed);
    return right == 1 || (right == -1 && error == EMSGSIZE);
}

static void survive_seed(unsigned seed, unsigned char *forbidden)
{
    dice_state = seed * 0x9e3779b97f4a7c15u + 1;
    for (int i = 0; i < 8; i++)
        dice(2);
    size_t at = 0, cap = dice(4) ? dice(24) : dice(200);

    make_hostile(seed, cap);
    new_stream(hostile, hostile_size);
    while (answers_rightly(seed, forbidden - cap, cap, &at))
        ;
    close(end[0]);
}

static void survives_random_bytes(void **state)
{
    (void)state;
    enum { STREAMS = 500, SPACE = 4 << 16 };
    const char *only = getenv("FRAME_SEED");
    unsigned char *space = mmap(NULL, 2 * SPACE, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(space != MAP_FAILED && !mprotect(space + SPACE, SPACE, PROT_NONE),
          "the test itself needs memory");
    IF_STUCK("The stream has ended: read returns 0, and a loop that does not "
             "look at that never ends.");
    for (unsigned seed = 1; seed <= STREAMS && !only; seed++)
        survive_seed(seed, space + SPACE);
    if (only)
        survive_seed((unsigned)strtoul(only, NULL, 0), space + SPACE);
    munmap(space, 2 * SPACE);
}

static const struct CMUnitTest facts[] = {
    FACT(puts_the_length_before_the_message),
    FACT(takes_the_message_out_again),
    FACT(an_empty_message_is_a_message),
    FACT(the_end_between_two_frames_is_no_error),
    FACT(reads_nothing_beyond_the_frame),
    FACT(a_message_may_fill_the_buffer),
    FACT(the_buffer_may_be_larger_than_any_message),
    FACT(a_message_longer_than_the_buffer_is_skipped),
    FACT(a_length_cut_short_is_a_breach),
    FACT(a_message_cut_short_is_a_breach),
    FACT(a_skipped_message_cut_short_is_a_breach),
    FACT(a_negative_length_is_a_breach),
    FACT(pythons_long_form_is_a_breach),
    FACT(gets_no_memory_on_a_strangers_word),
    FACT(the_largest_length_is_2_gib_less_one),
    FACT(sends_no_length_that_the_format_cannot_hold),
    FACT(frames_of_two_senders_do_not_mix),
    FACT(goes_into_the_pipe_in_one_piece),
    FACT(carries_messages_of_every_size),
    FACT(skips_much_more_than_a_pipe_holds),
    FACT(puts_the_pieces_together),
    FACT(skips_the_pieces),
    FACT(goes_on_receiving_after_a_signal),
    FACT(goes_on_after_every_signal_and_short_read),
    FACT(goes_on_sending_after_a_short_write),
    FACT(says_what_is_wrong_with_the_descriptor),
    FACT(says_that_the_peer_was_lost),
    FACT(says_that_nobody_reads_any_more),
    FACT(says_that_the_reader_left_half_way),
    FACT(undoes_everything_when_a_call_fails),
    FACT(sleeps_until_the_frame_is_there),
    FACT(leaves_the_descriptor_as_it_was),
    FACT(survives_random_bytes),
    FACT(python_understands_what_is_sent),
    FACT(understands_what_python_sends),
    FACT(talks_with_python_over_a_socket),
};
EXERCISE("2_pipes/frame", "read(2), writev(2), pipe(7), byteorder(3)", facts)
