/*
 * explain_queues.c — rules about message queues and System V's semaphores.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

#include "explain_history.h"
#include "explain_parts.h"
#include "explain_rules.h"
#include "proc.h"

static bool may(const struct end *e, bool send)
{
    return (e->flags & O_ACCMODE) != (send ? O_RDONLY : O_WRONLY);
}

/* Has this process the queue open, for sending or for receiving? */
static bool has_open(const struct scene *s, pid_t pid, const struct end *queue,
                     bool send)
{
    for (size_t i = 0; i < s->ends; i++)
        if (s->end[i].pid == pid && s->end[i].inode == queue->inode &&
            s->end[i].mode == queue->mode && may(&s->end[i], send))
            return true;
    return false;
}

int queue_partners(struct scene *s, const struct actor *a, char *buf,
                   size_t cap)
{
    char name[80];
    size_t used = 0;
    int count = 0;

    buf[0] = '\0';
    for (size_t i = 0; a->end && i < s->actors; i++) {
        const struct actor *b = &s->actor[i];
        if (b->task->tid != b->task->pid || b->task->pid == a->task->pid ||
            b->dead ||
            !has_open(s, b->task->pid, a->end, a->kind == CALL_MQ_RECEIVE))
            continue;
        used +=
            (size_t)snprintf(buf + used, cap - used, "%s%s",
                             count++ ? ", " : "", the(b, name, sizeof(name)));
        if (used >= cap)
            break;
    }
    return count;
}

/* Another process in the same call on another queue, each of them being the
 * only one the other could hear from. */
static const struct actor *counterpart(struct scene *s, const struct actor *a)
{
    char who[256];
    bool send = a->kind == CALL_MQ_RECEIVE;

    for (size_t i = 0; a->end && i < s->actors; i++) {
        const struct actor *b = &s->actor[i];
        if (b->kind == a->kind && b->end && b->task->pid != a->task->pid &&
            b->end->inode != a->end->inode &&
            has_open(s, b->task->pid, a->end, send) &&
            has_open(s, a->task->pid, b->end, send) &&
            queue_partners(s, a, who, sizeof(who)) > 0)
            return b;
    }
    return NULL;
}

bool queues_crossed(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], other[80], here[96], there[96];
    const struct actor *b;

    if ((a->kind != CALL_MQ_RECEIVE && a->kind != CALL_MQ_SEND) ||
        !(b = counterpart(s, a)))
        return false;
    s->culprit[0] = a;
    s->culprit[1] = b;
    the(a, name, sizeof(name));
    the(b, other, sizeof(other));
    end_name(s, a->end, here, sizeof(here));
    end_name(s, b->end, there, sizeof(there));
    fprintf(say,
            a->kind == CALL_MQ_RECEIVE
                ? "%s waits for a message in queue %s, while %s waits for one "
                  "in queue %s: each waits for the other to send first. Let "
                  "one of them begin."
                : "%s cannot send, as queue %s is full, while %s cannot send "
                  "either, as queue %s is full: each would have to receive "
                  "before the other can go on. Receive the answers before "
                  "sending more than the queue holds.",
            name, here, other, there);
    return true;
}

static bool nobody_else(struct scene *s, const struct actor *a)
{
    char who[256];

    return a->end && queue_partners(s, a, who, sizeof(who)) == 0;
}

static bool receives(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], what[96];
    bool alone = nobody_else(s, a);
    const char *itself =
        alone && has_open(s, a->task->pid, a->end, true) ? " but itself" : "";

    fprintf(say, "%s waits for a message in queue %s",
            the(a, name, sizeof(name)),
            end_name(s, a->end, what, sizeof(what)));
    if (alone)
        fprintf(say, ", which nobody%s has open for sending", itself);
    else
        fputs(", and nobody is left to send one", say);
    return conclude(say, s, a,
                    alone ? "Who is to send, opens it O_WRONLY or O_RDWR, and "
                            "must not be gone before."
                          : "It waits for one more than were sent.");
}

static bool sends(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], what[96];

    the(a, name, sizeof(name));
    end_name(s, a->end, what, sizeof(what));
    if (nobody_else(s, a))
        fprintf(say,
                "%s cannot send: queue %s is full, and nobody else has it "
                "open for receiving",
                name, what);
    else
        fprintf(say, "%s cannot send: queue %s is full, and nobody receives",
                name, what);
    return conclude(say, s, a,
                    "Start the receiver before sending more than the queue "
                    "holds.");
}

/* The type asked for stands in a register. */
static void put_type(char *buf, size_t cap, long type)
{
    if (type > 0)
        snprintf(buf, cap, "a message of type %ld", type);
    else if (type < 0)
        snprintf(buf, cap, "a message of a type up to %ld", -type);
    else
        snprintf(buf, cap, "a message");
}

static bool sysv_queue(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], message[64];
    struct msqid_ds queue = {0};
    int id = (int)a->task->arg[0];
    long type = (long)a->task->arg[3];

    the(a, name, sizeof(name));
    if (a->kind == CALL_MSGSND) {
        fprintf(say, "%s cannot send: queue %d is full, and nobody receives",
                name, id);
        return conclude(say, s, a,
                        "Start the receiver before sending more than the "
                        "queue holds.");
    }
    put_type(message, sizeof(message), type);
    fprintf(say, "%s waits for %s in queue %d, and nobody is left to send one",
            name, message, id);
    if (type != 0 && msgctl(id, IPC_STAT, &queue) == 0 && queue.msg_qnum > 0)
        return conclude(say, s, a,
                        "There are messages in it, of other types: who sends "
                        "and who receives have to agree on the type.");
    return conclude(say, s, a, "It waits for one more than were sent.");
}

bool queue(FILE *say, struct scene *s, const struct actor *a)
{
    switch (a->kind) {
    case CALL_MQ_RECEIVE:
        return receives(say, s, a);
    case CALL_MQ_SEND:
        return sends(say, s, a);
    case CALL_MSGRCV:
    case CALL_MSGSND:
        return sysv_queue(say, s, a);
    default:
        return false;
    }
}

void about_queue(FILE *out, struct scene *s, const struct actor *a)
{
    char who[256];
    long messages, room;

    if (queue_state(a, &messages, &room))
        detail(out, "it holds %ld of at most %ld messages", messages, room);
    if (!a->end)
        return;
    if (queue_partners(s, a, who, sizeof(who)) > 0)
        detail(out, "open for %s in: %s",
               a->kind == CALL_MQ_RECEIVE ? "sending" : "receiving", who);
    if (!forgotten_events(s))
        detail(out, "sent to it so far: %d, received from it: %d",
               times_through(s, a->end, mq_sending),
               times_through(s, a->end, mq_receiving));
}

void about_sysv_queue(FILE *out, const struct actor *a)
{
    struct msqid_ds queue;

    if (msgctl((int)a->task->arg[0], IPC_STAT, &queue) == 0)
        detail(out, "messages in it: %lu, with %lu of at most %lu bytes",
               (unsigned long)queue.msg_qnum, (unsigned long)queue.__msg_cbytes,
               (unsigned long)queue.msg_qbytes);
}

void about_semop(FILE *out, struct scene *s, const struct actor *a)
{
    struct sembuf op[4];
    char role[64];
    int id = (int)a->task->arg[0];
    size_t n = a->task->arg[2] < 4 ? a->task->arg[2] : 4;

    if (proc_memory(a->task->pid, a->task->arg[1], op, n * sizeof(*op)) !=
        n * sizeof(*op))
        return;
    for (size_t i = 0; i < n; i++) {
        int value = semctl(id, op[i].sem_num, GETVAL);
        pid_t last = semctl(id, op[i].sem_num, GETPID);
        if (value < 0 || (op[i].sem_op ? value + op[i].sem_op >= 0 : !value))
            continue;
        if (op[i].sem_op)
            detail(out, "semaphore %d is %d, and it wants to take %d",
                   op[i].sem_num, value, -op[i].sem_op);
        else
            detail(out, "semaphore %d is %d, and it waits for 0", op[i].sem_num,
                   value);
        if (last > 0 && s->page)
            detail(out, "the last to change it: %s",
                   page_role(s->page, last, role, sizeof(role)));
    }
}
