/*
 * Mistake: reads with stdio, which takes more off the stream than the frame.
 * Caught by: reads_nothing_beyond_the_frame
 * Saying: the bytes behind the frame belong to the next call
 */
#include "frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

int frame_send(int fd, const void *msg, size_t len)
{
    uint32_t head = htonl((uint32_t)len);
    struct iovec v[2] = {{&head, sizeof(head)}, {(void *)(uintptr_t)msg, len}};

    if (len > INT32_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    return writev(fd, v, 2) == -1 ? -1 : 0;
}

static int receive(FILE *f, void *buf, size_t cap, size_t *len)
{
    uint32_t head;
    size_t n = fread(&head, 1, sizeof(head), f);

    if (n == 0)
        return ferror(f) ? -1 : 0;
    head = ntohl(head);
    errno = EPROTO;
    if (n < sizeof(head) || head > INT32_MAX)
        return -1;
    bool fits = head <= cap;
    for (n = 0; !fits && n < head; n++)
        if (getc(f) == EOF)
            return -1;
    if (fits && fread(buf, 1, head, f) < head)
        return -1;
    *len = head;
    errno = EMSGSIZE;
    return fits ? 1 : -1;
}

int frame_recv(int fd, void *buf, size_t cap, size_t *len)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    FILE *f = copy == -1 ? NULL : fdopen(copy, "r");

    if (f == NULL)
        return -1;
    int rc = receive(f, buf, cap, len), error = errno;
    fclose(f);
    errno = error;
    return rc;
}
