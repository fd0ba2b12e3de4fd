/*
 * story.h — what happened in one test, ready to be told or drawn.
 *
 * Made from the logbook and, where nobody could move, from what /proc said
 * then. The lanes are the processes, the channels the pipes and sockets
 * between them, the steps the learner's calls in the order in which they
 * came about. The log (log.c) tells it in lines; the picture (picture.c)
 * draws it twice, as a map and as lanes. Both show the same steps.
 *
 * Of a test that fails in one order of its processes, that schedule is the
 * story: the lanes are the operations, the channels the places in shared
 * memory that more than one of them uses, the steps the lines of its table.
 */
#ifndef STORY_H
#define STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "interleave/tell_parts.h"
#include "page.h"
#include "result.h"
#include "tree.h"

enum { STORY_LANES = 64, STORY_CHANNELS = 26, STORY_PREVIEW = 24 };

enum lane_end {
    LANE_OPEN,    /* still there when the story ends, and nothing wrong */
    LANE_EXITED,  /* code: its exit status */
    LANE_KILLED,  /* code: the signal */
    LANE_STUCK,   /* asleep in a call that cannot return */
    LANE_LOOPING, /* busy without end */
};

/* A process. Lane 0 is the test's own, which calls the learner's function. */
struct lane {
    pid_t pid;
    int parent;       /* a lane; -1 for lane 0 */
    char name[64];    /* "parent", "child 2" */
    char program[32]; /* what it became by exec, or "" */
    enum lane_end end;
    int code;
    bool helper; /* a process of the test's own */
    bool wrong;  /* the sentence is about this process as a whole */
    bool reaped;
    int stuck_step;   /* STUCK in a call of the learner's: it; else -1 */
    char plight[160]; /* STUCK, LOOPING: "waits in read(fd 3 = pipe A)" */
    char where[96];   /* "hello_pipe.c:31", or "" */
    double x0, x1;    /* from its birth to its end, as step.x0 */
};

enum channel_kind {
    CH_PIPE,
    CH_FIFO,
    CH_SOCKET, /* a connection, or an end that has none yet */
    CH_OTHER,
    CH_MEMORY,
    CH_LISTENER, /* where others come to */
    CH_MAILBOX,  /* a socket of datagrams: what is sent to it */
    CH_FILE,     /* passed on from one process to another */
};

struct channel {
    enum channel_kind kind;
    char name[32];      /* "pipe A", "socket B", "A+8" */
    int letter;         /* 0 … 25: its colour */
    uint64_t object[2]; /* inodes; of a connection both */
    long waiting;       /* bytes nobody has read at the end; -1: unknown */
};

/* A descriptor of a channel that is open when the story ends. */
struct hold {
    int lane, channel, fd;
    bool reads, writes, close_on_exec;
    bool wrong; /* the sentence is about this one: it should be closed */
};

/* Bytes that crossed from one process to another; -1: unknown, because one
 * of them is a program whose calls are not seen. from may be to. */
struct flow {
    int channel, from, to;
    long bytes;
};

enum step_kind {
    STEP_FORK,   /* peer: the child's lane */
    STEP_EXEC,   /* becomes another program */
    STEP_MAKE,   /* channel: a new pipe or socket pair */
    STEP_WRITE,  /* channel, bytes, preview */
    STEP_READ,   /* channel, bytes, preview */
    STEP_END,    /* a read that returned 0: the end of the stream */
    STEP_CLOSE,  /* channel; the lane's end of it */
    STEP_DUP,    /* channel; fd becomes other_fd */
    STEP_WAIT,   /* peer: the child that was waited for, -1: none */
    STEP_POLL,   /* poll, select, epoll_wait, sleeping for several */
    STEP_SIGNAL, /* peer: whom it signals; code: the signal */
    STEP_EXIT,   /* code: the exit status; the last of its lane */
    STEP_DEATH,  /* code: the signal that killed it; no call of its own */
    STEP_OTHER,
    STEP_AGAIN, /* no call: the `code` steps before it, `times` times more */
    /* of a schedule: */
    STEP_CHANGE, /* reads and writes at once: channel */
    STEP_SLEEP,  /* gives the turn away until something happens */
    STEP_SWITCH, /* the system takes the turn away; peer: who gets it */
    STEP_SAY,
    /* of sockets: */
    STEP_CONNECT, /* peer: who accepts it, channel: the connection */
    STEP_ACCEPT,  /* peer: who has connected; channel: the connection */
    STEP_SHUT,    /* shutdown; writing_end: nothing more comes from here */
};

struct step {
    enum step_kind kind;
    const struct page_event *event; /* NULL: not a call (STEP_DEATH) */
    int lane, peer, channel;        /* -1: none */
    int fd, other_fd;               /* -1: none */
    bool writing_end;               /* of the channel, where fd is one */
    int code, error;                /* error: errno of a failed call */
    bool injected;                  /* the sea made it fail or fall short */
    bool stuck;                     /* has not returned */
    bool waited; /* it returned only after another process did something */
    bool wrong;  /* the sentence is about this one */
    long bytes;
    int times; /* so many alike in a row are told as one: 1 … */
    char preview[STORY_PREVIEW * 4 + 4]; /* "hello\n", quoted for people */
    char address[64]; /* bound, connected or sent to; or "" */
    /* Descriptors that the message carries; the first, its channel or -1. */
    int passed, passed_fd, passed_channel;
    char call[192]; /* "read(fd 3 = pipe A, …, 4096) = 5" */
    char where[96]; /* "hello_pipe.c:31", or "" */
    double x0, x1;  /* when it began and returned, stretched; see below */
};

/* A write and the read that got (some of) its bytes; a connect and its accept,
 * with no bytes. */
struct crossing {
    int write, read; /* steps */
    long bytes;
};

/* What a story of a schedule is made of; a step for each item. */
struct schedule {
    struct interleave world; /* the names */
    struct interleave_trace *trace;
    struct tell_item *item;
    const char *binary;
    const struct page_schedule *page;
};

struct story {
    struct schedule *schedule;   /* or NULL */
    const char *exercise, *fact; /* "2_pipes/hello_pipe" */
    enum verdict verdict;
    const char *headline; /* the sentence that says what is wrong, or "" */
    bool program;         /* a small program of a text, not a test */
    bool cut;             /* the logbook is longer: its beginning is missing */
    int more_lanes;       /* processes beyond STORY_LANES: not shown */
    struct lane lane[STORY_LANES];
    int lanes;
    struct channel channel[STORY_CHANNELS];
    int channels;
    struct hold *hold;
    size_t holds;
    struct flow *flow;
    size_t flows;
    struct step *step;
    size_t steps;
    struct crossing *crossing;
    size_t crossings;
    double width; /* the largest x1 */
};

/*
 * tree: what was seen when nobody could move, or NULL. The result's name,
 * verdict and headline are kept by reference.
 *
 * x0 and x1 count in units of about one glyph. By default they follow the
 * clock, long gaps shortened, so that every step is visible. steady: they
 * follow only what must come before what (the order in each lane; a fork
 * before its child; a write before the read that got it; the last close of
 * an end before the end of file; an exit before its wait), so that two runs
 * of the same program give the same drawing.
 */
void story_make(struct story *, const struct page *, const struct tree *,
                const char *binary, const struct test_result *, bool steady);
void story_clear(struct story *);

/* The plain text: a heading, a line for each step, who holds what at the
 * end. Chinese: the frame's words. */
void log_write(FILE *, const struct story *, bool chinese);

/* All of it for machines, as one JSON object; '<' is \u003c. */
void story_json(FILE *, const struct story *);

/* The picture: one self-contained HTML page with the map and the log. */
void picture_write(FILE *, const struct story *, bool chinese);

/* One drawing alone, as an SVG file for a chapter's text. Of a schedule there
 * is one only, which is its log. */
void picture_map(FILE *, const struct story *, bool chinese);
void picture_log(FILE *, const struct story *, bool chinese);

#endif
