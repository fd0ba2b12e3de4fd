/*
 * supervise_test.c — facts about supervise.
 *
 * What a worker does is decided by its slot and by which of its lives it is
 * in; what it did stands in shared memory. Whatever has to happen at a
 * certain moment (three deaths at once, a signal between two calls) is made
 * to happen then: no fact hopes for it.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fact.h"
#include "logbook.h"
#include "supervise.h"
#include "task.h"

enum { SLOTS = 8, NOBODY_OPENS = 1000 };

static struct crew {
    struct gate *ready, *go;
    pid_t caller;
    atomic_int lives[SLOTS], told[SLOTS], callers, signal, wrong_signal;
    atomic_bool killed;
    int ended; /* so many slots are over before the signal comes */
    _Atomic pid_t first[SLOTS]; /* the process of a slot's first life */
    sigset_t mask;
    struct sigaction action[NSIG];
} * crew;

static int restarts[SLOTS], my_slot;

/* ready opens when n have come to it, go when a test says so. */
static void new_crew(int n)
{
    crew = fact_shared(sizeof(*crew));
    crew->ready = gate_new(n);
    crew->go = gate_new(NOBODY_OPENS);
    crew->caller = getpid();
    for (int i = 0; i < SLOTS; i++)
        restarts[i] = -7;
}

static void until_the_caller_sleeps(void)
{
    for (int i = 0; i < 100 && !asleep(crew->caller); i++)
        moment();
}

static _Noreturn void sleep_for_ever(void)
{
    for (;;)
        pause();
}

/* Which life of this slot is it? From 1. */
static int begin_life(int slot)
{
    int life = ++crew->lives[slot];

    my_slot = slot;
    if (life == 1)
        crew->first[slot] = getpid();
    return life;
}

static void on_told(int sig)
{
    crew->told[my_slot] = sig;
    _exit(3);
}

static int wait_to_be_told(void)
{
    signal(SIGTERM, on_told);
    signal(SIGINT, on_told);
    gate_wait(crew->ready);
    sleep_for_ever();
}

/* Things a worker may do. */
static int meets_the_others(int slot)
{
    begin_life(slot);
    gate_wait(crew->ready);
    return 0;
}

static int fails_as_often_as_its_number(int slot)
{
    return begin_life(slot) <= slot ? -1 : 0;
}

static int fails_twice(int slot)
{
    return begin_life(slot) <= 2 ? 1 : 0;
}

static int is_killed_once(int slot)
{
    if (begin_life(slot) == 1)
        kill(getpid(), slot == 0 ? SIGKILL : SIGUSR2);
    return 0;
}

static int one_fails_when_all_are_ready(int slot)
{
    begin_life(slot);
    if (slot != 1)
        return wait_to_be_told();
    gate_wait(crew->ready);
    return 1;
}

static int is_told(int slot)
{
    return begin_life(slot) == 1 ? wait_to_be_told() : 0;
}

static int first_ends_others_are_told(int slot)
{
    begin_life(slot);
    return slot == 0 ? 0 : wait_to_be_told();
}

/* Killed once; the next life ends only when all have begun theirs, or else
 * each end would wake the supervisor to look for one more. */
static struct gate *second_gate;

static int sleeps_once(int slot)
{
    if (begin_life(slot) > 1) {
        gate_wait(second_gate);
        return 0;
    }
    gate_wait(crew->ready);
    sleep_for_ever();
}

static int sleeps_in_every_life(int slot)
{
    if (begin_life(slot) == 1)
        gate_wait(crew->ready);
    sleep_for_ever();
}

static int ends_when_let(int slot)
{
    begin_life(slot);
    gate_wait(crew->go);
    return 0;
}

static int fails_when_let(int slot)
{
    if (begin_life(slot) == 1) {
        gate_wait(crew->go);
        return 1;
    }
    return 0;
}

/* The caller's own signals: handlers of its own, SIGUSR2 blocked, SIGHUP
 * ignored. In a worker the handlers it inherits end it. */
static void on_callers_signal(int sig)
{
    (void)sig;
    if (getpid() != crew->caller)
        _exit(9);
    crew->callers++;
    if (sig == SIGTERM)
        gate_open(crew->go);
}

static const int own_signals[] = {SIGTERM, SIGINT, SIGCHLD, SIGHUP};
enum { OWN_SIGNALS = sizeof(own_signals) / sizeof(own_signals[0]) };

static void callers_signals_begin(void)
{
    struct sigaction action = {.sa_handler = on_callers_signal,
                               .sa_flags = SA_RESTART};

    for (int i = 0; i < OWN_SIGNALS; i++)
        sigaction(own_signals[i], &action, NULL);
    signal(SIGHUP, SIG_IGN);
    sigemptyset(&crew->mask);
    sigaddset(&crew->mask, SIGUSR2);
    sigprocmask(SIG_BLOCK, &crew->mask, NULL);
    sigprocmask(SIG_BLOCK, NULL, &crew->mask);
    for (int i = 0; i < OWN_SIGNALS; i++)
        sigaction(own_signals[i], NULL, &crew->action[own_signals[i]]);
}

/* The first signal that is not treated as the caller treats it; or 0. */
static int different_mask(void)
{
    sigset_t mask;

    sigprocmask(SIG_BLOCK, NULL, &mask);
    for (int sig = 1; sig < NSIG; sig++)
        if (sigismember(&mask, sig) != sigismember(&crew->mask, sig))
            return sig;
    return 0;
}

static int different_action(void)
{
    struct sigaction action;

    for (int i = 0; i < OWN_SIGNALS; i++) {
        sigaction(own_signals[i], NULL, &action);
        if (action.sa_handler != crew->action[own_signals[i]].sa_handler)
            return own_signals[i];
        if (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN &&
            action.sa_flags != crew->action[own_signals[i]].sa_flags)
            return own_signals[i];
    }
    return 0;
}

static void callers_signals_end(const char *ending)
{
    int mask = different_mask(), action = different_action();

    for (int i = 0; i < OWN_SIGNALS; i++)
        signal(own_signals[i], SIG_DFL);
    CHECK(mask == 0,
          "%s: %s is not %s any more as it was in the caller; put back the "
          "mask that sigprocmask gave you, on every way out",
          ending, name_signal(mask),
          sigismember(&crew->mask, mask) == 1 ? "blocked" : "unblocked");
    CHECK(action == 0,
          "%s: the caller's own handling of %s is gone; put back what "
          "sigaction gave you, on every way out",
          ending, name_signal(action));
    sigprocmask(SIG_UNBLOCK, &crew->mask, NULL);
}

/* Processes that are no children of the caller, and do something to it. */
static void behind_its_back(void (*act)(void))
{
    pid_t go_between = fact_fork();

    if (go_between == 0) {
        if (fact_fork() == 0)
            act();
        _exit(0);
    }
    waitpid(go_between, NULL, 0);
}

/* While the caller is stopped, any number of things happen at once for it:
 * so many workers die, and perhaps it gets a signal as well. */
static int deaths;

static void strike(void)
{
    gate_wait(crew->ready);
    until_the_caller_sleeps();
    kill(crew->caller, SIGSTOP);
    while (!strchr("TX", state_of(crew->caller)))
        moment();
    for (int i = 0; i < deaths; i++)
        kill(crew->first[i], SIGKILL);
    for (int i = 0; i < deaths; i++)
        until_dead(crew->first[i]);
    if (crew->signal)
        kill(crew->caller, crew->signal);
    kill(crew->caller, SIGCONT);
    _exit(0);
}

static void strike_at_once(int workers, int dying, int sig)
{
    new_crew(workers + 1);
    crew->signal = sig;
    deaths = dying;
    behind_its_back(strike);
}

static void every_slot_is_a_process_of_its_own(void **state)
{
    (void)state;
    new_crew(3);
    IF_STUCK("the workers wait for each other: all of them have to run at the "
             "same time, so start every slot before you wait for any");
    CHECK_EQ(supervise(3, meets_the_others, 5, restarts), 0,
             "every worker returned 0: every slot ended well");
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(crew->lives[i], 1, "work(%d) ran well and only once", i);
        CHECK(crew->first[i] != getpid(), "work(%d) ran in a child", i);
        CHECK_EQ(restarts[i], 0,
                 "no restart in slot %d: set the counters to 0 yourself", i);
    }
}

static void no_slots_are_fine(void **state)
{
    (void)state;
    new_crew(1);
    IF_STUCK("there is nobody to wait for");
    CHECK_EQ(supervise(0, meets_the_others, 5, restarts), 0,
             "of no slots every one has ended well");
}

static void negative_numbers_are_einval(void **state)
{
    (void)state;
    new_crew(1);
    CHECK_ERRNO(supervise(-1, meets_the_others, 5, restarts), EINVAL,
                "there are no %d slots", -1);
    CHECK_ERRNO(supervise(1, meets_the_others, -1, restarts), EINVAL,
                "there are no %d restarts", -1);
    CHECK_EQ(crew->lives[0], 0, "look at the arguments before you start any");
}

static void a_failure_is_started_again_in_its_own_slot(void **state)
{
    (void)state;
    new_crew(1);
    IF_STUCK("all workers have ended, and it still waits");
    CHECK_EQ(supervise(4, fails_as_often_as_its_number, 10, restarts), 0,
             "slot 1 fails once, slot 2 twice, slot 3 three times, and ten "
             "restarts were allowed: in the end all is well");
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(crew->lives[i], i + 1,
                 "the worker of slot %d fails %d times and is started again "
                 "as often, with work(%d): find the slot by the pid that "
                 "ended",
                 i, i, i);
        CHECK_EQ(restarts[i], i, "restarts[%d] counts what happened there", i);
    }
}

static void a_killed_worker_is_started_again(void **state)
{
    (void)state;
    new_crew(1);
    IF_STUCK("all workers have ended, and it still waits");
    CHECK_EQ(supervise(2, is_killed_once, 5, restarts), 0,
             "both workers were killed once and then ended well");
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(crew->lives[i], 2,
                 "a worker killed by a signal has not ended well, although "
                 "its exit code reads 0: look at WIFEXITED first");
        CHECK_EQ(restarts[i], 1, "slot %d was started again once", i);
    }
}

static void the_last_restart_may_be_used(void **state)
{
    (void)state;
    new_crew(1);
    CHECK_EQ(supervise(4, fails_as_often_as_its_number, 6, restarts), 0,
             "1 + 2 + 3 restarts were needed and 6 were allowed: the sixth "
             "may be used, too");
}

static void restarts_are_counted_for_all_slots_together(void **state)
{
    (void)state;
    new_crew(1);
    CHECK_ERRNO(supervise(2, fails_twice, 3, restarts), ECANCELED,
                "two slots fail twice, that is 4 restarts, and 3 were "
                "allowed for all slots together");
    CHECK(crew->lives[0] + crew->lives[1] <= 5,
          "2 starts and 3 restarts were allowed, and work ran %d times",
          crew->lives[0] + crew->lives[1]);
    CHECK_EQ(restarts[0] + restarts[1], 3,
             "3 restarts were allowed and 3 have been made, each counted once "
             "in its own slot");
}

static void without_a_restart_left_the_others_are_stopped(void **state)
{
    (void)state;
    new_crew(3);
    IF_STUCK("slot 1 has failed and no restart is left: the other workers "
             "never end by themselves, send them SIGTERM and reap them");
    CHECK_ERRNO(supervise(3, one_fails_when_all_are_ready, 0, restarts),
                ECANCELED,
                "slot 1 failed and no restart was left; this is "
                "the error to report, whatever came later");
    leftovers_check(); /* who is still running has told nothing yet */
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(crew->told[i], i == 1 ? 0 : SIGTERM,
                 "the workers of slots 0 and 2 are stopped with SIGTERM, so "
                 "that they can tidy up (signal number expected)");
        CHECK_EQ(crew->lives[i], 1, "nobody is started again");
    }
}

static void send_signal(void *unused)
{
    (void)unused;
    gate_wait(crew->ready);
    for (int i = 0; i < crew->ended; i++) {
        while (crew->first[i] == 0)
            moment(); /* a starved worker has not begun yet */
        until_dead(crew->first[i]);
    }
    kill(crew->caller, crew->signal);
}

static int does_well(int slot)
{
    (void)slot;
    return 0;
}

static void check_passed_on(int sig, int (*work)(int), int from)
{
    int result;

    callers_signals_begin();
    crew->signal = sig;
    crew->ended = from;
    IF_STUCK("the caller got %s and its workers still run: pass it on to each "
             "of them and reap them. Does a handler with SA_RESTART put you "
             "to sleep again? Have the workers got it blocked?",
             name_signal(sig));
    watch_begin(send_signal, NULL);
    result = supervise(3, work, 10, restarts);
    CHECK_EQ(result, 1, "%s came: 1 says so", name_signal(sig));
    watch_end("sleep in a call that a signal ends");
    for (int i = from; i < 3; i++) {
        CHECK_EQ(crew->told[i], sig,
                 "slot %d is sent the signal that the caller got, %s (its "
                 "number is expected)",
                 i, name_signal(sig));
        CHECK_EQ(crew->lives[i], 1,
                 "after the signal nothing is started any more, although "
                 "slot %d ended with 3",
                 i);
    }
    callers_signals_end("after a signal");
    CHECK_EQ(supervise(1, does_well, 0, restarts), 0,
             "the signal belonged to the last call, not to this one: forget "
             "it when you return");
}

static void sigterm_is_passed_on(void **state)
{
    (void)state;
    new_crew(4);
    check_passed_on(SIGTERM, is_told, 0);
}

static void sigint_is_passed_on_as_sigint(void **state)
{
    (void)state;
    new_crew(4);
    check_passed_on(SIGINT, is_told, 0);
}

static int kills_in_vain(void)
{
    unsigned end = page->events, count = 0;

    for (unsigned i = 0; i < end && i < PAGE_EVENTS; i++)
        count +=
            page->event[i].call == SEA_kill && page->event[i].error == ESRCH;
    return (int)count;
}

static void a_slot_that_ended_is_left_alone(void **state)
{
    (void)state;
    new_crew(3);
    check_passed_on(SIGTERM, first_ends_others_are_told, 1);
    CHECK_EQ(crew->lives[0], 1, "slot 0 ended well: it is done");
    CHECK_EQ(kills_in_vain(), 0,
             "a signal was sent to a process that had long been reaped: its "
             "number may be another's by now. Forget a pid when you reap it");
}

static pid_t other_child(struct gate *here)
{
    pid_t pid = fact_fork();

    if (pid == 0) {
        gate_wait(here);
        sleep_for_ever();
    }
    gate_wait(here);
    return pid;
}

static void signals_are_for_workers_only(void **state)
{
    pid_t other;
    int result;

    (void)state;
    new_crew(4);
    other = other_child(gate_new(2));
    crew->signal = SIGTERM;
    IF_STUCK("the caller got SIGTERM: pass it on to the workers and reap them");
    callers_signals_begin();
    watch_begin(send_signal, NULL);
    result = supervise(3, is_told, 10, restarts);
    CHECK_EQ(result, 1, "SIGTERM came: 1 says so");
    watch_end("sleep in a call that a signal ends");
    CHECK(!gone(other), "the caller has another child, which is no worker, "
                        "and it got the signal, too: send it to the pids of "
                        "your workers, never to a whole group");
    callers_signals_end("after a signal");
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
}

static int checks_its_signals(int slot)
{
    int life = begin_life(slot), sig = different_mask();

    if (sig == 0 && (sig = different_action()) != 0)
        sig += NSIG;
    if (sig != 0)
        crew->wrong_signal = sig;
    return life == 1 ? 1 : 0;
}

static void workers_start_with_the_callers_signals(void **state)
{
    int sig;

    (void)state;
    new_crew(1);
    callers_signals_begin();
    CHECK_EQ(supervise(2, checks_its_signals, 2, restarts), 0,
             "both slots failed once and then ended well");
    sig = crew->wrong_signal;
    CHECK(sig == 0 || sig > NSIG,
          "work ran with %s %s, which it is not in the caller: a child "
          "inherits the mask; put the caller's back before you call work, "
          "also in a restart",
          name_signal(sig),
          sigismember(&crew->mask, sig) == 1 ? "unblocked" : "blocked");
    CHECK(sig == 0,
          "work ran with your handling of %s, not with the caller's: a child "
          "inherits the dispositions; put them back before you call work",
          name_signal(sig - NSIG));
    callers_signals_end("after a good end");
}

static void the_callers_signals_come_back_after_a_failure(void **state)
{
    (void)state;
    new_crew(3);
    callers_signals_begin();
    IF_STUCK("slot 1 has failed and no restart is left: stop the others");
    CHECK_ERRNO(supervise(3, one_fails_when_all_are_ready, 0, restarts),
                ECANCELED, "slot 1 failed and no restart was left");
    callers_signals_end("after a failure");
}

static void all_deaths_of_one_instant_are_seen(void **state)
{
    (void)state;
    strike_at_once(4, 4, 0);
    second_gate = gate_new(4);
    IF_STUCK("four workers died in the same instant and not all of them were "
             "started again: signals do not queue, one SIGCHLD may stand for "
             "many deaths. Ask waitpid until it has no more to tell");
    CHECK_EQ(supervise(4, sleeps_once, 9, restarts), 0,
             "all four were started again and ended well");
    for (int i = 0; i < 4; i++)
        CHECK_EQ(restarts[i], 1, "slot %d died once", i);
}

static void restarts_may_run_out_in_one_instant(void **state)
{
    (void)state;
    strike_at_once(3, 2, 0);
    IF_STUCK("two workers died in the same instant and one restart was left: "
             "stop and reap all that run, also the one just started again");
    CHECK_ERRNO(supervise(3, sleeps_in_every_life, 1, restarts), ECANCELED,
                "two workers died in the same instant, and there was a "
                "restart for one of them only");
}

static void a_signal_and_a_death_may_come_together(void **state)
{
    int result;

    (void)state;
    strike_at_once(3, 1, SIGTERM);
    callers_signals_begin();
    IF_STUCK("SIGTERM and a SIGCHLD came in the same instant: one of them was "
             "forgotten, or a worker started meanwhile was not told");
    result = supervise(3, sleeps_in_every_life, 9, restarts);
    CHECK_EQ(result, 1, "SIGTERM came, in the same instant as a SIGCHLD");
    callers_signals_end("after a signal");
}

static void it_sleeps_while_the_workers_work(void **state)
{
    int result;

    (void)state;
    new_crew(1);
    watch_begin((void (*)(void *))gate_open, crew->go);
    result = supervise(2, ends_when_let, 5, restarts);
    CHECK_EQ(result, 0, "every slot ended well");
    watch_end("sleep in a call that a signal ends (sigsuspend, sigwaitinfo, "
              "poll on a signalfd) until there is something to do");
}

static void other_signals_do_not_disturb(void **state)
{
    int result;

    (void)state;
    new_crew(1);
    sea_handler();
    nudge_begin(3, (void (*)(void *))gate_open, crew->go);
    result = supervise(2, fails_when_let, 5, restarts);
    nudge_end();
    CHECK_EQ(result, 0,
             "the caller handled a SIGUSR1 of its own meanwhile "
             "(EINTR): that is no event, look and sleep again");
    for (int i = 0; i < 2; i++)
        CHECK_EQ(restarts[i], 1, "slot %d failed once", i);
}

static void stop_and_go(void *unused)
{
    (void)unused;
    while (crew->first[0] == 0)
        moment();
    kill(crew->first[0], SIGSTOP);
    while (!strchr("TX", state_of(crew->first[0])))
        moment();
    until_the_caller_sleeps();
    kill(crew->first[0], SIGCONT);
    until_the_caller_sleeps();
    gate_open(crew->go);
}

static void a_stopped_worker_has_not_ended(void **state)
{
    int result;

    (void)state;
    new_crew(1);
    watch_begin(stop_and_go, NULL);
    result = supervise(1, ends_when_let, 5, restarts);
    CHECK_EQ(result, 0,
             "the worker was stopped (SIGSTOP), went on and ended "
             "well");
    watch_end("sleep until there is something to do");
    CHECK_EQ(crew->lives[0], 1,
             "a SIGCHLD came because the worker was stopped: it has not "
             "ended, and another one in its slot would be one too many");
}

static pid_t other[3];
static struct gate *other_may_end;

static void end_other_first(void *unused)
{
    (void)unused;
    gate_open(other_may_end);
    until_dead(other[1]);
    until_the_caller_sleeps();
    gate_open(crew->go);
}

static void other_children_stay_the_callers(void **state)
{
    int result, status;

    (void)state;
    new_crew(1);
    other_may_end = gate_new(NOBODY_OPENS);
    for (int i = 0; i < 2; i++)
        if ((other[i] = fact_fork()) == 0) {
            if (i == 1)
                gate_wait(other_may_end);
            _exit(30 + i);
        }
    until_dead(other[0]);
    IF_STUCK("the caller has other children, and one of them has ended: that "
             "is none of supervise's business, and must not blind it to its "
             "workers");
    watch_begin(end_other_first, NULL);
    result = supervise(2, fails_when_let, 5, restarts);
    CHECK_EQ(result, 0, "both slots failed once and then ended well");
    watch_end("sleep until one of your workers has ended");
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(waitpid(other[i], &status, 0), other[i],
                 "a child that is no worker was reaped: its parent waits for "
                 "it in vain now. Ask waitpid for your workers, each by its "
                 "pid, never for -1");
        CHECK_STATUS(status, EXITED(30 + i), "the other child's own status");
    }
}

static void nothing_is_written_twice(void **state)
{
    FILE *log = fopen("log", "w");

    (void)state;
    new_crew(1);
    fputs("once\n", log);
    CHECK_EQ(supervise(3, fails_as_often_as_its_number, 9, restarts), 0,
             "every slot ended well");
    fflush(log);
    fseek(log, 0, SEEK_END);
    CHECK_EQ(ftell(log), 5,
             "the caller wrote 5 bytes into a FILE before the call; every "
             "worker that leaves with exit or return writes its copy of the "
             "buffer once more: leave with _exit");
    fclose(log);
    unlink("log");
}

/* What happens when the caller sleeps, or never, when it returns before. */
static struct {
    pthread_t thread;
    void (*then)(void);
    atomic_bool returned;
    atomic_int restless; /* how often it was never seen asleep */
} later;

static void *later_main(void *unused)
{
    int looks = 0;

    (void)unused;
    while (looks < 100 && !later.returned && !asleep(crew->caller))
        moment(), looks++;
    later.restless += looks == 100;
    while (!later.returned && crew->first[0] == 0)
        moment(); /* a starved worker has not begun yet */
    if (!later.returned)
        later.then();
    return NULL;
}

static int supervise_and_later(void (*then)(void), int n, int (*work)(int))
{
    sigset_t all, old;
    int result, saved;

    later.then = then;
    later.returned = false;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    if (pthread_create(&later.thread, NULL, later_main, NULL) != 0)
        FAIL_TEST("the test itself could not make a thread");
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    result = supervise(n, work, 5, restarts);
    saved = errno;
    later.returned = true;
    pthread_join(later.thread, NULL);
    errno = saved;
    return result;
}

static void send_sigterm_if_none_came(void)
{
    if (!sea_hit())
        kill(crew->caller, SIGTERM);
}

/* Either supervise got it, or the caller's handler, before or after. */
static void sigterm_at_a_certain_call(void)
{
    int result;

    if (later.restless > 3) /* it is busy: another fact says so */
        return;
    new_crew(1);
    callers_signals_begin();
    IF_STUCK("SIGTERM came after the workers were started and before you fell "
             "asleep, and was lost: between looking at the flag and sleeping "
             "there is a gap. Block it, and let one call let it in and fall "
             "asleep in one step: sigsuspend, sigwaitinfo, ppoll, signalfd");
    result = supervise_and_later(send_sigterm_if_none_came, 2, ends_when_let);
    CHECK(result == 1 || (result == 0 && crew->callers > 0),
          "SIGTERM came: the workers are told, and the result is 1; or it "
          "came before or after supervise cared, then the caller's own "
          "handler gets it. It returned %d, and the handler got nothing",
          result);
    callers_signals_end("after a signal");
}

static void no_sigterm_is_lost(void **state)
{
    (void)state;
    sea_raise_every(sigterm_at_a_certain_call, SIGTERM);
}

static void kill_the_first(void)
{
    if (crew->first[0] > 0 && !atomic_exchange(&crew->killed, true))
        kill(crew->first[0], SIGKILL);
}

/* A worker that has been forked may not have run yet. It is given a while,
 * not for ever: it may wait for its caller, who is in here. */
static void await_the_first(void)
{
    siginfo_t info;

    for (int looks = 0; looks < 200 && crew->first[0] == 0; looks++) {
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
            return; /* there is none */
        moment();
    }
}

/* The worker is dead, and SIGCHLD sent, when this handler returns. */
static void on_kill_it_now(int sig)
{
    int saved = errno;
    siginfo_t info;

    (void)sig;
    await_the_first();
    kill_the_first();
    while (crew->killed &&
           waitid(P_PID, (id_t)crew->first[0], &info, WEXITED | WNOWAIT) < 0 &&
           errno == EINTR)
        ;
    errno = saved;
}

static void a_death_at_a_certain_call(void)
{
    struct sigaction action = {.sa_handler = on_kill_it_now,
                               .sa_flags = SA_RESTART};

    if (later.restless > 3)
        return;
    new_crew(1);
    sigaction(SIGUSR1, &action, NULL);
    second_gate = gate_new(1);
    IF_STUCK("the worker died after you looked and before you fell asleep, "
             "and its SIGCHLD was lost: block it, and let one call let it in "
             "and fall asleep in one step: sigsuspend, sigwaitinfo, signalfd");
    CHECK_EQ(supervise_and_later(kill_the_first, 1, sleeps_once), 0,
             "the worker was killed once, was started again and ended well");
    CHECK_EQ(restarts[0], 1, "it was killed once");
    signal(SIGUSR1, SIG_DFL);
}

static void no_death_is_lost(void **state)
{
    (void)state;
    sea_raise_every(a_death_at_a_certain_call, SIGUSR1);
}

/*
 * A handler of the caller is at work, errno in its hands, when a worker
 * dies. If supervise handles SIGCHLD then, its handler runs inside this one.
 */
static atomic_int errno_left;

static void on_compute(int sig)
{
    int saved = errno;
    sigset_t chld, open;

    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, &open);
    on_kill_it_now(sig);
    errno = EDOM;
    sigprocmask(SIG_SETMASK, &open, NULL);
    errno_left = errno;
    errno = saved;
}

static void interrupt_the_caller(void)
{
    kill(crew->caller, SIGUSR1);
}

static void handlers_keep_errno(void **state)
{
    struct sigaction action = {.sa_handler = on_compute,
                               .sa_flags = SA_RESTART};

    (void)state;
    new_crew(1);
    second_gate = gate_new(1);
    errno_left = EDOM;
    sigaction(SIGUSR1, &action, NULL);
    CHECK_EQ(supervise_and_later(interrupt_the_caller, 1, sleeps_once), 0,
             "the worker was killed once, was started again and ended well");
    CHECK(errno_left == EDOM,
          "your SIGCHLD handler interrupted the caller's code when errno was "
          "EDOM, and left it at %s: a handler saves errno first and puts it "
          "back last",
          name_errno(errno_left));
    signal(SIGUSR1, SIG_DFL);
}

/* Nobody gets by the first gate unless all three have been started, nor by
 * the second unless slot 1 has been started again. */
static int all_or_none(int slot)
{
    int life = begin_life(slot);

    if (life == 1)
        gate_wait(crew->ready);
    if (life == 1 && slot == 1)
        return 1;
    gate_wait(second_gate);
    return 0;
}

static void check_fork_fails(int nth)
{
    int result;

    new_crew(3);
    second_gate = gate_new(3);
    sea_calm();
    sea_fail(SEA_fork, nth, EAGAIN);
    IF_STUCK("fork failed (EAGAIN), and the workers that run will never end: "
             "stop them, reap them, and return -1 with fork's errno");
    result = supervise(3, all_or_none, 5, restarts);
    if (!sea_hit()) {
        CHECK_EQ(result, 0, "every slot ended well");
        return;
    }
    CHECK_EQ(result, -1,
             "fork number %d failed: not all slots can be kept "
             "running",
             nth);
    CHECK_EQ(errno, EAGAIN,
             "errno is the one fork gave (%s): save it before "
             "you tidy up",
             name_errno(EAGAIN));
}

static void a_failing_fork_stops_the_others(void **state)
{
    (void)state;
    for (int nth = 1; nth <= 3; nth++)
        check_fork_fails(nth);
}

static void a_failing_fork_in_a_restart_does_so_too(void **state)
{
    (void)state;
    check_fork_fails(4);
}

static void whatever_fails(void)
{
    int result;

    new_crew(3);
    second_gate = gate_new(3);
    IF_STUCK("a call failed on the way, and workers were left waiting: stop "
             "them and reap them before you return");
    result = supervise(3, all_or_none, 100, restarts);
    if (sea_hit() && result == -1)
        CHECK_EQ(errno, sea_error(),
                 "it gave up, and errno is not what the failing call said "
                 "(%s): save errno before you tidy up",
                 name_errno(sea_error()));
    else
        CHECK_EQ(result, 0, "slot 1 failed once, and in the end all was well");
}

static void errors_leave_nobody_behind(void **state)
{
    (void)state;
    sea_every(whatever_fails, SEA_ERRORS);
}

static void interruptions_change_nothing(void **state)
{
    (void)state;
    sea_handler();
    sea_every(whatever_fails, SEA_EINTR);
}

static const struct CMUnitTest facts[] = {
    FACT(every_slot_is_a_process_of_its_own),
    FACT(no_slots_are_fine),
    FACT(negative_numbers_are_einval),
    FACT(a_failure_is_started_again_in_its_own_slot),
    FACT(a_killed_worker_is_started_again),
    FACT(the_last_restart_may_be_used),
    FACT(restarts_are_counted_for_all_slots_together),
    FACT(without_a_restart_left_the_others_are_stopped),
    FACT(restarts_may_run_out_in_one_instant),
    FACT(all_deaths_of_one_instant_are_seen),
    FACT(sigterm_is_passed_on),
    FACT(sigint_is_passed_on_as_sigint),
    FACT(a_signal_and_a_death_may_come_together),
    FACT(no_sigterm_is_lost),
    FACT(no_death_is_lost),
    FACT(a_slot_that_ended_is_left_alone),
    FACT(signals_are_for_workers_only),
    FACT(workers_start_with_the_callers_signals),
    FACT(the_callers_signals_come_back_after_a_failure),
    FACT(handlers_keep_errno),
    FACT(it_sleeps_while_the_workers_work),
    FACT(other_signals_do_not_disturb),
    FACT(a_stopped_worker_has_not_ended),
    FACT(other_children_stay_the_callers),
    FACT(nothing_is_written_twice),
    FACT(a_failing_fork_stops_the_others),
    FACT(a_failing_fork_in_a_restart_does_so_too),
    FACT(errors_leave_nobody_behind),
    FACT(interruptions_change_nothing),
};

EXERCISE("1_islands/supervise",
         "sigaction(2), sigsuspend(2), sigwaitinfo(2), signalfd(2), "
         "waitpid(2), signal-safety(7)",
         facts)
