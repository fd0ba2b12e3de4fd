/*
 * outlook.c — timers, and data on its way through TCP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "outlook.h"
#include "proc.h"
#include "syscalls.h"

static bool is_dead(const struct task *t)
{
    return t->state == 'Z' || t->state == 'X';
}

/* The process whose descriptors are looked at. */
struct lookout {
    const struct tree *tree;
    pid_t pid;
    const char *tcp; /* /proc/net/tcp and tcp6 */
    struct outlook sees;
};

static bool armed_timerfd(pid_t pid, int fd)
{
    char text[1024];
    unsigned long seconds, ns;
    if (proc_text(text, sizeof(text), "%d/fdinfo/%d", (int)pid, fd) <= 0)
        return true;
    char *at = strstr(text, "it_value:");
    return at && sscanf(at, "it_value: (%lu, %lu)", &seconds, &ns) == 2 &&
           (seconds > 0 || ns > 0) && seconds <= AS_GOOD_AS_EVER;
}

/* A line of /proc/net/tcp ends in "… uid timeout INODE references …". */
static bool is_tcp(const char *table, const char *inode)
{
    char word[160];
    snprintf(word, sizeof(word), " %s ", inode);
    return table && strstr(table, word);
}

/* Does a thread of the process sleep in a call on this descriptor? */
static bool sleeps_on(const struct tree *tree, pid_t pid, int fd)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct task *t = &tree->task[i];
        if (t->pid != pid || (int)t->arg[0] != fd)
            continue;
        enum call_kind kind = call_kind(t);
        if (kind == CALL_READ || kind == CALL_WRITE || kind == CALL_ACCEPT ||
            kind == CALL_CONNECT)
            return true;
    }
    return false;
}

static bool soon(struct timeval t)
{
    return (t.tv_sec || t.tv_usec) && t.tv_sec <= AS_GOOD_AS_EVER;
}

/* SO_RCVTIMEO and SO_SNDTIMEO do not show in the call's arguments. */
static void look_at_socket(struct lookout *o, int fd)
{
    struct timeval in = {0}, out = {0};
    socklen_t len = sizeof(in), len2 = sizeof(out);
    if (!sleeps_on(o->tree, o->pid, fd))
        return;
    int copy = proc_descriptor(o->pid, fd);
    if (copy == -1) {
        o->sees.network = true; /* better be careful */
        return;
    }
    getsockopt(copy, SOL_SOCKET, SO_RCVTIMEO, &in, &len);
    getsockopt(copy, SOL_SOCKET, SO_SNDTIMEO, &out, &len2);
    close(copy);
    o->sees.timer |= soon(in) || soon(out);
}

static void look_at_descriptor(int fd, void *arg)
{
    struct lookout *o = arg;
    char path[64], link[128];
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)o->pid, fd);
    ssize_t len = readlink(path, link, sizeof(link) - 1);
    if (len <= 0)
        return;
    link[len] = '\0';
    if (strcmp(link, "anon_inode:[timerfd]") == 0)
        o->sees.timer |= armed_timerfd(o->pid, fd);
    else if (strcmp(link, "anon_inode:[io_uring]") == 0)
        o->sees.timer = true;
    else if (strncmp(link, "socket:[", 8) == 0) {
        link[len - 1] = '\0';
        o->sees.network |= is_tcp(o->tcp, link + 8);
        look_at_socket(o, fd);
    }
}

/* timer_create's timers: a line "ID: 0" for each. */
static bool has_timers(pid_t pid)
{
    char text[64];
    return proc_text(text, sizeof(text), "%d/timers", (int)pid) > 0;
}

static char *tcp_table(pid_t pid)
{
    enum { CAP = 1 << 18 };
    char *table = malloc(2 * CAP);
    if (!table)
        return NULL;
    ssize_t len = proc_text(table, CAP, "%d/net/tcp", (int)pid);
    if (proc_text(table + (len > 0 ? len : 0), CAP, "%d/net/tcp6", (int)pid) <
        0)
        table[len > 0 ? len : 0] = '\0';
    return table;
}

struct outlook look_ahead(const struct tree *tree)
{
    char *tcp = NULL;
    struct lookout o = {.tree = tree};
    for (size_t i = 0; i < tree->count; i++) {
        const struct task *t = &tree->task[i];
        if (is_dead(t) || t->pid != t->tid)
            continue;
        char folder[32];
        snprintf(folder, sizeof(folder), "%d/fd", (int)t->pid);
        if (!tcp)
            tcp = tcp_table(t->pid);
        o.pid = t->pid;
        o.tcp = tcp;
        o.sees.timer |= has_timers(t->pid);
        proc_numbers(folder, look_at_descriptor, &o);
    }
    free(tcp);
    return o.sees;
}
