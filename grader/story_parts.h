/*
 * story_parts.h — what the files story_*.c offer each other.
 *
 * A story is made in this order: lanes, channels, steps, sockets, ends, order,
 * ledger, bytes, connections, wrongs, folding, times.
 */
#ifndef STORY_PARTS_H
#define STORY_PARTS_H

#include "scene.h"
#include "story.h"

/* A step with what only the making needs. */
struct making_step {
    struct step step;
    uint64_t began, ended; /* ns; ended as late as can be if it has not */
    int side;              /* of its channel: which object it is */
    int other;             /* the lane its bytes went to or came from */
    bool gone;             /* folded into another one */
};

enum { SHUT_READING = 1, SHUT_WRITING = 2 };

/* What has to come before what: a step's begin or end, before another's. */
struct edge {
    int from, to; /* steps */
    bool from_end, to_end;
};

/* A lane has given up the last of its ends of this kind. */
struct release {
    int channel, side, lane, step;
    bool writing;
};

/* A descriptor in a lane's table. */
struct entry_fd {
    int fd, channel, side;
    bool reads, writes, close_on_exec;
};

struct table {
    struct entry_fd *entry;
    size_t count, room;
};

struct making {
    struct story *story;
    const struct page *page;
    struct scene *scene; /* NULL: the processes are not there any more */
    const char *binary;
    bool steady;
    struct making_step *step;
    size_t steps, room;
    struct edge *edge;
    size_t edges, edge_room;
    struct release *release;
    size_t releases, release_room;
    /* 1 + the lane at the far end of a connection, whose calls are not seen;
     * 0: none */
    unsigned char stranger[STORY_CHANNELS];
    unsigned char shut[STORY_CHANNELS][2]; /* by side: no more … */
    struct table table[STORY_LANES];
    /* ever held, by lane and channel: for who might have read or written */
    bool could_read[STORY_LANES][STORY_CHANNELS];
    bool could_write[STORY_LANES][STORY_CHANNELS];
};

/* Grow an array by one element that is zeroed; the program ends where there
 * is no memory. */
void *story_more(void *array, size_t *count, size_t *room, size_t size);

void story_lanes(struct making *);
int story_lane(const struct making *, pid_t); /* -1: none */
/* The channel of an inode, and which of its two sides; -1: none. */
int story_channel(const struct making *, uint64_t object, int *side);

void story_steps(struct making *);
/* Who has connected to whom, and which socket a datagram was sent to. */
void story_sockets(struct making *);
void story_connections(struct making *); /* as crossings, when in order */
/* A port the kernel has chosen is another one in every run. */
bool story_is_chance(const struct page_address *);
bool story_is_mailbox(const struct page *, uint64_t object);
void story_ends(struct making *); /* lanes' ends, and steps for deaths */
void story_sort(struct making *); /* in the order they came about */
uint64_t story_moment(const struct making_step *);
void story_ledger(struct making *);
void story_bytes(struct making *);
void story_wrongs(struct making *);
void story_fold(struct making *);
void story_times(struct making *); /* and the final order, if steady */

/* A write, or connect, and who got it. */
void story_crossing(struct making *, int write, int read, long bytes);
void story_edge(struct making *, int from, bool from_end, int to, bool to_end);
struct making_step *story_step(struct making *); /* a new one */

/* The text of a step's call, and its preview. */
void story_call(struct making *, struct making_step *);
void story_preview(char *to, size_t cap, const unsigned char *, int n,
                   bool more);

/* The story of the page's schedule; false: there is none. */
bool story_of_schedule(struct making *);

/* Calls by what they do. */
bool story_leaves(enum sea_call);

#endif
