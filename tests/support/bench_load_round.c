/*
 * bench_load_round.c — one round: a server, and who asks it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_load_part.h"

/* To end, once it has been told to. */
static const double patience = 5;

static void pin(int nth)
{
    int core = flow_core(nth);
    cpu_set_t set;

    CPU_ZERO(&set);
    if (core < 0)
        return;
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

/* As many descriptors as there may be. */
static void allow_connections(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max < 65536 ? r.rlim_max : 65536;
        setrlimit(RLIMIT_NOFILE, &r);
    }
}

/* A listener whose name the kernel chooses, and no file. */
static int listen_somewhere(struct sockaddr_un *at, socklen_t *length)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *at = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (fd == -1 ||
        bind(fd, (struct sockaddr *)at, sizeof(at->sun_family)) == -1)
        return -1;
    *length = sizeof(*at);
    if (getsockname(fd, (struct sockaddr *)at, length) == -1 ||
        listen(fd, SOMAXCONN) == -1)
        return -1;
    return fd;
}

/* Where programs have their socket; removed again, also by who interrupts. */
static char folder[] = "/tmp/bench-XXXXXX", path[sizeof(folder) + 16];
static bool made;

static void remove_folder(int sig)
{
    unlink(path);
    rmdir(folder);
    if (sig)
        _exit(128 + sig);
}

int load_begin(void)
{
    made = mkdtemp(folder) != NULL;
    snprintf(path, sizeof(path), "%s/socket", folder);
    signal(SIGINT, remove_folder);
    signal(SIGTERM, remove_folder);
    return made ? 0 : -1;
}

void load_end(void)
{
    if (made)
        remove_folder(0);
}

static int name_path(struct sockaddr_un *at, socklen_t *length)
{
    *at = (struct sockaddr_un){.sun_family = AF_UNIX};
    *length = sizeof(*at);
    strcpy(at->sun_path, path);
    return unlink(path) == -1 && errno != ENOENT ? -1 : 0;
}

/* A program's words would stand in the table. */
static void be_quiet(void)
{
    int null = open("/dev/null", O_RDWR);

    for (int fd = 0; null >= 0 && fd <= 2; fd++)
        dup2(null, fd);
}

static pid_t start(const struct load_way *w, int listener, const int stop[2],
                   const struct sockaddr_un *at)
{
    pid_t self = getpid(), pid = fork();

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != self)
        _exit(ECHILD);
    close(stop[1]);
    pin(0);
    if (w->exec) {
        be_quiet();
        w->exec(at->sun_path);
        _exit(errno);
    }
    _exit(w->serve(listener, stop[0]) == 0 ? 0 : errno ? errno : EIO);
}

/* How the server ended, if it did in time: 0, or an errno. */
static int end_of(pid_t server)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    double late = flow_now() + patience;
    int wstatus;

    while (waitpid(server, &wstatus, WNOHANG) == 0) {
        if (flow_now() > late)
            return ETIMEDOUT;
        nanosleep(&moment, NULL);
    }
    if (WIFSIGNALED(wstatus))
        return EFAULT;
    return WEXITSTATUS(wstatus);
}

static int run(const struct load_way *w, int connections, int in_flight,
               struct load_round *r)
{
    struct sockaddr_un at;
    socklen_t length = 0;
    int stop[2], listener, error, ended = 0;

    listener =
        w->exec ? name_path(&at, &length) : listen_somewhere(&at, &length);
    if (listener == -1 || pipe2(stop, O_CLOEXEC) == -1)
        return errno;
    pid_t server = start(w, listener, stop, &at);
    if (server == -1)
        return errno;
    close(stop[0]);
    if (!w->exec)
        close(listener);
    pin(1);
    error = load_generate(w, (struct sockaddr *)&at, length, connections,
                          in_flight, server, r);
    close(stop[1]);
    /* Why the server ended says more than that it is gone. */
    if (w->serve && error != EPROTO && error != ETIMEDOUT)
        ended = end_of(server);
    return ended ? ended : error;
}

void load_round(const struct load_way *w, int connections, int in_flight,
                struct load_round *r)
{
    int end[2];

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    *r = (struct load_round){.error = EIO};
    fflush(NULL);
    if (pipe(end) == -1)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        setpgid(0, 0);
        allow_connections();
        r->error = run(w, connections, in_flight, r);
        _exit(write(end[1], r, sizeof(*r)) != sizeof(*r));
    }
    close(end[1]);
    struct pollfd p = {.fd = end[0], .events = POLLIN};
    if (pid == -1)
        r->error = errno;
    else if (poll(&p, 1, FLOW_PATIENCE_MS) == 0)
        r->error = ETIMEDOUT;
    else if (read(end[0], r, sizeof(*r)) != sizeof(*r))
        *r = (struct load_round){.error = EFAULT};
    close(end[0]);
    if (pid > 0) {
        setpgid(pid, pid);
        kill(-pid, SIGKILL);
        while (waitpid(-pid, NULL, 0) > 0) /* and whom they have left to us */
            continue;
    }
}
