/*
 * Technique: a semaphore beside each counter, in memory from shm_open whose
 * name is gone at once and whose descriptor is closed at once.
 */
#include "tally.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct slot {
    sem_t free;
    unsigned long value;
};

struct tally {
    size_t size;
    int slots;
    struct slot slot[];
};

static int nameless(void)
{
    char name[64];
    struct timespec now;

    for (int i = 0; i < 100; i++) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        snprintf(name, sizeof(name), "/tally-%ld-%ld-%d", (long)getpid(),
                 now.tv_nsec, i);
        int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (fd >= 0)
            shm_unlink(name);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

static struct tally *map(size_t size)
{
    struct tally *t = MAP_FAILED;
    int error, fd = nameless();

    if (fd < 0)
        return MAP_FAILED;
    if (ftruncate(fd, (off_t)size) == 0)
        t = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    error = errno;
    close(fd);
    errno = error;
    return t;
}

struct tally *tally_open(int slots)
{
    struct tally *t;
    size_t size;

    if (slots < 1) {
        errno = EINVAL;
        return NULL;
    }
    size = sizeof(*t) + (size_t)slots * sizeof(struct slot);
    t = map(size);
    if (t == MAP_FAILED)
        return NULL;
    t->size = size;
    t->slots = slots;
    for (int i = 0; i < slots; i++)
        sem_init(&t->slot[i].free, 1, 1);
    return t;
}

static struct slot *take(const struct tally *t, int slot)
{
    struct slot *s;

    if (slot < 0 || slot >= t->slots)
        return NULL;
    s = (struct slot *)&t->slot[slot];
    while (sem_wait(&s->free) == -1 && errno == EINTR)
        ;
    return s;
}

void tally_add(struct tally *t, int slot, long delta)
{
    struct slot *s = take(t, slot);

    if (s == NULL)
        return;
    s->value += (unsigned long)delta;
    sem_post(&s->free);
}

void tally_max(struct tally *t, int slot, long value)
{
    struct slot *s = take(t, slot);

    if (s == NULL)
        return;
    if ((long)s->value < value)
        s->value = (unsigned long)value;
    sem_post(&s->free);
}

long tally_read(const struct tally *t, int slot)
{
    struct slot *s = take(t, slot);
    long value = 0;

    if (s != NULL) {
        value = (long)s->value;
        sem_post(&s->free);
    }
    return value;
}

void tally_close(struct tally *t)
{
    if (t != NULL)
        munmap(t, t->size);
}
