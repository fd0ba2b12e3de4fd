/*
 * sea_names.c — what has a name, and outlives who made it.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <stdarg.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

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

int sea_bind(int, const struct sockaddr *, socklen_t);
int sea_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    struct sailing s = DEPART(bind, fd, (long)address, length);
    const struct sockaddr_un *un = (const struct sockaddr_un *)address;
    int r;

    if (s.injected)
        return -1;
    r = bind(fd, address, length);
    if (r == 0 && address->sa_family == AF_UNIX && un->sun_path[0])
        name_made("file", un->sun_path);
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

#define SYSV(name, kind, params, first, ...)                                   \
    int sea_##name params;                                                     \
    int sea_##name params                                                      \
    {                                                                          \
        struct sailing s = DEPART(name, (long)first, 0, 0);                    \
        if (s.injected)                                                        \
            return -1;                                                         \
        int r = name(first, __VA_ARGS__);                                      \
        if (r >= 0)                                                            \
            name_made(kind, id_text(r));                                       \
        sea_arrive(&s, r, r < 0 ? errno : 0);                                  \
        return r;                                                              \
    }
SYSV(shmget, "SysV shared memory", (key_t key, size_t n, int flags), key, n,
     flags)
SYSV(semget, "SysV semaphores", (key_t key, int n, int flags), key, n, flags)
SYSV(msgget, "SysV message queue", (key_t key, int flags), key, flags)
