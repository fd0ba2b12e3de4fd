/*
 * legal_queues.c — the conditions of the legality table for message queues,
 * SysV's semaphores and futexes.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "legal.h"
#include "legal_now.h"
#include "sea.h"

/* A queue more is made only where there is none of that name. */
bool legal_mq_open(enum sea_call call, const long arg[], int fault)
{
    mqd_t q;

    (void)call;
    if (fault != ENOSPC)
        return true;
    if (!((int)arg[1] & O_CREAT))
        return false;
    q = mq_open(POINTER(arg[0]), O_RDONLY);
    if (q >= 0)
        mq_close(q);
    return q < 0 && errno == ENOENT;
}

/* Has the moment been? Then a call that waits for it does not sleep. */
static bool is_past(const struct timespec *at)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return at && (at->tv_sec != now.tv_sec ? at->tv_sec < now.tv_sec
                                           : at->tv_nsec <= now.tv_nsec);
}

static bool mq_waits(mqd_t q, const struct timespec *limit, int access)
{
    int flags = fcntl(q, F_GETFL);

    return flags != -1 && !(flags & O_NONBLOCK) &&
           (flags & O_ACCMODE) != access && !is_past(limit);
}

/* As with a pipe: room is no secret, a message is one until the caller has
 * been told of it. */
bool legal_mq_send(enum sea_call call, const long arg[], int fault)
{
    mqd_t q = (mqd_t)arg[0];

    (void)fault;
    return mq_waits(q, POINTER(call == SEA_mq_send ? 0 : arg[4]), O_RDONLY) &&
           !is_ready(q, POLLOUT) && handled(false, NULL);
}

bool legal_mq_receive(enum sea_call call, const long arg[], int fault)
{
    mqd_t q = (mqd_t)arg[0];
    int flags = fcntl(q, F_GETFL);

    if (legal_knows & WAITING_DATA && is_ready(q, POLLIN))
        return false;
    if (fault == EAGAIN)
        return flags != -1 && flags & O_NONBLOCK &&
               (flags & O_ACCMODE) != O_WRONLY;
    return mq_waits(q, POINTER(call == SEA_mq_receive ? 0 : arg[4]),
                    O_WRONLY) &&
           handled(false, NULL);
}

/* What is there already, is found. */
bool legal_sysv_get(enum sea_call call, const long arg[], int fault)
{
    key_t key = (key_t)arg[0];
    int flags = (int)arg[call == SEA_msgget ? 1 : 2];

    (void)fault;
    if (key == IPC_PRIVATE)
        return true;
    if (!(flags & IPC_CREAT))
        return false;
    switch (call) {
    case SEA_msgget:
        return msgget(key, 0) == -1 && errno == ENOENT;
    case SEA_semget:
        return semget(key, 0, 0) == -1 && errno == ENOENT;
    default:
        return shmget(key, 0, 0) == -1 && errno == ENOENT;
    }
}

bool legal_msgsnd(enum sea_call call, const long arg[], int fault)
{
    struct msqid_ds queue;

    (void)call, (void)fault;
    return !((int)arg[3] & IPC_NOWAIT) &&
           msgctl((int)arg[0], IPC_STAT, &queue) == 0 &&
           queue.__msg_cbytes + (size_t)arg[2] > queue.msg_qbytes &&
           handled(true, NULL);
}

bool legal_msgrcv(enum sea_call call, const long arg[], int fault)
{
    struct msqid_ds queue;
    bool now = (int)arg[4] & IPC_NOWAIT;

    (void)call;
    if (msgctl((int)arg[0], IPC_STAT, &queue) == -1 ||
        (legal_knows & WAITING_DATA && queue.msg_qnum > 0))
        return false;
    return fault == ENOMSG ? now : !now && handled(true, NULL);
}

/* Which of these would wait, going by the values as they are now? Adding to
 * a semaphore never does. Even SIGSTOP and SIGCONT end the wait. */
bool legal_semop(enum sea_call call, const long arg[], int fault)
{
    const struct sembuf *op = POINTER(arg[1]);
    const struct timespec *limit = POINTER(call == SEA_semtimedop ? arg[3] : 0);
    bool may_wait = false;

    (void)fault;
    if (limit && limit->tv_sec == 0 && limit->tv_nsec == 0)
        return false;
    for (long i = 0; i < arg[2]; i++) {
        int value = semctl((int)arg[0], op[i].sem_num, GETVAL);
        bool passes = op[i].sem_op ? value + op[i].sem_op >= 0 : value == 0;
        if (op[i].sem_op <= 0 && !(op[i].sem_flg & IPC_NOWAIT))
            may_wait |= !passes || !(legal_knows & WAITING_DATA);
    }
    return may_wait;
}

/* futex(2): a waiter may be woken by nobody. The word is compared before a
 * signal counts. One with a time-out is not restarted. */
bool legal_futex(enum sea_call call, const long arg[], int fault)
{
    int operation = (int)arg[2] & FUTEX_CMD_MASK;
    atomic_int *word = POINTER(arg[1]);

    (void)call;
    if (operation != FUTEX_WAIT && operation != FUTEX_WAIT_BITSET)
        return false;
    if (!word || (uintptr_t)word % sizeof(*word) ||
        atomic_load(word) != (int)arg[3])
        return false;
    return fault == SEA_WOKEN || (fault == EINTR && handled(arg[4], NULL));
}
