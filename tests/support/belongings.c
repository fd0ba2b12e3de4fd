/*
 * belongings.c — tables of what the learner's code has and has not returned.
 */
#include "belongings.h"

#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "logbook.h"

enum { MOST = 4096 };

struct thing {
    uintptr_t at;
    size_t size;
    uintptr_t pc;
};

/* Two tables; the learner may have threads, so a lock that never sleeps. */
static struct thing memory[MOST], mapping[MOST];
static size_t memories, mappings;
static atomic_flag busy = ATOMIC_FLAG_INIT;

static void lock(void)
{
    while (atomic_flag_test_and_set(&busy))
        ;
}

static void unlock(void)
{
    atomic_flag_clear(&busy);
}

void memory_gained(void *p, size_t size, const struct page_event *event)
{
    lock();
    if (p && event && memories < MOST)
        memory[memories++] = (struct thing){(uintptr_t)p, size, event->pc};
    unlock();
}

size_t memory_returned(uintptr_t p)
{
    size_t size = 0;

    lock();
    for (size_t i = memories; p && i > 0; i--)
        if (memory[i - 1].at == p) {
            size = memory[i - 1].size;
            memory[i - 1] = memory[--memories];
            break;
        }
    unlock();
    return size;
}

static size_t whole_pages(size_t n)
{
    size_t unit = (size_t)sysconf(_SC_PAGESIZE);

    return (n + unit - 1) / unit * unit;
}

void mapping_made(uintptr_t at, size_t size, const struct page_event *event)
{
    lock();
    if (event && mappings < MOST)
        mapping[mappings++] = (struct thing){at, whole_pages(size), event->pc};
    unlock();
}

/* munmap may take away the middle of a mapping, or parts of several. */
void mapping_removed(uintptr_t at, size_t size)
{
    uintptr_t end = at + whole_pages(size);

    lock();
    for (size_t i = mappings; i > 0; i--) {
        struct thing *m = &mapping[i - 1];
        uintptr_t m_end = m->at + m->size;
        if (m_end <= at || m->at >= end)
            continue;
        if (m_end > end && mappings < MOST)
            mapping[mappings++] = (struct thing){end, m_end - end, m->pc};
        if (m->at < at)
            m->size = at - m->at;
        else
            *m = mapping[--mappings];
    }
    unlock();
}

enum { FREE, BEING_WRITTEN, THERE };

static struct page_name *name_of(const char *kind, const char *name)
{
    for (struct page_name *n = page->name; n < page->name + PAGE_NAMES; n++)
        if (n->state == THERE && strcmp(n->kind, kind) == 0 &&
            strcmp(n->name, name) == 0)
            return n;
    return NULL;
}

void name_made(const char *kind, const char *name)
{
    if (!page || !name || name_of(kind, name))
        return;
    for (struct page_name *n = page->name; n < page->name + PAGE_NAMES; n++) {
        int free = FREE;
        if (!atomic_compare_exchange_strong(&n->state, &free, BEING_WRITTEN))
            continue;
        snprintf(n->kind, sizeof(n->kind), "%s", kind);
        snprintf(n->name, sizeof(n->name), "%s", name);
        n->state = THERE;
        return;
    }
}

void name_removed(const char *kind, const char *name)
{
    struct page_name *n = page && name ? name_of(kind, name) : NULL;

    if (n)
        n->state = FREE;
}

const char *id_text(int id)
{
    static char text[16];

    snprintf(text, sizeof(text), "%d", id);
    return text;
}

void belongings_clear(void)
{
    memories = 0;
    mappings = 0;
    for (int i = 0; i < PAGE_NAMES; i++)
        page->name[i].state = FREE;
}

static struct leftover left(const struct thing *thing, size_t count,
                            const char *what)
{
    struct leftover l = {count ? what : NULL, count, 0,
                         count ? thing[0].pc : 0};

    for (size_t i = 0; i < count; i++)
        l.bytes += thing[i].size;
    return l;
}

struct leftover memory_left(void)
{
    return left(memory, memories, "memory");
}

struct leftover mappings_left(void)
{
    return left(mapping, mappings, "mapping");
}

/* Opening it again tells whether a name is still there. */
static bool exists(const char *kind, const char *name)
{
    struct stat st;
    struct shmid_ds shm;
    struct msqid_ds msg;
    int fd;

    if (strcmp(kind, "file") == 0)
        return lstat(name, &st) == 0;
    if (strcmp(kind, "shared memory") == 0) {
        fd = shm_open(name, O_RDONLY, 0);
        if (fd >= 0)
            close(fd);
        return fd >= 0;
    }
    if (strcmp(kind, "semaphore") == 0) {
        sem_t *sem = sem_open(name, 0);
        if (sem != SEM_FAILED)
            sem_close(sem);
        return sem != SEM_FAILED;
    }
    if (strcmp(kind, "message queue") == 0) {
        mqd_t q = mq_open(name, O_RDONLY);
        if (q >= 0)
            mq_close(q);
        return q >= 0;
    }
    if (strcmp(kind, "SysV shared memory") == 0)
        return shmctl(atoi(name), IPC_STAT, &shm) == 0;
    if (strcmp(kind, "SysV message queue") == 0)
        return msgctl(atoi(name), IPC_STAT, &msg) == 0;
    return semctl(atoi(name), 0, GETPID) >= 0;
}

const char *name_left(int *i, const char **kind)
{
    while (*i < PAGE_NAMES) {
        const struct page_name *n = &page->name[(*i)++];
        if (n->state == THERE && exists(n->kind, n->name)) {
            *kind = n->kind;
            return n->name;
        }
    }
    return NULL;
}
