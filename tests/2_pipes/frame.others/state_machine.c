/*
 * Technique: one loop with a state; the length is read byte by byte
 */
#include "frame.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

int frame_send(int fd, const void *msg, size_t len)
{
    unsigned char bounce[4096];
    const unsigned char *body = msg;
    size_t at = 0, total = len + 4;

    if (len >> 31) {
        errno = EMSGSIZE;
        return -1;
    }
    while (at < total) {
        size_t n = 0;
        for (; n < 4 && at + n < 4; n++)
            bounce[n] = (unsigned char)(len >> (24 - 8 * (at + n)));
        size_t rest = total - at - n, room = sizeof(bounce) - n;
        if (rest > room)
            rest = room;
        memcpy(bounce + n, body + (at + n - 4), rest);
        ssize_t w = write(fd, bounce, n + rest);
        if (w > 0)
            at += (size_t)w;
        else if (errno != EINTR)
            return -1;
    }
    return 0;
}

enum state { LENGTH, MESSAGE, SKIP };

int frame_recv(int fd, void *buf, size_t cap, size_t *len)
{
    enum state state = LENGTH;
    uint32_t size = 0;
    size_t have = 0, need = 4;
    char scrap[1000] = {0}, byte = 0;

    while (have < need) {
        char *to = scrap;
        if (state == LENGTH)
            to = &byte;
        else if (state == MESSAGE)
            to = (char *)buf + have;
        size_t ask = state == LENGTH ? 1 : need - have;
        if (state == SKIP && ask > sizeof(scrap))
            ask = sizeof(scrap);
        ssize_t n = read(fd, to, ask);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -1;
        if (n == 0 && state == LENGTH && have == 0)
            return 0;
        if (n == 0)
            return errno = EPROTO, -1;
        have += (size_t)n;
        if (state != LENGTH)
            continue;
        size = size << 8 | (unsigned char)byte;
        if (have == 1 && byte & 0x80)
            return errno = EPROTO, -1;
        if (have == 4) {
            have = 0;
            need = size;
            state = size > cap ? SKIP : MESSAGE;
        }
    }
    if (state == SKIP)
        return errno = EMSGSIZE, -1;
    *len = size;
    return 1;
}
