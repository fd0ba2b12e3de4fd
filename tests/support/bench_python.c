/*
 * bench_python.c — multiprocessing's queues, measured by Python itself.
 *
 * One interpreter for all rounds: it is asked in a line, and answers in one.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_flow.h"

/* The same as bench_flow_round.c does. */
static const char script[] =
    "import os, sys, time\n"
    "def pinned(core):\n"
    "    if core >= 0:\n"
    "        os.sched_setaffinity(0, {core})\n"
    "def produce(q, size, n, core, start, told):\n"
    "    pinned(core)\n"
    "    message = b'x' * size\n"
    "    start.wait()\n"
    "    began = time.monotonic()\n"
    "    for _ in range(n):\n"
    "        q.put(message)\n"
    "    told.put((began, 0))\n"
    "def consume(q, n, core, start, told):\n"
    "    pinned(core)\n"
    "    start.wait()\n"
    "    for _ in range(n):\n"
    "        q.get()\n"
    "    told.put((0, time.monotonic()))\n"
    "def ask(there, back, size, n, core, start, told):\n"
    "    pinned(core)\n"
    "    message, took = b'x' * size, []\n"
    "    start.wait()\n"
    "    for _ in range(n):\n"
    "        began = time.monotonic()\n"
    "        there.put(message)\n"
    "        back.get()\n"
    "        took.append(time.monotonic() - began)\n"
    "    took.sort()\n"
    "    told.put((took[n // 2], took[n * 99 // 100]))\n"
    "def answer(there, back, n, core, start):\n"
    "    pinned(core)\n"
    "    start.wait()\n"
    "    for _ in range(n):\n"
    "        back.put(there.get())\n"
    "def play(parts):\n"
    "    party = [mp.Process(target=f, args=a) for f, *a in parts]\n"
    "    for p in party:\n"
    "        p.start()\n"
    "    return party\n"
    "def serve(kind, size, n, makers, takers, trip, cores):\n"
    "    new = getattr(mp, kind)\n"
    "    start, told, q = mp.Barrier(makers + takers), mp.SimpleQueue(), "
    "new()\n"
    "    if trip:\n"
    "        back = new()\n"
    "        party = play([(ask, q, back, size, n, cores[0], start, told),\n"
    "                      (answer, q, back, n, cores[1], start)])\n"
    "        middle, high = told.get()\n"
    "        result = n * middle, middle, high\n"
    "    else:\n"
    "        party = play([(produce, q, size, n // makers, cores[i], start,\n"
    "                       told) for i in range(makers)] +\n"
    "                     [(consume, q, n // takers, cores[makers + i], "
    "start,\n"
    "                       told) for i in range(takers)])\n"
    "        times = [told.get() for _ in party]\n"
    "        result = (max(t[1] for t in times) -\n"
    "                  min(t[0] for t in times if t[0])), 0, 0\n"
    "    for p in party:\n"
    "        p.join()\n"
    "    return result\n"
    "try:\n"
    "    import multiprocessing\n"
    "    mp = multiprocessing.get_context('fork')\n"
    "    mp.Queue().close()\n"
    "    print('ready', flush=True)\n"
    "except Exception as error:\n"
    "    print('no', type(error).__name__, error, flush=True)\n"
    "    sys.exit()\n"
    "for line in sys.stdin:\n"
    "    kind, *numbers = line.split()\n"
    "    size, n, makers, takers, trip, *cores = map(int, numbers)\n"
    "    print(*serve(kind, size, n, makers, takers, trip, cores), "
    "flush=True)\n";

static pid_t interpreter;
static FILE *to, *from;

static void end_python(void)
{
    if (interpreter <= 0)
        return;
    kill(-interpreter, SIGKILL);
    waitpid(interpreter, NULL, 0);
    interpreter = 0;
    fclose(to);
    fclose(from);
}

static void be_python(int in, int out)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    dup2(in, 0);
    dup2(out, 1);
    dup2(nowhere, 2);
    execlp("python3", "python3", "-c", script, (char *)NULL);
    dprintf(1, "no python3: %s\n", strerror(errno));
    _exit(0);
}

/* A line, if one comes in time. */
static char *hear(char *line, int cap)
{
    struct pollfd p = {.fd = fileno(from), .events = POLLIN};

    if (poll(&p, 1, FLOW_PATIENCE_MS) <= 0 || !fgets(line, cap, from))
        return NULL;
    line[strcspn(line, "\n")] = '\0';
    return line;
}

static const char *start_python(void)
{
    static char why[160];
    int in[2], out[2];

    if (interpreter > 0)
        return NULL;
    if (why[0])
        return why;
    if (pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1)
        return strerror(errno);
    fflush(NULL);
    signal(SIGPIPE, SIG_IGN);
    interpreter = fork();
    if (interpreter == 0)
        be_python(in[0], out[1]);
    setpgid(interpreter, interpreter);
    close(in[0]);
    close(out[1]);
    to = fdopen(in[1], "w");
    from = fdopen(out[0], "r");
    atexit(end_python);
    if (hear(why, sizeof(why)) && strcmp(why, "ready") == 0) {
        why[0] = '\0';
        return NULL;
    }
    end_python();
    memmove(why, strncmp(why, "no ", 3) ? why : why + 3, strlen(why) + 1);
    if (!why[0])
        strcpy(why, "python3 did not start");
    return why;
}

static void run_python(const struct flow_way *way, const struct flow_load *l,
                       struct flow_round *round)
{
    char line[160] = "";

    if (start_python()) {
        round->error = ENOENT;
        return;
    }
    fprintf(to, "%s %zu %ld %d %d %d", strchr(way->name, '.') + 1, l->size,
            l->messages, l->producers, l->consumers, l->round_trip);
    for (int i = 0; i < l->producers + l->consumers; i++)
        fprintf(to, " %d", flow_core(i));
    fputc('\n', to);
    fflush(to);
    if (hear(line, sizeof(line)) && sscanf(line, "%lf %lf %lf", &round->seconds,
                                           &round->median, &round->p99) == 3) {
        round->error = 0;
        return;
    }
    round->error = ETIMEDOUT;
    end_python();
}

const struct flow_way flow_python_queue = {
    .name = "mp.Queue", .run = run_python, .missing = start_python};
const struct flow_way flow_python_simple = {
    .name = "mp.SimpleQueue", .run = run_python, .missing = start_python};
