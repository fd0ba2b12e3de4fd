/*
 * tree.h — the processes below the grader's keeper of one test.
 *
 * A tree is a snapshot of every thread of every descendant of a process,
 * read from /proc. Two snapshots that are the same, with everybody asleep in
 * a call without a time-out, taken often enough, prove that nobody will ever
 * move again: a starved process is in state R, so load cannot fake it.
 */
#ifndef TREE_H
#define TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct task {
    pid_t pid, tid, parent;
    char state; /* as in /proc/PID/stat: R S D Z T … */
    char name[16];
    bool known; /* /proc/PID/syscall could be read */
    long call;  /* system call number; -1 outside one or running */
    unsigned long arg[6];
    unsigned long long ran; /* ns on a CPU, of /proc/PID/schedstat */
};

struct tree {
    size_t count, room;
    struct task *task;
};

/* All descendants of root (not itself), ordered by pid, tid. Returns their
 * number, or -1 with errno where /proc cannot be read. */
int tree_read(struct tree *, pid_t root);
void tree_clear(struct tree *);

/* CPU time of all its tasks, in seconds. */
double tree_cpu(const struct tree *);

/* End every descendant with SIGKILL and reap what became our children, over
 * and over until none is left. Never gives up, never blocks for long. */
void tree_end(pid_t root);

/* Collect every child of ours that has ended. */
void reap_all(void);

/*
 * Watch for the proof. Feed it a snapshot about every 25 ms; it answers
 * whether it is now proven that nobody can move (7 equal samples; 1.5 s worth
 * where a TCP socket is open; never with an armed timer in sight).
 */
struct page;
struct stillness {
    struct tree last;
    int samples;
    bool clear; /* no timer was in sight at the last close look */
};
bool stillness_proven(struct stillness *, const struct tree *now,
                      const struct page *);

#endif
