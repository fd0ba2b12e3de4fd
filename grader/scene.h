/*
 * scene.h — what explain knows about a tree that stands still.
 *
 * Actors are its threads, ends the descriptors its processes hold.
 */
#ifndef SCENE_H
#define SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "page.h"
#include "syscalls.h"
#include "tree.h"

/* A descriptor of one process. */
struct end {
    pid_t pid;
    int fd, flags; /* O_RDONLY … */
    uint64_t inode;
    mode_t mode;
    char link[96]; /* "pipe:[4711]", "/tmp/x" */
    /* Of a socket: PAGE_DATAGRAMS, PAGE_LISTENS; its address and whose it is
     * connected to, length 0 where there is none. */
    uint32_t traits;
    struct page_address own, other;
};

struct actor {
    const struct task *task;
    const struct page_event *event; /* the learner's call it is in, or NULL */
    enum call_kind kind;
    const struct end *end; /* the descriptor it waits on, or NULL */
    char role[64];         /* "child 1", "child 1 (cat)" */
    char where[96];        /* "family.c:31", or "" */
    bool dead, stopped;
    bool program; /* became another program by exec */
};

struct scene {
    const struct tree *tree;
    const struct page *page;
    const char *binary;
    struct actor *actor;
    size_t actors;
    struct end *end;
    size_t ends, room;
    struct page_letter letter[PAGE_LETTERS + 26]; /* of pipe A, B … */
    int letters;
    bool blind; /* something could not be looked at */
    /* What the headline's rule points at, where it knows: a descriptor that
     * should be closed, and whose calls are the wrong ones. */
    const struct end *blamed;
    const struct actor *culprit[2];
};

void scene_make(struct scene *, const struct tree *, const struct page *,
                const char *binary);
void scene_clear(struct scene *);

const struct end *scene_end(const struct scene *, pid_t, int fd);
const struct actor *scene_actor(const struct scene *, pid_t);

/* "pipe A", "socket B", "the queue /jobs", "the terminal". */
const char *end_name(struct scene *, const struct end *, char *buf, size_t cap);

/* Bytes waiting in a pipe or socket, -1 where unknown. */
int end_bytes(const struct end *);

/* Is `other` where the data comes from (or goes to, when writing)? */
bool end_faces(const struct scene *, const struct end *,
               const struct end *other, bool writing);

/* The inode at the other end of a socket, 0 where unknown. */
uint64_t socket_peer(const struct scene *, const struct end *);

/* Find out what a socket is, from itself or from the logbook. */
void socket_look(const struct scene *, struct end *);

/* What poll would say of it now, of these events; -1 where unknown. */
int end_ready(const struct end *, short events);

/* The listener at this address, in the hands of who called listen if that one
 * still has it; or NULL. */
const struct end *scene_listener(const struct scene *,
                                 const struct page_address *);

/* Does what is sent to `to` reach a socket with the address `own`? */
bool address_reaches(const struct page_address *to,
                     const struct page_address *own);

/* For a sentence: "door" in quotes, 127.0.0.1:5000, port 5000 of any host. */
const char *address_name(const struct page_address *, char *buf, size_t cap);

/* Does a wait for b's end, as b's parent? */
bool waits_for_child(const struct scene *, const struct actor *a,
                     const struct actor *b);

/* Who in the tree stands at the other end of what a waits on: "the parent
 * (fd 4) and child 2 (fd 4)". The number of processes. */
int scene_holders(struct scene *, const struct actor *, char *buf, size_t cap);
/* The next end of this kind after `from` (NULL: the first). */
const struct end *scene_next(const struct scene *, const struct actor *,
                             const struct end *from);

/* "the parent", "child 1". */
const char *the(const struct actor *, char *buf, size_t cap);

#endif
