/*
 * keeper.c — the process that looks after one test.
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc.h"
#include "sandbox.h"
#include "story.h"
#include "watch.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
    (void)sig;
    interrupted = 1;
}

static int make_page(struct page **page)
{
    int fd = memfd_create("page", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, sizeof(**page)) < 0)
        return -1;
    *page =
        mmap(NULL, sizeof(**page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return *page == MAP_FAILED ? -1 : fd;
}

static void become_keeper(pid_t grader)
{
    struct sigaction action = {.sa_handler = on_interrupt};

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (getppid() != grader)
        interrupted = 1;
}

static bool start(struct watch *w, const char *fact, char *folder, pid_t grader)
{
    struct launch launch = {
        .binary = w->binary, .fact = fact, .folder = folder, .grader = grader};
    struct stat st;
    int end[2];

    launch.page_fd = make_page(&w->page);
    if (launch.page_fd < 0 || !mkdtemp(folder) || pipe2(end, O_CLOEXEC) < 0)
        return false;
    w->output = end[0];
    if (fstat(w->output, &st) == 0)
        w->page->output = st.st_ino;
    fcntl(w->output, F_SETFL, O_NONBLOCK);
    launch.output_fd = end[1];
    w->seen.output = calloc(1, KEPT_OUTPUT + 1);
    w->began = seconds_now();
    w->pid = sandbox_start(&launch);
    close(launch.page_fd);
    close(end[1]);
    w->pidfd = w->pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, w->pid, 0);
    return w->seen.output && w->pid > 0;
}

/* What is told is what was seen: of a hang, the processes in it. */
static void tell_story_of(struct watch *w, const struct test_result *result,
                          const struct telling *telling)
{
    enum ending e = w->seen.ending;
    bool there = e == STOOD || e == LOOPED || e == TOO_LATE || e == SWARMED ||
                 w->seen.left;
    struct story story;

    story_make(&story, w->page, there ? &w->tree : NULL, w->binary, result,
               telling->steady);
    telling->tell(&story, telling->arg);
    story_clear(&story);
}

void keep(const char *binary, const char *fact, const char *parent, int out,
          pid_t grader, const struct telling *telling)
{
    struct watch w = {.binary = binary, .interrupted = &interrupted};
    struct test_result result = {.name = copy_text(fact)};
    char *folder = format_text("%s/test-XXXXXX", parent);

    become_keeper(grader);
    if (start(&w, fact, folder, grader)) {
        watch_test(&w);
        w.seen.seconds = seconds_now() - w.began;
        w.page->ended = w.seen.ending == ENDED;
        w.page->wstatus = w.seen.wstatus;
        if (w.seen.ending == ENDED)
            find_left_behind(&w);
        if (telling) {
            drain(&w);
            judge(&result, &w.seen, w.page, binary);
            tell_story_of(&w, &result, telling);
        }
        tree_end(getpid());
        drain(&w);
        if (!telling)
            judge(&result, &w.seen, w.page, binary);
    } else {
        result.verdict = V_GRADER_FAULT;
        result.headline = format_text("The grader could not start the test "
                                      "(%s). This is not your mistake.",
                                      strerror(errno));
        result.message = copy_text("");
        result.output = copy_text("");
        result.proved = copy_text("");
        result.schedule = copy_text("");
    }
    if (w.page && w.page != MAP_FAILED)
        remove_names(w.page);
    remove_folder(folder);
    result_send(out, &result);
    _exit(w.seen.ending == INTERRUPTED ? 130 : 0);
}
