/*
 * bench_flow_round.c — one round: processes that put and get, and how long
 * it took them.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_flow_part.h"

double flow_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Cores that we may run on, those that share nothing first: two threads of
 * one core would help each other, or hinder. */
static int physical(int cpu)
{
    char path[80];
    int id = -1;

    snprintf(path, sizeof(path),
             "/sys/devices/system/cpu/cpu%d/topology/core_id", cpu);
    FILE *in = fopen(path, "r");
    if (in) {
        if (fscanf(in, "%d", &id) != 1)
            id = -1;
        fclose(in);
    }
    return id;
}

static int list_cores(int core[], int most)
{
    cpu_set_t set;
    int count = 0, id[CPU_SETSIZE];

    if (sched_getaffinity(0, sizeof(set), &set) == -1)
        return 0;
    for (int twins = 0; twins < 2; twins++)
        for (int cpu = 0; cpu < CPU_SETSIZE && count < most; cpu++) {
            bool twin = false;
            if (!CPU_ISSET(cpu, &set))
                continue;
            id[count] = physical(cpu);
            for (int i = 0; i < count; i++)
                twin |= id[i] >= 0 && id[i] == id[count];
            if (twin != (twins == 1))
                continue;
            CPU_CLR(cpu, &set);
            core[count++] = cpu;
        }
    return count;
}

int flow_core(int nth)
{
    static int core[4], count = -1;

    if (count < 0)
        count = list_cores(core, 4);
    return count > 1 ? core[nth % count] : -1;
}

enum { MOST_PARTIES = 8 };

struct board {
    atomic_int ready;
    double began[MOST_PARTIES], ended[MOST_PARTIES];
    double median, p99;
};

struct party {
    const struct flow_way *way;
    const struct flow_load *load;
    struct board *board;
    void *there, *back; /* channels; `back` for answers */
    int nth, parties;
    char *message;
};

static void begin(const struct party *p)
{
    int core = flow_core(p->nth);
    cpu_set_t set;

    CPU_ZERO(&set);
    if (core >= 0) {
        CPU_SET(core, &set);
        sched_setaffinity(0, sizeof(set), &set);
    }
    atomic_fetch_add(&p->board->ready, 1);
    while (atomic_load(&p->board->ready) < p->parties)
        sched_yield();
    p->board->began[p->nth] = flow_now();
}

/* Each message begins with who sent it and which one it is. */
static void stamp(char *message, uint64_t who, uint64_t nth)
{
    uint64_t n = who << 48 | nth;

    memcpy(message, &n, sizeof(n));
}

/* 0, or an errno. */
static int produce(const struct party *p, long count)
{
    for (long i = 0; i < count; i++) {
        stamp(p->message, (uint64_t)p->nth, (uint64_t)i);
        if (p->way->put(p->there, p->message, p->load->size) == -1)
            return errno;
    }
    return 0;
}

/* Of each producer they come in the order they were sent, or, where others
 * take some away, at least never backwards. */
static int consume(const struct party *p, long count)
{
    uint64_t next[MOST_PARTIES] = {0};
    bool alone = p->load->consumers == 1;

    for (long i = 0; i < count; i++) {
        uint64_t n;
        if (p->way->get(p->there, p->message, p->load->size) == -1)
            return errno;
        memcpy(&n, p->message, sizeof(n));
        uint64_t who = n >> 48, nth = n << 16 >> 16;
        if (who >= (uint64_t)p->load->producers || nth < next[who] ||
            (alone && nth != next[who]))
            return EBADMSG;
        next[who] = nth + 1;
    }
    return 0;
}

static int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int ask(const struct party *p)
{
    long count = p->load->messages;
    double *took = calloc((size_t)count, sizeof(*took));

    for (long i = 0; took && i < count; i++) {
        uint64_t n, asked = (uint64_t)i;
        double began = flow_now();
        stamp(p->message, 0, asked);
        if (p->way->put(p->there, p->message, p->load->size) == -1 ||
            p->way->get(p->back, p->message, p->load->size) == -1)
            return errno;
        took[i] = flow_now() - began;
        memcpy(&n, p->message, sizeof(n));
        if (n != asked)
            return EBADMSG;
    }
    if (!took)
        return ENOMEM;
    qsort(took, (size_t)count, sizeof(*took), by_time);
    p->board->median = took[count / 2];
    p->board->p99 = took[count * 99 / 100];
    return 0;
}

static int answer(const struct party *p)
{
    for (long i = 0; i < p->load->messages; i++)
        if (p->way->get(p->there, p->message, p->load->size) == -1 ||
            p->way->put(p->back, p->message, p->load->size) == -1)
            return errno;
    return 0;
}

static int take_part(const struct party *p)
{
    const struct flow_load *l = p->load;
    int error;

    begin(p);
    if (l->round_trip)
        error = p->nth == 0 ? ask(p) : answer(p);
    else if (p->nth < l->producers)
        error = produce(p, l->messages / l->producers);
    else
        error = consume(p, l->messages / l->consumers);
    p->board->ended[p->nth] = flow_now();
    return error;
}

/* Its own message, with room before it. */
static char *new_message(void)
{
    static char room[FLOW_HEAD + FLOW_LONGEST] __attribute__((aligned(64)));

    memset(room, 'x', sizeof(room));
    return room + FLOW_HEAD;
}

static pid_t send_party(struct party *p)
{
    pid_t self = getpid(), pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != self)
            _exit(ECHILD);
        p->message = new_message();
        _exit(take_part(p));
    }
    return pid;
}

/* The error of the first that failed; the others may be waiting for it. */
static int collect(int parties)
{
    int wstatus;

    while (parties-- > 0) {
        if (wait(&wstatus) == -1)
            return errno;
        if (WIFSIGNALED(wstatus))
            return EFAULT;
        if (WEXITSTATUS(wstatus) != 0)
            return WEXITSTATUS(wstatus);
    }
    return 0;
}

static double time_of(const struct board *b, const struct flow_load *l)
{
    double began = b->began[0], ended = 0;

    for (int i = 0; i < l->producers; i++)
        if (b->began[i] < began)
            began = b->began[i];
    for (int i = 0; i < l->producers + l->consumers; i++)
        if (b->ended[i] > ended)
            ended = b->ended[i];
    return ended - began;
}

static int run_channel(const struct flow_way *way, const struct flow_load *load,
                       struct flow_round *round)
{
    struct party p = {way, load, NULL, NULL, NULL, 0, 0, NULL};

    errno = 0;
    p.board = mmap(NULL, sizeof(*p.board), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p.board == MAP_FAILED || !(p.there = way->open(load->size)) ||
        (load->round_trip && !(p.back = way->open(load->size))))
        return errno ? errno : EIO;
    p.parties = load->producers + load->consumers;
    for (p.nth = 0; p.nth < p.parties; p.nth++)
        if (send_party(&p) == -1)
            return errno;
    round->error = collect(p.parties);
    round->seconds = time_of(p.board, load);
    round->median = p.board->median;
    round->p99 = p.board->p99;
    return round->error;
}

void flow_round(const struct flow_way *way, const struct flow_load *load,
                struct flow_round *round)
{
    int end[2];

    *round = (struct flow_round){.error = EIO};
    fflush(NULL);
    if (way->run) {
        way->run(way, load, round);
        return;
    }
    if (pipe(end) == -1)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setpgid(0, 0);
        round->error = run_channel(way, load, round);
        _exit(write(end[1], round, sizeof(*round)) != sizeof(*round));
    }
    close(end[1]);
    struct pollfd p = {.fd = end[0], .events = POLLIN};
    if (pid == -1)
        round->error = errno;
    else if (poll(&p, 1, FLOW_PATIENCE_MS) == 0)
        round->error = ETIMEDOUT;
    else if (read(end[0], round, sizeof(*round)) != sizeof(*round))
        *round = (struct flow_round){.error = EFAULT};
    close(end[0]);
    if (pid > 0) {
        setpgid(pid, pid);
        kill(-pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    if (way->sweep)
        way->sweep();
}
