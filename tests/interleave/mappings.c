/*
 * mappings — the same object mapped twice, and a mapping that is gone.
 *
 * Right:            Schedules: 10
 * Right:  -DUNMAPS  Schedules: 12
 * Broken: -DUNLOCKED       Finds: assertion    Saying: Nothing orders
 *         Schedules: 1  Preemptions: 1  Switches: 4
 * Broken: -DUNMAPS -DUSES  Finds: misuse  Saying: unmapped
 *         Schedules: 1  Preemptions: 0  Switches: 1
 * Broken: -DREAD_ONLY      Finds: crash   Saying: SIGSEGV
 *         Schedules: 1  Preemptions: 0  Switches: 1
 */
#include <fcntl.h>
#include <stdio.h>

#include "world.h"

struct shared {
    pthread_mutex_t mutex;
    int n;
};

static char name[64];
static struct shared *w;

static struct shared *map(int prot)
{
    int fd = shm_open(name, O_RDWR, 0600);
    struct shared *here;

    if (fd < 0)
        abort();
    here = mmap(NULL, sizeof(*here), prot, MAP_SHARED, fd, 0);
    if (here == MAP_FAILED)
        abort();
    close(fd);
    return here;
}

static void setup(void)
{
    int fd;

    snprintf(name, sizeof(name), "/classics.%d", (int)getpid());
    fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(*w)) != 0)
        abort();
    close(fd);
    w = map(PROT_READ | PROT_WRITE);
    make_mutex(&w->mutex, PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_STALLED);
}

static void teardown(void)
{
    shm_unlink(name);
}

/* Through a mapping of its own, at another address. */
static void add(void)
{
#ifdef READ_ONLY
    struct shared *here = map(PROT_READ);
    here->n++;
#else
    struct shared *here = map(PROT_READ | PROT_WRITE);
#ifndef UNLOCKED
    pthread_mutex_lock(&here->mutex);
#endif
    here->n++;
#ifndef UNLOCKED
    pthread_mutex_unlock(&here->mutex);
#endif
#ifdef UNMAPS
    munmap(here, sizeof(*here));
#endif
#ifdef USES
    here->n++;
#endif
#endif
}

static void check(void)
{
    INTERLEAVE_CHECK(w->n == 2, "%d of 2 counted", w->n);
}

const struct interleave world = {
    .setup = setup,
    .op = {{"one", add}, {"other", add}},
    .check = check,
    .teardown = teardown,
    .preemptions = 1,
};
