/*
 * sandbox.h — how a test's process is started.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <sys/types.h>

struct launch {
    const char *binary; /* absolute */
    const char *fact;   /* a test's name, or "--list" */
    const char *folder; /* its private working directory */
    int page_fd;        /* the shared page, or -1 */
    int output_fd;      /* its stdout and stderr */
    pid_t grader;       /* nobody below may signal it, or the keeper */
};

/*
 * Start it in a session of its own, with limits, /dev/null as stdin, and a
 * filter that refuses to signal everybody, the grader or the keeper. Returns
 * its pid, or -1 and errno. The caller is the keeper.
 */
pid_t sandbox_start(const struct launch *);

/* Remove the queues, semaphores and shared memory that the test's code made
 * under a name and has not removed. Everybody in the test has ended. */
struct page;
void remove_names(struct page *);

/* Remove a folder and all that is in it. */
void remove_folder(const char *path);

#endif
