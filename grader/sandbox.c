/*
 * sandbox.c — how a test's process is started.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "page.h"

static void limit(int what, rlim_t most)
{
    struct rlimit now;

    if (getrlimit(what, &now) == 0 && now.rlim_max > most)
        now.rlim_max = most;
    now.rlim_cur = now.rlim_max < most ? now.rlim_max : most;
    setrlimit(what, &now);
}

static void set_limits(void)
{
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 256u << 20);
    limit(RLIMIT_NOFILE, 4096);
    limit(RLIMIT_CPU, 30);
}

/*
 * Refuse kill() where it would hit who has to clean up afterwards: pid -1 is
 * everybody this user may signal, editor and shell included. Where the
 * kernel has no seccomp, the sea's own kill() still refuses -1.
 */
static void forbid_signals(pid_t keeper, pid_t grader)
{
#define LOAD(field)                                                            \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define SKIP_UNLESS(value, steps)                                              \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), 0, steps)
#define REFUSE_IF(value)                                                       \
    SKIP_UNLESS(value, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
    struct sock_filter steps[] = {
        LOAD(nr),
        SKIP_UNLESS(SYS_kill, 9),
        LOAD(args[0]),
        REFUSE_IF(-1),
        REFUSE_IF(keeper),
        REFUSE_IF(grader),
        REFUSE_IF(-getpgid(keeper)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(steps) / sizeof(*steps), steps};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void close_on_exec_from(int first)
{
    if (syscall(SYS_close_range, first, ~0u, 4u /* CLOEXEC */) == 0)
        return;
    for (int fd = first; fd < 4096; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void become_test(const struct launch *launch, pid_t keeper)
{
    char number[16];
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    if (dup2(open("/dev/null", O_RDONLY), 0) < 0 ||
        dup2(launch->output_fd, 1) < 0 || dup2(launch->output_fd, 2) < 0 ||
        chdir(launch->folder) < 0)
        _exit(127);
    close_on_exec_from(3);
    if (launch->page_fd >= 0) {
        fcntl(launch->page_fd, F_SETFD, 0);
        snprintf(number, sizeof(number), "%d", launch->page_fd);
        setenv("SEA_PAGE", number, 1);
    }
    unsetenv("MAKEFLAGS");
    unsetenv("MAKELEVEL");
    unsetenv("CMOCKA_MESSAGE_OUTPUT");
    unsetenv("CMOCKA_XML_FILE");
    for (int sig = 1; sig < 32; sig++)
        signal(sig, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    umask(022);
    set_limits();
    forbid_signals(keeper, launch->grader);
    execl(launch->binary, launch->binary, launch->fact, (char *)NULL);
    _exit(127);
}

pid_t sandbox_start(const struct launch *launch)
{
    pid_t keeper = getpid(), pid = fork();

    if (pid == 0)
        become_test(launch, keeper);
    return pid;
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (type == FTW_DNR) /* the learner may have taken the rights away */
        chmod(path, 0700);
    remove(path);
    return 0;
}

void remove_folder(const char *path)
{
    chmod(path, 0700);
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
