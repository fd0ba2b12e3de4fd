/*
 * Technique: a POSIX shared memory object of its own name, unlinked at once
 */
#include "isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void *room(size_t size)
{
    static unsigned n;
    char name[64];
    void *p = MAP_FAILED;

    snprintf(name, sizeof(name), "/isolate-%d-%u", (int)getpid(), n++);
    int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    if (fd == -1)
        return p;
    shm_unlink(name);
    if (ftruncate(fd, (off_t)size) == 0)
        p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int error = errno;
    close(fd);
    errno = error;
    return p;
}

static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    return status;
}

int isolate(int (*fn)(const void *in, void *out), const void *in, void *out,
            size_t size, int *wstatus)
{
    int status;
    void *result = room(size);
    if (result == MAP_FAILED)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(fn(in, result) ? EXIT_FAILURE : EXIT_SUCCESS);
    if (pid == -1) {
        int error = errno;
        munmap(result, size);
        errno = error;
        return -1;
    }
    status = wait_for(pid);
    if (wstatus)
        *wstatus = status;
    if (status == 0)
        memcpy(out, result, size);
    munmap(result, size);
    if (status == 0)
        return 0;
    errno = ECHILD;
    return -1;
}
