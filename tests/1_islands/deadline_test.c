/*
 * deadline_test.c — facts about wait_deadline.
 *
 * A group is a leader, which the test starts, and perhaps a member, which
 * the leader starts. "Far away" is an hour: whoever waits for it to pass is
 * found by order, not by a clock. Where time must pass, it is SOON.
 */
#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "deadline.h"
#include "fact.h"
#include "task.h"

enum { FAR = 3600999, SOON = 80, NOBODY_OPENS = 1000 };

static struct group {
    struct gate *ready, *go;
    atomic_bool told, member_told;
    _Atomic pid_t leader, member, caller;
} * group;

/* What a leader or a member does. SIGTERM is blocked in those that wait for
 * it, so that it cannot come too early. */
static void wait_for_sigterm(void)
{
    sigset_t term;
    int sig;

    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigwait(&term, &sig);
}

static void stays(void)
{
    gate_wait(group->ready);
    for (;;)
        pause();
}

static void ignores(void)
{
    signal(SIGTERM, SIG_IGN);
    stays();
}

static void ends_when_let(void)
{
    gate_wait(group->ready);
    gate_wait(group->go);
    _exit(7);
}

static void ends_by_sigterm(void)
{
    gate_wait(group->ready);
    raise(SIGTERM);
}

static void tidies_up(void)
{
    gate_wait(group->ready);
    wait_for_sigterm();
    group->told = true;
    gate_wait(group->go);
    _exit(5);
}

static void make_member(void (*life)(void))
{
    group->member = fork();
    if (group->member == 0) {
        group->member = getpid();
        life();
        _exit(0);
    }
}

static void is_told(void)
{
    gate_wait(group->ready);
    wait_for_sigterm();
    group->member_told = true;
}

/* Ends when the member was told, or when nobody is going to tell it. */
static void waits_for_its_member(void)
{
    make_member(is_told);
    gate_wait(group->ready);
    wait_for_sigterm();
    while (!group->member_told &&
           !(asleep(group->caller) && asleep(group->member)))
        moment();
}

static void leaves_a_member(void)
{
    make_member(ignores);
    ends_when_let();
}

static void obeys_but_its_member_does_not(void)
{
    make_member(ignores);
    stays();
}

static void new_group(int n)
{
    group = fact_shared(sizeof(*group));
    group->ready = gate_new(n);
    group->go = gate_new(NOBODY_OPENS);
    group->caller = getpid();
}

/* Start a leader, and wait until it and its member are ready. */
static pid_t start(void (*life)(void))
{
    sigset_t term, old;
    pid_t pid;

    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    if (life == tidies_up || life == waits_for_its_member)
        sigprocmask(SIG_BLOCK, &term, &old);
    else
        sigprocmask(SIG_BLOCK, NULL, &old);
    pid = fact_fork();
    setpgid(pid, pid);
    if (pid == 0) {
        life();
        _exit(0);
    }
    sigprocmask(SIG_SETMASK, &old, NULL);
    group->leader = pid;
    gate_wait(group->ready);
    return pid;
}

static pid_t group_of(int n, void (*life)(void))
{
    new_group(n + 1);
    return start(life);
}

static void let_it_end(void *unused)
{
    (void)unused;
    gate_open(group->go);
}

/* One that is just ending is neither gone nor asleep for a moment. */
static bool lives_on(pid_t pid)
{
    while (!gone(pid))
        if (asleep(pid))
            return true;
    return false;
}

static void check_nobody_left(void)
{
    int reaped = waitpid(group->leader, NULL, WNOHANG);

    CHECK(reaped == -1 && errno == ECHILD,
          "the leader has ended, but was not reaped: it stays a zombie until "
          "waitpid is called for it, on every way out");
    CHECK(group->member == 0 || !lives_on(group->member),
          "a process of the group is still alive: before you reap the leader, "
          "send SIGKILL to the whole group, kill(-leader, SIGKILL)");
}

static void kill_the_leader(void)
{
    kill(group->leader, SIGKILL);
}

static void an_end_in_time_is_0(void **state)
{
    int status = -1;
    pid_t leader = group_of(1, ends_when_let);

    (void)state;
    IF_STUCK("the leader has ended, or will at once: wait for it");
    gate_open(group->go);
    CHECK_EQ(wait_deadline(leader, FAR, FAR, &status), 0,
             "the leader ended by itself, long before its time was over");
    CHECK_STATUS(status, EXITED(7),
                 "*wstatus is what waitpid reported, not decoded");
    check_nobody_left();
}

static void an_own_death_by_sigterm_is_0_too(void **state)
{
    int status = -1;
    pid_t leader = group_of(1, ends_by_sigterm);

    (void)state;
    CHECK_EQ(wait_deadline(leader, FAR, FAR, &status), 0,
             "the leader died of a SIGTERM that was not yours, within its "
             "time: remember whether you stopped it, the status cannot tell");
    CHECK_STATUS(status, KILLED(SIGTERM), "*wstatus says how it ended");
    check_nobody_left();
}

static void time_over_is_1(void **state)
{
    struct timespec from, to;
    int status = -1, result;
    long ms;
    pid_t leader = group_of(1, stays);

    (void)state;
    storm_begin(false, kill_the_leader);
    clock_gettime(CLOCK_MONOTONIC, &from);
    result = wait_deadline(leader, SOON, FAR, &status);
    clock_gettime(CLOCK_MONOTONIC, &to);
    ms = (to.tv_sec - from.tv_sec) * 1000 +
         (to.tv_nsec - from.tv_nsec) / 1000000;
    CHECK(!storm_end(),
          "a leader with %d ms was still running after more "
          "than a second: timeout_ms counts milliseconds",
          SOON);
    CHECK_EQ(result, 1, "the leader would have run for ever: it was stopped");
    CHECK_STATUS(status, KILLED(SIGTERM),
                 "first comes SIGTERM; SIGKILL only when the grace time is "
                 "over, and that is far away here");
    CHECK(ms >= SOON - 2, "it was stopped after %ld of its %d ms", ms, SOON);
    check_nobody_left();
}

static void a_time_of_0_first_looks(void **state)
{
    int status = -1;
    pid_t leader = group_of(1, ends_when_let);

    (void)state;
    gate_open(group->go);
    until_dead(leader);
    CHECK_EQ(wait_deadline(leader, 0, FAR, &status), 0,
             "the leader had ended before the call: with a time of 0, too, "
             "look first and stop it only if it is still running");
    CHECK_STATUS(status, EXITED(7), "*wstatus says how it ended");
    check_nobody_left();
}

static void a_time_of_0_stops_at_once(void **state)
{
    int status = -1;
    pid_t leader = group_of(1, stays);

    (void)state;
    IF_STUCK("a time of 0 is over at once: send SIGTERM and wait for the end");
    CHECK_EQ(wait_deadline(leader, 0, FAR, &status), 1,
             "a time of 0 is over at once, and the leader was running");
    CHECK_STATUS(status, KILLED(SIGTERM),
                 "first comes SIGTERM; SIGKILL only when the grace time is "
                 "over, and that is far away here");
    check_nobody_left();
}

static void minus_1_waits_for_ever(void **state)
{
    int status = -1, result;
    pid_t leader = group_of(1, ends_when_let);

    (void)state;
    watch_begin(let_it_end, NULL);
    result = wait_deadline(leader, -1, 0, &status);
    CHECK_EQ(result, 0, "-1 is no time-out at all: wait until it ends");
    CHECK_STATUS(status, EXITED(7), "*wstatus says how it ended");
    watch_end("sleep in a call that the end of the child wakes");
    check_nobody_left();
}

static void the_status_may_be_left_out(void **state)
{
    pid_t leader = group_of(1, stays);

    (void)state;
    CHECK_EQ(wait_deadline(leader, 0, FAR, NULL), 1,
             "wstatus may be NULL: then nobody wants to know how it ended");
    check_nobody_left();
}

static void a_wait_costs_no_cpu_time(void **state)
{
    pid_t leader = group_of(1, ends_when_let);

    (void)state;
    watch_begin(let_it_end, NULL);
    CHECK_EQ(wait_deadline(leader, FAR, FAR, NULL), 0,
             "the leader ended long before its time was over");
    watch_end("sleep in one call that ends both when the child ends and when "
              "the time is over: poll on a pidfd, or sigtimedwait");
    check_nobody_left();
}

static void the_grace_is_for_tidying_up(void **state)
{
    int status = -1, result;
    pid_t leader = group_of(1, tidies_up);

    (void)state;
    watch_begin(let_it_end, NULL);
    result = wait_deadline(leader, 0, FAR, &status);
    CHECK_EQ(result, 1, "the leader ended because it was told to");
    CHECK_STATUS(status, EXITED(5),
                 "the leader was tidying up after SIGTERM, and its grace time "
                 "was far from over: SIGKILL comes only after grace_ms");
    watch_end("the grace time, too, is waited for in one call that the end "
              "of the child wakes");
    check_nobody_left();
}

/* Will it move without the help of a clock? It will not if all its threads
 * stand still, look after look; a starved one is in state R. */
static bool stands_still(pid_t pid, unsigned long long *ran)
{
    char path[32];
    DIR *dir;
    struct dirent *entry;
    unsigned long long sum = 0;
    bool still = true;

    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    dir = opendir(path);
    while (dir && (entry = readdir(dir))) {
        struct task task;
        if (task_read(&task, pid, atoi(entry->d_name))) {
            still &= task.state == 'S';
            sum += task.ran;
        }
    }
    if (dir)
        closedir(dir);
    still &= sum == *ran;
    *ran = sum;
    return still;
}

static bool wakes_up(pid_t pid)
{
    unsigned long long ran = 0;

    for (int still = 0; still < 60; moment(), moment()) {
        if (gone(pid))
            return true;
        still = stands_still(pid, &ran) ? still + 1 : 0;
    }
    return false;
}

/* The caller is an island of its own here, to be looked at from outside. */
static void check_end_is_noticed(void (*life)(void), int timeout_ms, int want)
{
    int status;
    pid_t caller;

    new_group(3);
    caller = fact_fork();
    if (caller == 0) {
        ISLAND_CHECK(wait_deadline(start(life), timeout_ms, FAR, NULL) == want,
                     "the leader ended while it was waited for: 0 if by "
                     "itself, 1 if it had been told to");
        _exit(0);
    }
    gate_wait(group->ready);
    while (timeout_ms == 0 && !group->told && !gone(caller))
        moment();
    for (int i = 0; i < 100 && !gone(caller) && !asleep(caller); i++)
        moment();
    gate_open(group->go);
    while (!gone(caller) && !strchr("ZX", state_of(group->leader)))
        moment();
    CHECK(wakes_up(caller),
          "the leader has ended, and the call sleeps on: it will notice only "
          "when its time is over, or at its next tick. Sleep in a call that "
          "the end of the child itself wakes");
    waitpid(caller, &status, 0);
    CHECK_STATUS(status, EXITED(0), "the call went well in a child");
}

static void an_end_is_noticed_at_once(void **state)
{
    (void)state;
    check_end_is_noticed(ends_when_let, FAR, 0);
}

static void an_end_in_the_grace_time_is_noticed_at_once(void **state)
{
    (void)state;
    check_end_is_noticed(tidies_up, 0, 1);
}

static void sigterm_goes_to_the_whole_group(void **state)
{
    pid_t leader = group_of(2, waits_for_its_member);

    (void)state;
    CHECK_EQ(wait_deadline(leader, 0, FAR, NULL), 1,
             "the leader was running and had to be stopped");
    CHECK(group->member_told,
          "only the leader got SIGTERM: kill(-leader, SIGTERM) reaches all "
          "of its group");
    check_nobody_left();
}

static void sigkill_follows_an_ignored_sigterm(void **state)
{
    int status = -1, result;
    pid_t leader = group_of(1, ignores);

    (void)state;
    IF_STUCK("the leader ignores SIGTERM and will never end: after the grace "
             "time comes SIGKILL, which nobody can ignore");
    storm_begin(false, kill_the_leader);
    result = wait_deadline(leader, 0, SOON, &status);
    CHECK(!storm_end(), "the leader ignores SIGTERM and was still running "
                        "long after its grace time: then comes SIGKILL, "
                        "which nobody can ignore");
    CHECK_EQ(result, 1, "the leader had to be stopped");
    CHECK_STATUS(status, KILLED(SIGKILL), "only SIGKILL could end it");
    check_nobody_left();
}

/* Never less than both: that holds on the slowest machine, too. */
static void the_grace_begins_with_sigterm(void **state)
{
    pid_t leader = group_of(1, ignores);
    struct timespec from, to;
    long ms;

    (void)state;
    clock_gettime(CLOCK_MONOTONIC, &from);
    CHECK_EQ(wait_deadline(leader, SOON, SOON, NULL), 1,
             "the leader ignores SIGTERM and had to be stopped");
    clock_gettime(CLOCK_MONOTONIC, &to);
    ms = (to.tv_sec - from.tv_sec) * 1000 +
         (to.tv_nsec - from.tv_nsec) / 1000000;
    CHECK(ms >= 2 * SOON - 4,
          "SIGKILL came %ld ms after the call; SIGTERM is due after %d, and "
          "from then on the leader has %d ms to tidy up",
          ms, SOON, SOON);
    check_nobody_left();
}

static void a_grace_of_0_is_none(void **state)
{
    int status = -1;
    pid_t leader = group_of(1, ignores);

    (void)state;
    IF_STUCK("a grace time of 0 is over at once: after SIGTERM comes SIGKILL");
    CHECK_EQ(wait_deadline(leader, 0, 0, &status), 1,
             "the leader had to be stopped");
    CHECK_STATUS(status, KILLED(SIGKILL), "only SIGKILL could end it");
    check_nobody_left();
}

static void nobody_outlives_a_leader_that_ends_by_itself(void **state)
{
    int status = -1;
    pid_t leader = group_of(2, leaves_a_member);

    (void)state;
    gate_open(group->go);
    CHECK_EQ(wait_deadline(leader, FAR, FAR, &status), 0,
             "the leader ended by itself");
    CHECK_STATUS(status, EXITED(7), "*wstatus says how the leader ended");
    check_nobody_left();
}

static void nobody_outlives_a_leader_that_was_stopped(void **state)
{
    int status = -1;
    pid_t leader = group_of(2, obeys_but_its_member_does_not);

    (void)state;
    CHECK_EQ(wait_deadline(leader, 0, FAR, &status), 1,
             "the leader had to be stopped");
    CHECK_STATUS(status, KILLED(SIGTERM), "SIGTERM was enough for the leader");
    check_nobody_left();
}

static void signals_do_not_end_the_wait(void **state)
{
    int status = -1, result;
    pid_t leader = group_of(1, ends_when_let);

    (void)state;
    sea_handler();
    nudge_begin(3, let_it_end, NULL);
    result = wait_deadline(leader, FAR, FAR, &status);
    nudge_end();
    CHECK_EQ(result, 0,
             "a signal interrupted the wait (EINTR): that is neither the end "
             "of the child nor of its time. Wait again for what is left");
    CHECK_STATUS(status, EXITED(7), "the leader ended by itself");
    check_nobody_left();
}

static void a_storm_does_not_move_the_deadline(void **state)
{
    int result;
    pid_t leader = group_of(1, stays);

    (void)state;
    storm_begin(true, kill_the_leader);
    result = wait_deadline(leader, SOON, FAR, NULL);
    CHECK(!storm_end(),
          "a signal every 2 ms, and a deadline of %d ms was not kept for more "
          "than a second: fix the end once, and after each interruption wait "
          "only for what is left",
          SOON);
    CHECK_EQ(result, 1, "its time was over: it had to be stopped");
    check_nobody_left();
}

static void a_storm_does_not_stretch_the_grace_time(void **state)
{
    int result;
    pid_t leader = group_of(1, ignores);

    (void)state;
    storm_begin(true, kill_the_leader);
    result = wait_deadline(leader, 0, SOON, NULL);
    CHECK(!storm_end(),
          "a signal every 2 ms, and the grace time of %d ms was not over "
          "after more than a second: it has one end, too, and only what is "
          "left is waited for",
          SOON);
    CHECK_EQ(result, 1, "the leader had to be stopped");
    check_nobody_left();
}

static void the_wall_clock_may_jump_ahead(void **state)
{
    int status = -1, result;
    pid_t leader = group_of(1, ends_when_let);

    (void)state;
    sea_handler();
    sea_step_wall_clock(2 * 3600);
    nudge_begin(3, let_it_end, NULL);
    result = wait_deadline(leader, FAR, FAR, &status);
    nudge_end();
    CHECK_EQ(result, 0,
             "somebody set the clock two hours ahead, and the leader was "
             "stopped before its time: only CLOCK_MONOTONIC measures time");
    CHECK_STATUS(status, EXITED(7), "the leader ended by itself");
    check_nobody_left();
}

static void the_wall_clock_may_jump_back(void **state)
{
    int result;
    pid_t leader = group_of(1, stays);

    (void)state;
    sea_step_wall_clock(-2 * 3600);
    storm_begin(true, kill_the_leader);
    result = wait_deadline(leader, SOON, FAR, NULL);
    CHECK(!storm_end(),
          "somebody set the clock two hours back, and the time was not over "
          "after more than a second: only CLOCK_MONOTONIC measures time");
    CHECK_EQ(result, 1, "its time was over: it had to be stopped");
    check_nobody_left();
}

/* Let the caller's call do what it will, until it sleeps again. */
static void let_the_caller_look(void)
{
    for (int i = 0; i < 100 && !asleep(group->caller); i++)
        moment();
}

static void stop_and_go(void *unused)
{
    kill(group->leader, SIGSTOP);
    while (state_of(group->leader) != 'T' && !gone(group->leader))
        moment();
    let_the_caller_look();
    kill(group->leader, SIGCONT);
    let_the_caller_look();
    let_it_end(unused);
}

static void a_stop_is_no_end(void **state)
{
    int status = -1, result;
    pid_t leader = group_of(1, ends_when_let);

    (void)state;
    watch_begin(stop_and_go, NULL);
    result = wait_deadline(leader, FAR, FAR, &status);
    CHECK_EQ(result, 0,
             "the leader was stopped by SIGSTOP and went on: its "
             "SIGCHLD was not about its end");
    CHECK_STATUS(status, EXITED(7),
                 "the leader was only stopped, by SIGSTOP, and went on: its "
                 "SIGCHLD was not about its end");
    watch_end("sleep in a call that the end of the child wakes");
    check_nobody_left();
}

static pid_t other[2];
static struct gate *other_may_end;

static void end_other_first(void *unused)
{
    gate_open(other_may_end);
    until_dead(other[1]);
    let_the_caller_look();
    let_it_end(unused);
}

static void other_children_stay_the_callers(void **state)
{
    int status = -1, result;
    pid_t leader;

    (void)state;
    other_may_end = gate_new(NOBODY_OPENS);
    for (int i = 0; i < 2; i++)
        if ((other[i] = fact_fork()) == 0) {
            if (i == 1)
                gate_wait(other_may_end);
            _exit(30 + i);
        }
    until_dead(other[0]);
    leader = group_of(1, ends_when_let);
    IF_STUCK("another child's end is not the leader's: look again, and wait "
             "again");
    watch_begin(end_other_first, NULL);
    result = wait_deadline(leader, FAR, FAR, &status);
    CHECK_EQ(result, 0,
             "another child of the caller ended meanwhile: its "
             "SIGCHLD does not mean that the leader has");
    CHECK_STATUS(status, EXITED(7), "*wstatus is about the leader");
    watch_end("sleep in a call that the end of the leader wakes");
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(waitpid(other[i], &status, 0), other[i],
                 "the call reaped a child it was not asked about: wait for "
                 "the leader by its number, never with wait or waitpid(-1)");
        CHECK_STATUS(status, EXITED(30 + i), "the other child's own status");
    }
}

static atomic_int alarms;
static atomic_bool alarm_kept;

static void on_alarm(int sig)
{
    (void)sig;
    alarms++;
}

static void look_at_the_alarm(void *unused)
{
    struct itimerval timer;
    struct sigaction action;

    getitimer(ITIMER_REAL, &timer);
    sigaction(SIGALRM, NULL, &action);
    alarm_kept = timer.it_value.tv_sec > 900 && action.sa_handler == on_alarm;
    let_it_end(unused);
}

static void the_alarm_is_the_callers(void **state)
{
    struct itimerval timer = {.it_value.tv_sec = 1000}, off = {0};
    struct sigaction action = {.sa_handler = on_alarm};
    int result;
    pid_t leader = group_of(1, ends_when_let);

    (void)state;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    watch_begin(look_at_the_alarm, NULL);
    result = wait_deadline(leader, FAR, FAR, NULL);
    CHECK_EQ(result, 0, "the leader ended long before its time was over");
    watch_end("sleep in a call that the end of the child wakes");
    getitimer(ITIMER_REAL, &timer);
    CHECK(alarm_kept && alarms == 0 && timer.it_value.tv_sec > 900,
          "the caller had set an alarm for itself, and the call took it: a "
          "process has one alarm only. Use a time-out of poll or of "
          "sigtimedwait, or a timerfd");
    setitimer(ITIMER_REAL, &off, NULL);
    signal(SIGALRM, SIG_DFL);
}

static pid_t somebody_elses_group(void)
{
    new_group(3);
    if (fact_fork() == 0) {
        start(stays);
        waitpid(group->leader, NULL, 0);
        _exit(0);
    }
    gate_wait(group->ready);
    return group->leader;
}

static void somebody_elses_group_is_left_alone(void **state)
{
    pid_t grandchild = somebody_elses_group();

    (void)state;
    CHECK_ERRNO(wait_deadline(grandchild, 0, 0, NULL), ECHILD,
                "a grandchild is its own parent's: only children can be "
                "waited for");
    CHECK(!gone(grandchild),
          "it was somebody else's group, and it got a signal: ask first "
          "whether the leader is your child, waitid with WNOHANG | WNOWAIT "
          "tells");
    kill(grandchild, SIGKILL);
    waitpid(-1, NULL, 0);
}

static void whoever_was_reaped_is_no_child(void **state)
{
    pid_t leader = group_of(1, ends_when_let);

    (void)state;
    gate_open(group->go);
    waitpid(leader, NULL, 0);
    CHECK_ERRNO(wait_deadline(leader, FAR, FAR, NULL), ECHILD,
                "that child was reaped before the call: it is none any more");
}

static void stop_the_stubborn(void)
{
    int status = -1, result;
    pid_t leader = group_of(1, ignores);

    IF_STUCK("a call failed on the way, and the leader was forgotten");
    storm_begin(false, kill_the_leader);
    result = wait_deadline(leader, 2, 2, &status);
    CHECK(!storm_end(), "two and two milliseconds were given, and more than a "
                        "second was not enough");
    if (sea_hit() && result == -1) {
        CHECK_EQ(errno, sea_error(),
                 "it gave up, and errno is not what the failing call said: "
                 "save errno before you tidy up");
        kill(-leader, SIGKILL);
        waitpid(leader, NULL, 0);
        return;
    }
    CHECK_EQ(result, 1, "the leader ignores SIGTERM and had to be stopped");
    CHECK_STATUS(status, KILLED(SIGKILL), "only SIGKILL could end it");
    check_nobody_left();
}

static void interruptions_change_nothing(void **state)
{
    (void)state;
    sea_handler();
    sea_every(stop_the_stubborn, SEA_EINTR);
}

static void errors_leave_nothing_open(void **state)
{
    (void)state;
    sea_every(stop_the_stubborn, SEA_ERRORS);
}

static const struct CMUnitTest facts[] = {
    FACT(an_end_in_time_is_0),
    FACT(an_own_death_by_sigterm_is_0_too),
    FACT(time_over_is_1),
    FACT(a_time_of_0_first_looks),
    FACT(a_time_of_0_stops_at_once),
    FACT(minus_1_waits_for_ever),
    FACT(the_status_may_be_left_out),
    FACT(sigterm_goes_to_the_whole_group),
    FACT(the_grace_is_for_tidying_up),
    FACT(sigkill_follows_an_ignored_sigterm),
    FACT(the_grace_begins_with_sigterm),
    FACT(a_grace_of_0_is_none),
    FACT(nobody_outlives_a_leader_that_ends_by_itself),
    FACT(nobody_outlives_a_leader_that_was_stopped),
    FACT(a_wait_costs_no_cpu_time),
    FACT(an_end_is_noticed_at_once),
    FACT(an_end_in_the_grace_time_is_noticed_at_once),
    FACT(a_stop_is_no_end),
    FACT(signals_do_not_end_the_wait),
    FACT(a_storm_does_not_move_the_deadline),
    FACT(a_storm_does_not_stretch_the_grace_time),
    FACT(the_wall_clock_may_jump_ahead),
    FACT(the_wall_clock_may_jump_back),
    FACT(the_alarm_is_the_callers),
    FACT(other_children_stay_the_callers),
    FACT(somebody_elses_group_is_left_alone),
    FACT(whoever_was_reaped_is_no_child),
    FACT(interruptions_change_nothing),
    FACT(errors_leave_nothing_open),
};

EXERCISE("1_islands/deadline",
         "waitpid(2), pidfd_open(2), poll(2), kill(2), clock_gettime(2)", facts)
