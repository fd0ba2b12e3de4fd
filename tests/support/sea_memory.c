/*
 * sea_memory.c — memory and mappings.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "belongings.h"
#include "sea.h"
#include "sea_call.h"

/* What this process has asked for; see sea_allocated. */
static atomic_size_t allocated;

size_t sea_allocated(void)
{
    return allocated;
}

void sea_allocated_clear(void)
{
    allocated = 0;
}

/* Memory: remembered, so that what is not given back can be named. */
static void gained(struct sailing *s, void *p, size_t size)
{
    if (p)
        allocated += size;
    memory_gained(p, size, s->event);
    if (!s->injected)
        sea_arrive(s, (long)p, p || size == 0 ? 0 : errno);
}

void *sea_malloc(size_t);
void *sea_malloc(size_t n)
{
    struct sailing s = DEPART(malloc, (long)n);
    void *p = s.injected ? NULL : malloc(n);

    gained(&s, p, n);
    return p;
}

void *sea_calloc(size_t, size_t);
void *sea_calloc(size_t count, size_t n)
{
    struct sailing s = DEPART(calloc, (long)count, (long)n);
    void *p = s.injected ? NULL : calloc(count, n);

    gained(&s, p, count * n);
    return p;
}

/* The old block is given back, unless the new one could not be had. */
static void *moved(struct sailing *s, void *old, size_t count, size_t n)
{
    size_t before = memory_returned((uintptr_t)old);
    void *p = count == 1 ? realloc(old, n) : reallocarray(old, count, n);

    if (!p && count && n)
        memory_gained(old, before, s->event);
    gained(s, p, count * n);
    return p;
}

void *sea_realloc(void *, size_t);
void *sea_realloc(void *old, size_t n)
{
    struct sailing s = DEPART(realloc, (long)old, (long)n);

    return s.injected ? NULL : moved(&s, old, 1, n);
}

void *sea_reallocarray(void *, size_t, size_t);
void *sea_reallocarray(void *old, size_t count, size_t n)
{
    struct sailing s = DEPART(reallocarray, (long)old, (long)count, (long)n);

    return s.injected ? NULL : moved(&s, old, count, n);
}

char *sea_strdup(const char *);
char *sea_strdup(const char *text)
{
    struct sailing s = DEPART(strdup, (long)text);
    char *p = s.injected ? NULL : strdup(text);

    gained(&s, p, strlen(text) + 1);
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

/* A mapping may move when it grows. */
void *sea_mremap(void *, size_t, size_t, int, ...);
void *sea_mremap(void *old, size_t was, size_t n, int flags, ...)
{
    struct sailing s = DEPART(mremap, (long)old, (long)was, (long)n, flags);
    va_list list;

    if (s.injected)
        return MAP_FAILED;
    va_start(list, flags);
    void *to = flags & MREMAP_FIXED ? va_arg(list, void *) : NULL;
    va_end(list);
    void *p = mremap(old, was, n, flags, to);
    if (p != MAP_FAILED) {
        mapping_removed((uintptr_t)old, was);
        mapping_made((uintptr_t)p, n, s.event);
    }
    sea_arrive(&s, (long)p, p == MAP_FAILED ? errno : 0);
    return p;
}

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
