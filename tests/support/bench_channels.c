/*
 * bench_channels.c — what the kernel offers: its queues, pipes and sockets.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench_flow.h"

/* A number in a pointer; never NULL. */
#define HANDLE(n) ((void *)((intptr_t)(n) + 1))
#define NUMBER(handle) ((int)((intptr_t)(handle)-1))

/* ---- POSIX message queue: for ten messages, as by default ---- */

static void *open_mq(size_t size)
{
    static int nth;
    char name[64];
    struct mq_attr shape = {.mq_maxmsg = 10, .mq_msgsize = (long)size};

    snprintf(name, sizeof(name), "/bench-%d-%d", (int)getpid(), nth++);
    mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &shape);
    if (q == -1)
        return NULL;
    mq_unlink(name);
    return HANDLE(q);
}

static int put_mq(void *q, char *message, size_t size)
{
    return mq_send(NUMBER(q), message, size, 0);
}

static int get_mq(void *q, char *message, size_t size)
{
    return mq_receive(NUMBER(q), message, size, NULL) < 0 ? -1 : 0;
}

static const char *no_mq(void)
{
    void *q = open_mq(8);

    if (!q)
        return strerror(errno);
    mq_close(NUMBER(q));
    return NULL;
}

/* ---- SysV message queue: an id that nobody removes by itself ---- */

enum { MOST_IDS = 2 };
static struct {
    int count, id[MOST_IDS];
} * made; /* shared, for whoever sweeps */

static const char *no_msg(void)
{
    if (!made)
        made = mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int id = msgget(IPC_PRIVATE, 0600);
    if (id == -1)
        return strerror(errno);
    msgctl(id, IPC_RMID, NULL);
    return NULL;
}

static void *open_msg(size_t size)
{
    int id = msgget(IPC_PRIVATE, 0600);

    (void)size;
    if (id == -1)
        return NULL;
    if (made->count < MOST_IDS)
        made->id[made->count++] = id;
    return HANDLE(id);
}

static void sweep_msg(void)
{
    while (made && made->count > 0)
        msgctl(made->id[--made->count], IPC_RMID, NULL);
}

/* The type stands before the message. */
static int put_msg(void *q, char *message, size_t size)
{
    char *letter = message - sizeof(long);

    memcpy(letter, &(long){1}, sizeof(long));
    return msgsnd(NUMBER(q), letter, size, 0);
}

static int get_msg(void *q, char *message, size_t size)
{
    return msgrcv(NUMBER(q), message - sizeof(long), size, 0, 0) < 0 ? -1 : 0;
}

/* ---- a pipe: a stream, cut by hand; whole up to PIPE_BUF ---- */

/* Both ends in one number: a descriptor is small. */
static void *open_pipe(size_t size)
{
    int end[2];

    (void)size;
    return pipe(end) == -1 ? NULL : HANDLE(end[0] << 12 | end[1]);
}

static int put_pipe(void *ends, char *message, size_t size)
{
    while (size > 0) {
        ssize_t n = write(NUMBER(ends) & 0xfff, message, size);
        if (n == -1)
            return -1;
        message += n;
        size -= (size_t)n;
    }
    return 0;
}

static int get_pipe(void *ends, char *message, size_t size)
{
    while (size > 0) {
        ssize_t n = read(NUMBER(ends) >> 12, message, size);
        if (n <= 0)
            return -1;
        message += n;
        size -= (size_t)n;
    }
    return 0;
}

/* ---- a socket pair that keeps messages apart ---- */

static void *open_sockets(size_t size)
{
    int end[2];

    (void)size;
    return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, end) == -1
               ? NULL
               : HANDLE(end[0] << 12 | end[1]);
}

static int put_socket(void *ends, char *message, size_t size)
{
    return send(NUMBER(ends) & 0xfff, message, size, 0) < 0 ? -1 : 0;
}

static int get_socket(void *ends, char *message, size_t size)
{
    return recv(NUMBER(ends) >> 12, message, size, 0) < 0 ? -1 : 0;
}

const struct flow_way flow_mq = {
    .name = "POSIX mq",
    .most = 8192,
    .most_many = 8192,
    .why = "takes messages of up to 8192 bytes",
    .open = open_mq,
    .put = put_mq,
    .get = get_mq,
    .missing = no_mq,
};
const struct flow_way flow_msg = {
    .name = "SysV msg",
    .most = 8192,
    .most_many = 8192,
    .why = "takes messages of up to 8192 bytes",
    .open = open_msg,
    .put = put_msg,
    .get = get_msg,
    .sweep = sweep_msg,
    .missing = no_msg,
};
const struct flow_way flow_pipe = {
    .name = "pipe",
    .most_many = PIPE_BUF,
    .why = "mixes messages above PIPE_BUF when several write",
    .open = open_pipe,
    .put = put_pipe,
    .get = get_pipe,
};
const struct flow_way flow_socketpair = {
    .name = "socketpair",
    .open = open_sockets,
    .put = put_socket,
    .get = get_socket,
};
