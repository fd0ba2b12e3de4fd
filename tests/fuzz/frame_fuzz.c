/*
 * frame_fuzz.c — frame_recv against bytes that a fuzzer makes up.
 *
 * The first byte of an input is cap, and its highest bit asks for a stream
 * that comes byte by byte; the rest is the stream. Every answer is compared
 * with the right one, and the buffer ends at a forbidden page.
 *
 *     make frame.fuzz                      libFuzzer, T=10 seconds
 *     cc -iquote chapters/2_pipes tests/fuzz/frame_fuzz.c \
 *         chapters/2_pipes/frame.c         reads standard input, or the files
 *                                          it is given, one input each
 *
 * Made with afl-cc, that program is for AFL++:
 *
 *     afl-fuzz -i tests/fuzz/frame.corpus -o build/afl -- ./a.out
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "frame.h"

enum { HEAD = 4, MOST = 60000, SLOTS = 16, SPACE = 1 << 16 };

struct stream {
    const uint8_t *bytes;
    size_t size, at;
    int fd;
};

/* What is right at this place of a stream. */
struct answer {
    int rc, error;
    size_t len, next;
};

static struct answer right_answer(const struct stream *s, size_t cap)
{
    const uint8_t *b = s->bytes + s->at;
    size_t left = s->size - s->at, n;

    if (left == 0)
        return (struct answer){0, 0, 0, s->size};
    if (left < HEAD || b[0] > 0x7f)
        return (struct answer){-1, EPROTO, 0, s->size};
    n = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
    if (n > left - HEAD)
        return (struct answer){-1, EPROTO, 0, s->size};
    if (n > cap)
        return (struct answer){-1, EMSGSIZE, 0, s->at + HEAD + n};
    return (struct answer){1, 0, n, s->at + HEAD + n};
}

static _Noreturn void wrong(const struct stream *s, size_t cap,
                            const char *what, long want, long came)
{
    fprintf(stderr,
            "\nframe_recv, at byte %zu of %zu, with room for %zu: %s should "
            "be %ld and is %ld\n",
            s->at, s->size, cap, what, want, came);
    abort();
}

static void same(const struct stream *s, size_t cap, const char *what,
                 long want, long came)
{
    if (want != came)
        wrong(s, cap, what, want, came);
}

/* One call of frame_recv; is there a next one? */
static bool one_answer(struct stream *s, uint8_t *buf, size_t cap)
{
    struct answer right = right_answer(s, cap);
    size_t len = SIZE_MAX;
    int waiting = -1;

    errno = 0;
    int rc = frame_recv(s->fd, buf, cap, &len), error = errno;
    if (rc == -1 && error != right.error)
        fprintf(stderr, "frame_recv: %s\n", strerror(error));
    same(s, cap, "the value returned", right.rc, rc);
    if (rc == -1)
        same(s, cap, "errno", right.error, error);
    if (rc == 1) {
        same(s, cap, "*len", (long)right.len, (long)len);
        same(s, cap, "memcmp", 0,
             len ? memcmp(buf, s->bytes + s->at + HEAD, len) : 0);
    }
    s->at = right.next;
    ioctl(s->fd, FIONREAD, &waiting);
    if (right.error != EPROTO)
        same(s, cap, "the number of bytes not yet read",
             (long)(s->size - s->at), waiting);
    return rc == 1 || (rc == -1 && right.error == EMSGSIZE);
}

/* A pipe that holds the stream and has ended. In packet mode every write is
 * a read of its own. */
static int open_stream(const struct stream *s, bool by_bytes)
{
    int end[2];
    size_t step = by_bytes ? 1 : s->size;

    if (pipe2(end, O_CLOEXEC | (by_bytes ? O_DIRECT : 0)) == -1)
        exit(2);
    for (size_t i = 0; i < s->size; i += step)
        if (write(end[1], s->bytes + i, step) != (ssize_t)step)
            exit(2);
    close(end[1]);
    return end[0];
}

static uint8_t *forbidden_page(void)
{
    static uint8_t *page;

    if (page == NULL) {
        page = mmap(NULL, 2 * SPACE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED || mprotect(page + SPACE, SPACE, PROT_NONE))
            exit(2);
        page += SPACE;
    }
    return page;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stream s = {.bytes = data + 1, .size = size - 1};
    size_t cap;

    if (size == 0 || size > MOST)
        return 0;
    cap = data[0] & 0x7f;
    s.fd = open_stream(&s, data[0] & 0x80 && s.size <= SLOTS);
    while (one_answer(&s, forbidden_page() - cap, cap))
        continue;
    close(s.fd);
    return 0;
}

#ifdef LIBFUZZER
/* A length is believed where so much memory is asked for. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "max_allocation_size_mb=64";
}
#else
static void play(FILE *from)
{
    static uint8_t input[MOST];

    LLVMFuzzerTestOneInput(input, fread(input, 1, sizeof(input), from));
}

int main(int argc, char **argv)
{
    if (argc < 2)
        play(stdin);
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) {
            perror(argv[i]);
            return 2;
        }
        play(file);
        fclose(file);
    }
    return 0;
}
#endif
