/*
 * regions.c — which memory is shared, and how it was before the schedule.
 *
 * The captain's shared mappings are put back by the captain. What is private
 * to each process (the variables and the allocated memory of the code on
 * test) each of them puts back for itself.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core.h"

static struct region {
    char *from;
    size_t size;
    int object;
    uint64_t offset;
    bool gone; /* unmapped in this process */
    void *copy;
} region[IL_REGIONS];
static int regions;

static struct range {
    char *from;
    size_t size;
    void *copy;
} range[128];
static int ranges;

enum { PLACE_BITS = 48, SHADOWED = 4 << 20 };

uint64_t il_object_of(uint64_t place)
{
    uint64_t object = place >> PLACE_BITS;

    return object <= IL_REGIONS ? object : 0;
}

uint64_t il_offset_of(uint64_t place)
{
    return place & ((1ull << PLACE_BITS) - 1);
}

uint64_t il_place(const void *addr)
{
    static int last;

    for (int i = 0; i < regions; i++) {
        int at = (last + i) % regions;
        const struct region *r = &region[at];
        size_t offset = (size_t)((const char *)addr - r->from);
        if (offset >= r->size)
            continue;
        last = at;
        if (r->gone && il_active())
            il_fail(INTERLEAVE_MISUSE,
                    "%s uses memory that it has unmapped before.",
                    il_name(il_me));
        return (uint64_t)r->object << PLACE_BITS | (r->offset + offset);
    }
    return 0;
}

static int object_for(uint64_t device, uint64_t inode)
{
    for (int i = 0; inode && i < core->files; i++)
        if (core->file[i].device == device && core->file[i].inode == inode)
            return i + 1;
    if (core->files == IL_REGIONS)
        il_fail(INTERLEAVE_FAULT, "there are more than %d shared mappings.",
                IL_REGIONS);
    core->file[core->files].device = device;
    core->file[core->files].inode = inode;
    return ++core->files;
}

static void shadow(int object, uint64_t size)
{
    struct il_region_shadow *s = &core->shadow[object];

    if (s->byte || il->exploring || size > SHADOWED)
        return;
    s->byte = mmap(NULL, size * sizeof(*s->byte), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s->byte == MAP_FAILED)
        s->byte = NULL;
    s->size = size;
}

static void forget_range(void *from, size_t size)
{
    for (int i = regions - 1; i >= 0; i--)
        if (region[i].from < (char *)from + size &&
            (char *)from < region[i].from + region[i].size)
            region[i] = region[--regions];
}

void il_region_add(void *addr, size_t size, uint64_t device, uint64_t inode,
                   uint64_t offset)
{
    if (!il)
        return;
    forget_range(addr, size);
    if (regions == IL_REGIONS)
        il_fail(INTERLEAVE_FAULT, "there are more than %d shared mappings.",
                IL_REGIONS);
    int object = object_for(device, inode);
    region[regions++] = (struct region){
        .from = addr, .size = size, .object = object, .offset = offset};
    shadow(object, offset + size);
}

void *interleave_shared(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        il_fail(INTERLEAVE_FAULT, "there is no memory for the test itself.");
    il_region_add(p, size, 0, 0, 0);
    return p;
}

/* ------------------------------------------------------- what setup makes */

static bool in_setup(void)
{
    return il && !il->exploring && il_me == 0;
}

static void keep(void *p, size_t size)
{
    if (p && in_setup() && ranges < (int)(sizeof(range) / sizeof(range[0])))
        range[ranges++] = (struct range){p, size, NULL};
}

static void forget(void *p)
{
    for (int i = 0; p && in_setup() && i < ranges; i++)
        if (range[i].from == p)
            range[i--] = range[--ranges];
}

#define MMAP(name, real, T)                                                    \
    void *name(void *, size_t, int, int, int, T);                              \
    void *name(void *at, size_t n, int protection, int flags, int fd, T from)  \
    {                                                                          \
        struct stat st = {0};                                                  \
        if (il_active())                                                       \
            il_needs_real_processes();                                         \
        void *p = real(at, n, protection, flags, fd, from);                    \
        if (p == MAP_FAILED || !il)                                            \
            return p;                                                          \
        forget_range(p, n);                                                    \
        if (!(flags & MAP_SHARED)) {                                           \
            if (protection & PROT_WRITE && n <= 1 << 20)                       \
                keep(p, n);                                                    \
            return p;                                                          \
        }                                                                      \
        if (!(flags & MAP_ANONYMOUS))                                          \
            fstat(fd, &st);                                                    \
        il_region_add(p, n, st.st_dev, st.st_ino, (uint64_t)from);             \
        return p;                                                              \
    }
MMAP(il_mmap, mmap, off_t)
MMAP(il_mmap64, mmap64, off64_t)

void *il_shmat(int, const void *, int);
void *il_shmat(int id, const void *at, int flags)
{
    struct shmid_ds about;

    if (il_active())
        il_needs_real_processes();
    void *p = shmat(id, at, flags);
    if (p != (void *)-1 && il && shmctl(id, IPC_STAT, &about) == 0)
        il_region_add(p, about.shm_segsz, 0, 0, 0);
    return p;
}

int il_shmdt(const void *);
int il_shmdt(const void *p)
{
    if (il_active()) {
        il_needs_real_processes();
        il_call("shmdt", p, IL_PC);
    }
    int r = shmdt(p);
    for (int i = 0; r == 0 && il && i < regions; i++)
        if (region[i].from == p)
            region[i].gone = true;
    return r;
}

int il_munmap(void *, size_t);
int il_munmap(void *p, size_t n)
{
    if (il_active()) {
        il_needs_real_processes();
        il_call("munmap", p, IL_PC);
    }
    int r = munmap(p, n);
    if (r == 0 && il) {
        forget(p);
        for (int i = 0; i < regions; i++)
            if (region[i].from >= (char *)p && region[i].from < (char *)p + n)
                region[i].gone = true;
    }
    return r;
}

void *il_mremap(void *, size_t, size_t, int, ...);
void *il_mremap(void *old, size_t was, size_t n, int flags, ...)
{
    va_list list;

    if (il_active())
        il_needs_real_processes();
    va_start(list, flags);
    void *to = flags & MREMAP_FIXED ? va_arg(list, void *) : NULL;
    va_end(list);
    void *p = mremap(old, was, n, flags, to);
    for (int i = 0; p != MAP_FAILED && i < regions; i++)
        if (region[i].from == old) {
            region[i].from = p;
            region[i].size = n;
        }
    return p;
}

void *il_malloc(size_t);
void *il_malloc(size_t n)
{
    void *p = malloc(n);

    keep(p, n);
    return p;
}

void *il_calloc(size_t, size_t);
void *il_calloc(size_t count, size_t n)
{
    void *p = calloc(count, n);

    keep(p, count * n);
    return p;
}

void *il_realloc(void *, size_t);
void *il_realloc(void *old, size_t n)
{
    forget(old);
    void *p = realloc(old, n);
    keep(p, n);
    return p;
}

void *il_reallocarray(void *, size_t, size_t);
void *il_reallocarray(void *old, size_t count, size_t n)
{
    forget(old);
    void *p = reallocarray(old, count, n);
    keep(p, count * n);
    return p;
}

char *il_strdup(const char *);
char *il_strdup(const char *text)
{
    char *p = strdup(text);

    keep(p, strlen(text) + 1);
    return p;
}

void *il_aligned_alloc(size_t, size_t);
void *il_aligned_alloc(size_t to, size_t n)
{
    void *p = aligned_alloc(to, n);

    keep(p, n);
    return p;
}

int il_posix_memalign(void **, size_t, size_t);
int il_posix_memalign(void **p, size_t to, size_t n)
{
    int r = posix_memalign(p, to, n);

    if (r == 0)
        keep(*p, n);
    return r;
}

void il_free(void *);
void il_free(void *p)
{
    forget(p);
    free(p);
}

/* ------------------------------------------------------ and back to that */

extern char __start_learner_data[] __attribute__((weak)),
    __stop_learner_data[] __attribute__((weak)),
    __start_learner_bss[] __attribute__((weak)),
    __stop_learner_bss[] __attribute__((weak));

static void *copy_of(const void *from, size_t size)
{
    void *copy = malloc(size ? size : 1);

    if (copy)
        memcpy(copy, from, size);
    return copy;
}

void il_regions_snapshot(void)
{
    for (int i = 0; i < regions; i++)
        region[i].copy = copy_of(region[i].from, region[i].size);
}

void il_regions_restore(void)
{
    for (int i = 0; i < regions; i++)
        if (region[i].copy && !region[i].gone)
            memcpy(region[i].from, region[i].copy, region[i].size);
}

void il_private_snapshot(void)
{
    size_t data =
        (uintptr_t)__stop_learner_data - (uintptr_t)__start_learner_data;
    size_t bss = (uintptr_t)__stop_learner_bss - (uintptr_t)__start_learner_bss;

    if (__start_learner_data && data)
        keep(__start_learner_data, data);
    if (__start_learner_bss && bss)
        keep(__start_learner_bss, bss);
    for (int i = 0; i < ranges; i++)
        range[i].copy = copy_of(range[i].from, range[i].size);
}

void il_private_restore(void)
{
    for (int i = 0; i < ranges; i++)
        if (range[i].copy)
            memcpy(range[i].from, range[i].copy, range[i].size);
}

void il_regions_forget(void)
{
    regions = ranges = 0;
}
