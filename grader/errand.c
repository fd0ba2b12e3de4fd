/*
 * errand.c — many tests at once, each under a keeper of its own.
 */
#include "errand.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper.h"
#include "sandbox.h"
#include "tree.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
    interrupted = sig;
}

void fault(struct test_result *r, const char *why)
{
    free(r->headline);
    free(r->message);
    free(r->output);
    free(r->proved);
    free(r->schedule);
    r->verdict = V_GRADER_FAULT;
    r->headline = format_text("%s", why);
    r->message = copy_text("");
    r->output = copy_text("");
    r->proved = copy_text("");
    r->schedule = copy_text("");
}

static void send_keeper(struct errand *e, const char *folder)
{
    pid_t grader = getpid();

    e->result.name = copy_text(e->fact);
    e->fd = memfd_create("result", MFD_CLOEXEC);
    fflush(NULL);
    e->keeper = e->fd < 0 ? -1 : fork();
    if (e->keeper == 0)
        keep(e->binary, e->fact, folder, e->fd, grader, e->telling);
    if (e->keeper < 0) {
        fault(&e->result, "The grader could not start a process. This is not "
                          "your mistake.");
        e->done = true;
    }
}

static void collect(struct errand *e, int wstatus)
{
    e->done = true;
    if (WIFSIGNALED(wstatus) && WTERMSIG(wstatus) == SIGKILL)
        fault(&e->result,
              "The process that looks after the test was killed. Did your "
              "code signal a process it did not start?");
    else if (WIFSIGNALED(wstatus))
        fault(&e->result, "The grader's keeper of this test crashed. This is "
                          "not your mistake.");
    else if (!result_receive(e->fd, &e->result))
        fault(&e->result, "The grader lost this test's result. This is not "
                          "your mistake.");
    if (WIFSIGNALED(wstatus))
        close(e->fd);
    if (WIFSIGNALED(wstatus) && WTERMSIG(wstatus) == SIGKILL)
        e->result.verdict = V_FAILED;
}

static struct errand *errand_of(struct errand *e, size_t count, pid_t pid)
{
    for (size_t i = 0; i < count; i++)
        if (!e[i].done && e[i].keeper == pid)
            return &e[i];
    return NULL;
}

/* What a killed keeper left behind has become ours. */
static void end_strays(struct errand *e, size_t count)
{
    struct tree tree = {0};

    tree_read(&tree, getpid());
    for (size_t i = 0; i < tree.count; i++)
        if (tree.task[i].parent == getpid() &&
            !errand_of(e, count, tree.task[i].pid)) {
            tree_end(tree.task[i].pid);
            kill(tree.task[i].pid, SIGKILL);
        }
    tree_clear(&tree);
}

void run_errands(struct errand *e, size_t count, const char *folder)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t sent = 0, running = 0, most = cores > 1 ? (size_t)cores : 1;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    while (sent < count || running > 0) {
        int wstatus;
        pid_t pid;
        if (interrupted && sent < count)
            count = sent;
        if (sent < count && running < most) {
            send_keeper(&e[sent], folder);
            running += !e[sent++].done;
            continue;
        }
        pid = waitpid(-1, &wstatus, 0);
        struct errand *came = errand_of(e, sent, pid);
        if (came) {
            collect(came, wstatus);
            running--;
            if (WIFSIGNALED(wstatus))
                end_strays(e, sent);
        } else if (pid < 0 && errno == EINTR && interrupted) {
            for (size_t i = 0; i < sent; i++)
                if (!e[i].done)
                    kill(e[i].keeper, SIGTERM);
        } else if (pid < 0 && errno != EINTR) {
            break;
        }
    }
    if (interrupted) {
        remove_folder(folder);
        signal((int)interrupted, SIG_DFL);
        raise((int)interrupted);
    }
}
