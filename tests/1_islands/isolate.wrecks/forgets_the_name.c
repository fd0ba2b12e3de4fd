/*
 * Mistake: leaves the name of its shared object in /dev/shm.
 * Caught by: brings_the_result_home
 * Saying: a name outlives every process
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
    char name[40];
    snprintf(name, sizeof(name), "/isolate-%d", getpid());
    int fd = shm_open(name, O_CREAT | O_RDWR | O_TRUNC, 0600), rc = -1;
    if (fd == -1)
        return -1;
    if (ftruncate(fd, (off_t)size) == -1) {
        close(fd);
        shm_unlink(name);
        return -1;
    }
    char *result = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (result == MAP_FAILED) {
        shm_unlink(name);
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0)
        _exit(fn(in, result) != 0);
    int error = errno;
    if (pid > 0) {
        int status = wait_for(pid);
        if (wstatus != NULL)
            *wstatus = status;
        error = ECHILD;
        if (status == 0) {
            memcpy(out, result, size);
            rc = 0;
        }
    }
    munmap(result, size);
    if (rc == -1)
        errno = error;
    return rc;
}
