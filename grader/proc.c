/*
 * proc.c — small helpers to look at other processes through /proc.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "proc.h"

ssize_t proc_text(char *buf, size_t cap, const char *fmt, ...)
{
    char path[64] = "/proc/";
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(path + 6, sizeof(path) - 6, fmt, ap);
    va_end(ap);

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return -1;
    size_t len = 0;
    ssize_t got = 0;
    while (len < cap - 1) {
        got = read(fd, buf + len, cap - 1 - len);
        if (got == -1 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        len += got;
    }
    close(fd);
    buf[len] = '\0';
    return got == -1 ? -1 : (ssize_t)len;
}

int proc_numbers(const char *folder, void (*each)(pid_t, void *), void *arg)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%s", folder);
    DIR *dir = opendir(path);
    if (!dir)
        return -1;
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        if (isdigit((unsigned char)e->d_name[0]))
            each(atoi(e->d_name), arg);
    closedir(dir);
    return 0;
}

bool pids_add(struct pids *list, pid_t pid)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        pid_t *grown = realloc(list->pid, room * sizeof(*grown));
        if (!grown)
            return false;
        list->pid = grown;
        list->room = room;
    }
    list->pid[list->count++] = pid;
    return true;
}

bool pids_have(const struct pids *list, pid_t pid)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->pid[i] == pid)
            return true;
    return false;
}

/* The name stands in parentheses and may hold any byte, ')' too; what comes
 * after the last ')' is numbers and one letter. */
bool proc_stat(struct proc_stat *st, const char *text)
{
    const char *open = strchr(text, '('), *close = strrchr(text, ')');
    if (!open || !close || close < open)
        return false;
    st->pid = atoi(text);
    size_t len = close - open - 1;
    if (len >= sizeof(st->name))
        len = sizeof(st->name) - 1;
    memcpy(st->name, open + 1, len);
    st->name[len] = '\0';
    int parent;
    unsigned long user, system;
    if (sscanf(close + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
               &st->state, &parent, &user, &system) != 4)
        return false;
    st->parent = parent;
    st->ticks = (unsigned long long)user + system;
    return true;
}

size_t proc_memory(pid_t pid, unsigned long address, void *buf, size_t n)
{
    struct iovec to = {buf, n}, from = {(void *)address, n};
    ssize_t got = process_vm_readv(pid, &to, 1, &from, 1, 0);
    return got > 0 ? (size_t)got : 0;
}

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

double seconds_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int proc_descriptor(pid_t pid, int fd)
{
    int pidfd = syscall(SYS_pidfd_open, pid, 0);
    if (pidfd != -1) {
        int copy = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
        close(pidfd);
        if (copy != -1)
            return copy;
    }
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
    return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}
