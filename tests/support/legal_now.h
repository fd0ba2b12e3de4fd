/*
 * legal_now.h — what the kernel says at this moment: for legal.c only.
 */
#ifndef LEGAL_NOW_H
#define LEGAL_NOW_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "calls.h"

/* What the caller may know: which child has ended, whether data is there;
 * and whether it relies on edges, which only a real end of the data brings.
 * Inherited by fork and shared by vfork, which errs on the safe side. */
enum { ENDED_CHILDREN = 1, WAITING_DATA = 2, EDGES = 4 };
extern atomic_uint legal_knows;

/* Is there a handler whose signal is not in mask (NULL: the mask as it is)
 * and ends a sleep? One with SA_RESTART ends only some. */
bool handled(bool restarts_too, const sigset_t *mask);
bool handles_sigchld(void);

/* A descriptor, as far as it matters here. */
struct end {
    bool readable, writable, nonblock;
    bool fifo;
    bool stream, dgram;       /* a socket, and of which kind … */
    bool local, inet;         /* … and family */
    bool timed_in, timed_out; /* SO_RCVTIMEO, SO_SNDTIMEO: even SIGSTOP and
                                 SIGCONT end what waits with these */
    bool raw;    /* a terminal that does not wait for whole lines */
    bool sleepy; /* reading it may sleep */
};
struct end look_at(int fd);
int socket_option(int fd, int name); /* of SOL_SOCKET; -1: it has none */
bool is_ready(int fd, short events);
bool sure_to_succeed(int fd); /* data is there, as the caller may know */

/* Bytes waiting to be read, and bytes that fit in at most. */
size_t held_in(int fd);
size_t room_in(int fd, struct end);

/* A read or write of any kind. */
struct transfer {
    bool write;
    int fd, flags;
    size_t bytes;
};
struct transfer transfer_of(enum sea_call, const long arg[]);

/* An address handed over as a long. */
#define POINTER(arg) ((void *)(uintptr_t)(arg))

/* The conditions in the table. */
typedef bool legal_when(enum sea_call, const long arg[], int fault);
legal_when legal_read, legal_write, legal_accept, legal_connect, legal_wait,
    legal_sleep, legal_poll, legal_signal_wait, legal_semaphore, legal_lock,
    legal_open, legal_mkfifo, legal_signalfd, legal_memory, legal_mq_open,
    legal_bind, legal_listen, legal_epoll_ctl, legal_mq_send, legal_mq_receive,
    legal_sysv_get, legal_semop, legal_msgsnd, legal_msgrcv, legal_futex;

/* The next connection of a listener comes to nothing. */
void drop_connection(int listener);

#endif
