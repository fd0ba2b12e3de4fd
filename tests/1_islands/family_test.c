/*
 * family_test.c — is it true of this family?
 *
 * The children tell what happened to them through their exit status and
 * through `notes`, a page that all of them share.
 */
#include "fact.h"
#include "family.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CROWD = 65, UNTOUCHED = -4711 };

static struct notes {
    atomic_int calls[CROWD];  /* how often work(i) was called */
    _Atomic pid_t pid[CROWD]; /* who did it */
    atomic_int exits;         /* exit handlers run, by anybody */
} * notes;
static struct gate *gate; /* where the children meet, or are held back */
static int memory;        /* of which every child has a copy */
static bool may_fail;     /* more than being interrupted */

static void take_notes(void)
{
    notes = fact_shared(sizeof(*notes));
}

/* Functions for the children. */
static int one_more(int index)
{
    return index + 1;
}

static int meet(int index)
{
    gate_wait(gate);
    return index;
}

static int tell(int index)
{
    memory++;
    notes->calls[index]++;
    notes->pid[index] = getpid();
    return 0;
}

/* Checks the two ints beside an array of n as well. */
static void check_beside(const int status[], int n)
{
    CHECK(status[-1] == UNTOUCHED && status[n] == UNTOUCHED,
          "status has room for n ints, status[0] to status[n - 1]: write "
          "nothing before it and nothing behind it");
}

static void each_child_does_its_own_part(void **state)
{
    int status[] = {UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED};

    (void)state;
    quiet_begin();
    CHECK_EQ(family(3, one_more, status + 1), 0,
             "all three children were started and have ended: that is "
             "success, so return 0");
    quiet_end();
    for (int i = 0; i < 3; i++)
        CHECK_EQ(status[1 + i], i + 1,
                 "child %d calls work(%d), leaves with what work returned, "
                 "and status[%d] says so",
                 i, i, i);
    check_beside(status + 1, 3);
}

static void work_is_called_once_in_a_process_of_its_own(void **state)
{
    int status[5];

    (void)state;
    take_notes();
    CHECK_EQ(family(5, tell, status), 0, "five children were started");
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(notes->calls[i], 1,
                 "work(%d) is called once, in one child: a child must not go "
                 "on with the loop that forks",
                 i);
        CHECK(notes->pid[i] != getpid(),
              "work(%d) ran in the caller itself: only where fork returned "
              "0 are you in the child",
              i);
        for (int j = 0; j < i; j++)
            CHECK(notes->pid[i] != notes->pid[j],
                  "work(%d) and work(%d) ran in the same process: fork once "
                  "for each of them",
                  j, i);
    }
    CHECK_EQ(memory, 0,
             "each child has a copy of the caller's memory: what it writes "
             "there, the caller never sees. Use fork, not threads");
}

static void all_run_at_the_same_time(void **state)
{
    int status[5];

    (void)state;
    gate = gate_new(5);
    IF_STUCK("start all of them before you wait for any: each of these five "
             "children waits for the other four to be there");
    CHECK_EQ(family(5, meet, status), 0, "five children met, and went on");
    for (int i = 0; i < 5; i++)
        CHECK_EQ(status[i], i, "child %d returned %d", i, i);
}

static void there_is_no_limit_but_the_systems(void **state)
{
    int status[CROWD + 2];

    (void)state;
    gate = gate_new(CROWD);
    status[0] = status[CROWD + 1] = UNTOUCHED;
    IF_STUCK("start all %d children before you wait for any", CROWD);
    CHECK_EQ(family(CROWD, meet, status + 1), 0,
             "%d children are many, but nothing forbids them: make room for "
             "n process ids, not for a fixed number",
             CROWD);
    for (int i = 0; i < CROWD; i++)
        CHECK_EQ(status[1 + i], i, "child %d of %d returned %d", i, CROWD, i);
    check_beside(status + 1, CROWD);
}

static int leave_with(int index)
{
    static const int code[] = {0, 1, 2, 127, 128, 255, 256 + 3, -1};

    return code[index];
}

static void status_is_the_exit_code(void **state)
{
    static const int code[] = {0, 1, 2, 127, 128, 255, 3, 255};
    int status[8];

    (void)state;
    CHECK_EQ(family(8, leave_with, status), 0,
             "whatever work returns, it is no error of family: tell it in "
             "status, and return 0");
    for (int i = 0; i < 8; i++)
        CHECK_EQ(status[i], code[i],
                 "work(%d) returned %d. wait gives you a wait status, which "
                 "holds more than that: take it apart with WIFEXITED and "
                 "WEXITSTATUS",
                 i, leave_with(i));
}

static const int deadly[] = {SIGKILL, SIGTERM, SIGHUP, SIGABRT, SIGSEGV, 64};

static int die(int index)
{
    signal(deadly[index], SIG_DFL);
    raise(deadly[index]);
    return 0;
}

static void status_is_128_plus_the_signal(void **state)
{
    int status[6];

    (void)state;
    CHECK_EQ(family(6, die, status), 0,
             "a child that crashes is no error of family: tell it in status, "
             "and return 0");
    for (int i = 0; i < 6; i++)
        CHECK_EQ(status[i], 128 + deadly[i],
                 "child %d was killed by signal %d, so it has no exit status: "
                 "ask WIFSIGNALED first, and store 128 + WTERMSIG",
                 i, deadly[i]);
}

static void none_at_all_is_fine(void **state)
{
    int status[] = {UNTOUCHED, UNTOUCHED, UNTOUCHED};

    (void)state;
    take_notes();
    CHECK_EQ(family(0, tell, status + 1), 0,
             "no children, nothing to wait for: that is success");
    CHECK_EQ(notes->calls[0], 0, "with n = 0 nobody calls work");
    check_beside(status + 1, 0);
    CHECK_EQ(status[1], UNTOUCHED, "with n = 0 status has no room at all");
}

static void a_negative_number_is_invalid(void **state)
{
    int status[1];

    (void)state;
    take_notes();
    CHECK_ERRNO(family(-1, tell, status), EINVAL,
                "minus one child cannot be: say EINVAL before you start any");
    CHECK_ERRNO(family(INT32_MIN, tell, status), EINVAL,
                "every negative n is invalid");
    CHECK_EQ(notes->calls[0], 0, "nobody calls work when n is invalid");
}

/* Their order of ending: each waits for the one before it to be gone. */
static int rank_of[5];

static int end_in_turn(int index)
{
    notes->pid[rank_of[index]] = getpid();
    gate_wait(gate);
    while (rank_of[index] > 0 && !gone(notes->pid[rank_of[index] - 1]))
        moment();
    return index + 10;
}

static void run_with_ranks(int a, int b, int c, int d, int e)
{
    const int rank[] = {a, b, c, d, e};
    int status[5];

    take_notes();
    memcpy(rank_of, rank, sizeof(rank));
    gate = gate_new(5);
    IF_STUCK("start all of them before you wait for any: each of these five "
             "children waits for the other four to be there");
    CHECK_EQ(family(5, end_in_turn, status), 0, "five children were started");
    for (int i = 0; i < 5; i++)
        CHECK_EQ(status[i], i + 10,
                 "child %d was number %d to end. They end in any order, so "
                 "store what a child said by its pid, not by when it came",
                 i, rank[i] + 1);
}

static void children_end_in_any_order(void **state)
{
    (void)state;
    run_with_ranks(4, 3, 2, 1, 0);
    run_with_ranks(2, 0, 4, 1, 3);
}

static int have_a_family(int index)
{
    int status[2];

    if (family(2, one_more, status) != 0)
        return 99;
    return index * 100 + status[0] * 10 + status[1];
}

static void it_can_be_called_again_and_by_children(void **state)
{
    int status[4];

    (void)state;
    CHECK_EQ(family(4, one_more, status), 0, "a first family of four");
    CHECK_EQ(family(2, have_a_family, status), 0,
             "a second family, of two, whose children have a family each");
    CHECK_EQ(status[0], 12,
             "child 0 has two children of its own, who said 1 and 2: keep "
             "nothing in static variables from one call to the next");
    CHECK_EQ(status[1], 112, "child 1 has two children of its own as well");
}

/* What the caller had in its buffer, and had arranged for its end. */
static void nothing_is_written_twice(void **state)
{
    int status[2];
    char text[32] = "";
    FILE *file = fopen("letter", "w+");

    (void)state;
    fputs("written once. ", file);
    CHECK_EQ(family(2, one_more, status), 0, "two children were started");
    fflush(file);
    rewind(file);
    CHECK(fgets(text, sizeof(text), file), "the file can be read again");
    fclose(file);
    CHECK_STR(text, "written once. ",
              "the caller had text in a stdio buffer; fork copied it, and a "
              "child that flushes writes it again: leave the child with "
              "_exit, and flush nothing there");
}

static void count_exit(void)
{
    notes->exits++;
}

static void exit_handlers_are_not_run_by_children(void **state)
{
    int status[2];

    (void)state;
    take_notes();
    atexit(count_exit);
    CHECK_EQ(family(2, one_more, status), 0, "two children were started");
    CHECK_EQ(notes->exits, 0,
             "a child has run the exit handlers of its caller, which are "
             "still to be run by the caller itself: leave the child with "
             "_exit, not with exit");
}

/* Children that the caller has beside: one has ended, one waits. */
static pid_t other_child(bool waits, int code)
{
    siginfo_t info;
    pid_t pid = fact_fork();

    if (pid == 0) {
        if (waits)
            gate_wait(gate);
        _exit(code);
    }
    if (!waits)
        waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    return pid;
}

static void check_other(pid_t pid, int code)
{
    int wstatus = 0;

    CHECK_EQ(waitpid(pid, &wstatus, 0), pid,
             "this was a child that your caller had before, and is your "
             "caller's to wait for: wait with waitpid, by the pids that you "
             "got from fork");
    CHECK_STATUS(wstatus, EXITED(code),
                 "a child that your caller had before is none of yours: "
                 "neither wait for it nor kill it");
}

static pid_t other;

static int let_other_end(int index)
{
    gate_open(gate);
    while (!gone(other))
        moment();
    return index;
}

static void only_its_own_children_are_waited_for(void **state)
{
    struct gate *later = gate_new(2);
    int status[2];
    pid_t ended, living;

    (void)state;
    gate = later;
    living = other_child(true, 3);
    gate = gate_new(2);
    ended = other_child(false, 1);
    other = other_child(true, 2);
    IF_STUCK("wait for the n children that you started, and for no other: "
             "your caller had a child before, which will not end for long");
    CHECK_EQ(family(2, let_other_end, status), 0, "two were started");
    for (int i = 0; i < 2; i++)
        CHECK_EQ(status[i], i,
                 "child %d returned %d. Children that your caller had before "
                 "end as well, and are not for you: wait with waitpid, by "
                 "the pids that you got from fork",
                 i, i);
    gate_open(later);
    check_other(ended, 1);
    check_other(other, 2);
    check_other(living, 3);
}

static int stop_for_a_while(int index)
{
    notes->pid[index] = getpid();
    raise(SIGSTOP);
    return index + 5;
}

static bool stopped(pid_t pid)
{
    char path[64], mode = '?';
    FILE *stat;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    stat = fopen(path, "r");
    if (stat == NULL)
        return false;
    if (fscanf(stat, "%*d (%*[^)]) %c", &mode) != 1)
        mode = '?';
    fclose(stat);
    return mode == 'T';
}

/* Not before the caller has had the time to be misled. */
static void go_on(void *arg)
{
    (void)arg;
    while (notes->pid[0] == 0 || !stopped(notes->pid[0]))
        moment();
    for (int seen = 0; seen < 3; seen += asleep(getpid()))
        moment();
    kill(notes->pid[0], SIGCONT);
}

static void a_stopped_child_has_not_ended(void **state)
{
    int status[1];

    (void)state;
    take_notes();
    watch_begin(go_on, NULL);
    CHECK_EQ(family(1, stop_for_a_while, status), 0, "one child was started");
    watch_end("wait in a call that sleeps until the child has ended");
    CHECK_EQ(status[0], 5,
             "the child was stopped, and went on later: only a child that "
             "has exited or was killed has ended");
}

static void open_gate(void *arg)
{
    (void)arg;
    gate_open(gate);
}

static void waiting_costs_no_time(void **state)
{
    int status[3];

    (void)state;
    gate = gate_new(4); /* more than ever come: they are held back */
    watch_begin(open_gate, NULL);
    CHECK_EQ(family(3, meet, status), 0, "three children were started");
    watch_end("wait in a call that sleeps until a child has ended: asking "
              "over and over with WNOHANG burns the processor");
}

static void signals_do_not_end_the_wait(void **state)
{
    int status[3];

    (void)state;
    sea_handler();
    gate = gate_new(4);
    nudge_begin(3, open_gate, NULL);
    CHECK_EQ(family(3, meet, status), 0,
             "a signal came in while you waited, and its handler ran: that "
             "is no failure. Where errno is EINTR, wait again");
    nudge_end();
    for (int i = 0; i < 3; i++)
        CHECK_EQ(status[i], i,
                 "child %d had not ended when a signal came in: where errno "
                 "is EINTR, wait again for the same child",
                 i);
}

/* For all weathers: right, or a failure and its reason. */
static void small_family(int n)
{
    int status[5] = {UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED};
    int result = (errno = 0, family(n, one_more, status)), error = errno;

    if (may_fail && sea_hit() && result == -1) {
        CHECK(error != 0 && error != EINTR,
              "a call failed, and errno tells which reason it had: keep it "
              "while you put things right");
        return;
    }
    errno = error;
    CHECK_EQ(result, 0,
             "%d children could be started, so wait for them and return 0; "
             "an interrupted wait (EINTR) is begun again",
             n);
    for (int i = 0; i < n; i++)
        CHECK_EQ(status[i], i + 1,
                 "child %d returned %d. A call that fails has told you "
                 "nothing: look at its result before you use the rest",
                 i, i + 1);
}

static void three_children(void)
{
    small_family(3);
}

static void two_children(void)
{
    small_family(2);
}

static void five_children(void)
{
    small_family(5);
}

static void an_interrupted_wait_is_begun_again(void **state)
{
    (void)state;
    may_fail = false;
    sea_handler();
    sea_every(three_children, SEA_EINTR);
    sea_raise_every(two_children, SIGUSR1);
}

static void every_call_may_fail(void **state)
{
    (void)state;
    may_fail = true;
    sea_every(two_children, SEA_ERRORS);
}

/* With which call are children made here? One family shows it. */
static enum sea_call birth(void)
{
    static const enum sea_call ways[] = {SEA_fork, SEA__Fork, SEA_clone,
                                         SEA_vfork, SEA_syscall};
    int status[1], i = 0;

    sea_calm();
    CHECK_EQ(family(1, one_more, status), 0, "one child was started");
    while (i < 4 && sea_count(ways[i]) == 0)
        i++;
    sea_calm();
    return ways[i];
}

/* Signals that are ignored stay ignored in a child. */
static void deaf(bool on)
{
    static const int polite[] = {SIGTERM, SIGINT,  SIGHUP,
                                 SIGQUIT, SIGUSR1, SIGUSR2};
    static struct sigaction before[6];
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    for (int i = 0; i < 6; i++)
        sigaction(polite[i], on ? &ignore : &before[i], on ? &before[i] : NULL);
}

static void a_failed_fork_ends_those_already_started(void **state)
{
    int status[4], error[] = {0, EAGAIN, ENOMEM, EAGAIN, ENOMEM};
    enum sea_call fork_call = birth();

    (void)state;
    IF_STUCK("a fork has failed, and the children already started will not "
             "end by themselves: kill each of them with SIGKILL, which they "
             "cannot ignore, and then wait for it");
    for (int nth = 1; nth <= 4; nth++) {
        sea_calm();
        deaf(true);
        gate = gate_new(4); /* opens if all four were started after all */
        sea_fail_from(fork_call, nth, error[nth]);
        STEP("fork number %d of 4 fails with %s", nth, name_errno(error[nth]));
        int result = (errno = 0, family(4, meet, status)), its_errno = errno;
        deaf(false);
        if (sea_hit()) {
            errno = its_errno;
            CHECK_EQ(result, -1, "fork number %d of 4 failed: return -1", nth);
            CHECK_EQ(its_errno, error[nth],
                     "fork number %d failed, and its errno is the reason (%s): "
                     "keep it while you kill and wait, which may change it",
                     nth, name_errno(error[nth]));
        }
        leftovers_check();
    }
}

static void a_failed_fork_spares_the_callers_children(void **state)
{
    int status[3];
    enum sea_call fork_call = birth();

    (void)state;
    gate = gate_new(9);
    pid_t living = other_child(true, 4), ended = other_child(false, 5);

    IF_STUCK("a fork has failed: kill and wait for those children that you "
             "have started, and no other. Your caller had one before");
    sea_fail_from(fork_call, 3, EAGAIN);
    CHECK(family(3, meet, status) == -1 || !sea_hit(),
          "the third fork failed, so return -1");
    gate_open(gate);
    check_other(ended, 5);
    check_other(living, 4);
}

/* A storm: fork may fail, and a signal come in while that is put right. */
static void a_failed_fork_may_be_interrupted_as_well(void **state)
{
    (void)state;
    may_fail = true;
    sea_handler();
    sea_storm(five_children, SEA_ERRORS | SEA_EINTR, 16);
}

static atomic_int arrived;

static void on_child(int signal)
{
    (void)signal;
    arrived++;
}

static void check_signals(const sigset_t *mask, const char *when)
{
    struct sigaction now;
    sigset_t mask_now;

    sigprocmask(SIG_SETMASK, NULL, &mask_now);
    for (int i = 1; i < NSIG; i++)
        CHECK_EQ(sigismember(&mask_now, i), sigismember(mask, i),
                 "%s: the caller blocks the signals it wants blocked; "
                 "give signal %d back as you found it",
                 when, i);
    sigaction(SIGCHLD, NULL, &now);
    CHECK(now.sa_handler == on_child,
          "%s: the caller has a handler for SIGCHLD; leave it in place", when);
}

static void the_callers_signals_stay_as_they_were(void **state)
{
    struct sigaction mine = {.sa_handler = on_child}, before;
    sigset_t none, some;

    (void)state;
    sigemptyset(&none);
    sigemptyset(&some);
    sigaddset(&some, SIGCHLD);
    sigaddset(&some, SIGUSR2);
    sigaction(SIGCHLD, &mine, &before);
    run_with_ranks(4, 3, 2, 1, 0);
    check_signals(&none, "no signal was blocked");
    sigprocmask(SIG_SETMASK, &some, NULL);
    run_with_ranks(4, 3, 2, 1, 0);
    check_signals(&some, "SIGCHLD and SIGUSR2 were blocked");
    sigprocmask(SIG_SETMASK, &none, NULL);
    sigaction(SIGCHLD, &before, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(each_child_does_its_own_part),
    FACT(work_is_called_once_in_a_process_of_its_own),
    FACT(all_run_at_the_same_time),
    FACT(there_is_no_limit_but_the_systems),
    FACT(status_is_the_exit_code),
    FACT(status_is_128_plus_the_signal),
    FACT(none_at_all_is_fine),
    FACT(a_negative_number_is_invalid),
    FACT(children_end_in_any_order),
    FACT(it_can_be_called_again_and_by_children),
    FACT(nothing_is_written_twice),
    FACT(exit_handlers_are_not_run_by_children),
    FACT(only_its_own_children_are_waited_for),
    FACT(a_stopped_child_has_not_ended),
    FACT(waiting_costs_no_time),
    FACT(signals_do_not_end_the_wait),
    FACT(an_interrupted_wait_is_begun_again),
    FACT(every_call_may_fail),
    FACT(a_failed_fork_ends_those_already_started),
    FACT(a_failed_fork_spares_the_callers_children),
    FACT(a_failed_fork_may_be_interrupted_as_well),
    FACT(the_callers_signals_stay_as_they_were),
};
EXERCISE("1_islands/family", "fork(2), waitpid(2), _exit(2)", facts)
