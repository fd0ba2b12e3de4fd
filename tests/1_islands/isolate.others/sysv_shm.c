/*
 * Technique: a System V segment, marked for removal as soon as it is attached
 */
#include "isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
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
    int id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
    if (id == -1)
        return -1;
    void *result = shmat(id, NULL, 0);
    int error = errno;
    shmctl(id, IPC_RMID, NULL);
    if (result == (void *)-1) {
        errno = error;
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0)
        _exit(fn(in, result) == 0 ? 0 : 1);
    error = errno;
    int status = 0;
    if (pid != -1) {
        status = wait_for(pid);
        error = status == 0 ? 0 : ECHILD;
        if (wstatus != NULL)
            *wstatus = status;
        if (status == 0)
            memcpy(out, result, size);
    }
    shmdt(result);
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}
