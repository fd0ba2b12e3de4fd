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

unsigned long mutex_in(const struct page_event *e)
{
    switch (e->call) {
    case SEA_pthread_mutex_lock:
    case SEA_pthread_mutex_timedlock:
    case SEA_pthread_mutex_clocklock:
        return (unsigned long)e->arg[0];
    case SEA_pthread_cond_wait:
    case SEA_pthread_cond_timedwait:
    case SEA_pthread_cond_clockwait:
        return (unsigned long)e->arg[1];
    default:
        return 0;
    }
}

/* What kind of thing the learner's call waits for. */
static const char *kind_of(int call)
{
    switch (call) {
    case SEA_sem_wait:
    case SEA_sem_timedwait:
    case SEA_sem_clockwait:
        return "semaphore";
    case SEA_pthread_cond_wait:
    case SEA_pthread_cond_timedwait:
    case SEA_pthread_cond_clockwait:
        return "condition";
    case SEA_pthread_mutex_lock:
    case SEA_pthread_mutex_timedlock:
    case SEA_pthread_mutex_clocklock:
        return "mutex";
    case SEA_pthread_rwlock_rdlock:
    case SEA_pthread_rwlock_wrlock:
    case SEA_pthread_rwlock_timedrdlock:
    case SEA_pthread_rwlock_timedwrlock:
    case SEA_pthread_rwlock_clockrdlock:
    case SEA_pthread_rwlock_clockwrlock:
        return "read-write lock";
    case SEA_pthread_barrier_wait:
        return "barrier";
    default:
        return "futex";
    }
}

/* The thread that has it locked for writing; glibc keeps it in the lock. */
static pid_t writer_of(const struct task *t, unsigned long rwlock)
{
    uint32_t word[7] = {0};
#ifdef __GLIBC__
    if (proc_memory(t->pid, rwlock, word, sizeof(word)) == sizeof(word))
        return (pid_t)word[6];
#endif
    (void)t, (void)rwlock;
    return (pid_t)word[6];
}

/* A word that the learner's code waits on by itself means what it likes. */
static bool is_own_make(const struct actor *a)
{
    return a->event && a->event->call == SEA_syscall &&
           (a->task->arg[1] & FUTEX_CMD_MASK) != FUTEX_LOCK_PI;
}

struct lock lock_of(const struct scene *s, const struct actor *a)
{
    const struct task *t = a->task;
    struct lock lock = {.what = kind_of(a->event ? a->event->call : -1)};
    unsigned long mutex = a->event ? mutex_in(a->event) : 0;
    bool condition = strcmp(lock.what, "condition") == 0;
    lock.process_private = t->arg[1] & FUTEX_PRIVATE_FLAG;
    lock.placed = find_mapping(t->pid, t->arg[0], &lock.shared);
    /* A condition's wait ends with a wait for the mutex. */
    if (condition && (t->arg[0] < mutex || t->arg[0] >= mutex + 40))
        mutex = 0;
    if (strcmp(lock.what, "read-write lock") == 0)
        lock.owner = writer_of(t, (unsigned long)a->event->arg[0]);
    else if (mutex || (strcmp(lock.what, "futex") == 0 && !is_own_make(a)))
        lock.owner = mutex_owner(t, mutex);
    if (mutex || (lock.owner && strcmp(lock.what, "futex") == 0))
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
