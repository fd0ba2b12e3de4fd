/*
 * sea_memory.c — memory and mappings.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "belongings.h"
#include "sea_call.h"

/* Memory: remembered, so that what is not given back can be named. */
void *sea_malloc(size_t);
void *sea_malloc(size_t n)
{
    struct sailing s = DEPART(malloc, (long)n);
    void *p = s.injected ? NULL : malloc(n);

    memory_gained(p, s.event);
    if (!s.injected)
        sea_arrive(&s, (long)p, p ? 0 : errno);
    return p;
}

void *sea_calloc(size_t, size_t);
void *sea_calloc(size_t count, size_t n)
{
    struct sailing s = DEPART(calloc, (long)count, (long)n);
    void *p = s.injected ? NULL : calloc(count, n);

    memory_gained(p, s.event);
    if (!s.injected)
        sea_arrive(&s, (long)p, p ? 0 : errno);
    return p;
}

void *sea_realloc(void *, size_t);
void *sea_realloc(void *old, size_t n)
{
    struct sailing s = DEPART(realloc, (long)old, (long)n);
    uintptr_t before = (uintptr_t)old;
    void *p = NULL;

    if (!s.injected) {
        memory_returned(before);
        p = realloc(old, n);
        if (!p && n) /* then the old one is still there */
            memory_gained((void *)before, s.event);
    }
    memory_gained(p, s.event);
    if (!s.injected)
        sea_arrive(&s, (long)p, p || n == 0 ? 0 : errno);
    return p;
}

char *sea_strdup(const char *);
char *sea_strdup(const char *text)
{
    struct sailing s = DEPART(strdup, (long)text);
    char *p = s.injected ? NULL : strdup(text);

    memory_gained(p, s.event);
    if (!s.injected)
        sea_arrive(&s, (long)p, p ? 0 : errno);
    return p;
}

void sea_free(void *);
void sea_free(void *p)
{
    struct sailing s = DEPART(free, (long)p);

    memory_returned((uintptr_t)p);
    free(p);
    sea_arrive(&s, 0, 0);
}

#define MMAP(name, offset)                                                     \
    void *sea_##name(void *, size_t, int, int, int, offset);                   \
    void *sea_##name(void *at, size_t n, int protection, int flags, int fd,    \
                     offset from)                                              \
    {                                                                          \
        struct sailing s = DEPART(name, (long)at, (long)n, protection, flags,  \
                                  fd, (long)from);                             \
        if (s.injected)                                                        \
            return MAP_FAILED;                                                 \
        void *p = name(at, n, protection, flags, fd, from);                    \
        if (p != MAP_FAILED)                                                   \
            mapping_made((uintptr_t)p, n, s.event);                            \
        sea_arrive(&s, (long)p, p == MAP_FAILED ? errno : 0);                  \
        return p;                                                              \
    }
MMAP(mmap, off_t)
MMAP(mmap64, off64_t)

int sea_munmap(void *, size_t);
int sea_munmap(void *p, size_t n)
{
    struct sailing s = DEPART(munmap, (long)p, (long)n);
    int r = munmap(p, n);

    if (r == 0)
        mapping_removed((uintptr_t)p, n);
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}
