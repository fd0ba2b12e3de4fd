/*
 * spawn_test.c — what spawn promises.
 *
 * The programs are sh and cat. Each of the three ports is a socket pair: the
 * program gets the near end and writes into it, the test hears it at the far
 * end. So it is the program itself that tells what it was given.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"
#include "spawn.h"

enum { HIGH = 40, SAVED = 400, TEXT = 512 };

static char *const cat[] = {"cat", NULL};
static char *const nothing[] = {"no-such-program", NULL};
static char *const say_numbers[] = {
    "sh", "-c", "echo 0 >&0; echo 1 >&1; echo 2 >&2; exit 0", NULL};

/*
 * A folder on PATH that may not be entered makes EACCES of every ENOENT: take
 * such folders out, before anything runs.
 */
__attribute__((constructor)) static void enter_only_open_doors(void)
{
    char *old = strdup(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");
    char *path = calloc(1, strlen(old) + 2), *rest = old, *folder;

    while ((folder = strsep(&rest, ":")) != NULL)
        if (access(folder, X_OK) == 0)
            strcat(strcat(path, *path ? ":" : ""), folder);
    setenv("PATH", path, 1);
    free(path);
    free(old);
}

/* ---- ports ----------------------------------------------------------- */

struct ports {
    int near[3], far[3];
};

static struct ports open_ports(void)
{
    struct ports ports;
    int pair[2];

    for (int i = 0; i < 3; i++) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
            FAIL_TEST("the test itself got no socket pair");
        ports.near[i] = fcntl(pair[0], F_DUPFD, HIGH);
        ports.far[i] = fcntl(pair[1], F_DUPFD_CLOEXEC, HIGH + 20);
        close(pair[0]);
        close(pair[1]);
    }
    return ports;
}

static void close_ports(struct ports *ports)
{
    for (int i = 0; i < 3; i++) {
        close(ports->near[i]);
        close(ports->far[i]);
    }
}

/* What has arrived at the far end of a port so far. */
static const char *heard(const struct ports *ports, int i)
{
    static char text[TEXT];
    ssize_t n = recv(ports->far[i], text, TEXT - 1, MSG_DONTWAIT);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

/* ---- how it ended ---------------------------------------------------- */

static int wait_for(pid_t pid)
{
    int wstatus = 0;

    CHECK_EQ(waitpid(pid, &wstatus, 0), pid,
             "spawn returns the id of a child that is still to be waited for, "
             "and the caller is its parent");
    return wstatus;
}

static const char own_status[] =
    "waitpid(pid) tells how the program itself ended: fork once, and let the "
    "child become the program";

static void no_child_is_left(void)
{
    CHECK_ERRNO(waitpid(-1, NULL, WNOHANG), ECHILD,
                "nothing was started, so no child is left: the one whose exec "
                "failed has ended, and waitpid must collect it in spawn");
}

/* ---- the caller's own 0, 1 and 2 ------------------------------------- */

enum own { PORTS = 8, PORTS_CLOEXEC = 16 }; /* or the bits of those closed */

static void install_own(int own, const struct ports *ports, int saved[3])
{
    fflush(NULL);
    for (int i = 0; i < 3; i++) {
        saved[i] = fcntl(i, F_DUPFD_CLOEXEC, SAVED);
        if (own >= PORTS)
            dup3(ports->near[i], i, own == PORTS_CLOEXEC ? O_CLOEXEC : 0);
        else if (own & 1 << i)
            close(i);
    }
}

static void restore_own(const int saved[3])
{
    for (int i = 0; i < 3; i++) {
        dup2(saved[i], i);
        close(saved[i]);
    }
}

/* Calls spawn while the caller's own 0, 1 and 2 are the ports, or closed. */
static pid_t spawn_with_own(int own, const struct ports *ports,
                            char *const argv[], const int stdio[3])
{
    int saved[3], error;
    pid_t pid;

    install_own(own, ports, saved);
    pid = spawn(argv, stdio);
    error = errno;
    restore_own(saved);
    errno = error;
    return pid;
}

/* ---- the plain case -------------------------------------------------- */

/* Starts cat with one port as all three; its echo proves that it runs. */
static pid_t start_cat(struct ports *ports)
{
    char byte = 'x';
    int port = ports->near[0], stdio[] = {port, port, port};

    IF_STUCK("spawn returns as soon as the program runs. A pipe that tells of "
             "exec ends only when every write end is closed: the child's by "
             "exec (close-on-exec), the parent's before it reads.");
    pid_t pid = spawn(cat, stdio);
    CHECK_OK(pid, "cat is on PATH: look the name up there, as execvp does");
    CHECK_OK(close(port), "stdio stays open in the caller, who closes it");
    IF_STUCK("cat was started, but does not answer on its descriptor 1 what "
             "comes in on its descriptor 0.");
    send(ports->far[0], &byte, 1, MSG_NOSIGNAL);
    CHECK_EQ(read(ports->far[0], &byte, 1), 1,
             "cat writes to stdio[1] what it reads from stdio[0]: stdio[i] "
             "becomes the program's descriptor i (dup2)");
    return pid;
}

static void stop_cat(struct ports *ports, pid_t pid)
{
    shutdown(ports->far[0], SHUT_WR);
    CHECK_STATUS(wait_for(pid), EXITED(0), "%s", own_status);
    close_ports(ports);
}

static void starts_a_program_found_on_path(void **state)
{
    (void)state;
    struct ports ports = open_ports();
    pid_t pid = start_cat(&ports);

    STEP("cat's input ends");
    stop_cat(&ports, pid);
}

/* Runs argv in the plainest way, to its end. */
static struct ports run(char *const argv[], pid_t *pid, int *wstatus)
{
    struct ports ports = open_ports();

    *pid = spawn(argv, ports.near);
    CHECK_OK(*pid, "the program is there: it can be started");
    *wstatus = wait_for(*pid);
    return ports;
}

static void returns_the_id_of_the_program_itself(void **state)
{
    (void)state;
    char *argv[] = {"sh", "-c", "echo $$; exit 7", NULL}, id[32];
    int wstatus;
    pid_t pid;
    struct ports ports = run(argv, &pid, &wstatus);

    CHECK_STATUS(wstatus, EXITED(7), "%s", own_status);
    snprintf(id, sizeof(id), "%d\n", pid);
    CHECK_STR(heard(&ports, 1), id,
              "the caller waits for this id and sends signals to it: it has "
              "to be the program, not a process in between");
    close_ports(&ports);
}

static void passes_on_every_argument(void **state)
{
    (void)state;
    char *argv[] = {"sh",        "-c", "printf '[%s]' \"$0\" \"$@\"",
                    "two words", "",   "*",
                    "$HOME",     NULL};
    int wstatus;
    pid_t pid;
    struct ports ports = run(argv, &pid, &wstatus);

    CHECK_STR(heard(&ports, 1), "[two words][][*][$HOME]",
              "the program gets argv as it is, argument by argument: there is "
              "no shell in between that would split or expand anything");
    close_ports(&ports);
}

static void passes_on_the_environment(void **state)
{
    (void)state;
    char *argv[] = {"sh", "-c", "echo \"$WIND\"", NULL};
    int wstatus;
    pid_t pid;

    setenv("WIND", "north by west", 1);
    struct ports ports = run(argv, &pid, &wstatus);
    CHECK_STR(heard(&ports, 1), "north by west\n",
              "the program lives in the caller's environment: pass environ on");
    close_ports(&ports);
}

/* ---- stdio ----------------------------------------------------------- */

static void hears_each_number_where_it_belongs(const struct ports *ports,
                                               const int which[3],
                                               const char *why)
{
    for (int p = 0; p < 3; p++) {
        char want[8] = "";
        for (int i = 0; i < 3; i++)
            if (which[i] == p)
                strcat(want, (const char *[]){"0\n", "1\n", "2\n"}[i]);
        CHECK_STR(heard(ports, p), want, "%s", why);
    }
}

static const char covered[] =
    "the program writes i into its descriptor i, and that must be stdio[i]. "
    "The first dup2 may cover a descriptor that a later one still needs: make "
    "copies from 3 upwards first (fcntl F_DUPFD finds free numbers)";

static void connects_three_descriptors(void **state)
{
    (void)state;
    static const int which[] = {0, 1, 2};
    int wstatus;
    pid_t pid;
    struct ports ports = run(say_numbers, &pid, &wstatus);

    hears_each_number_where_it_belongs(
        &ports, which, "stdio[i] becomes the program's descriptor i (dup2)");
    close_ports(&ports);
}

static void tries_order(const struct ports *ports, const int code[3])
{
    int which[3], stdio[3];

    for (int i = 0; i < 3; i++) {
        which[i] = code[i] % 3;
        stdio[i] = code[i] < 3 ? code[i] : ports->near[which[i]];
    }
    STEP("the caller asks for stdio {%d, %d, %d}", stdio[0], stdio[1],
         stdio[2]);
    pid_t pid = spawn_with_own(PORTS, ports, say_numbers, stdio);
    CHECK_OK(pid, "any order is as good as any other");
    wait_for(pid);
    hears_each_number_where_it_belongs(ports, which, covered);
}

/* Every way to name 0, 1 and 2, and some in which 3, 4 and 5 stand for the
 * same ports by higher numbers. */
static void connects_them_in_any_order(void **state)
{
    (void)state;
    static const int mixed[][3] = {{3, 0, 1}, {1, 3, 0}, {2, 0, 4},
                                   {0, 3, 0}, {5, 1, 3}, {4, 4, 0}};
    struct ports ports = open_ports();

    for (int n = 0; n < 27; n++)
        tries_order(&ports, (int[]){n / 9, n / 3 % 3, n % 3});
    for (int n = 0; n < 6; n++)
        tries_order(&ports, mixed[n]);
    close_ports(&ports);
}

/* A helper number that spawn borrows may be one of the caller's. */
static void connects_descriptors_of_any_number(void **state)
{
    (void)state;
    static const int from[] = {3, 10, 20, 50, 100, 200, 1000};
    static const int which[] = {1, 2, 0};
    struct ports ports = open_ports();

    for (int n = 0; n < 7; n++) {
        int at[3];
        for (int i = 0; i < 3; i++)
            at[i] = fcntl(ports.near[i], F_DUPFD, from[n]);
        int stdio[] = {at[1], at[2], at[0]};
        STEP("the caller asks for stdio {%d, %d, %d}", at[1], at[2], at[0]);
        pid_t pid = at[2] < 0 ? 0 : spawn(say_numbers, stdio);
        for (int i = 0; i < 3; i++)
            close(at[i]);
        if (at[2] < 0)
            break; /* no such numbers here */
        CHECK_OK(pid,
                 "any three numbers are as good as any other: a number that "
                 "spawn borrows for itself must be a free one");
        wait_for(pid);
        hears_each_number_where_it_belongs(&ports, which, covered);
    }
    close_ports(&ports);
}

static void keeps_open_what_is_already_in_place(void **state)
{
    (void)state;
    static const int which[] = {0, 1, 2};
    struct ports ports = open_ports();

    STEP("the caller's own 0, 1 and 2 are close-on-exec");
    pid_t pid = spawn_with_own(PORTS_CLOEXEC, &ports, say_numbers, which);
    CHECK_OK(pid, "stdio {0, 1, 2} is as good as any");
    wait_for(pid);
    hears_each_number_where_it_belongs(
        &ports, which,
        "dup2(1, 1) does nothing at all: it leaves close-on-exec as it was, "
        "and exec closes the descriptor. Clear the flag in the child");
    close_ports(&ports);
}

static void works_for_a_caller_without_stdio(void **state)
{
    (void)state;
    static const int which[] = {0, 1, 2};
    struct ports ports = open_ports();

    for (int closed = 1; closed < 8; closed++) {
        pid_t pid = spawn_with_own(closed, &ports, say_numbers, ports.near);
        CHECK_OK(pid, "the caller's own descriptors 0 to 2 may be closed");
        wait_for(pid);
        hears_each_number_where_it_belongs(&ports, which, covered);
        CHECK_ERRNO(
            spawn_with_own(closed, &ports, nothing, ports.near), ENOENT,
            "where the caller has no 0, 1 or 2, a new pipe gets just these "
            "numbers, and dup2 closes it: move it to 3 or above first");
        no_child_is_left();
    }
    close_ports(&ports);
}

/* ---- what else the program gets --------------------------------------- */

static const char *open_in(pid_t pid)
{
    static char text[TEXT];
    char path[64];
    struct dirent *entry;

    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    DIR *dir = opendir(path);
    if (dir == NULL)
        SKIP_TEST("there is no /proc/PID/fd to look at");
    text[0] = '\0';
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.' && strlen(text) < TEXT - 8)
            sprintf(text + strlen(text), "%.6s ", entry->d_name);
    closedir(dir);
    return text;
}

/* Descriptors here and there, up to the highest number that is allowed. */
static void open_more(int fd, int more[4])
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    int top = limit.rlim_cur > 4096 ? 4095 : (int)limit.rlim_cur - 1;
    int from[] = {3, 30, 200, top};
    for (int i = 0; i < 4; i++)
        more[i] = fcntl(fd, F_DUPFD, from[i]);
    STEP("the caller has %d, %d, %d, %d and others open", more[0], more[1],
         more[2], more[3]);
}

static void opens_nothing_else_in_the_program(void **state)
{
    (void)state;
    int more[4];
    struct ports ports = open_ports();

    open_more(ports.near[2], more);
    pid_t pid = start_cat(&ports);
    CHECK_STR(open_in(pid), "0 1 2 ",
              "what is not close-on-exec stays open in the program: a pipe it "
              "knows nothing of never ends for its reader. Close everything "
              "from 3 upwards: close_range, or all of /proc/self/fd");
    stop_cat(&ports, pid);
    for (int i = 0; i < 4; i++)
        CHECK_OK(close(more[i]), "it is still open in the caller");
}

static unsigned long long signals_of(pid_t pid, const char *which)
{
    unsigned long long bits = 0;
    char path[64], line[256];

    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        SKIP_TEST("there is no /proc/PID/status to look at");
    while (fgets(line, sizeof(line), file))
        if (strncmp(line, which, strlen(which)) == 0)
            bits = strtoull(line + strlen(which), NULL, 16);
    fclose(file);
    return bits;
}

static void starts_it_with_calm_signals(void **state)
{
    (void)state;
    sigset_t all, old;
    struct ports ports = open_ports();

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    signal(SIGPIPE, SIG_IGN);
    STEP("the caller blocks every signal and ignores SIGPIPE");
    pid_t pid = start_cat(&ports);
    CHECK_EQ(signals_of(pid, "SigBlk:"), 0,
             "a blocked signal stays blocked across exec: SIGTERM or ^C would "
             "not end the program. Empty the mask in the child");
    CHECK_EQ(signals_of(pid, "SigIgn:") >> (SIGPIPE - 1) & 1, 0,
             "an ignored signal stays ignored across exec: the program would "
             "write into a closed pipe for ever. Set SIGPIPE back to SIG_DFL "
             "in the child");
    stop_cat(&ports, pid);
    CHECK(signal(SIGPIPE, SIG_DFL) == SIG_IGN,
          "the caller still ignores SIGPIPE: change it in the child only");
    sigprocmask(SIG_SETMASK, &old, &all);
    CHECK(sigismember(&all, SIGTERM) && sigismember(&all, SIGINT),
          "the caller's own mask is as it was: change it in the child only");
}

static void changes_nothing_in_the_caller(void **state)
{
    (void)state;
    struct ports ports = open_ports();

    fcntl(ports.near[0], F_SETFD, FD_CLOEXEC);
    fcntl(ports.near[1], F_SETFL, O_RDWR | O_NONBLOCK);
    pid_t pid = spawn(say_numbers, ports.near);
    CHECK_OK(pid, "a descriptor of stdio may be close-on-exec");
    wait_for(pid);
    CHECK_EQ(fcntl(ports.near[0], F_GETFD), FD_CLOEXEC,
             "stdio stays open in the caller, and close-on-exec where it was: "
             "change flags in the child only");
    CHECK_EQ(fcntl(ports.near[1], F_GETFD), 0,
             "stdio stays open in the caller, its flags unchanged");
    CHECK_EQ(fcntl(ports.near[1], F_GETFL), O_RDWR | O_NONBLOCK,
             "flags such as O_NONBLOCK belong to the open file, which caller "
             "and program share: leave them alone");
    CHECK_STR(heard(&ports, 0), "0\n", "close-on-exec is only in the caller");
    close_ports(&ports);
}

/* ---- failures -------------------------------------------------------- */

static const int own[] = {0, 1, 2};

static void make_file(const char *name, const char *text, mode_t mode)
{
    FILE *file = fopen(name, "w");

    fputs(text, file);
    fclose(file);
    chmod(name, mode);
}

static void fails_with(char *program, int error)
{
    char *argv[] = {program, NULL};

    quiet_begin();
    CHECK_ERRNO(spawn(argv, own), error,
                "exec failed in the child, and the caller must learn why: "
                "send errno home, say through a close-on-exec pipe. An exit "
                "status of 127 tells nothing");
    quiet_end();
    no_child_is_left();
}

static void says_why_it_cannot_be_started(void **state)
{
    (void)state;
    make_file("letter", "not a program\n", 0644);
    make_file("orphan", "#!/no/such/interpreter\n", 0755);
    IF_STUCK("The child whose exec failed has to leave with _exit.");
    fails_with("no-such-program", ENOENT);
    fails_with("./no-such-program", ENOENT);
    fails_with("./letter", EACCES);
    fails_with("./letter/within", ENOTDIR);
    STEP("./orphan is there, but its interpreter is not");
    fails_with("./orphan", ENOENT);
    unlink("letter");
    unlink("orphan");
}

static void says_when_the_arguments_are_too_long(void **state)
{
    (void)state;
    static char huge[256 << 10];
    char *argv[] = {"true", huge, NULL};

    memset(huge, 'a', sizeof(huge) - 1);
    CHECK_ERRNO(spawn(argv, own), E2BIG,
                "only exec itself knows whether it will work: looking for the "
                "file beforehand does not replace its errno");
    no_child_is_left();
}

static void finds_it_as_a_shell_would(void **state)
{
    (void)state;
    int wstatus;
    pid_t pid;
    char *by_name[] = {"greet", NULL}, *by_path[] = {"./greet", NULL};

    mkdir("bin", 0755);
    make_file("greet", "#!/bin/sh\necho wrong\n", 0644);
    make_file("bin/greet", "#!/bin/sh\necho right\n", 0755);
    setenv("PATH", ".:bin:/usr/local/bin:/usr/bin:/bin", 1);
    STEP("PATH is .:bin:…, ./greet is not executable, bin/greet is");
    struct ports ports = run(by_name, &pid, &wstatus);
    CHECK_STR(heard(&ports, 1), "right\n",
              "the first one on PATH that can be executed is the one");
    CHECK_ERRNO(spawn(by_path, ports.near), EACCES,
                "a name with a slash is a path: it is not looked for on PATH");
    close_ports(&ports);
    no_child_is_left();
    unlink("greet");
    unlink("bin/greet");
    rmdir("bin");
}

static void refuses_to_start_nothing(void **state)
{
    (void)state;
    char *empty[] = {NULL};

    CHECK_ERRNO(spawn(NULL, own), EINVAL, "there is no argv to look at");
    CHECK_ERRNO(spawn(empty, own), EINVAL,
                "argv[0] is NULL, so there is no name to look for");
    no_child_is_left();
}

static void refuses_a_closed_descriptor(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        int stdio[] = {0, 1, 2};

        stdio[i] = fcntl(0, F_DUPFD, 77);
        close(stdio[i]);
        CHECK_ERRNO(spawn(say_numbers, stdio), EBADF,
                    "stdio[%d] is not open, and a program without it would "
                    "take the next file it opens for it: look at what dup2 "
                    "returns",
                    i);
        no_child_is_left();
    }
}

/* ---- good manners ----------------------------------------------------- */

static void leaves_other_children_alone(void **state)
{
    (void)state;
    siginfo_t info;
    pid_t other = fact_fork();

    if (other == 0)
        _exit(5);
    waitid(P_PID, other, &info, WEXITED | WNOWAIT);
    STEP("the caller has another child, which has already ended with 5");
    CHECK_ERRNO(spawn(nothing, own), ENOENT,
                "no program of that name is there");
    int wstatus;
    CHECK_EQ(waitpid(other, &wstatus, 0), other,
             "wait() takes whichever child has ended, also one of the "
             "caller's: collect yours with waitpid(pid, …)");
    CHECK_STATUS(wstatus, EXITED(5), "and its status is untouched");
    no_child_is_left();
}

static void leaves_the_callers_buffers_alone(void **state)
{
    (void)state;
    char text[64] = "";
    FILE *file = fopen("letter", "w+");

    fputs("written once", file);
    CHECK_ERRNO(spawn(nothing, own), ENOENT,
                "no program of that name is there");
    rewind(file);
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    unlink("letter");
    CHECK_MEM(text, len, "written once", 12,
              "the child holds a copy of every unwritten stdio buffer: exit "
              "writes them a second time, _exit does not");
}

/* ---- rough weather ---------------------------------------------------- */

static const int straight[] = {0, 1, 2};

static void starts_it(void)
{
    int wstatus;
    pid_t pid;
    struct ports ports = run(say_numbers, &pid, &wstatus);

    hears_each_number_where_it_belongs(&ports, straight,
                                       "a signal does not change what the "
                                       "program gets");
    close_ports(&ports);
}

static void says_why_not(void)
{
    CHECK_ERRNO(spawn(nothing, own), ENOENT,
                "a read that a signal interrupted has not yet told what became "
                "of exec: after EINTR read again");
    no_child_is_left();
}

static void goes_on_after_a_signal(void **state)
{
    (void)state;
    sea_handler();
    sea_every(starts_it, SEA_EINTR);
    sea_every(says_why_not, SEA_EINTR);
}

static void starts_it_or_fails(void)
{
    struct ports ports = open_ports();
    pid_t pid = spawn(say_numbers, ports.near);

    if (pid == -1) {
        CHECK(sea_hit(), "nothing has gone wrong in this run");
        CHECK_EQ(errno, sea_error(),
                 "the caller learns the errno of the call that failed: keep "
                 "it while you clean up");
        no_child_is_left();
    } else {
        wait_for(pid);
        hears_each_number_where_it_belongs(
            &ports, straight,
            "the program must not run when something it needs is missing: "
            "look at what each call returned");
    }
    close_ports(&ports);
}

static void fails_or_fails_otherwise(void)
{
    pid_t pid = spawn(nothing, own);

    CHECK_EQ(pid, -1, "no program of that name is there");
    CHECK(errno == ENOENT || (sea_hit() && errno == sea_error()),
          "the caller learns why: exec's errno, or that of the call that "
          "failed before");
    no_child_is_left();
}

static void starts_it_whole_or_not_at_all(void **state)
{
    (void)state;
    sea_every(starts_it_or_fails, SEA_ERRORS);
    sea_every(fails_or_fails_otherwise, SEA_ERRORS);
}

static const struct CMUnitTest facts[] = {
    FACT(starts_a_program_found_on_path),
    FACT(returns_the_id_of_the_program_itself),
    FACT(passes_on_every_argument),
    FACT(passes_on_the_environment),
    FACT(connects_three_descriptors),
    FACT(says_why_it_cannot_be_started),
    FACT(says_when_the_arguments_are_too_long),
    FACT(finds_it_as_a_shell_would),
    FACT(changes_nothing_in_the_caller),
    FACT(connects_them_in_any_order),
    FACT(connects_descriptors_of_any_number),
    FACT(keeps_open_what_is_already_in_place),
    FACT(works_for_a_caller_without_stdio),
    FACT(opens_nothing_else_in_the_program),
    FACT(starts_it_with_calm_signals),
    FACT(refuses_to_start_nothing),
    FACT(refuses_a_closed_descriptor),
    FACT(leaves_other_children_alone),
    FACT(leaves_the_callers_buffers_alone),
    FACT(goes_on_after_a_signal),
    FACT(starts_it_whole_or_not_at_all),
};
EXERCISE("1_islands/spawn", "fork(2), execvp(3), dup2(2), pipe(7)", facts)
