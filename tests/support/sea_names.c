/*
 * sea_names.c — what has a name, and outlives who made it.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belongings.h"
#include "sea_call.h"

/* What has a name outlives the process: it is noted, to be looked for. */
int sea_shm_open(const char *, int, mode_t);
int sea_shm_open(const char *name, int flags, mode_t mode)
{
    struct sailing s = DEPART(shm_open, (long)name, flags);
    int fd;

    if (s.injected)
        return -1;
    fd = shm_open(name, flags, mode);
    if (fd >= 0 && flags & O_CREAT)
        name_made("shared memory", name);
    sea_arrive(&s, fd, fd < 0 ? errno : 0);
    return fd;
}

int sea_mkfifo(const char *, mode_t);
int sea_mkfifo(const char *path, mode_t mode)
{
    struct sailing s = DEPART(mkfifo, (long)path, mode);
    int r;

    if (s.injected)
        return -1;
    r = mkfifo(path, mode);
    if (r == 0)
        name_made("file", path);
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}

sem_t *sea_sem_open(const char *, int, ...);
sem_t *sea_sem_open(const char *name, int flags, ...)
{
    struct sailing s = DEPART(sem_open, (long)name, flags);
    va_list list;
    sem_t *r;

    if (s.injected)
        return SEM_FAILED;
    va_start(list, flags);
    unsigned mode = MODE(flags, list);
    unsigned value = flags & O_CREAT ? va_arg(list, unsigned) : 0;
    va_end(list);
    r = sem_open(name, flags, mode, value);
    if (r != SEM_FAILED && flags & O_CREAT)
        name_made("semaphore", name);
    sea_arrive(&s, (long)r, r == SEM_FAILED ? errno : 0);
    return r;
}

mqd_t sea_mq_open(const char *, int, ...);
mqd_t sea_mq_open(const char *name, int flags, ...)
{
    struct sailing s = DEPART(mq_open, (long)name, flags);
    va_list list;
    mqd_t r;

    if (s.injected)
        return -1;
    va_start(list, flags);
    unsigned mode = MODE(flags, list);
    struct mq_attr *shape =
        flags & O_CREAT ? va_arg(list, struct mq_attr *) : NULL;
    va_end(list);
    r = mq_open(name, flags, mode, shape);
    if (r >= 0 && flags & O_CREAT)
        name_made("message queue", name);
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}

#define UNLINK(call, kind)                                                     \
    int sea_##call(const char *);                                              \
    int sea_##call(const char *name)                                           \
    {                                                                          \
        struct sailing s = DEPART(call, (long)name);                           \
        if (s.injected)                                                        \
            return -1;                                                         \
        int r = call(name);                                                    \
        if (r == 0)                                                            \
            name_removed(kind, name);                                          \
        sea_arrive(&s, r, r < 0 ? errno : 0);                                  \
        return r;                                                              \
    }
UNLINK(unlink, "file")
UNLINK(shm_unlink, "shared memory")
UNLINK(sem_unlink, "semaphore")
UNLINK(mq_unlink, "message queue")

static const char shm_kind[] = "SysV shared memory",
                  sem_kind[] = "SysV semaphores",
                  msg_kind[] = "SysV message queue";

#define SYSV(name, kind, params, longs, ...)                                   \
    int sea_##name params;                                                     \
    int sea_##name params                                                      \
    {                                                                          \
        struct sailing s = sea_depart(SEA_##name, PC, longs);                  \
        if (s.injected)                                                        \
            return -1;                                                         \
        int r = name(__VA_ARGS__);                                             \
        if (r >= 0 && (key == IPC_PRIVATE || flags & IPC_CREAT))               \
            name_made(kind, id_text(r));                                       \
        sea_arrive(&s, r, r < 0 ? errno : 0);                                  \
        return r;                                                              \
    }
#define LONGS(...)                                                             \
    (const long[6])                                                            \
    {                                                                          \
        __VA_ARGS__                                                            \
    }
SYSV(shmget, shm_kind, (key_t key, size_t n, int flags),
     LONGS(key, (long)n, flags), key, n, flags)
SYSV(semget, sem_kind, (key_t key, int n, int flags), LONGS(key, n, flags), key,
     n, flags)
SYSV(msgget, msg_kind, (key_t key, int flags), LONGS(key, flags), key, flags)

static int controlled(struct sailing *s, int r, const char *kind, int command)
{
    if (r == 0 && command == IPC_RMID)
        name_removed(kind, id_text((int)s->arg[0]));
    sea_arrive(s, r, r < 0 ? errno : 0);
    return r;
}

#define CONTROL(name, kind, type)                                              \
    int sea_##name(int, int, type *);                                          \
    int sea_##name(int id, int command, type *data)                            \
    {                                                                          \
        struct sailing s = DEPART(name, id, command, (long)data);              \
        return s.injected                                                      \
                   ? -1                                                        \
                   : controlled(&s, name(id, command, data), kind, command);   \
    }
CONTROL(shmctl, shm_kind, struct shmid_ds)
CONTROL(msgctl, msg_kind, struct msqid_ds)

/* The fourth is a union: it comes as a long does. */
int sea_semctl(int, int, int, ...);
int sea_semctl(int id, int nth, int command, ...)
{
    va_list list;

    va_start(list, command);
    long value = va_arg(list, long);
    va_end(list);
    struct sailing s = DEPART(semctl, id, nth, command, value);
    return s.injected ? -1
                      : controlled(&s, semctl(id, nth, command, value),
                                   sem_kind, command);
}

void *sea_shmat(int, const void *, int);
void *sea_shmat(int id, const void *at, int flags)
{
    struct sailing s = DEPART(shmat, id, (long)at, flags);
    void *p;

    if (s.injected)
        return (void *)-1;
    p = shmat(id, at, flags);
    sea_arrive(&s, (long)p, p == (void *)-1 ? errno : 0);
    return p;
}
