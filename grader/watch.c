/*
 * watch.c — the keeper's eyes on one test.
 */
#include "watch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "explain.h"
#include "proc.h"

enum {
    LOOK_MS = 25,
    MOST_OUTPUT = 1 << 20, /* then it is a flood */
    MOST_PROCESSES = 600,
    MOST_PAGES = 1 << 18 /* 1 GiB of resident memory */
};
static const double most_cpu = 4, most_wall = 30;

void drain(struct watch *w)
{
    char buf[65536];
    ssize_t n;

    while ((n = read(w->output, buf, sizeof(buf))) > 0) {
        size_t room =
            w->seen.printed < KEPT_OUTPUT ? KEPT_OUTPUT - w->seen.printed : 0;
        size_t kept = (size_t)n < room ? (size_t)n : room;
        memcpy(w->seen.output + (KEPT_OUTPUT - room), buf, kept);
        w->seen.output[KEPT_OUTPUT - room + kept] = '\0';
        w->seen.printed += (size_t)n;
        if (w->seen.printed > MOST_OUTPUT)
            return;
    }
}

/* CPU time of children the test has already reaped. */
static double reaped_cpu(pid_t pid)
{
    char path[64], text[512];
    unsigned long user, system;
    const char *end;
    size_t n;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    f = fopen(path, "re");
    if (!f)
        return 0;
    n = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[n] = '\0';
    end = strrchr(text, ')');
    if (!end || sscanf(end + 1,
                       " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u"
                       " %*u %lu %lu",
                       &user, &system) != 2)
        return 0;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* Does one process, or do all together, hold too much memory? Pages shared
 * after fork count in each, so the sum has to be much larger. */
static bool swamped(const struct tree *tree)
{
    long sum = 0, one;

    for (size_t i = 0; i < tree->count && sum < 8 * MOST_PAGES; i++) {
        char path[64];
        FILE *f;
        if (tree->task[i].pid != tree->task[i].tid)
            continue;
        snprintf(path, sizeof(path), "/proc/%d/statm", tree->task[i].pid);
        f = fopen(path, "re");
        if (f && fscanf(f, "%*d %ld", &one) == 1)
            sum += one > MOST_PAGES ? 8 * MOST_PAGES : one;
        if (f)
            fclose(f);
    }
    return sum >= 8 * MOST_PAGES;
}

/* One look at all processes. Is it over? */
static bool look(struct watch *w)
{
    double wall = seconds_now() - w->began;

    w->seen.ending = ENDED;
    if (tree_read(&w->tree, getpid()) < 0)
        return wall > most_wall ? (w->seen.ending = TOO_LATE, true) : false;
    w->seen.cpu = tree_cpu(&w->tree) + reaped_cpu(w->pid);
    if (stillness_proven(&w->stillness, &w->tree, w->page))
        w->seen.ending = STOOD;
    else if (w->seen.cpu > most_cpu)
        w->seen.ending = LOOPED;
    else if (w->tree.count > MOST_PROCESSES || w->page->broken & TOO_MANY_FORKS)
        w->seen.ending = SWARMED;
    else if (w->looks++ % 4 == 0 && swamped(&w->tree))
        w->seen.ending = SWAMPED;
    else if (wall > most_wall)
        w->seen.ending = TOO_LATE;
    return w->seen.ending != ENDED;
}

static void explain_ending(struct watch *w)
{
    size_t size;
    FILE *out = open_memstream(&w->seen.explanation, &size);

    if (!out)
        return;
    /* On a busy machine a loop may reach the backstop before its CPU time. */
    explain(out, w->seen.headline, sizeof(w->seen.headline), &w->tree, w->page,
            w->binary, w->seen.ending != STOOD && w->seen.cpu > 1);
    fclose(out);
}

void watch_test(struct watch *w)
{
    struct pollfd fds[2] = {{.fd = w->output, .events = POLLIN},
                            {.fd = w->pidfd, .events = POLLIN}};
    double next = w->began + LOOK_MS / 1e3;

    for (;;) {
        double wait = next - seconds_now();
        poll(fds, 2, wait > 0 ? (int)(wait * 1e3) + 1 : 0);
        drain(w);
        if (fds[0].revents & POLLHUP && !(fds[0].revents & POLLIN))
            fds[0].fd = -1; /* everybody has closed it */
        if (waitpid(w->pid, &w->seen.wstatus, WNOHANG) == w->pid)
            return;
        if (*w->interrupted)
            w->seen.ending = INTERRUPTED;
        else if (w->seen.printed > MOST_OUTPUT)
            w->seen.ending = FLOODED;
        else if (seconds_now() < next)
            continue;
        else if (!look(w)) {
            next = seconds_now() + LOOK_MS / 1e3;
            continue;
        }
        if (w->seen.ending == STOOD || w->seen.ending == LOOPED ||
            w->seen.ending == TOO_LATE)
            explain_ending(w);
        return;
    }
}

/* SIGKILL is pending: nothing can keep it alive. */
static bool dying(pid_t pid)
{
    char text[4096];
    unsigned long long pending;

    if (proc_text(text, sizeof(text), "%d/status", (int)pid) <= 0)
        return true;
    for (const char *at = text; (at = strstr(at, "Pnd:\t")); at++)
        if (sscanf(at + 5, "%llx", &pending) == 1 &&
            pending >> (SIGKILL - 1) & 1)
            return true;
    return false;
}

void find_left_behind(struct watch *w)
{
    const struct timespec moment = {.tv_nsec = 2000000};
    double began = seconds_now();
    size_t size, alive;
    int asleep = 0;

    do {
        reap_all();
        alive = 0;
        size_t sleeping = 0;
        if (tree_read(&w->tree, getpid()) <= 0)
            return;
        for (size_t i = 0; i < w->tree.count; i++) {
            const struct task *task = &w->tree.task[i];
            if (task->state == 'Z' || task->state == 'X' || dying(task->pid))
                continue;
            alive++;
            sleeping += task->state == 'S' || task->state == 'T';
        }
        asleep = alive && sleeping == alive ? asleep + 1 : 0;
        nanosleep(&moment, NULL);
    } while (alive && asleep < 25 && seconds_now() - began < 2);
    if (!alive)
        return;
    FILE *out = open_memstream(&w->seen.left, &size);
    for (size_t i = 0; out && i < w->tree.count; i++) {
        const struct task *task = &w->tree.task[i];
        char role[64];
        if (task->pid == task->tid && task->state != 'Z')
            fprintf(out, "%s%s (%s)", ftell(out) ? ", " : "",
                    page_role(w->page, task->pid, role, sizeof(role)),
                    task->name);
    }
    if (out)
        fclose(out);
}
