/*
 * page.h — the one page that a test, every process it makes and the grader
 * see.
 *
 * The grader creates it (a memfd, its number in the environment variable
 * SEA_PAGE) and maps it before it starts the test; a test run by hand makes
 * its own. It outlives crashes, closed descriptors and hangs, so that the
 * grader can always tell how far a test came. Everything in it is plain data
 * or a lock-free atomic; pointers in it are only compared or looked up.
 */
#ifndef PAGE_H
#define PAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "calls.h"
#include "interleave/interleave.h"

enum {
    PAGE_MAGIC = 0x5ea5ea0a,
    PAGE_PROCS = 128,   /* processes of one scenario that get a name */
    PAGE_EVENTS = 2048, /* the logbook's last events */
    PAGE_STEPS = 12,    /* steps shown before a failure */
    PAGE_LINE = 256,
    PAGE_TEXT = 768,
    PAGE_WHY = 1280,
    PAGE_TURNS = 1000, /* steps of a schedule */
    PAGE_FRAMES = 24,
    PAGE_NAMES = 32,
    PAGE_PREVIEW = 24, /* bytes kept of what was written or read */
    PAGE_HOLDS = 64,
    PAGE_LETTERS = 52, /* inodes; both ends of a socket pair share a letter */
    PAGE_FORKS = 300,  /* live processes the sea allows one test */
};

/* Beside O_RDONLY … and O_CLOEXEC in the flags of a socket's descriptor. */
enum { PAGE_DATAGRAMS = 1 << 24, PAGE_LISTENS = 1 << 25 };

enum outcome { NOT_FINISHED, PASSED, FAILED, SKIPPED };

/* Rules that hold in every test; a bit each in page.broken. */
enum rule {
    RETURNED_INTO_TEST = 1, /* a child came back into its caller's code */
    EXIT_IN_CHILD = 2,      /* a child left with exit, not _exit */
    EXIT_IN_TEST = 4,       /* the caller itself was ended by exit */
    KILL_EVERYBODY = 8,     /* kill(-1, …) */
    TOO_MANY_FORKS = 16,    /* PAGE_FORKS processes alive at once */
};

/* A process of the test, named by its place in the family: 0 is the test. */
struct page_proc {
    _Atomic pid_t claimed; /* for whom, before … */
    _Atomic pid_t pid;     /* … all the rest is there */
    pid_t parent_pid;
    int parent;                  /* index in procs; -1 for the test itself */
    int ordinal;                 /* the nth child its parent made, from 1; 0: a
                             helper process of the test's own */
    unsigned path;               /* hash of the ordinals from the test down */
    atomic_int forks;            /* children it made so far */
    atomic_int in;               /* 1 + index of the event it is in; 0: none */
    atomic_bool executed;        /* became another program */
    atomic_int calls;            /* since the scenario began … */
    atomic_int count[SEA_CALLS]; /* … and of each kind */
    atomic_int moved;            /* those that moved bytes */
};

/* A socket's address, as the kernel has it; length 0: unknown. */
struct page_address {
    unsigned char length, bytes[111];
};

/* One call, written when it begins and completed when it returns. */
struct page_event {
    uint64_t began, ended; /* CLOCK_MONOTONIC, ns; ended 0: still in it */
    int proc;              /* index in procs */
    pid_t pid, tid;
    int call;      /* enum sea_call */
    int error;     /* errno of a failure, 0 otherwise */
    bool injected; /* the sea made it fail or fall short */
    int ordinal;   /* nth call of this kind in this process … */
    int nth;       /* … and of any kind */
    long arg[6], result;
    uintptr_t pc;       /* return address in the learner's code */
    uint64_t object[2]; /* st_ino of the descriptors it is about */
    uint32_t mode[2];   /* st_mode of the same */
    uint32_t flags[2];  /* of a pipe or socket: O_RDONLY …, O_CLOEXEC */
    int fd[2];          /* their numbers, -1 for none */
    int previewed;      /* bytes of … */
    unsigned char preview[PAGE_PREVIEW]; /* … what was written or read; of
                              exec, open, spawn and unlink the path, with its
                              NUL; of a futex its time-out */
    bool valued;    /* what it points to has been seen: … */
    uint32_t value; /* … the value of a socket's option, epoll's events */
    pid_t reaped;   /* a wait's: whom, with … */
    int status;     /* … its wait status */
    /* Of a socket that is bound, connected, accepted or sent from: its own
     * address, and the one it is about: where to, or where from. */
    struct page_address own, other;
    pid_t peer; /* of a Unix connection: who connected, or listens; or 0 */
    int passed; /* descriptors a message carries; the first is fd[1] */
};

/* What the sea does next: see sea.h. */
struct page_plan {
    atomic_int call;       /* enum sea_call + 1; 0: calm */
    atomic_uint proc;      /* page_proc.path of the process it is for */
    atomic_int nth;        /* 1 …; counted per process */
    atomic_int fault;      /* an errno, SEA_SHORT_COUNT, SEA_WOKEN,
                              SEA_KILLED, or SEA_RAISED + a signal */
    atomic_bool persists;  /* from the nth call on */
    atomic_bool reached;   /* the nth call was made, legal or not */
    atomic_bool hit;       /* the fault has happened */
    atomic_uint storm;     /* seed; 0: none */
    atomic_int storm_rate; /* faults in 1000 chances */
    atomic_int kinds;      /* enum sea_faults the storm may use */
    atomic_int error;      /* what the last fault was */
};

/* The check that failed, in the words of check.h. */
struct page_failure {
    atomic_bool set;
    bool unstarted; /* the learner's function said ENOSYS */
    int line;
    pid_t pid;
    uintptr_t pc; /* the learner's call it is about, or 0 */
    int leaked;   /* 1 + the descriptor it is about, or 0 */
    pid_t child;  /* the child that was left, or 0 */
    char file[96];
    char check[PAGE_LINE];
    char expected[PAGE_TEXT], came[PAGE_TEXT], why[PAGE_WHY];
};

/* A schedule that fails (ways.h): whose turn it was, and what it did. */
struct page_turn {
    struct interleave_step step; /* its call is of no use elsewhere … */
    char call[32];               /* … and is here */
};
struct page_schedule {
    atomic_bool set;
    enum interleave_found found;
    long schedules;                /* tried, with this one */
    int preemptions, switches;     /* of this one */
    char of[PAGE_LINE];            /* "one producer and two consumers" */
    char name[INTERLEAVE_OPS][24]; /* "consumer 1"; "" where there is none */
    char sentence[PAGE_TEXT];
    char replay[PAGE_LINE];
    bool cut; /* the last turns are missing */
    int turns;
    struct page_turn turn[PAGE_TURNS];
};

/* A signal that ends a process by accident, or a sanitizer's report. */
struct page_crash {
    atomic_bool set;
    pid_t pid;
    int signal; /* 0: a sanitizer's report */
    uintptr_t address;
    int frames;
    uintptr_t frame[PAGE_FRAMES];
    char report[PAGE_LINE]; /* the sanitizer's name of the mistake */
};

/* A pipe's or socket's descriptor that was open when a check failed. */
struct page_hold {
    pid_t pid;
    int fd;
    uint32_t mode, flags;
    uint64_t object;
};

/* Something with a name that outlives the process that made it. */
struct page_name {
    atomic_int state; /* 0 free, 1 being written, 2 there */
    char kind[24];
    char name[108];
};

struct page {
    uint32_t magic, size;
    pid_t test_pid;
    _Atomic int outcome; /* enum outcome, set by the test when it is done */
    atomic_uint broken;  /* enum rule */
    _Atomic pid_t broken_pid;
    atomic_bool timer;     /* the learner armed an alarm we cannot see */
    atomic_int alive;      /* processes the learner forked and has not reaped */
    atomic_long wall_step; /* seconds the wall clock will have jumped … */
    atomic_int wall_looks; /* … after its first reading */
    bool graded;           /* the grader made this page */
    bool program;          /* a small program of a text, not a test */
    bool ended;            /* the test's own process has, with … */
    int wstatus;           /* … this wait status: by the grader */
    uint64_t output;       /* the inode of the pipe to the grader; 0: none */
    char exercise[48];     /* "1_islands/family" */
    char read_more[PAGE_LINE]; /* "fork(2), waitpid(2)" */
    char fact[96];             /* the test's name */
    char skipped[PAGE_LINE];   /* the reason */
    char if_stuck[PAGE_TEXT];  /* why nobody would move now, if nobody does */
    char scenario[PAGE_LINE];  /* what the sea does in this run, in words */
    int steps;
    char step[PAGE_STEPS][PAGE_LINE]; /* a ring: step[i % PAGE_STEPS] */
    char proved[PAGE_TEXT]; /* lines: what holds in how many schedules */
    struct page_failure failure;
    struct page_schedule schedule;
    struct page_crash crash;
    int holds;
    struct page_hold hold[PAGE_HOLDS];
    struct page_plan plan;
    struct page_name name[PAGE_NAMES];
    atomic_int procs;
    struct page_proc proc[PAGE_PROCS];
    atomic_uint events; /* ever written; the ring holds the last ones */
    struct page_event event[PAGE_EVENTS];
};

/* "parent", "child 2", "child 2.1"; "process 4711" where it is unknown. */
const char *page_role(const struct page *, pid_t, char *buf, size_t cap);

/*
 * The first event worth telling, up to page->events: the oldest the ring
 * still has; or, in a long logbook, where the last run of several began:
 * right after a wait that left no child. And the first process of it.
 */
unsigned page_begin(const struct page *);
int page_first_proc(const struct page *);

/*
 * Pipes and sockets get letters, those of the first process first, and of
 * each in the order they appear in the logbook; -1 where 26 do not suffice.
 * Both ends of a connection share a letter. The number of entries filled in.
 */
struct page_letter {
    uint64_t object;
    int letter; /* 0 … 25 */
};
int page_letters(const struct page *, struct page_letter list[PAGE_LETTERS]);

/* Is the event's descriptor a pipe or socket, other than the test's output? */
bool page_is_channel(const struct page *, const struct page_event *, int place);

/* The word before its letter: "pipe", "socket", "listener" where others come
 * to, "file" that was passed on. */
const char *page_kind(const struct page *, uint64_t object, mode_t);

/* The socket at the other end, where the logbook has seen both made: by
 * socketpair, or by connect and accept. 0: unknown. */
uint64_t page_peer(const struct page *, uint64_t object);

/* The connect that an accept has come back with, or NULL. */
const struct page_event *page_connect(const struct page *,
                                      const struct page_event *accept);

/* "127.0.0.1:4711", "[::1]:4711", "door", "@abstract", "" for none.
 * Two are the same, too, where one writes IPv4 as IPv6. */
const char *page_address(const struct page_address *, char *buf, size_t cap);
bool page_address_same(const struct page_address *,
                       const struct page_address *);
/* Is it one of IP? Its port, or 0; is its host the one that stands for any? */
bool page_address_ip(const struct page_address *);
int page_address_port(const struct page_address *);
bool page_address_any(const struct page_address *);

/* The latest event of a process, or NULL. */
const struct page_event *page_last(const struct page *, pid_t);

#endif
