/*
 * Technique: a shared mapping with a flag, _Fork and exit_group
 */
#include "isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct room {
    int returned;
    _Alignas(16) char result[];
};

int isolate(int (*fn)(const void *in, void *out), const void *in, void *out,
            size_t size, int *wstatus)
{
    struct room *room = mmap(NULL, sizeof(*room) + size, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return -1;
    room->returned = 0;
    pid_t pid = _Fork();
    if (pid == 0) {
        int code = fn(in, room->result);
        room->returned = code == 0;
        syscall(SYS_exit_group, code == 0 ? 0 : 1);
    }
    int rc = -1, error = errno;
    if (pid != -1) {
        int status;
        while (wait4(pid, &status, 0, NULL) == -1 && errno == EINTR)
            ;
        if (wstatus != NULL)
            *wstatus = status;
        error = ECHILD;
        if (status == 0 && room->returned) {
            memcpy(out, room->result, size);
            rc = 0;
        }
    }
    munmap(room, sizeof(*room) + size);
    errno = error;
    return rc;
}
