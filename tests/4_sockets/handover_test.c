/*
 * handover_test.c — facts about fd_send and fd_recv.
 *
 * Most speak with plain calls at one end, so that one wrong function is not
 * excused by the other, and most hold for a stream and for packets.
 */
#include <signal.h>
#include <stdalign.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handover_ends.h"
#include "logbook.h"
#include "python.h"

enum { OTHER_ID = 54321 };

/* ---- the plain case ------------------------------------------------- */

#define SENT_WHOLE                                                             \
    "The message was sent whole, and fd_recv waits for more: how can it "      \
    "tell where a message ends?"

static void a_descriptor_crosses_with_its_tag(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        IF_STUCK(SENT_WHOLE);
        quiet_begin();
        CHECK_EQ(fd_send(b, file, "the treasure", 12), 0,
                 "there is room, and the descriptor is open: it is sent, and "
                 "that is 0");
        receives("the treasure", 12);
        sends(file, "and back", 8);
        int fd = receive_from(b, FD_TAG_MAX, NULL);
        check_received(fd, "and back", 8, file);
        quiet_end();
        close_pair();
    }
}

static const size_t sizes[] = {0, 1, 2, 100, FD_TAG_MAX - 1, FD_TAG_MAX};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static void fd_send_keeps_to_the_format(void **state)
{
    (void)state;
    make_pair(SOCK_STREAM);
    for (int i = 0; i < SIZES; i++) {
        STEP("a tag of %zu bytes", sizes[i]);
        sends(file, sample(), sizes[i]);
        fetch(b, 1);
        CHECK_EQ(got.size, 1,
                 "fd_send has returned 0, and nothing has come: a stream "
                 "carries a descriptor only with a byte. An empty tag has its "
                 "length byte");
        CHECK_EQ(got.bytes[0], sizes[i], "the first byte is the tag's length");
        CHECK_EQ(got.fds, 1,
                 "one descriptor travels, and it does so with the first byte");
        CHECK(same_file(got.fd[0], file), "it is the one that was to be sent");
        drop_fds();
        fetch(b, sizeof(got.bytes));
        size_t rest = got.size > 0 ? (size_t)got.size : 0;
        CHECK_MEM(got.bytes, rest, sample(), sizes[i],
                  "after the length comes the tag, and nothing more");
        CHECK_EQ(got.fds, 0, "one descriptor travels, with the first byte");
    }
    close_pair();
}

static void fd_send_makes_one_packet(void **state)
{
    (void)state;
    make_pair(SOCK_SEQPACKET);
    for (int i = 0; i < SIZES; i++) {
        STEP("a tag of %zu bytes", sizes[i]);
        sends(file, sample(), sizes[i]);
        fetch(b, sizeof(got.bytes));
        CHECK_EQ(got.size, 1 + sizes[i],
                 "a message is one packet: the length, then the tag. One "
                 "sendmsg with an iovec of two parts does it");
        CHECK_EQ(got.bytes[0], sizes[i], "the first byte is the length");
        CHECK_MEM(got.bytes + 1, sizes[i], sample(), sizes[i],
                  "after the length comes the tag");
        CHECK_EQ(got.fds, 1, "one descriptor travels with it");
        CHECK(same_file(got.fd[0], file), "it is the one that was to be sent");
        drop_fds();
        fetch(b, sizeof(got.bytes));
        CHECK_EQ(got.size, -1, "a message is one packet, and no second");
    }
    close_pair();
}

static void a_tag_is_bytes_of_any_kind(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        IF_STUCK(SENT_WHOLE);
        for (int i = 0; i < SIZES; i++) {
            STEP("a tag of %zu bytes", sizes[i]);
            post_tag(sample(), sizes[i], 1);
            receives(sample(), sizes[i]);
        }
        post_tag("\0\0x\0", 4, 1);
        receives("\0\0x\0", 4);
        sends(file, "\n%s\0", 4);
        fetch_message();
        CHECK_MEM(got.bytes, (size_t)got.size, "\4\n%s\0", 5,
                  "a tag is bytes, not a string: NUL is one of them");
        drop_fds();
        close_pair();
    }
}

static void a_tag_may_fill_its_room(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        for (int i = 0; i < SIZES; i++) {
            STEP("tag and cap have %zu bytes", sizes[i]);
            post_tag(sample(), sizes[i], 1);
            int fd = receive(sizes[i]);
            check_received(fd, sample(), sizes[i], file);
        }
        close_pair();
    }
}

/* ---- what crosses --------------------------------------------------- */

static void crosses(int fd, const char *what)
{
    STEP("%s", what);
    sends(fd, what, strlen(what));
    CHECK(fcntl(fd, F_GETFD) != -1, "the caller keeps fd: fd_send leaves it "
                                    "open");
    int copy = receive_from(b, FD_TAG_MAX, NULL);
    check_received(copy, what, strlen(what), fd);
}

static void any_open_file_crosses(void **state)
{
    (void)state;
    int end[2], folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (pipe2(end, O_CLOEXEC) == -1)
        FAIL_TEST("the test itself could not make a pipe");
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        IF_STUCK(SENT_WHOLE);
        crosses(file, "a file");
        crosses(end[0], "the reading end of a pipe");
        crosses(end[1], "the writing end of a pipe");
        crosses(folder, "a folder");
        crosses(a, "the socket it is sent through");
        crosses(b, "the socket at the other end");
        close_pair();
    }
    close(end[0]), close(end[1]), close(folder);
}

static void the_copy_is_the_same_open_file(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        IF_STUCK(SENT_WHOLE);
        int fd = dup(file);
        sends(fd, "file", 4);
        CHECK_EQ(close(fd), 0,
                 "the caller keeps fd, and may close it as soon "
                 "as fd_send has returned: it is still open");
        fd = receive_from(b, FD_TAG_MAX, NULL);
        CHECK_OK(fd, "%s", excuse(errno));
        lseek(file, 3, SEEK_SET);
        CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3,
                 "both are one open file, as after dup: it is not opened "
                 "again, and the offset is common");
        close(fd);
        close_pair();
    }
}

static void the_copy_is_close_on_exec(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        post_tag("file", 4, 1);
        int fd = receive(FD_TAG_MAX);
        CHECK_OK(fd, "%s", excuse(errno));
        CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC,
              "the new descriptor is not close-on-exec: a program that "
              "somebody starts meanwhile would inherit what was passed to you "
              "alone. recvmsg takes MSG_CMSG_CLOEXEC, for the flag does not "
              "travel with the descriptor");
        check_received(fd, "file", 4, file);
        close_pair();
    }
}

static void zero_is_a_descriptor(void **state)
{
    (void)state;
    int saved = fcntl(0, F_DUPFD_CLOEXEC, 200);

    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        IF_STUCK(SENT_WHOLE);
        post_tag("file", 4, 1);
        close(0);
        int fd = receive(FD_TAG_MAX), error = errno;
        int rc = fd == 0 ? fd_send(a, 0, "zero", 4) : -1;
        dup2(saved, 0);
        STEP("the caller has closed 0, so the descriptor may get this number");
        errno = error;
        CHECK_OK(fd, "0 is a good descriptor: only -1 says that there is none");
        if (fd == 0)
            CHECK_EQ(rc, 0, "0 is a good descriptor, and can be sent");
        else
            close(fd);
        close_pair();
    }
    if (saved == -1)
        close(0);
    else
        close(saved);
}

/* ---- one after another ---------------------------------------------- */

static void each_message_brings_its_own(void **state)
{
    (void)state;
    enum { MANY = 50 };
    int files[MANY];

    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        STEP("%d messages are sent, then received", MANY);
        IF_STUCK(SENT_WHOLE);
        for (int k = 0; k < MANY; k++) {
            files[k] = new_file("one of many");
            CHECK_EQ(fd_send(b, files[k], sample() + k, (size_t)k), 0,
                     "there is room");
        }
        for (int k = 0; k < MANY; k++) {
            int fd = receive(FD_TAG_MAX);
            check_received(fd, sample() + k, (size_t)k, files[k]);
            close(files[k]);
        }
        close_pair();
    }
}

/* Every byte in a send of its own, as a stream may do with any message. */
static void post_byte_by_byte(const char *text)
{
    char size = (char)strlen(text);

    post(&size, 1, 1);
    for (; *text; text++)
        post(text, 1, 0);
}

static void a_stream_may_come_byte_by_byte(void **state)
{
    (void)state;
    make_pair(SOCK_STREAM);
    IF_STUCK(SENT_WHOLE);
    STEP("the length comes first, with the descriptor, then each byte of the "
         "tag alone");
    post_byte_by_byte("slowly");
    receives("slowly", 6);
    close_pair();
}

#define BEYOND                                                                 \
    "on a stream ask for the first byte alone, then for as many as it says. "  \
    "Who asks for more gets the beginning of the next message, and its "       \
    "descriptor, too"

static void receives_alone(const char *text)
{
    int fd = receive(FD_TAG_MAX);

    CHECK(fd != -1 && len == strlen(text) && memcmp(tag.bytes, text, len) == 0,
          "the message \"%s\" was not received as it was sent, for another one "
          "follows it: " BEYOND,
          text);
    close(fd);
}

static void nothing_is_read_beyond_a_message(void **state)
{
    (void)state;
    make_pair(SOCK_STREAM);
    IF_STUCK(SENT_WHOLE);
    STEP("three messages are there, each in single bytes");
    post_byte_by_byte("one");
    post_byte_by_byte("");
    post_byte_by_byte("three");
    receives_alone("one");
    receives_alone("");
    fetch(a, 1);
    CHECK(got.size == 1 && got.bytes[0] == 5 && got.fds == 1,
          "two messages were received, and the third is not whole any "
          "more: " BEYOND);
    drop_fds();
    fetch(a, sizeof(got.bytes));
    CHECK_MEM(got.bytes, (size_t)got.size, "three", 5,
              "what belongs to the next message stays where it is");
    close_pair();
}

static void connections_do_not_disturb_each_other(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        int first_a = a, first_b = b, first_file = file;
        post_tag("left 1", 6, 1);
        post_tag("left 2", 6, 1);
        make_pair(kinds[kind]);
        post_tag("right", 5, 1);
        IF_STUCK("Two connections are open, and fd_recv looks at the wrong "
                 "one.");
        int fd = receive_from(first_a, FD_TAG_MAX, NULL);
        check_received(fd, "left 1", 6, first_file);
        receives("right", 5);
        fd = receive_from(first_a, FD_TAG_MAX, NULL);
        check_received(fd, "left 2", 6, first_file);
        close_pair();
        a = first_a, b = first_b, file = first_file;
        close_pair();
    }
}

static void ten_thousand_passes_leave_nothing(void **state)
{
    (void)state;
    make_pair(SOCK_STREAM);
    IF_STUCK(SENT_WHOLE);
    int open = open_descriptors();
    for (int k = 0; k < 10000; k++) {
        sends(file, "again", 5);
        int fd = fd_recv(b, tag.bytes, FD_TAG_MAX, &len, NULL);
        CHECK_OK(fd, "it has gone well %d times, and then not any more", k);
        close(fd);
    }
    CHECK_EQ(open_descriptors(), open,
             "after 10000 passes as many descriptors are open as before");
    close_pair();
}

/* Sends one, receives one, and again: how often did it go well? */
enum { TURNS = 200 };

static int exchange(int sock)
{
    int k = 0, fd;

    for (; k < TURNS; k++) {
        if (fd_send(sock, file, sample() + k, (size_t)k) == -1)
            return k;
        fd = fd_recv(sock, tag.bytes, FD_TAG_MAX, &len, NULL);
        if (fd == -1 || len != (size_t)k ||
            memcmp(tag.bytes, sample() + k, len) != 0 || !same_file(fd, file))
            return k;
        close(fd);
    }
    return k;
}

static void both_may_pass_at_once(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        IF_STUCK("Two processes each send one and receive one, and nobody "
                 "moves.");
        pid_t pid = fact_fork();
        if (pid == 0) {
            close(a);
            _exit(exchange(b) == TURNS ? 0 : 1);
        }
        close_b();
        int rounds = exchange(a), wstatus;
        if (rounds < TURNS)
            shutdown(a, SHUT_RDWR);
        waitpid(pid, &wstatus, 0);
        CHECK_EQ(rounds, TURNS,
                 "two processes pass descriptors to each other at the same "
                 "time, and every one arrives whole and in order");
        CHECK_STATUS(wstatus, EXITED(0), "the other one got all of them, too");
        close_pair();
    }
}

/* ---- what cannot be sent -------------------------------------------- */

static void check_nothing_came(const char *why)
{
    fetch(b, sizeof(got.bytes));
    drop_fds();
    CHECK(got.size == -1, "nothing may be sent, and %zd bytes have come: %s",
          got.size, why);
}

static void too_long_a_tag_is_not_sent(void **state)
{
    (void)state;
    static const size_t long_ones[] = {256, 257, 300, 2 * FD_TAG_MAX,
                                       (size_t)1 << 32};

    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        quiet_begin();
        for (int i = 0; i < 5; i++) {
            STEP("a tag of %zu bytes", long_ones[i]);
            CHECK_ERRNO(fd_send(a, file, sample(), long_ones[i]), EMSGSIZE,
                        "the length has to go into one byte, which 255 is the "
                        "most for: look before you cut it off");
            check_nothing_came("look at the length before you send anything");
        }
        quiet_end();
        close_pair();
    }
}

static void what_is_not_open_is_not_sent(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        quiet_begin();
        CHECK_ERRNO(fd_send(a, NO_DESCRIPTOR, "tag", 3), EBADF,
                    "fd %d is not open: sendmsg's EBADF says so",
                    NO_DESCRIPTOR);
        check_nothing_came("what has no descriptor is no message");
        CHECK_ERRNO(fd_send(a, -1, "", 0), EBADF, "-1 is no descriptor");
        check_nothing_came("what has no descriptor is no message");
        CHECK_ERRNO(fd_send(NO_DESCRIPTOR, file, "tag", 3), EBADF,
                    "sock is not open");
        quiet_end();
        close_pair();
    }
}

static volatile sig_atomic_t sigpipes;

static void count_sigpipe(int sig)
{
    (void)sig;
    sigpipes++;
}

static void a_peer_that_is_gone_is_epipe(void **state)
{
    (void)state;
    struct sigaction act = {.sa_handler = count_sigpipe}, old;

    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        close_b();
        STEP("the other end is closed");
        sigaction(SIGPIPE, &act, &old);
        sigpipes = 0;
        quiet_begin();
        for (int i = 0; i < 2; i++)
            CHECK_ERRNO(fd_send(a, file, "anybody?", 8), EPIPE,
                        "nobody can receive any more: that is EPIPE");
        quiet_end();
        sigaction(SIGPIPE, &old, NULL);
        CHECK_EQ(sigpipes, 0,
                 "SIGPIPE came, which ends a program that does not expect it: "
                 "send with MSG_NOSIGNAL");
        close_pair();
    }
}

enum { MAY_BE_OPEN = 16 };

static bool put_one_on_the_way(void)
{
    struct iovec part = {"", 1};
    union control control = {0};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = CMSG_SPACE(sizeof(int))};

    put_rights(CMSG_FIRSTHDR(&message), &file, 1);
    return sendmsg(b, &message, MSG_DONTWAIT) == 1;
}

/* Without privileges, so many of a user may be on the way as a process may
 * have open. Somebody else's come and go: our own have to be too many. */
static void sends_too_many(void)
{
    int sent = 0;

    if (getuid() == 0 && setresuid(OTHER_ID, OTHER_ID, OTHER_ID) == -1)
        _exit(0);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){MAY_BE_OPEN, MAY_BE_OPEN});
    for (int i = 0; i < 5000 && sent <= MAY_BE_OPEN; i++)
        if (put_one_on_the_way())
            sent++;
        else
            moment();
    if (sent <= MAY_BE_OPEN || put_one_on_the_way())
        _exit(0); /* this user may, or others are in the way */
    errno = 0;
    int rc = fd_send(b, file, "one more", 8);
    ISLAND_CHECK(
        rc == -1 && errno == ETOOMANYREFS,
        "too many descriptors of this user are on the way, and fd_send "
        "returned %d, errno %s: the caller learns why sendmsg failed",
        rc, name_errno(errno));
    _exit(0);
}

static void too_many_on_the_way_are_etoomanyrefs(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        IF_STUCK("sendmsg says ETOOMANYREFS: nothing changes that but the "
                 "receivers, so the caller is told");
        pid_t pid = fact_fork();
        if (pid == 0)
            sends_too_many();
        waitpid(pid, NULL, 0);
        close_pair();
    }
}

/* ---- the end -------------------------------------------------------- */

static void the_end_is_econnreset(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        post_tag("last words", 10, 1);
        close_b();
        STEP("the peer has sent a message, and closed its end");
        receives("last words", 10);
        quiet_begin();
        for (int i = 0; i < 2; i++)
            CHECK_ERRNO(receive(FD_TAG_MAX), ECONNRESET,
                        "the peer has closed its end, and nothing more will "
                        "come: recvmsg returns 0, which is no descriptor and "
                        "sets no errno");
        quiet_end();
        close_pair();
    }
}

static void the_end_may_come_with_our_bytes_unread(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        sends(file, "never read", 10);
        close_b();
        STEP("the peer has closed its end without having read what was sent "
             "to it");
        CHECK_ERRNO(receive(FD_TAG_MAX), ECONNRESET,
                    "the peer has closed its end, and nothing more will come");
        close_pair();
    }
}

static void a_stream_that_ends_inside_is_eproto(void **state)
{
    (void)state;
    for (size_t sent = 1; sent < 6; sent++) {
        make_pair(SOCK_STREAM);
        post("\5abcde", sent, 1);
        close_b();
        STEP("a length of 5, %zu bytes of the tag, and the end", sent - 1);
        quiet_begin();
        CHECK_ERRNO(receive(FD_TAG_MAX), EPROTO,
                    "the stream ends inside the message: that is no message, "
                    "nor an end that was meant");
        CHECK_ERRNO(receive(FD_TAG_MAX), ECONNRESET, "and then is the end");
        quiet_end();
        close_pair();
    }
}

/* ---- messages that are none ----------------------------------------- */

static void without_a_descriptor_is_eproto(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        for (size_t n = 0; n <= 6; n += 3) {
            make_pair(kinds[kind]);
            STEP("a message with a tag of %zu bytes and no descriptor, then a "
                 "good one",
                 n);
            post_tag("nobody", n, 0);
            post_tag("next", 4, 1);
            IF_STUCK("A message came without a descriptor: that is EPROTO.");
            quiet_begin();
            CHECK_ERRNO(receive(FD_TAG_MAX), EPROTO,
                        "no descriptor came with the message: look whether "
                        "there is a control message at all, before you look "
                        "into it");
            quiet_end();
            next_arrives();
            close_pair();
        }
    }
}

static void more_than_one_is_eproto(void **state)
{
    (void)state;
    static const size_t counts[] = {2, 3, 4, 8, 9, 10, 100, SCM_MAX};

    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        for (int i = 0; i < 8; i++) {
            STEP("a message with %zu descriptors, then a good one", counts[i]);
            post_tag("crowd", 5, counts[i]);
            post_tag("next", 4, 1);
            quiet_begin();
            CHECK_ERRNO(receive(FD_TAG_MAX), EPROTO,
                        "%zu descriptors came where one is expected. Those "
                        "that found room in the control buffer are open in "
                        "your process: the padding of CMSG_SPACE is room for "
                        "a second one, and MSG_CTRUNC tells of the others",
                        counts[i]);
            quiet_end();
            next_arrives();
        }
        close_pair();
    }
}

static void post_two_control_messages(void)
{
    union control control = {0};
    struct iovec part = {"\1x", 2};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = 2 * CMSG_SPACE(sizeof(int))};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);

    put_rights(c, &file, 1);
    put_rights(CMSG_NXTHDR(&message, c), &file, 1);
    if (sendmsg(b, &message, MSG_DONTWAIT) != 2)
        FAIL_TEST("the test itself could not send (%s)", name_errno(errno));
}

static void two_control_messages_are_eproto(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        STEP("a message with two control messages, a descriptor in each");
        post_two_control_messages();
        post_tag("next", 4, 1);
        CHECK_ERRNO(receive(FD_TAG_MAX), EPROTO,
                    "two descriptors came where one is expected");
        next_arrives();
        close_pair();
    }
}

/*
 * One that comes with a later byte: whoever asks for the tag with read never
 * sees it, and the kernel closes it. So both answers will do.
 */
static void one_that_comes_late_is_closed(void **state)
{
    (void)state;
    for (size_t early = 0; early < 2; early++)
        for (size_t late = 1; late < 12; late += 5) {
            make_pair(SOCK_STREAM);
            STEP("a stream: %zu descriptors with the length, %zu with the tag",
                 early, late);
            post("\4", 1, early);
            post("la", 2, 0);
            post("te", 2, late);
            post_tag("next", 4, 1);
            int fd = receive(FD_TAG_MAX);
            CHECK(fd != -1 || errno == EPROTO,
                  "a descriptor came with the last bytes of the tag. It may be "
                  "refused with EPROTO, but not with %s",
                  name_errno(errno));
            if (fd != -1)
                check_received(fd, "late", 4, file);
            next_arrives();
            close_pair();
        }
}

static void a_tag_that_does_not_fit_is_emsgsize(void **state)
{
    (void)state;
    static const size_t caps[] = {0, 1, 99, FD_TAG_MAX - 1};

    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        for (int i = 0; i < 4; i++) {
            STEP("a tag of %zu bytes, and cap is %zu", caps[i] + 1, caps[i]);
            post_tag(sample(), caps[i] + 1, 1);
            post_tag("next", 4, 1);
            quiet_begin();
            CHECK_ERRNO(receive(caps[i]), EMSGSIZE,
                        "the tag is longer than cap: the first byte tells it, "
                        "and a part of a tag is no tag");
            quiet_end();
            next_arrives();
        }
        close_pair();
    }
}

/* What is wrong is known by the first byte; the rest comes when it comes. */
static void post_the_rest_and_the_next(void *unused)
{
    (void)unused;
    try_post(b, "te", 2, NULL, 0);
    try_post(b, "\4next", 5, &file, 1);
}

static void check_refused_in_parts(size_t count, size_t cap, int want)
{
    make_pair(SOCK_STREAM);
    STEP("a stream: a length of 4 with %zu descriptors, one byte of the tag, "
         "another one; then, later, the rest, and a good message. cap is %zu",
         count, cap);
    post("\4", 1, count);
    post("l", 1, 0);
    post("a", 1, 0);
    watch_begin(post_the_rest_and_the_next, NULL);
    int fd = receive_watched(a, cap, NULL), error = errno;
    watch_end("recvmsg sleeps by itself until the rest comes");
    CHECK_ERRNO((errno = error, fd), want,
                "the tag is longer than cap, or it is not one descriptor that "
                "came with the length: that is an error");
    next_arrives();
    close_pair();
}

static void what_is_refused_is_taken_to_its_end(void **state)
{
    (void)state;
    check_refused_in_parts(1, 3, EMSGSIZE);
    check_refused_in_parts(1, 0, EMSGSIZE);
    check_refused_in_parts(0, FD_TAG_MAX, EPROTO);
    check_refused_in_parts(3, FD_TAG_MAX, EPROTO);
}

static void check_bad_packet(const void *bytes, size_t n, size_t count)
{
    STEP("a packet of %zu bytes with %zu descriptors; its first byte is %d", n,
         count, n ? *(const unsigned char *)bytes : 0);
    post(bytes, n, count);
    post_tag("next", 4, 1);
    IF_STUCK("A packet came, and fd_recv waits: a packet comes whole, there is "
             "nothing to wait for.");
    quiet_begin();
    int fd = receive(FD_TAG_MAX);
    quiet_end();
    CHECK(fd == -1 && (errno == EPROTO || (n == 0 && errno == ECONNRESET)),
          "a packet that has fewer or more bytes than its length says does not "
          "keep to the format, which is EPROTO; it was %s. What does not fit "
          "is cut off without an error: MSG_TRUNC tells, or room for one byte "
          "more",
          fd == -1 ? name_errno(errno) : "received");
    next_arrives();
}

static void a_packet_has_the_length_it_says(void **state)
{
    (void)state;
    unsigned char much[1000];

    make_pair(SOCK_SEQPACKET);
    memset(much, FD_TAG_MAX, sizeof(much));
    for (size_t count = 1; count < 4; count++) {
        check_bad_packet("\5", 1, count);
        check_bad_packet("\5abcd", 5, count);
        check_bad_packet("\0a", 2, count);
        check_bad_packet("\2abc", 4, count);
        check_bad_packet(much, 255, count);
        check_bad_packet(much, 257, count);
        check_bad_packet(much, sizeof(much), count);
        check_bad_packet("", 0, count);
    }
    check_bad_packet("\5abcd", 5, 0);
    close_pair();
}

/*
 * The caller wants to see who sends: then each message brings the sender's
 * numbers, too, before its descriptor, and may have taken its room.
 */
static void credentials_are_no_descriptor(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        setsockopt(a, SOL_SOCKET, SO_PASSCRED, &(int){1}, sizeof(int));
        STEP("the caller has set SO_PASSCRED");
        for (size_t count = 1; count < 4; count++) {
            post_tag("file", 4, count);
            int open = open_descriptors();
            int fd = receive_watched(a, FD_TAG_MAX, NULL), error = errno;
            int more = open_descriptors() - open;
            errno = error;
            CHECK(fd == -1 ? more == 0 && (error == EPROTO || error == EMFILE)
                           : more == 1 && count == 1 && same_file(fd, file),
                  "two control messages came, SCM_CREDENTIALS first and then "
                  "SCM_RIGHTS with %zu. Look at cmsg_type, and look at all of "
                  "them. %d (%s) is not right, or something else is open (%d "
                  "more than before)",
                  count, fd, fd == -1 ? name_errno(error) : "returned", more);
            if (fd != -1)
                check_received(fd, "file", 4, file);
        }
        close_pair();
    }
}

/* ---- no room -------------------------------------------------------- */

static struct rlimit usual;

/* Room for so many descriptors more, and no others. */
static void leave_room_for(int count)
{
    struct rlimit tight;
    int fd = 0;

    getrlimit(RLIMIT_NOFILE, &usual);
    tight = usual;
    for (int room = 0; fd < MOST_FDS; fd++)
        if (fcntl(fd, F_GETFD) == -1 && room++ == count)
            break;
    tight.rlim_cur = (rlim_t)fd;
    setrlimit(RLIMIT_NOFILE, &tight);
    STEP("there is room for %d more descriptors", count);
}

static int receive_with_room_for(int count)
{
    leave_room_for(count);
    int fd = receive(FD_TAG_MAX), error = errno;
    setrlimit(RLIMIT_NOFILE, &usual);
    errno = error;
    return fd;
}

static void no_room_is_emfile(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        post_tag("too late", 8, 1);
        post_tag("next", 4, 1);
        quiet_begin();
        CHECK_ERRNO(receive_with_room_for(0), EMFILE,
                    "the process may open no descriptor more: recvmsg gives "
                    "the bytes, no control message, and MSG_CTRUNC. A message "
                    "that never had a descriptor has no MSG_CTRUNC");
        quiet_end();
        next_arrives();
        post_tag("just so", 7, 1);
        int fd = receive_with_room_for(1);
        check_received(fd, "just so", 7, file);
        close_pair();
    }
}

static void room_for_fewer_leaves_none_open(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        for (int sent = 2; sent < 6; sent++)
            for (int room = 0; room < sent; room++) {
                STEP("a message with %d descriptors", sent);
                post_tag("crowd", 5, (size_t)sent);
                post_tag("next", 4, 1);
                int fd = receive_with_room_for(room);
                CHECK(fd == -1 && (errno == EPROTO || errno == EMFILE),
                      "more than one descriptor was sent, and there was room "
                      "for fewer: MSG_CTRUNC says that some are lost. That is "
                      "EPROTO or EMFILE, and not %s",
                      fd == -1 ? name_errno(errno) : "a good message");
                next_arrives();
            }
        close_pair();
    }
}

static void without_a_descriptor_no_room_is_needed(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        STEP("a message without a descriptor");
        post_tag("nobody", 6, 0);
        post_tag("next", 4, 1);
        int fd = receive_with_room_for(0);
        CHECK(fd == -1 && (errno == EPROTO || errno == EMFILE),
              "no descriptor came with the message, and there is no room for "
              "one, either; it was %s",
              fd == -1 ? name_errno(errno) : "received");
        next_arrives();
        close_pair();
    }
}

/* ---- who ------------------------------------------------------------ */

/*
 * The peer sends when the receiver is asleep already, and it is who made the
 * connection: so what the kernel noted then, and what it notes of each
 * message, is the same.
 */
static struct meeting {
    struct sockaddr_un address;
    socklen_t size;
    struct gate *listens, *speak;
    uid_t uid;
    gid_t gid;
} * meeting;

static void new_meeting(void)
{
    meeting = fact_shared(sizeof(*meeting));
    meeting->listens = gate_new(2);
    meeting->speak = gate_new(2);
    file = new_file("treasure");
}

/* Under an abstract name that the kernel chooses. */
static int listens(int type)
{
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    meeting->address.sun_family = AF_UNIX;
    meeting->size = sizeof(meeting->address);
    if (bind(fd, (struct sockaddr *)&meeting->address, sizeof(sa_family_t)) ||
        listen(fd, 1) ||
        getsockname(fd, (struct sockaddr *)&meeting->address, &meeting->size))
        FAIL_TEST("the test itself could not listen (%s)", name_errno(errno));
    return fd;
}

static int connects(int type)
{
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    if (connect(fd, (struct sockaddr *)&meeting->address, meeting->size) == -1)
        FAIL_TEST("the test itself could not connect (%s)", name_errno(errno));
    return fd;
}

/* Root can; for others it is fine to stay who they are. */
static void become_somebody_else(void)
{
    gid_t gid = OTHER_ID + 1;

    if (getuid() == 0 && setresgid(gid, gid, gid) == 0)
        (void)!setresuid(OTHER_ID, OTHER_ID, OTHER_ID);
    meeting->uid = getuid();
    meeting->gid = getgid();
}

static void speaks_when_told(int sock)
{
    b = sock;
    gate_wait(meeting->speak);
    try_post(sock, "\10it is me", 9, &file, 1);
    while (recv(sock, got.bytes, 1, 0) > 0)
        continue;
    _exit(0);
}

static void let_it_speak(void *gate)
{
    gate_open(gate);
}

static void check_who(int sock, pid_t pid)
{
    struct peer who = {.pid = -1, .uid = (uid_t)-2, .gid = (gid_t)-2};

    IF_STUCK("The peer has sent a message, and fd_recv does not see it.");
    watch_begin(let_it_speak, meeting->speak);
    int fd = receive_watched(sock, FD_TAG_MAX, &who), error = errno;
    watch_end("recvmsg sleeps by itself until a message comes");
    close(sock);
    waitpid(pid, NULL, 0);
    errno = error;
    check_received(fd, "it is me", 8, file);
    CHECK_EQ(who.pid, pid,
             "who->pid is the process at the other end: the kernel noted it "
             "when the connection was made, and SO_PEERCRED tells");
    CHECK_EQ(who.uid, meeting->uid,
             "who->uid is the user of the process at the other end, not ours");
    CHECK_EQ(who.gid, meeting->gid,
             "who->gid is the group of the process at the other end, not ours");
}

static void who_has_connected_is_known(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        new_meeting();
        int listener = listens(kinds[kind]);
        pid_t pid = fact_fork();
        if (pid == 0) {
            close(listener);
            become_somebody_else();
            int sock = connects(kinds[kind]);
            gate_wait(meeting->listens);
            speaks_when_told(sock);
        }
        int sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        gate_wait(meeting->listens);
        STEP("a child has connected; it sends when the receiver waits");
        check_who(sock, pid);
        close(listener);
        close(file);
    }
}

static void who_has_listened_is_known(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        new_meeting();
        pid_t pid = fact_fork();
        if (pid == 0) {
            become_somebody_else();
            int listener = listens(kinds[kind]);
            gate_wait(meeting->listens);
            int sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            close(listener);
            speaks_when_told(sock);
        }
        gate_wait(meeting->listens);
        int sock = connects(kinds[kind]);
        STEP("a child has listened, and sends when the receiver waits");
        check_who(sock, pid);
        close(file);
    }
}

/* Sent while the receiver waits: it may have to ask for names first. */
static void post_some(void *n)
{
    unsigned char bytes[1 + FD_TAG_MAX] = {(unsigned char)*(const size_t *)n};

    memcpy(bytes + 1, sample(), *(const size_t *)n);
    try_post(b, bytes, 1 + *(const size_t *)n, &file, 1);
}

static void who_is_known_whatever_the_tag(void **state)
{
    (void)state;
    static size_t n[] = {0, 1, FD_TAG_MAX};

    for (int i = 0; i < 6; i++) {
        struct peer who = {.pid = -1, .uid = (uid_t)-2, .gid = (gid_t)-2};
        make_pair(kinds[i % 2]);
        watch_begin(post_some, &n[i / 2]);
        int fd = receive_watched(a, FD_TAG_MAX, &who), error = errno;
        watch_end("recvmsg sleeps by itself until a message comes");
        errno = error;
        check_received(fd, sample(), n[i / 2], file);
        CHECK(who.pid == getpid() && who.uid == getuid() && who.gid == getgid(),
              "with a tag of %zu bytes, *who is not who is at the other end "
              "(here we are it ourselves): it does not depend on the tag",
              n[i / 2]);
        close_pair();
    }
}

/* ---- waiting -------------------------------------------------------- */

static void post_late(void *unused)
{
    (void)unused;
    try_post(b, "\4late", 5, &file, 1);
}

static void post_the_rest(void *unused)
{
    (void)unused;
    try_post(b, "te", 2, NULL, 0);
}

static void fd_recv_waits_asleep(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        watch_begin(post_late, NULL);
        int fd = receive_watched(a, FD_TAG_MAX, NULL), error = errno;
        watch_end("recvmsg sleeps by itself until a message comes");
        errno = error;
        check_received(fd, "late", 4, file);
        close_pair();
    }
    make_pair(SOCK_STREAM);
    post("\4la", 3, 1);
    STEP("half of a message has come");
    watch_begin(post_the_rest, NULL);
    int fd = receive_watched(a, FD_TAG_MAX, NULL), error = errno;
    watch_end("recvmsg sleeps by itself until the rest comes");
    errno = error;
    check_received(fd, "late", 4, file);
    close_pair();
}

static void signals_do_not_end_the_receiving(void **state)
{
    (void)state;
    sea_handler();
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        STEP("signals arrive before the message");
        nudge_begin(3, post_late, NULL);
        int fd = receive_watched(a, FD_TAG_MAX, NULL), error = errno;
        nudge_end();
        errno = error;
        check_received(fd, "late", 4, file);
        close_pair();
    }
    make_pair(SOCK_STREAM);
    post("\4la", 3, 1);
    STEP("signals arrive in the middle of a message");
    nudge_begin(3, post_the_rest, NULL);
    int fd = receive_watched(a, FD_TAG_MAX, NULL), error = errno;
    nudge_end();
    errno = error;
    check_received(fd, "late", 4, file);
    close_pair();
}

/* From a to b, until nothing more goes in; and out again. */
static int filled;

static void fill(void)
{
    char filler[1000] = {0};

    for (filled = 0; send(a, filler, sizeof(filler), MSG_DONTWAIT) > 0;)
        filled++;
    STEP("nothing more goes in: the buffer is full");
    IF_STUCK("There is room again, and fd_send does not go on.");
}

static void drain(void *unused)
{
    char filler[1000];

    (void)unused;
    for (int i = 0; i < filled; i++)
        recv(b, filler, sizeof(filler), MSG_WAITALL);
}

static void check_it_came(int rc)
{
    CHECK_EQ(rc, 0,
             "there is room again, and the message goes: a call that "
             "returns -1 with EINTR has done nothing and is made again");
    fetch_message();
    CHECK(got.size == 9 && got.fds == 1,
          "what could not be sent at once is sent later, whole, and once");
    drop_fds();
    fetch(b, sizeof(got.bytes));
    CHECK(got.size == -1, "it is sent once");
    close_pair();
}

static void fd_send_waits_asleep_for_room(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        fill();
        watch_begin(drain, NULL);
        int rc = fd_send(a, file, "patience", 8), error = errno;
        watch_end("sendmsg sleeps by itself until there is room");
        errno = error;
        check_it_came(rc);
    }
}

static void signals_do_not_end_the_sending(void **state)
{
    (void)state;
    sea_handler();
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        fill();
        nudge_begin(3, drain, NULL);
        int rc = fd_send(a, file, "patience", 8), error = errno;
        nudge_end();
        errno = error;
        check_it_came(rc);
    }
}

/* ---- rough weather -------------------------------------------------- */

static void passes_one(void)
{
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        sends(file, "through", 7);
        int fd = receive_from(b, FD_TAG_MAX, NULL);
        check_received(fd, "through", 7, file);
        close_pair();
    }
}

static void goes_on_after_a_signal(void **state)
{
    (void)state;
    sea_handler();
    sea_every(passes_one, SEA_EINTR | SEA_SHORT);
}

static void passes_one_or_fails(void)
{
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        int rc = fd_send(a, file, "through", 7), fd = -1;
        if (rc == 0)
            fd = receive_from(b, FD_TAG_MAX, NULL);
        int error = errno;
        CHECK(fd != -1 || sea_hit(),
              "nothing has gone wrong in this run, and "
              "yet it failed with %s",
              name_errno(error));
        errno = error;
        if (fd != -1)
            check_received(fd, "through", 7, file);
        else
            CHECK_EQ(error, sea_error(),
                     "the caller learns the errno of the "
                     "call that failed");
        close_pair();
    }
}

static void undoes_everything_when_a_call_fails(void **state)
{
    (void)state;
    sea_every(passes_one_or_fails, SEA_ERRORS);
}

/* The control buffer of the call that is just being made. */
static int looks, crooked;

static void look_at_the_control_buffer(int sig)
{
    const struct page_event *last = NULL;

    (void)sig;
    for (unsigned end = page->events; end-- > 0 && !last;)
        if (page->event[end % PAGE_EVENTS].pid == getpid())
            last = &page->event[end % PAGE_EVENTS];
    if (!last || (last->call != SEA_sendmsg && last->call != SEA_recvmsg))
        return;
    const struct msghdr *message = (const struct msghdr *)last->arg[1];
    looks++;
    if (message->msg_controllen >= sizeof(struct cmsghdr))
        crooked +=
            (uintptr_t)message->msg_control % alignof(struct cmsghdr) != 0;
}

static void control_buffers_are_aligned(void **state)
{
    (void)state;
    static const enum sea_call calls[] = {SEA_sendmsg, SEA_recvmsg};
    struct sigaction act = {.sa_handler = look_at_the_control_buffer}, old;

    crooked = 0;
    for (int i = 0; i < 2; i++)
        for (int nth = 1; nth <= 2; nth++) {
            sea_calm();
            sigaction(SIGUSR2, &act, &old);
            sea_raise(calls[i], nth, SIGUSR2);
            passes_one();
            sigaction(SIGUSR2, &old, NULL);
        }
    CHECK_EQ(crooked, 0,
             "the control buffer holds a struct cmsghdr, and does not lie "
             "where one may lie: an array of char may begin at any address. A "
             "union with a struct cmsghdr, or alignas, puts it right");
}

/* ---- Python at the other end ---------------------------------------- */

#define PYTHON                                                                 \
    "import os, sys\n"                                                         \
    "from socket import socket, send_fds, recv_fds\n"                          \
    "s = socket(fileno=int(sys.argv[1]))\n"                                    \
    "def send(tag, fd):\n"                                                     \
    "    send_fds(s, [bytes([len(tag)]) + tag], [fd])\n"

static pid_t connect_python(const char *script)
{
    char number[16];
    const char *args[] = {number, NULL};

    snprintf(number, sizeof(number), "%d", b);
    pid_t pid = python_start(script, (const int[]){b, -1}, args);
    close_b();
    return pid;
}

/* Each is sent when Python has had a look at the one before. */
static int send_to_python(void)
{
    static const size_t n[] = {0, 1, FD_TAG_MAX};
    unsigned char bytes[FD_TAG_MAX];
    int rc = 0;

    for (int i = 0; i < FD_TAG_MAX; i++)
        bytes[i] = (unsigned char)i;
    for (int i = 0; i < 3 && rc == 0; i++) {
        rc = fd_send(a, file, bytes, n[i]);
        if (rc == 0 && recv(a, bytes, 1, 0) != 1)
            break; /* Python knows why */
    }
    return rc;
}

static void python_receives_what_is_sent(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        pid_t pid = connect_python(
            PYTHON
            "for n in 0, 1, 255:\n"
            "    data, fds, flags, _ = recv_fds(s, 1000, 10)\n"
            "    while 0 < len(data) <= data[0]:\n"
            "        part = s.recv(256)\n"
            "        data += part or sys.exit('the message is not whole')\n"
            "    if data != bytes([n]) + bytes(range(n)):\n"
            "        sys.exit(f'the message is {data!r}: one byte with the '\n"
            "                 'length, then the tag')\n"
            "    if len(fds) != 1:\n"
            "        sys.exit(f'{len(fds)} descriptors came: one is sent')\n"
            "    if os.pread(fds[0], 100, 0) != b'treasure':\n"
            "        sys.exit('another file came than was sent')\n"
            "    s.send(b'\\0')\n");
        CHECK_EQ(send_to_python(), 0, "Python is there, and receives");
        shutdown(a, SHUT_RDWR);
        python_end(pid);
        close_pair();
    }
}

/* Did both messages come? The second brings a pipe to write into. */
static bool receive_from_python(void)
{
    int reading = receive(FD_TAG_MAX);
    bool empty = reading != -1 && len == 0;
    int writing = empty ? receive(FD_TAG_MAX) : -1;
    bool right = writing != -1 && len == 10 &&
                 memcmp(tag.bytes, "write here", 10) == 0 &&
                 write(writing, "hello", 5) == 5;
    int error = errno;

    close(reading), close(writing);
    errno = error;
    return right;
}

static void what_python_sends_is_received(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_pair(kinds[kind]);
        pid_t pid =
            connect_python(PYTHON "r, w = os.pipe()\n"
                                  "send(b'', r)\n"
                                  "send(b'write here', w)\n"
                                  "os.close(w)\n"
                                  "s.close()\n"
                                  "if os.read(r, 100) != b'hello':\n"
                                  "    sys.exit('nothing came through the '\n"
                                  "             'pipe that was passed')\n");
        IF_STUCK("Python has sent two messages, and fd_recv waits.");
        CHECK(receive_from_python(),
              "Python sent two messages, with a tag of no bytes and one of "
              "10, and the second was to be received and written into: %s",
              excuse(errno));
        python_end(pid);
        CHECK_ERRNO(receive(FD_TAG_MAX), ECONNRESET, "Python has closed");
        close_pair();
    }
}

static const struct CMUnitTest facts[] = {
    FACT(a_descriptor_crosses_with_its_tag),
    FACT(fd_send_keeps_to_the_format),
    FACT(fd_send_makes_one_packet),
    FACT(a_tag_is_bytes_of_any_kind),
    FACT(a_tag_may_fill_its_room),
    FACT(any_open_file_crosses),
    FACT(the_copy_is_the_same_open_file),
    FACT(the_copy_is_close_on_exec),
    FACT(zero_is_a_descriptor),
    FACT(each_message_brings_its_own),
    FACT(a_stream_may_come_byte_by_byte),
    FACT(nothing_is_read_beyond_a_message),
    FACT(connections_do_not_disturb_each_other),
    FACT(ten_thousand_passes_leave_nothing),
    FACT(both_may_pass_at_once),
    FACT(too_long_a_tag_is_not_sent),
    FACT(what_is_not_open_is_not_sent),
    FACT(a_peer_that_is_gone_is_epipe),
    FACT(too_many_on_the_way_are_etoomanyrefs),
    FACT(the_end_is_econnreset),
    FACT(the_end_may_come_with_our_bytes_unread),
    FACT(a_stream_that_ends_inside_is_eproto),
    FACT(without_a_descriptor_is_eproto),
    FACT(more_than_one_is_eproto),
    FACT(two_control_messages_are_eproto),
    FACT(one_that_comes_late_is_closed),
    FACT(a_tag_that_does_not_fit_is_emsgsize),
    FACT(what_is_refused_is_taken_to_its_end),
    FACT(a_packet_has_the_length_it_says),
    FACT(credentials_are_no_descriptor),
    FACT(no_room_is_emfile),
    FACT(room_for_fewer_leaves_none_open),
    FACT(without_a_descriptor_no_room_is_needed),
    FACT(who_has_connected_is_known),
    FACT(who_has_listened_is_known),
    FACT(who_is_known_whatever_the_tag),
    FACT(fd_recv_waits_asleep),
    FACT(signals_do_not_end_the_receiving),
    FACT(fd_send_waits_asleep_for_room),
    FACT(signals_do_not_end_the_sending),
    FACT(goes_on_after_a_signal),
    FACT(undoes_everything_when_a_call_fails),
    FACT(control_buffers_are_aligned),
    FACT(python_receives_what_is_sent),
    FACT(what_python_sends_is_received),
};
EXERCISE("4_sockets/handover",
         "unix(7), cmsg(3), sendmsg(2), recvmsg(2), socket(7)", facts)
