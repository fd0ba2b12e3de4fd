/*
 * python.c — starting python3, and hearing what became of it.
 */
#include "python.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"
#include "logbook.h"

enum { MOST_ARGS = 50, MOST_PYTHONS = 8, OUT_OF_THE_WAY = 320 };

/*
 * Imports what the script will import, first of all: what is missing is the
 * machine's fault and not the learner's. Nothing said on the descriptor
 * before it is closed means that all is there.
 */
static const char prologue[] =
    "import os, sys\n"
    "script, said = sys.argv.pop(1), int(sys.argv.pop(1))\n"
    "tree = compile(script, '<script>', 'exec', 0x400)\n"
    "tree.body = [s for s in tree.body\n"
    "             if type(s).__name__ in ('Import', 'ImportFrom')]\n"
    "try:\n"
    "    exec(compile(tree, '<script>', 'exec'), {})\n"
    "except ImportError as missing:\n"
    "    os.write(said, str(missing).encode())\n"
    "    sys.exit()\n"
    "os.close(said)\n"
    "exec(compile(script, '<script>', 'exec'), {'__name__': '__main__'})\n";

/* What each prints to standard error is kept in a memfd. */
static struct {
    pid_t pid;
    int said;
} running[MOST_PYTHONS];

static int out_of_the_way(int fd)
{
    int high = fcntl(fd, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);

    if (high < 0)
        FAIL_TEST("the test itself got no descriptor: is the machine full?");
    close(fd);
    return high;
}

/* A shim of a version manager on PATH takes its time: the system's first. */
static const char *python(void)
{
    static const char *const systems = "/usr/bin/python3";
    const char *chosen = getenv("PYTHON");

    if (chosen)
        return chosen;
    return access(systems, X_OK) == 0 ? systems : "python3";
}

static bool among(int fd, const int *list)
{
    while (*list >= 0 && *list != fd)
        list++;
    return *list >= 0;
}

static void close_on_exec_from(int first)
{
    if (syscall(SYS_close_range, first, ~0u, 4u /* CLOEXEC */) == 0)
        return;
    for (int fd = first; fd < 4096; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Standard input and output lead nowhere; nothing else is open but keep. */
static void arrange(const int *keep, int ready, int said)
{
    int null = fcntl(open("/dev/null", O_RDWR), F_DUPFD, OUT_OF_THE_WAY);

    for (int fd = 0; fd <= 2; fd++)
        if (!among(fd, keep))
            dup2(fd == 2 ? said : null, fd);
    close_on_exec_from(3);
    for (; *keep >= 0; keep++)
        fcntl(*keep, F_SETFD, 0);
    fcntl(ready, F_SETFD, 0);
}

static _Noreturn void become_python(const char *script, int ready,
                                    const char *const *args, pid_t parent)
{
    char number[16], *argv[MOST_ARGS + 8];
    const char *first[] = {"python3", "-I",     "-S",   "-B",
                           "-c",      prologue, script, number};
    int n = sizeof(first) / sizeof(*first);
    sigset_t none;

    snprintf(number, sizeof(number), "%d", ready);
    memcpy(argv, first, sizeof(first));
    while (args && *args && n < MOST_ARGS + 7)
        argv[n++] = (char *)(uintptr_t)*args++;
    argv[n] = NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* too late to be told */
        _exit(0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(python(), argv);
    dprintf(ready, "%s: %s", python(), strerror(errno));
    _exit(0);
}

static void wait_for(pid_t pid, int *status)
{
    while (waitpid(pid, status, 0) < 0)
        if (errno != EINTR)
            FAIL_TEST("the test's own Python was reaped by somebody else: "
                      "wait for your own children only, by their pid");
}

/* Returns when it has imported everything; skips the fact if it cannot. */
static void until_ready(pid_t pid, int from)
{
    char reason[160];
    size_t len = 0;
    ssize_t n = 1;

    while (len < sizeof(reason) - 1 && n != 0) {
        n = read(from, reason + len, sizeof(reason) - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    reason[len] = '\0';
    close(from);
    if (len == 0)
        return;
    wait_for(pid, NULL);
    SKIP_TEST("no Python for the other end: %s", reason);
}

pid_t python_start(const char *script, const int *keep, const char *const *args)
{
    int ready[2], slot = 0;
    pid_t pid, parent = getpid();

    for (int n = 0; args && args[n]; n++)
        if (n == MOST_ARGS)
            FAIL_TEST("the test itself gives Python too many arguments");
    while (slot < MOST_PYTHONS && running[slot].pid != 0)
        slot++;
    if (slot == MOST_PYTHONS || pipe2(ready, O_CLOEXEC) < 0)
        FAIL_TEST("the test itself cannot start one more Python");
    ready[0] = out_of_the_way(ready[0]);
    ready[1] = out_of_the_way(ready[1]);
    int said = out_of_the_way(memfd_create("python", MFD_CLOEXEC));
    pid = fact_fork();
    if (pid == 0) {
        arrange(keep, ready[1], said);
        become_python(script, ready[1], args, parent);
    }
    page->proc[logbook_enter(pid, 0, 0)].executed = true;
    close(ready[1]);
    running[slot].pid = pid;
    running[slot].said = said;
    until_ready(pid, ready[0]);
    return pid;
}

/* The last words count: the first are the traceback's. */
static void last_words(int said, char *words, size_t cap)
{
    off_t size = lseek(said, 0, SEEK_END);
    off_t from = size < (off_t)cap ? 0 : size - (off_t)cap + 1;
    ssize_t n = pread(said, words, cap - 1, from);

    while (n > 0 && words[n - 1] == '\n')
        n--;
    words[n > 0 ? n : 0] = '\0';
}

void python_end(pid_t pid)
{
    char words[500], how[64];
    int status, slot = MOST_PYTHONS - 1;

    while (slot > 0 && running[slot].pid != pid)
        slot--;
    if (running[slot].pid != pid)
        FAIL_TEST("the test itself never started that Python");
    wait_for(pid, &status);
    last_words(running[slot].said, words, sizeof(words));
    close(running[slot].said);
    running[slot].pid = 0;
    errno = 0;
    if (status != 0)
        FAIL_TEST("Python at the other end (%s) says: %s",
                  name_status(status, how, sizeof(how)), words);
}
