/*
 * full_io_test.c — what read_full and write_full promise.
 *
 * Bytes are numbers made from their place, so that lost, doubled or shifted
 * ones show. "Pieces" are a stream that delivers one piece for each read,
 * however many bytes are asked for: a descriptor sent along ends each.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"
#include "full_io.h"

enum { MUCH = 300000, PIECES = 40, GUARD = 0xee };

static unsigned char sample[MUCH], buf[MUCH];

static unsigned char *bytes(void)
{
    for (int i = 0; i < MUCH; i++)
        sample[i] = (unsigned char)(i * 7 + i / 64 + i / 4099);
    memset(buf, GUARD, sizeof(buf));
    return sample;
}

/* ---- ways to send bytes ------------------------------------------------ */

enum kind { A_PIPE, A_SOCKET, KINDS };
static const char *const kind_name[] = {"pipe", "socket"};

/* end[0] reads, end[1] writes. */
static void make_way(enum kind kind, int end[2])
{
    int rc = kind == A_PIPE
                 ? pipe2(end, O_CLOEXEC)
                 : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, end);

    CHECK_EQ(rc, 0, "the test itself needs a %s", kind_name[kind]);
    STEP("a %s", kind_name[kind]);
}

static void close_way(const int end[2])
{
    close(end[0]);
    close(end[1]);
}

static void set_flag(int fd, int flag)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | flag);
}

/* A short message of the test's: there is room for it. */
static void put(int fd, const void *from, size_t n)
{
    CHECK_EQ(write(fd, from, n), n, "the test itself writes");
}

/* Until nothing more fits; returns how many bytes are in it then. */
static size_t fill(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    size_t sum = 0;
    ssize_t n;

    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    for (size_t piece = 4096; piece > 0; piece = piece > 1 ? 1 : 0)
        while ((n = write(fd, sample, piece)) > 0)
            sum += (size_t)n;
    fcntl(fd, F_SETFL, flags);
    return sum;
}

/* A descriptor goes with it: no read goes on beyond this piece. */
static void put_piece(int fd, const void *from, size_t n)
{
    struct iovec part = {(void *)(uintptr_t)from, n};
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control = {.room = ""};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};

    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
    CHECK_EQ(sendmsg(fd, &message, 0), n, "the test itself sends a piece");
}

/* Reads to the end, in a thread of the test's (see watch_begin). */
static struct {
    int fd;
    size_t most, len;
    unsigned char bytes[4 * MUCH];
} drained;

static void drain(void *unused)
{
    ssize_t n = 1;

    (void)unused;
    while (n > 0 && drained.len < drained.most) {
        size_t room = drained.most - drained.len;
        n = read(drained.fd, drained.bytes + drained.len, room);
        drained.len += n > 0 ? (size_t)n : 0;
    }
}

static void drain_from(int fd, size_t most)
{
    drained.fd = fd;
    drained.most = most < sizeof(drained.bytes) ? most : sizeof(drained.bytes);
    drained.len = 0;
}

/* What that thread sends instead; with `last`, nothing comes after it. */
static struct delivery {
    int fd;
    size_t from, n;
    bool last;
} delivery;

static void deliver(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < delivery.n;) {
        size_t n = delivery.n - i;
        ssize_t put = write(delivery.fd, sample + delivery.from + i, n);
        if (put <= 0)
            break;
        i += (size_t)put;
    }
    if (delivery.last)
        close(delivery.fd);
}

/* ---- reading: the plain case and the edges ----------------------------- */

static void reads_what_is_there(void **state)
{
    (void)state;
    for (enum kind kind = 0; kind < KINDS; kind++) {
        int end[2];

        make_way(kind, end);
        put(end[1], bytes(), 100);
        IF_STUCK("All n bytes are there, and the other end stays open: when "
                 "n bytes have been read, read_full is done. It does not wait "
                 "for one more, nor for the end of the stream.");
        CHECK_EQ(read_full(end[0], buf, 100), 100,
                 "100 bytes were asked for and 100 are there: read_full "
                 "returns their number");
        CHECK_MEM(buf, 100, sample, 100, "the bytes come as they were sent");
        close_way(end);
    }
}

static void joins_pieces_of_every_size(void **state)
{
    (void)state;
    enum { LAST = 20 }; /* of the last piece, this much is asked for */
    size_t total = 0;
    ssize_t came;
    int end[2];

    make_way(A_SOCKET, end);
    bytes();
    for (size_t n = 1; n <= PIECES; total += n++)
        put_piece(end[1], sample + total, n);
    total -= PIECES - LAST;
    STEP("the bytes come in pieces of 1, 2, 3 … %d bytes; of the last, only "
         "%d are asked for",
         PIECES, LAST);
    IF_STUCK("More bytes are there than were asked for: ask for what is "
             "missing still, and stop when nothing is missing.");
    came = read_full(end[0], buf, total);
    CHECK_EQ(buf[total], GUARD,
             "buf has room for n bytes: when k have come, ask for n - k, not "
             "for n again");
    CHECK_EQ(came, total,
             "one read gives what is there, perhaps one byte: go on until all "
             "n are there, and return the sum, not what the last read gave");
    CHECK_MEM(buf, total, sample, total,
              "each piece goes behind the one before it: after a read of k "
              "bytes the next one writes to buf + k");
    close_way(end);
}

static void takes_no_more_than_it_was_asked_for(void **state)
{
    (void)state;
    int end[2];

    make_way(A_PIPE, end);
    put(end[1], bytes(), 100);
    CHECK_EQ(read_full(end[0], buf, 30), 30, "30 of 100 bytes were asked for");
    CHECK_EQ(buf[30], GUARD,
             "buf has room for n bytes: not one more may be written");
    IF_STUCK("The other 70 bytes were sent, too, but they are not in the pipe "
             "any more: read_full(fd, buf, 30) has taken more than 30 out.");
    CHECK_EQ(read_full(end[0], buf, 70), 70,
             "the 70 bytes that nobody asked for are still in the pipe: never "
             "read more than what is missing");
    CHECK_MEM(buf, 70, sample + 30, 70, "they are the next 70 bytes");
    close_way(end);
}

static void stops_at_the_end_of_the_stream(void **state)
{
    (void)state;
    for (enum kind kind = 0; kind < KINDS; kind++) {
        int end[2];

        make_way(kind, end);
        put(end[1], bytes(), 10);
        close(end[1]);
        IF_STUCK("read returns 0 at the end of a stream, and 0 again each "
                 "time: a loop that goes on while bytes are missing never "
                 "ends. Leave it at the first 0.");
        CHECK_EQ(read_full(end[0], buf, 100), 10,
                 "10 bytes and then the end: the end is no error, and the 10 "
                 "bytes count. Fewer than n means that the stream has ended");
        CHECK_MEM(buf, 10, sample, 10, "the 10 bytes are delivered");
        CHECK_EQ(read_full(end[0], buf, 100), 0,
                 "there was nothing more: that is 0, and no error");
        close(end[0]);
    }
}

static void an_old_errno_means_nothing(void **state)
{
    (void)state;
    static const int old[] = {EINTR, EAGAIN, EIO};

    for (int i = 0; i < 3; i++) {
        int end[2];
        ssize_t n;

        make_way(A_PIPE, end);
        put(end[1], bytes(), 10);
        close(end[1]);
        STEP("errno is %s before the call, from long ago", name_errno(old[i]));
        IF_STUCK("The stream has ended, read returns 0, and errno still holds "
                 "%s from before the call: errno means something only after "
                 "-1. Look at what read returned first.",
                 name_errno(old[i]));
        errno = old[i];
        n = read_full(end[0], buf, 100);
        CHECK_EQ(n, 10,
                 "no call sets errno to 0, so an old error is still "
                 "in it: look at errno only after -1");
        errno = old[i];
        n = read_full(end[0], buf, 100);
        CHECK_EQ(n, 0,
                 "the end of the stream is 0, whatever was in errno "
                 "before: look at errno only after -1");
        close(end[0]);
    }
}

static void reads_files_and_devices(void **state)
{
    (void)state;
    int file = open("letter", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

    put(file, bytes(), 1000);
    lseek(file, 0, SEEK_SET);
    STEP("a file of 1000 bytes");
    CHECK_EQ(read_full(file, buf, 600), 600, "a file is a stream like others");
    CHECK_EQ(read_full(file, buf + 600, 600), 400,
             "the second call goes on where the first one stopped, and stops "
             "at the end of the file");
    CHECK_MEM(buf, 1000, sample, 1000, "the file's bytes, in their order");
    CHECK_EQ(read_full(file, buf, 1), 0, "the end of a file is 0");
    STEP("/dev/zero");
    CHECK_EQ(read_full(zero, buf, MUCH), MUCH, "/dev/zero has no end");
    CHECK(buf[0] == 0 && memcmp(buf, buf + 1, MUCH - 1) == 0,
          "every byte of buf was read");
    close(zero);
    close(file);
    unlink("letter");
}

static void reading_nothing_does_not_wait(void **state)
{
    (void)state;
    int end[2];

    make_way(A_PIPE, end);
    bytes();
    IF_STUCK("n is 0: there is nothing to wait for. Do not read or poll before "
             "you have looked whether a byte is missing.");
    CHECK_EQ(read_full(end[0], buf, 0), 0, "n of 0 moves nothing");
    CHECK_EQ(buf[0], GUARD, "n of 0 moves nothing");
    close_way(end);
}

/* Address space without memory: only what is touched costs something. */
static void *wide_room(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (p == MAP_FAILED)
        SKIP_TEST("this machine does not lend %zu bytes of address space", n);
    return p;
}

static void counts_in_size_t(void **state)
{
    (void)state;
    size_t four_gib = (size_t)1 << 32, two_gib = (size_t)1 << 31;
    unsigned char *room = wide_room(four_gib + 5);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int end[2];

    make_way(A_PIPE, end);
    put(end[1], bytes(), 100);
    close(end[1]);
    CHECK_EQ(read_full(end[0], room, four_gib + 5), 100,
             "n may be more than 4 GiB: count in size_t, an int or unsigned "
             "cuts it off");
    CHECK_MEM(room, 100, sample, 100, "the stream had 100 bytes");
    CHECK_ERRNO(write_full(full, room, four_gib), ENOSPC,
                "4 GiB are not 0 bytes: count in size_t, an int or unsigned "
                "cuts it off");
    CHECK_EQ(write_full(null, room, two_gib + 5), two_gib + 5,
             "2 GiB and 5 bytes do not fit into an int: add up in size_t");
    munmap(room, four_gib + 5);
    close(end[0]);
    close(full);
    close(null);
}

/* ---- reading: errors --------------------------------------------------- */

static void says_why_it_could_not_read(void **state)
{
    (void)state;
    int folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int wrong = open("/dev/null", O_WRONLY | O_CLOEXEC);

    bytes();
    quiet_begin();
    CHECK_ERRNO(read_full(folder, buf, 10), EISDIR,
                "a folder cannot be read: where an error came first, that is "
                "-1 with read's errno, not 0, which is the end of a stream");
    CHECK_ERRNO(read_full(wrong, buf, 10), EBADF,
                "this descriptor is open for writing only: -1 with read's "
                "errno");
    close(wrong);
    CHECK_ERRNO(read_full(wrong, buf, 10), EBADF,
                "this descriptor is closed: -1 with read's errno");
    quiet_end();
    close(folder);
}

/*
 * /proc/self/mem reads this process's memory: k bytes of a page, and then
 * EIO, as long as the file that is mapped has no second page.
 */
static struct {
    int fd, file;
    unsigned char *page;
    size_t size, k;
} torn;

static void torn_begin(size_t k)
{
    torn.size = (size_t)sysconf(_SC_PAGESIZE);
    torn.k = k;
    torn.fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    torn.file = memfd_create("torn", MFD_CLOEXEC);
    if (torn.fd < 0 || ftruncate(torn.file, (off_t)torn.size) < 0)
        SKIP_TEST("/proc/self/mem cannot be read here");
    torn.page = mmap(NULL, 2 * torn.size, PROT_READ | PROT_WRITE, MAP_SHARED,
                     torn.file, 0);
    memcpy(torn.page + torn.size - k, bytes(), k);
    lseek(torn.fd, (off_t)(uintptr_t)(torn.page + torn.size - k), SEEK_SET);
    STEP("%zu bytes can be read, what comes then gives EIO", k);
}

static void torn_mend(void)
{
    CHECK_EQ(ftruncate(torn.file, 2 * (off_t)torn.size), 0, "the test's own");
    memcpy(torn.page + torn.size, sample + torn.k, torn.size);
    STEP("what gave EIO can be read now");
}

static void torn_end(void)
{
    munmap(torn.page, 2 * torn.size);
    close(torn.file);
    close(torn.fd);
}

static void keeps_what_came_before_an_error(void **state)
{
    (void)state;
    torn_begin(60);
    IF_STUCK("EIO does not pass: only EINTR and EAGAIN are worth another "
             "try.");
    CHECK_EQ(read_full(torn.fd, buf, 100), 60,
             "60 bytes had come when the error came: they are out of the "
             "stream, and with -1 nobody would ever hear of them. Return 60, "
             "the next call tells of the error");
    CHECK_MEM(buf, 60, sample, 60, "they are in buf");
    CHECK_ERRNO(read_full(torn.fd, buf, 40), EIO,
                "the next call meets the error at once: it is no end of the "
                "stream");
    CHECK_ERRNO(read_full(torn.fd, buf, 40), EIO,
                "and so does every later one");
    torn_end();
}

static void reads_the_rest_after_an_error(void **state)
{
    (void)state;
    torn_begin(60);
    CHECK_EQ(read_full(torn.fd, buf, 100), 60,
             "60 bytes had come when the error came: return their number");
    torn_mend();
    CHECK_EQ(read_full(torn.fd, buf + 60, 40), 40,
             "the error has passed: the next call reads on, it does not "
             "repeat an error from memory");
    CHECK_MEM(buf, 100, sample, 100,
              "the rest begins where the first call stopped");
    torn_end();
}

/* ---- reading: waiting -------------------------------------------------- */

static void sleeps_until_the_bytes_come(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * KINDS; i++) {
        int end[2], flags;
        ssize_t n;

        make_way(i / 2, end);
        set_flag(end[0], i % 2 ? O_NONBLOCK : 0);
        flags = fcntl(end[0], F_GETFL);
        STEP("it is %s; 10 bytes are there, 90 come later",
             i % 2 ? "non-blocking" : "blocking");
        put(end[1], bytes(), 10);
        delivery = (struct delivery){end[1], 10, 90, false};
        IF_STUCK("The bytes have come meanwhile, and it does not see them: "
                 "does it wait for POLLIN, on this descriptor?");
        watch_begin(deliver, NULL);
        n = read_full(end[0], buf, 100);
        int error = errno;
        watch_end("when read says EAGAIN, wait with poll for POLLIN and "
                  "without a time-out: it sleeps until there is something");
        errno = error;
        CHECK_EQ(n, 100,
                 "EAGAIN means that nothing is there yet: it is no error and "
                 "no end. Wait, and go on until n bytes have come");
        CHECK_MEM(buf, 100, sample, 100,
                  "what came before the wait is kept, and the rest goes "
                  "behind it");
        CHECK_EQ(fcntl(end[0], F_GETFL), flags,
                 "the descriptor's flags belong to everybody who has it open, "
                 "in other processes, too: they are as before when it returns");
        close_way(end);
    }
}

static void sees_the_end_while_it_waits(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * KINDS; i++) {
        int end[2], flags;
        ssize_t n;

        make_way(i / 2, end);
        set_flag(end[0], i % 2 ? O_NONBLOCK : 0);
        flags = fcntl(end[0], F_GETFL);
        STEP("it is %s; 10 bytes come, and then the other end is closed",
             i % 2 ? "non-blocking" : "blocking");
        bytes();
        delivery = (struct delivery){end[1], 0, 10, true};
        IF_STUCK("The other end is closed, so the stream has ended. poll says "
                 "POLLHUP then, perhaps without POLLIN: whatever poll says, "
                 "read tells what it is.");
        watch_begin(deliver, NULL);
        n = read_full(end[0], buf, 100);
        int error = errno;
        watch_end("wait in poll, for POLLIN and without a time-out, and leave "
                  "the loop when read returns 0");
        errno = error;
        CHECK_EQ(n, 10, "10 bytes, and then the end of the stream");
        CHECK_EQ(fcntl(end[0], F_GETFL), flags,
                 "the flags are as before, also at the end of the stream");
        CHECK_EQ(read_full(end[0], buf, 100), 0, "there is nothing more");
        CHECK_EQ(fcntl(end[0], F_GETFL), flags,
                 "the flags are as before, also at the end of the stream");
        close(end[0]);
    }
}

static void reads_on_after_a_signal(void **state)
{
    (void)state;
    sea_handler();
    for (int i = 0; i < 2; i++) {
        int end[2];
        ssize_t n;

        make_way(A_PIPE, end);
        set_flag(end[0], i ? O_NONBLOCK : 0);
        put(end[1], bytes(), 10);
        delivery = (struct delivery){end[1], 10, 90, false};
        STEP("10 of 100 bytes are there (%s), and three signals come",
             i ? "non-blocking" : "blocking");
        IF_STUCK("All 100 bytes have come, and it waits for one more: was the "
                 "-1 of a read that a signal interrupted added to the count?");
        nudge_begin(3, deliver, NULL);
        n = read_full(end[0], buf, 100);
        int error = errno;
        nudge_end();
        errno = error;
        CHECK_EQ(n, 100,
                 "a signal handler ran, and read or poll came back with EINTR: "
                 "nothing has been read then and nothing is wrong, call again");
        CHECK_MEM(buf, 100, sample, 100,
                  "what came before the signal is kept, and nothing twice");
        close_way(end);
    }
}

static void reads_pieces(void)
{
    int end[2];
    size_t total = 0;

    make_way(A_SOCKET, end);
    bytes();
    for (size_t n = 1; n <= 6; total += n++)
        put_piece(end[1], sample + total, n);
    IF_STUCK("Nothing was lost on the way: ask for what is missing still, not "
             "for more.");
    CHECK_EQ(read_full(end[0], buf, total), total,
             "EINTR means that nothing has been read: call again, count it "
             "as nothing, and lose nothing of what came before");
    CHECK_MEM(buf, total, sample, total, "every byte once, in its place");
    close_way(end);
}

static void reads_a_pipeful(void)
{
    int end[2];
    size_t size;

    make_way(A_PIPE, end);
    bytes();
    size = fill(end[1]);
    for (size_t i = 0; i < size; i += 4096)
        memcpy(drained.bytes + i, sample, size - i < 4096 ? size - i : 4096);
    close(end[1]);
    CHECK_EQ(read_full(end[0], buf, MUCH), size,
             "read may give fewer than are there: only 0 is the end");
    CHECK_MEM(buf, size, drained.bytes, size, "every byte once, in its place");
    close(end[0]);
}

static void reads_on_whatever_each_call_gives(void **state)
{
    (void)state;
    sea_handler();
    sea_every(reads_pieces, SEA_EINTR);
    sea_every(reads_a_pipeful, SEA_EINTR | SEA_SHORT);
}

/* ---- writing: the plain case and the edges ----------------------------- */

/* All that is written is read, from when the writer waits. */
static int flags_after;

static ssize_t write_while_draining(int end[2], size_t held, const void *from,
                                    size_t n)
{
    ssize_t put;
    int error;

    drain_from(end[0], SIZE_MAX);
    IF_STUCK("There is room again, since the other end is being read, and "
             "nothing more comes: does it wait for POLLOUT, on this "
             "descriptor, and write all of the rest?");
    watch_begin(drain, NULL);
    put = write_full(end[1], from, n);
    error = errno;
    flags_after = fcntl(end[1], F_GETFL);
    close(end[1]);
    watch_end("when write says EAGAIN, wait with poll for POLLOUT and without "
              "a time-out: it sleeps until there is room");
    drained.len -= drained.len < held ? drained.len : held;
    memmove(drained.bytes, drained.bytes + held, drained.len);
    errno = error;
    return put;
}

static void writes_more_than_a_pipe_holds(void **state)
{
    (void)state;
    for (enum kind kind = 0; kind < KINDS; kind++) {
        int end[2];
        ssize_t n;

        make_way(kind, end);
        n = write_while_draining(end, 0, bytes(), MUCH);
        CHECK_EQ(n, MUCH, "all of it has been written: that is n");
        CHECK_MEM(drained.bytes, drained.len, sample, MUCH,
                  "every byte arrives, once and in its order");
        close(end[0]);
    }
}

static void writes_what_was_left_over(void **state)
{
    (void)state;
    static const size_t part[] = {1, 2, 7, 4095};

    for (int i = 0; i < 4; i++) {
        int end[2];
        size_t n = 4 * 4096 + part[i];

        make_way(A_PIPE, end);
        fcntl(end[1], F_SETPIPE_SZ, 4096);
        put(end[1], bytes(), 1); /* leaves room for what is no whole page */
        set_flag(end[1], O_NONBLOCK);
        STEP("the first write can move %zu of %zu bytes", part[i], n);
        CHECK_EQ(write_while_draining(end, 1, sample + 1, n), n,
                 "one write moves as many bytes as there is room for: go on "
                 "with the rest, and return n, not what the last write moved");
        CHECK_MEM(drained.bytes, drained.len, sample + 1, n,
                  "after a write of k bytes the next one begins at buf + k, "
                  "with k bytes fewer to go");
        close(end[0]);
    }
}

static void writes_files_and_devices(void **state)
{
    (void)state;
    int file = open("letter", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    CHECK_EQ(write_full(file, bytes(), 600), 600, "a file is a stream, too");
    CHECK_EQ(write_full(file, sample + 600, 400), 400, "and goes on");
    CHECK_EQ(pread(file, buf, MUCH, 0), 1000,
             "the second call writes behind what the first one wrote");
    CHECK_MEM(buf, 1000, sample, 1000, "the file's bytes, in their order");
    CHECK_EQ(write_full(null, sample, MUCH), MUCH, "/dev/null takes it all");
    close(null);
    close(file);
    unlink("letter");
}

static void writing_nothing_does_not_wait(void **state)
{
    (void)state;
    int end[2];

    make_way(A_PIPE, end);
    bytes();
    size_t held = fill(end[1]);
    IF_STUCK("n is 0: there is nothing to wait for, even where the pipe is "
             "full. Do not poll before you have looked whether a byte is "
             "left.");
    CHECK_EQ(write_full(end[1], sample, 0), 0, "n of 0 moves nothing");
    close(end[1]);
    drain_from(end[0], SIZE_MAX);
    drain(NULL);
    CHECK_EQ(drained.len, held, "n of 0 moves nothing");
    close(end[0]);
}

/* ---- writing: errors --------------------------------------------------- */

/* The caller ignores SIGPIPE from here to restore_sigpipe. */
static void ignore_sigpipe(void)
{
    signal(SIGPIPE, SIG_IGN);
}

static void restore_sigpipe(void)
{
    struct sigaction now;

    sigaction(SIGPIPE, NULL, &now);
    CHECK(now.sa_handler == SIG_IGN,
          "the caller ignores SIGPIPE, and has to find it so: leave signals "
          "alone, they belong to the whole program");
    signal(SIGPIPE, SIG_DFL);
}

static void says_why_it_could_not_write(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    int wrong = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    int end[2];

    make_way(A_PIPE, end);
    ignore_sigpipe();
    quiet_begin();
    CHECK_ERRNO(write_full(wrong, bytes(), 10), EBADF,
                "this descriptor is open for reading only: -1 with write's "
                "errno");
    CHECK_ERRNO(write_full(full, sample, 10), ENOSPC,
                "the device is full: -1 with write's errno");
    close(end[0]);
    STEP("nobody has the read end any more, and the caller ignores SIGPIPE");
    CHECK_ERRNO(write_full(end[1], sample, 10), EPIPE,
                "nobody can read what is written: -1 with EPIPE");
    close(end[1]);
    CHECK_ERRNO(write_full(end[1], sample, 10), EBADF,
                "this descriptor is closed: -1 with write's errno");
    quiet_end();
    restore_sigpipe();
    close(wrong);
    close(full);
}

/* After a part was written, the error may come with the next call. */
static ssize_t write_until_it_fails(int fd, const unsigned char *from, size_t n)
{
    ssize_t put = write_full(fd, from, n);

    if (put > 0 && (size_t)put < n)
        put = write_full(fd, from + put, n - (size_t)put);
    return put;
}

static void leave(void *fd)
{
    close(*(int *)fd);
}

static void notices_that_the_reader_left(void **state)
{
    (void)state;
    ignore_sigpipe();
    for (int i = 0; i < 2 * KINDS; i++) {
        int end[2], flags;
        ssize_t n;

        make_way(i / 2, end);
        set_flag(end[1], i % 2 ? O_NONBLOCK : 0);
        flags = fcntl(end[1], F_GETFL);
        STEP("it is %s, and the reader leaves without reading",
             i % 2 ? "non-blocking" : "blocking");
        IF_STUCK("The reader has left: poll says POLLERR or POLLHUP for ever, "
                 "and each write EPIPE. Leave the loop at the first error "
                 "that is neither EINTR nor EAGAIN.");
        watch_begin(leave, &end[0]);
        n = write_until_it_fails(end[1], bytes(), MUCH);
        int error = errno;
        watch_end("wait in poll, for POLLOUT and without a time-out");
        errno = error;
        CHECK(n == -1,
              "the reader has left before it got everything: a number here "
              "would mean that all is well");
        /* A socket may say it in another word, if something was unread. */
        CHECK(error == EPIPE || (i / 2 == A_SOCKET && error == ECONNRESET),
              "the caller learns write's errno, EPIPE: nobody can read any "
              "more");
        CHECK_EQ(fcntl(end[1], F_GETFL), flags,
                 "the descriptor's flags are as before, also after an error");
        close(end[1]);
    }
    restore_sigpipe();
}

static int pipes_broken;

static void count_broken_pipe(int sig)
{
    (void)sig;
    pipes_broken++;
}

static void sigpipe_is_the_callers_affair(void **state)
{
    (void)state;
    struct sigaction mine = {.sa_handler = count_broken_pipe}, old;
    int end[2], wstatus;

    make_way(A_PIPE, end);
    close(end[0]);
    bytes();
    sigaction(SIGPIPE, &mine, &old);
    STEP("nobody reads, and the caller has a handler for SIGPIPE");
    CHECK_ERRNO(write_full(end[1], sample, 10), EPIPE, "nobody can read");
    CHECK(pipes_broken > 0, "the caller has a handler for SIGPIPE, and it did "
                            "not run: leave signals as they are");
    sigaction(SIGPIPE, &old, NULL);
    STEP("nobody reads, and SIGPIPE is as it was when the program began");
    pid_t pid = fact_fork();
    if (pid == 0) {
        write_full(end[1], sample, 10);
        _exit(0);
    }
    waitpid(pid, &wstatus, 0);
    CHECK_STATUS(wstatus, KILLED(SIGPIPE),
                 "a program that says nothing about SIGPIPE ends by it, as "
                 "`yes | head` needs: whether to ignore it is for the caller "
                 "to decide, not for a function that writes");
    close(end[1]);
}

/* A file may not grow beyond 60 bytes: of 100, 60 are written, then EFBIG. */
static void says_so_when_only_a_part_was_written(void **state)
{
    (void)state;
    int file = open("letter", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct rlimit old;
    ssize_t n;

    getrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){60, old.rlim_max});
    STEP("the file cannot take more than 60 bytes");
    IF_STUCK("This error does not pass: only EINTR and EAGAIN are worth "
             "another try.");
    n = write_until_it_fails(file, bytes(), 100);
    int error = errno;
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_DFL);
    errno = error;
    CHECK_EQ(n, -1, "60 of 100 bytes were written, then came EFBIG: say so");
    CHECK_EQ(error, EFBIG, "the errno is that of the write that failed");
    CHECK_EQ(pread(file, buf, MUCH, 0), 60, "60 bytes were written");
    close(file);
    unlink("letter");
}

/* ---- writing: waiting -------------------------------------------------- */

static void sleeps_until_there_is_room(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * KINDS; i++) {
        int end[2], flags;
        size_t held;
        ssize_t n;

        make_way(i / 2, end);
        bytes();
        held = fill(end[1]);
        set_flag(end[1], i % 2 ? O_NONBLOCK : 0);
        flags = fcntl(end[1], F_GETFL);
        STEP("it is %s and full; somebody reads later",
             i % 2 ? "non-blocking" : "blocking");
        n = write_while_draining(end, held, sample, 100);
        CHECK_EQ(n, 100,
                 "EAGAIN means that there is no room yet: it is no error. "
                 "Wait, and go on until all is written");
        CHECK_MEM(drained.bytes, drained.len, sample, 100,
                  "every byte arrives, once and in its order");
        CHECK_EQ(flags_after, flags,
                 "the descriptor's flags belong to everybody who has it open, "
                 "in other processes, too: they are as before when it returns");
        close(end[0]);
    }
}

static void writes_on_after_a_signal(void **state)
{
    (void)state;
    sea_handler();
    for (int i = 0; i < 2; i++) {
        int end[2];
        size_t held;
        ssize_t n;

        make_way(A_PIPE, end);
        bytes();
        held = fill(end[1]);
        set_flag(end[1], i ? O_NONBLOCK : 0);
        drain_from(end[0], SIZE_MAX);
        STEP("the pipe is full (%s), and three signals come",
             i ? "non-blocking" : "blocking");
        IF_STUCK("The pipe is being read again, and nothing more comes: go on "
                 "after EINTR.");
        nudge_begin(3, drain, NULL);
        n = write_full(end[1], sample, MUCH);
        int error = errno;
        close(end[1]);
        nudge_end();
        errno = error;
        CHECK_EQ(n, MUCH,
                 "a signal handler ran, and write or poll came back with "
                 "EINTR: nothing is wrong, call again");
        CHECK_MEM(drained.bytes + held, drained.len - held, sample, MUCH,
                  "nothing is lost by the signal, and nothing sent twice");
        close(end[0]);
    }
}

/* The reader is a process that waits until the writer does. */
static void reads_and_compares(int fd, size_t held, pid_t writer)
{
    size_t len = 0;
    ssize_t n = 1;

    for (int i = 0; i < 1000 && !asleep(writer); i++)
        moment();
    for (; n > 0 && len<sizeof(drained.bytes); len += n> 0 ? (size_t)n : 0)
        n = read(fd, drained.bytes + len, sizeof(drained.bytes) - len);
    ISLAND_CHECK(len == held + MUCH &&
                     memcmp(drained.bytes + held, sample, MUCH) == 0,
                 "a write may move a part only, or nothing (EINTR): go on "
                 "with what is left, until all n bytes are written, once and "
                 "in their order");
    _exit(0);
}

static void writes_to_a_slow_reader(void)
{
    int end[2], wstatus;
    size_t held;
    pid_t pid;

    make_way(A_PIPE, end);
    bytes();
    held = fill(end[1]);
    pid = fact_fork();
    if (pid == 0) {
        close(end[1]);
        reads_and_compares(end[0], held, getppid());
    }
    CHECK_EQ(write_full(end[1], sample, MUCH), MUCH,
             "a write may move a part only, or nothing (EINTR): nothing is "
             "wrong, go on with what is left until all n bytes are written");
    close_way(end);
    waitpid(pid, &wstatus, 0);
    CHECK_STATUS(wstatus, EXITED(0), "all of it arrives");
}

static void writes_on_whatever_each_call_moves(void **state)
{
    (void)state;
    sea_handler();
    sea_every(writes_to_a_slow_reader, SEA_EINTR | SEA_SHORT);
}

static const struct CMUnitTest facts[] = {
    FACT(reads_what_is_there),
    FACT(joins_pieces_of_every_size),
    FACT(takes_no_more_than_it_was_asked_for),
    FACT(stops_at_the_end_of_the_stream),
    FACT(an_old_errno_means_nothing),
    FACT(reads_files_and_devices),
    FACT(reading_nothing_does_not_wait),
    FACT(says_why_it_could_not_read),
    FACT(keeps_what_came_before_an_error),
    FACT(reads_the_rest_after_an_error),
    FACT(sleeps_until_the_bytes_come),
    FACT(sees_the_end_while_it_waits),
    FACT(reads_on_after_a_signal),
    FACT(reads_on_whatever_each_call_gives),
    FACT(writes_more_than_a_pipe_holds),
    FACT(writes_what_was_left_over),
    FACT(writes_files_and_devices),
    FACT(writing_nothing_does_not_wait),
    FACT(says_why_it_could_not_write),
    FACT(notices_that_the_reader_left),
    FACT(sigpipe_is_the_callers_affair),
    FACT(says_so_when_only_a_part_was_written),
    FACT(sleeps_until_there_is_room),
    FACT(writes_on_after_a_signal),
    FACT(writes_on_whatever_each_call_moves),
    FACT(counts_in_size_t),
};
EXERCISE("2_pipes/full_io", "read(2), write(2), poll(2), pipe(7)", facts)
