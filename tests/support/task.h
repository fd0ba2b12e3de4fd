/*
 * task.h — one thread, as /proc shows it.
 */
#ifndef TASK_H
#define TASK_H

#include <stdbool.h>
#include <sys/types.h>

struct task {
    pid_t parent;
    char state;             /* R S D Z T X */
    unsigned flags;         /* the kernel's PF_ flags */
    unsigned long long ran; /* ns on a CPU */
};

/* False when it is not there. tid == pid is the main thread. */
bool task_read(struct task *, pid_t pid, pid_t tid);

/* In the middle of its own exit (the kernel's PF_EXITING). */
enum { TASK_EXITING = 4 };

/* SIGKILL is pending: nothing can keep it alive. */
bool task_is_dying(pid_t pid);

#endif
