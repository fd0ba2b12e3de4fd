/*
 * tree_end.c — end everybody below a process, fork bombs too.
 *
 * The kernel signals a process group in one go, and a fork that meets a
 * pending SIGKILL does not happen: so groups go first, then whoever is left.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proc.h"
#include "tree.h"

static const double patience = 5; /* seconds, for processes in state D */

void reap_all(void)
{
    pid_t pid;
    do
        pid = waitpid(-1, NULL, WNOHANG);
    while (pid > 0 || (pid == -1 && errno == EINTR));
}

/*
 * Is the whole group below root? A session is inherited by fork alone, so a
 * session other than root's was begun below root, and so were its groups.
 * In root's own session only a group whose leader we know is below is safe.
 */
static bool safe_group(pid_t group, pid_t member, pid_t root,
                       const struct pids *below)
{
    if (group <= 1 || group == getpgrp() || group == getpgid(root))
        return false;
    pid_t session = getsid(member);
    if (session == -1 || getsid(root) == -1)
        return false;
    if (session != getsid(root) && session != getsid(0))
        return true;
    return pids_have(below, group);
}

static bool ended(pid_t pid)
{
    char text[512];
    struct proc_stat st;
    return proc_text(text, sizeof(text), "%d/stat", (int)pid) <= 0 ||
           !proc_stat(&st, text) || st.state == 'Z' || st.state == 'X';
}

/* One round: the number of processes that were alive in it. */
static size_t kill_round(const struct pids *below, pid_t root)
{
    size_t alive = 0;
    pid_t last = 0;
    for (size_t i = 0; i < below->count; i++) {
        pid_t group = getpgid(below->pid[i]);
        if (group == last || group == -1)
            continue;
        if (safe_group(group, below->pid[i], root, below)) {
            kill(-group, SIGKILL);
            last = group;
        }
    }
    for (size_t i = 0; i < below->count; i++) {
        pid_t pid = below->pid[i];
        if (pid == getpid() || ended(pid))
            continue;
        alive++;
        kill(pid, SIGKILL);
    }
    return alive;
}

void tree_end(pid_t root)
{
    struct pids below = {0};
    double start = seconds_now();
    long pause_us = 200;
    do {
        reap_all();
        if (!proc_descendants(&below, root) || below.count == 0)
            break;
        size_t alive = kill_round(&below, root);
        reap_all();
        if (alive == 0 && root != getpid())
            break; /* zombies that are root's to collect */
        /* The first rounds follow each other closely, to outrun forks. */
        struct timespec nap = {0, pause_us * 1000};
        nanosleep(&nap, NULL);
        if (pause_us < 20000)
            pause_us += pause_us / 4;
    } while (seconds_now() - start < patience);
    reap_all();
    free(below.pid);
}
