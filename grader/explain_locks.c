/*
 * explain_locks.c — locks in memory and locks on files.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "explain_parts.h"
#include "proc.h"

/* The fourth letter of a mapping's permissions: shared or private. */
static bool find_mapping(pid_t pid, unsigned long address, bool *shared)
{
    enum { CAP = 1 << 18 };
    char *text = malloc(CAP), *save = NULL;
    bool found = false;
    if (!text || proc_text(text, CAP, "%d/maps", (int)pid) <= 0) {
        free(text);
        return false;
    }
    for (char *line = strtok_r(text, "\n", &save); line && !found;
         line = strtok_r(NULL, "\n", &save)) {
        unsigned long from, to;
        char perms[5];
        if (sscanf(line, "%lx-%lx %4s", &from, &to, perms) == 3 &&
            from <= address && address < to) {
            *shared = perms[3] == 's';
            found = true;
        }
    }
    free(text);
    return found;
}

static bool is_gone(const struct scene *s, pid_t tid)
{
    for (size_t i = 0; i < s->actors; i++)
        if (s->actor[i].task->tid == tid)
            return s->actor[i].dead;
    return kill(tid, 0) == -1 && errno == ESRCH;
}

/* The thread that holds a mutex. A robust one or one with priority
 * inheritance keeps it in the futex itself; glibc also beside it. */
static pid_t mutex_owner(const struct task *t, unsigned long mutex)
{
    int op = t->arg[1] & FUTEX_CMD_MASK;
    uint32_t word[3] = {0};
    if ((op == FUTEX_WAIT || op == FUTEX_WAIT_BITSET) &&
        (t->arg[2] & FUTEX_WAITERS))
        return t->arg[2] & FUTEX_TID_MASK;
    if (op == FUTEX_LOCK_PI && proc_memory(t->pid, t->arg[0], word, 4) == 4)
        return word[0] & FUTEX_TID_MASK;
#ifdef __GLIBC__
    if (mutex && proc_memory(t->pid, mutex, word, 12) == 12)
        return (pid_t)word[2];
#endif
    return 0;
}

struct lock lock_of(const struct scene *s, const struct actor *a)
{
    const struct task *t = a->task;
    struct lock lock = {.what = "futex"};
    unsigned long mutex = 0;
    int call = a->event ? a->event->call : -1;
    lock.process_private = t->arg[1] & FUTEX_PRIVATE_FLAG;
    lock.placed = find_mapping(t->pid, t->arg[0], &lock.shared);
    if (call == SEA_sem_wait || call == SEA_sem_timedwait)
        lock.what = "semaphore";
    if (call == SEA_pthread_cond_wait) {
        lock.what = "condition";
        unsigned long second = a->event->arg[1];
        if (t->arg[0] >= second && t->arg[0] < second + 40)
            mutex = second;
    }
    if (call == SEA_pthread_mutex_lock)
        mutex = a->event->arg[0];
    if (strcmp(lock.what, "semaphore") != 0)
        lock.owner = mutex_owner(t, mutex);
    if (mutex || lock.owner)
        lock.what = "mutex";
    lock.owner_gone = lock.owner > 0 && is_gone(s, lock.owner);
    return lock;
}

/* "1: FLOCK  ADVISORY  WRITE 123 00:1f:4567 0 EOF"; "1: -> …" waits. */
pid_t file_lock_holder(const struct actor *a)
{
    enum { CAP = 1 << 16 };
    char *text = malloc(CAP), *save = NULL;
    pid_t holder = 0;
    if (!text || !a->end || proc_text(text, CAP, "locks") <= 0) {
        free(text);
        return 0;
    }
    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        unsigned major, minor;
        unsigned long inode;
        int pid;
        char kind[8];
        if (sscanf(line, "%*s %7s %*s %*s %d %x:%x:%lu", kind, &pid, &major,
                   &minor, &inode) != 5 ||
            inode != a->end->inode || strcmp(kind, "->") == 0)
            continue;
        if ((strcmp(kind, "FLOCK") == 0) == (a->kind == CALL_FLOCK))
            holder = pid;
    }
    free(text);
    return holder;
}

bool queue_state(const struct actor *a, long *messages, long *room)
{
    struct mq_attr attr = {0};
    int fd = proc_descriptor(a->task->pid, (int)a->task->arg[0]);
    if (fd == -1)
        return false;
    bool known = syscall(SYS_mq_getsetattr, fd, NULL, &attr) == 0;
    close(fd);
    *messages = attr.mq_curmsgs;
    *room = attr.mq_maxmsg;
    return known;
}

bool opened_path(const struct actor *a, char *buf, size_t cap, bool *writing)
{
    const struct task *t = a->task;
    bool at = t->call == SYS_openat;
    size_t len = proc_memory(t->pid, t->arg[at], buf, cap - 1);
    /* The end of the page may cut it short: try again with less. */
    for (size_t n = cap / 2; len == 0 && n > 8; n /= 2)
        len = proc_memory(t->pid, t->arg[at], buf, n);
    buf[len] = '\0';
    *writing = (t->arg[at + 1] & O_ACCMODE) == O_WRONLY;
    return buf[0] != '\0';
}
