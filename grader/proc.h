/*
 * proc.h — small helpers to look at other processes through /proc.
 */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What comes of /proc/<formatted>, with a NUL behind it: its length, or -1.
 * The text is cut where buf is too small. */
ssize_t proc_text(char *buf, size_t cap, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Numbers in a folder of /proc ("1234/task"): calls each(number, arg). */
int proc_numbers(const char *folder, void (*each)(pid_t, void *), void *arg);

/* A growing list of processes. */
struct pids {
    size_t count, room;
    pid_t *pid;
};
bool pids_add(struct pids *, pid_t);
bool pids_have(const struct pids *, pid_t);

/* All descendants of root, zombies too, in no order; false: see errno. */
bool proc_descendants(struct pids *, pid_t root);

/* The monotonic clock. */
double seconds_now(void);

/* Fields of /proc/.../stat, whatever the name of the program looks like. */
struct proc_stat {
    pid_t pid, parent;
    char state, name[16];
    unsigned long long ticks; /* user and system time */
};
bool proc_stat(struct proc_stat *, const char *text);

/* Memory of another process: the number of bytes read, 0 where denied. */
size_t proc_memory(pid_t, unsigned long address, void *buf, size_t n);

/* A copy of its descriptor (pidfd_getfd, else opened anew from /proc,
 * read-only and non-blocking), or -1. Close it. */
int proc_descriptor(pid_t, int fd);

#endif
