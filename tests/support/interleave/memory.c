/*
 * memory.c — the compiler's calls before each access to memory, and the
 * functions that touch much of it.
 *
 * gcc and clang call __tsan_read4(address) before they read four bytes, and
 * so on; the access itself comes after the call.
 */
#include <stdlib.h>
#include <string.h>

#include "core.h"

/* Most accesses are to the caller's own variables. */
static bool on_the_stack(const void *addr)
{
    const char *here = __builtin_frame_address(0);

    return (size_t)((const char *)addr - here) < 1 << 20;
}

/* An access to shared memory is about to happen. */
static void access(void *addr, int size, bool write, bool is_volatile,
                   uintptr_t pc)
{
    uint64_t place;

    if (on_the_stack(addr) || !il_active() || !(place = il_place(addr)))
        return;
    il_arrive(is_volatile, !write, pc, place);
    il_drain_at(addr, size);
    struct interleave_step *step =
        il_record(write ? ACT_WRITE : ACT_READ, pc, place, size);
    step->volatile_ = is_volatile;
    memcpy(&step->value, addr, (size_t)(size > 8 ? 8 : size));
    step->before = step->value;
    il_touch(place, size, write, is_volatile, pc);
    if (is_volatile) {
        /* Not what C promises, but what everybody who does it relies on. */
        struct il_object *o = il_object(IL_ATOMIC, addr);
        core->result.volatile_used = true;
        if (write)
            il_store_order(o, __ATOMIC_RELEASE, NULL);
        else
            il_load_order(o, __ATOMIC_ACQUIRE);
    }
    if (write)
        il_remember_store(addr, size);
}

#define ACCESS(name, size, write, is_volatile)                                 \
    void __tsan_##name(void *);                                                \
    void __tsan_##name(void *addr)                                             \
    {                                                                          \
        access(addr, size, write, is_volatile, IL_PC);                         \
    }
#define BOTH(size)                                                             \
    ACCESS(read##size, size, false, false)                                     \
    ACCESS(write##size, size, true, false)                                     \
    ACCESS(volatile_read##size, size, false, true)                             \
    ACCESS(volatile_write##size, size, true, true)
#define UNALIGNED(size)                                                        \
    ACCESS(unaligned_read##size, size, false, false)                           \
    ACCESS(unaligned_write##size, size, true, false)                           \
    ACCESS(unaligned_volatile_read##size, size, false, true)                   \
    ACCESS(unaligned_volatile_write##size, size, true, true)
BOTH(1)
BOTH(2)
BOTH(4)
BOTH(8)
BOTH(16)
UNALIGNED(2)
UNALIGNED(4)
UNALIGNED(8)
UNALIGNED(16)

#define COMPOUND(name, size)                                                   \
    void __tsan_##name(void *);                                                \
    void __tsan_##name(void *addr)                                             \
    {                                                                          \
        access(addr, size, false, false, IL_PC);                               \
        access(addr, size, true, false, IL_PC);                                \
    }
COMPOUND(read_write1, 1)
COMPOUND(read_write2, 2)
COMPOUND(read_write4, 4)
COMPOUND(read_write8, 8)
COMPOUND(read_write16, 16)

void __tsan_read_range(void *, unsigned long);
void __tsan_read_range(void *addr, unsigned long size)
{
    access(addr, (int)size, false, false, IL_PC);
}

void __tsan_write_range(void *, unsigned long);
void __tsan_write_range(void *addr, unsigned long size)
{
    access(addr, (int)size, true, false, IL_PC);
}

#define NOTHING(name, ...)                                                     \
    void name(__VA_ARGS__);                                                    \
    void name(__VA_ARGS__)                                                     \
    {                                                                          \
    }
NOTHING(__tsan_init, void)
NOTHING(__tsan_func_exit, void)
void __tsan_func_entry(void *);
void __tsan_func_entry(void *caller)
{
    (void)caller;
}

/* ---------------------------------------------------- memcpy and the others */

void il_look_at(const void *addr, size_t n, uintptr_t pc)
{
    uint64_t place = n && il_active() ? il_place(addr) : 0;

    if (!place)
        return;
    il_arrive(false, false, pc, place);
    il_record(ACT_COPY, pc, place, (int)n);
    il_touch(place, (int)n, false, false, pc);
}

/* Half of it and half of it: others may come in between, and so may death. */
void il_put_there(char *to, const char *from, size_t n, uintptr_t pc)
{
    uint64_t place = n && il_active() ? il_place(to) : 0;

    if (!place) {
        memmove(to, from, n);
        return;
    }
    for (size_t done = 0, part; done < n; done += part) {
        part = n - done == n && n > 1 ? n / 2 : n - done;
        il_arrive(false, false, pc, place + done);
        il_record(ACT_COPY, pc, place + done, (int)part)->result = 1;
        il_touch(place + done, (int)part, true, false, pc);
        if (memcmp(to + done, from + done, part) != 0)
            il_changed();
        memmove(to + done, from + done, part);
    }
}

static void *copy(void *to, const void *from, size_t n, uintptr_t pc)
{
    bool overlap =
        (char *)to > (const char *)from && (char *)to < (const char *)from + n;

    if (!il_active())
        return memmove(to, from, n);
    il_look_at(from, n, pc);
    if (overlap || !il_place(to)) {
        if (il_place(to))
            il_touch(il_place(to), (int)n, true, false, pc);
        return memmove(to, from, n);
    }
    il_put_there(to, from, n, pc);
    return to;
}

static void *fill(void *to, int c, size_t n, uintptr_t pc)
{
    char bytes[256];

    if (!il_active() || !il_place(to))
        return memset(to, c, n);
    memset(bytes, c, sizeof(bytes));
    for (size_t done = 0; done < n; done += sizeof(bytes))
        il_put_there((char *)to + done, bytes,
                     n - done < sizeof(bytes) ? n - done : sizeof(bytes), pc);
    return to;
}

#define COPY(name)                                                             \
    void *name(void *, const void *, size_t);                                  \
    void *name(void *to, const void *from, size_t n)                           \
    {                                                                          \
        return copy(to, from, n, IL_PC);                                       \
    }
COPY(il_memcpy)
COPY(il_memmove)
COPY(__tsan_memcpy)
COPY(__tsan_memmove)
void *il_mempcpy(void *, const void *, size_t);
void *il_mempcpy(void *to, const void *from, size_t n)
{
    copy(to, from, n, IL_PC);
    return (char *)to + n;
}

#define FILL(name)                                                             \
    void *name(void *, int, size_t);                                           \
    void *name(void *to, int c, size_t n)                                      \
    {                                                                          \
        return fill(to, c, n, IL_PC);                                          \
    }
FILL(il_memset)
FILL(__tsan_memset)
