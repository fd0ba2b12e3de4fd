/*
 * task.c — reading /proc.
 */
#include "task.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool slurp(char *buf, size_t cap, const char *format, int a, int b)
{
    char path[64];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), format, a, b);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, buf, cap - 1);
    close(fd);
    buf[n > 0 ? n : 0] = '\0';
    return n > 0;
}

bool task_read(struct task *task, pid_t pid, pid_t tid)
{
    char text[512];
    const char *end;

    if (!slurp(text, sizeof(text), "/proc/%d/task/%d/stat", pid, tid))
        return false;
    end = strrchr(text, ')'); /* the name may hold anything */
    if (!end || sscanf(end + 1, " %c %d %*d %*d %*d %*d %u", &task->state,
                       &task->parent, &task->flags) != 3)
        return false;
    task->ran = 0;
    if (slurp(text, sizeof(text), "/proc/%d/task/%d/schedstat", pid, tid))
        sscanf(text, "%llu", &task->ran);
    return true;
}

bool task_is_dying(pid_t pid)
{
    char text[4096];
    unsigned long long pending;
    const char *line;

    if (!slurp(text, sizeof(text), "/proc/%d/status", pid, 0))
        return true;
    for (line = text; (line = strstr(line, "Pnd:\t")); line++)
        if (sscanf(line + 5, "%llx", &pending) == 1 &&
            pending >> (SIGKILL - 1) & 1)
            return true;
    return false;
}
