/*
 * leftovers_test.c — every kind of thing left behind is found and named, and
 * every way of waiting is judged rightly.
 */
#include "belongings.h"
#include "unit.h"

#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/time.h>

LEARNER(fork);
LEARNER(waitpid);
LEARNER(close);
LEARNER(pipe);
LEARNER(open);
LEARNER(read);
LEARNER(write);
LEARNER(poll);
LEARNER(malloc);
LEARNER(calloc);
LEARNER(realloc);
LEARNER(reallocarray);
LEARNER(strdup);
LEARNER(free);
LEARNER(mmap);
LEARNER(munmap);
LEARNER(mremap);
LEARNER(shm_open);
LEARNER(mq_open);
LEARNER(mq_close);
LEARNER(mq_unlink);
LEARNER(sem_open);
LEARNER(mkfifo);
LEARNER(shmget);
LEARNER(semget);
LEARNER(msgget);
LEARNER(usleep);
LEARNER(nanosleep);
LEARNER(sigtimedwait);
LEARNER(pidfd_open);

/* A name nobody else uses. */
static const char *own_name(void)
{
    static char name[40];

    snprintf(name, sizeof(name), "/leftovers-%d", (int)page->test_pid);
    return name;
}

/* A child that stays until its parent ends, even if that is now. */
static pid_t staying(pid_t (*make)(void))
{
    pid_t self = getpid(), pid = make();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (getppid() == self)
            pause();
        _exit(0);
    }
    return pid;
}

/* ---- left behind: each between leftovers_mark and leftovers_check -------- */

#define BETWEEN(name)                                                          \
    static void name##_itself(void);                                           \
    static void name(void)                                                     \
    {                                                                          \
        leftovers_mark();                                                      \
        name##_itself();                                                       \
        leftovers_check();                                                     \
    }                                                                          \
    static void name##_itself(void)

BETWEEN(open_descriptor)
{
    sea_open("/dev/null", O_RDONLY);
}
BETWEEN(one_end_of_a_pipe)
{
    int end[2];

    sea_pipe(end);
    sea_close(end[0]);
}
BETWEEN(open_queue)
{
    sea_mq_open(own_name(), O_CREAT | O_RDWR, 0600, NULL);
    sea_mq_unlink(own_name());
}
BETWEEN(zombie)
{
    siginfo_t info;
    pid_t pid = sea_fork();

    if (pid == 0)
        _exit(0);
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
}
BETWEEN(running_child)
{
    staying(sea_fork);
}
BETWEEN(child_not_by_the_sea)
{
    staying(fork);
}

static void *sleep_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}
BETWEEN(running_thread)
{
    pthread_t thread;

    pthread_create(&thread, NULL, sleep_for_ever, NULL);
}

static void *volatile kept;

BETWEEN(memory_of_malloc)
{
    kept = sea_malloc(123);
}
BETWEEN(memory_of_calloc)
{
    kept = sea_calloc(3, 41);
}
BETWEEN(memory_of_realloc)
{
    kept = sea_malloc(3);
    kept = sea_realloc(kept, 123);
}
BETWEEN(memory_of_reallocarray)
{
    kept = sea_reallocarray(sea_malloc(3), 3, 41);
}
BETWEEN(memory_of_strdup)
{
    kept = sea_strdup("left behind");
}
BETWEEN(mapping)
{
    kept = sea_mmap(NULL, 8192, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}
BETWEEN(half_a_mapping)
{
    kept = sea_mmap(NULL, 8192, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sea_munmap(kept, 4096);
}
BETWEEN(shared_memory)
{
    close(sea_shm_open(own_name(), O_CREAT | O_RDWR, 0600));
}
BETWEEN(message_queue)
{
    mq_close(sea_mq_open(own_name(), O_CREAT | O_RDWR, 0600, NULL));
}
BETWEEN(semaphore)
{
    sem_close(sea_sem_open(own_name(), O_CREAT, 0600, 1));
}
BETWEEN(file)
{
    sea_close(sea_open("left", O_CREAT | O_WRONLY, 0600));
}
BETWEEN(fifo)
{
    sea_mkfifo("left", 0600);
}
BETWEEN(sysv_shared_memory)
{
    sea_shmget(IPC_PRIVATE, 4096, 0600);
}
BETWEEN(sysv_semaphores)
{
    sea_semget(IPC_PRIVATE, 1, 0600);
}
BETWEEN(sysv_queue)
{
    sea_msgget(IPC_PRIVATE, 0600);
}
BETWEEN(blocked_signal)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
}
BETWEEN(ignored_signal)
{
    signal(SIGPIPE, SIG_IGN);
}
BETWEEN(armed_alarm)
{
    alarm(600);
}

/* What the caller had, and has no more. */
static void closed_for_the_caller(void)
{
    int fd = open("/dev/null", O_RDONLY);

    leftovers_mark();
    sea_close(fd);
    leftovers_check();
}
static void reaped_for_the_caller(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    leftovers_mark();
    sea_waitpid(-1, NULL, 0);
    leftovers_check();
}
static void unblocked_for_the_caller(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    leftovers_mark();
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    leftovers_check();
}
static void alarm_cancelled_for_the_caller(void)
{
    alarm(600);
    leftovers_mark();
    alarm(0);
    leftovers_check();
}

static void remove_names(void)
{
    shm_unlink(own_name());
    mq_unlink(own_name());
    sem_unlink(own_name());
    unlink("left");
    for (int i = 0; i < PAGE_NAMES; i++) {
        int id = atoi(page->name[i].name);
        if (strcmp(page->name[i].kind, "SysV shared memory") == 0)
            shmctl(id, IPC_RMID, NULL);
        if (strcmp(page->name[i].kind, "SysV semaphores") == 0)
            semctl(id, 0, IPC_RMID);
        if (strcmp(page->name[i].kind, "SysV message queue") == 0)
            msgctl(id, IPC_RMID, NULL);
    }
    belongings_clear();
}

static const struct {
    const char *name;
    void (*body)(void);
    const char *says; /* part of the sentence */
} left[] = {
#define LEFT(body, says)                                                       \
    {                                                                          \
#body, body, says                                                      \
    }
    LEFT(open_descriptor, "(/dev/null) is still open in the caller"),
    LEFT(one_end_of_a_pipe, "is still open in the caller"),
    LEFT(open_queue, "(message queue /leftovers-"),
    LEFT(zombie, "it stays in the process table as a zombie"),
    LEFT(running_child, "child 1 is still running"),
    LEFT(child_not_by_the_sea, "is still running"),
    LEFT(running_thread, "a thread is still running: join it"),
    LEFT(memory_of_malloc, "123 bytes of memory have not been freed"),
    LEFT(memory_of_calloc, "123 bytes of memory have not been freed"),
    LEFT(memory_of_realloc, "123 bytes of memory have not been freed"),
    LEFT(memory_of_reallocarray, "123 bytes of memory have not been freed"),
    LEFT(memory_of_strdup, "12 bytes of memory have not been freed"),
    LEFT(mapping, "8192 bytes are still mapped"),
    LEFT(half_a_mapping, "4096 bytes are still mapped"),
    LEFT(shared_memory, "the shared memory \"/leftovers-"),
    LEFT(message_queue, "the message queue \"/leftovers-"),
    LEFT(semaphore, "the semaphore \"/leftovers-"),
    LEFT(file, "the file \"left\" still exists"),
    LEFT(fifo, "\"left\" still exists"),
    LEFT(sysv_shared_memory, "the SysV shared memory \""),
    LEFT(sysv_semaphores, "the SysV semaphores \""),
    LEFT(sysv_queue, "the SysV message queue \""),
    LEFT(blocked_signal, "SIGCHLD is blocked now"),
    LEFT(ignored_signal, "disposition of SIGPIPE has changed"),
    LEFT(armed_alarm, "the caller's alarm has been set"),
    LEFT(closed_for_the_caller, "close only what you opened"),
    LEFT(reaped_for_the_caller, "a child that the caller had before"),
    LEFT(unblocked_for_the_caller, "SIGUSR2 is unblocked now"),
    LEFT(alarm_cancelled_for_the_caller, "alarm has been set or cancelled"),
};

static void everything_left_is_found_and_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        struct page_failure failure = failure_of(left[i].body);
        remove_names();
        CHECK(failure.set, "%s has to be found", left[i].name);
        CHECK(strstr(failure.why, left[i].says), "%s: it says: %s",
              left[i].name, failure.why);
    }
}

/* All of it, and given back. */
static void tidy(void)
{
    int end[2], fd;
    pid_t pid;
    void *p;

    leftovers_mark();
    sea_pipe(end);
    sea_close(end[0]);
    sea_close(end[1]);
    pid = sea_fork();
    if (pid == 0)
        _exit(0);
    sea_waitpid(pid, NULL, 0);
    p = sea_realloc(sea_malloc(10), 20);
    sea_free(p);
    p = sea_mmap(NULL, 5000, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sea_munmap((char *)p + 4096, 904);
    p = sea_mremap(p, 4096, 1 << 20, MREMAP_MAYMOVE);
    sea_munmap(p, 1 << 20);
    fd = sea_shm_open(own_name(), O_CREAT | O_RDWR, 0600);
    shm_unlink(own_name());
    sea_close(fd);
    sea_mq_close(sea_mq_open(own_name(), O_CREAT | O_RDWR, 0600, NULL));
    sea_mq_unlink(own_name());
    shmctl(sea_shmget(IPC_PRIVATE, 4096, 0600), IPC_RMID, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGPIPE, SIG_DFL);
    leftovers_check();
}

/* More names than there is room for, one after another. */
static void names_are_forgotten(void)
{
    mqd_t q;

    leftovers_mark();
    for (int i = 0; i < 2 * PAGE_NAMES; i++) {
        sea_mq_close(sea_mq_open(own_name(), O_CREAT | O_RDWR, 0600, NULL));
        sea_mq_unlink(own_name());
    }
    q = mq_open(own_name(), O_CREAT | O_RDWR, 0600, NULL); /* not theirs */
    leftovers_check();
    mq_close(q);
}

static void nothing_left_is_no_failure(void **state)
{
    (void)state;
    CHECK_PASSES(tidy);
    CHECK_FAILS(names_are_forgotten, "(message queue /leftovers-");
    mq_unlink(own_name());
}

/* A thread that was joined may be seen for a moment longer. */
static void *at_once(void *unused)
{
    return unused;
}
static void joined_threads(void)
{
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        leftovers_mark();
        pthread_create(&thread, NULL, at_once, NULL);
        pthread_join(thread, NULL);
        leftovers_check();
    }
}

static void joined_thread_is_not_left(void **state)
{
    (void)state;
    CHECK_PASSES(joined_threads);
}

static void what_was_there_before_may_stay(void **state)
{
    int fd = open("/dev/null", O_RDONLY);
    pid_t pid = staying(fork);

    (void)state;
    CHECK_PASSES(tidy);
    close(fd);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* ---- how it waits ------------------------------------------------------ */

static int gate[2];
static pid_t child;
static sem_t sem;
static atomic_bool flag;

static void let_go(void *unused)
{
    (void)unused;
    flag = true;
    sem_post(&sem);
    if (write(gate[1], "", 1) == 1)
        kill(child, SIGKILL);
}

/* Something of every kind to wait for, and the wait. */
static void watched(void (*wait_for_it)(void))
{
    if (pipe(gate) < 0 || sem_init(&sem, 0, 0) < 0)
        _exit(1);
    child = staying(fork);
    watch_begin(let_go, NULL);
    wait_for_it();
    watch_end("the advice");
}

#define WATCHED(name)                                                          \
    static void name##_itself(void);                                           \
    static void name(void)                                                     \
    {                                                                          \
        watched(name##_itself);                                                \
    }                                                                          \
    static void name##_itself(void)

static char byte;

WATCHED(sleeps_in_read)
{
    sea_read(gate[0], &byte, 1);
}
WATCHED(sleeps_in_waitpid)
{
    sea_waitpid(child, NULL, 0);
}
WATCHED(sleeps_in_poll)
{
    struct pollfd p = {.fd = gate[0], .events = POLLIN};
    sea_poll(&p, 1, -1);
}
WATCHED(sleeps_in_poll_with_a_deadline)
{
    struct pollfd p = {.fd = sea_pidfd_open(child, 0), .events = POLLIN};
    sea_poll(&p, 1, 60000);
}
WATCHED(sleeps_in_one_short_poll)
{
    struct pollfd p = {.fd = sea_pidfd_open(child, 0), .events = POLLIN};
    sea_poll(&p, 1, 300);
    sea_waitpid(child, NULL, 0);
}
WATCHED(sleeps_in_sigtimedwait)
{
    struct timespec minute = {.tv_sec = 60};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sea_sigtimedwait(&set, NULL, &minute);
}
WATCHED(sleeps_unseen_by_the_sea)
{
    while (sem_wait(&sem) < 0)
        continue;
}
static void *wait_in_a_thread(void *unused)
{
    sea_waitpid(child, NULL, 0);
    return unused;
}
WATCHED(sleeps_in_a_thread)
{
    pthread_t thread;
    pthread_create(&thread, NULL, wait_in_a_thread, NULL);
    pthread_join(thread, NULL);
}
WATCHED(works_first_then_sleeps)
{
    volatile unsigned n = 0;
    while (n < 3000000)
        n++;
    for (int i = 0; i < 30; i++)
        sea_waitpid(child, NULL, WNOHANG);
    sea_waitpid(child, NULL, 0);
}
WATCHED(fills_a_pipe_first_then_sleeps)
{
    int way[2];
    if (pipe(way) < 0)
        _exit(1);
    for (int i = 0; i < 3000; i++) {
        sea_write(way[1], &byte, 1);
        if (i % 300 == 0)
            moment();
    }
    sea_read(gate[0], &byte, 1);
}

WATCHED(asks_again_and_again)
{
    while (sea_waitpid(child, NULL, WNOHANG) == 0)
        continue;
}
WATCHED(asks_a_pipe_again_and_again)
{
    fcntl(gate[0], F_SETFL, O_NONBLOCK);
    while (sea_read(gate[0], &byte, 1) < 0)
        continue;
}
WATCHED(yields_between)
{
    while (sea_waitpid(child, NULL, WNOHANG) == 0)
        sched_yield();
}
WATCHED(naps_shortly)
{
    while (sea_waitpid(child, NULL, WNOHANG) == 0)
        sea_usleep(500);
}
WATCHED(naps_long)
{
    struct timespec nap = {.tv_nsec = 100000000};
    while (sea_waitpid(child, NULL, WNOHANG) == 0)
        sea_nanosleep(&nap, NULL);
}
WATCHED(naps_in_poll)
{
    while (sea_waitpid(child, NULL, WNOHANG) == 0)
        sea_poll(NULL, 0, 1);
}
WATCHED(naps_long_in_poll)
{
    while (sea_waitpid(child, NULL, WNOHANG) == 0)
        sea_poll(NULL, 0, 100);
}
WATCHED(gives_up_and_tries_again)
{
    struct pollfd p = {.fd = sea_pidfd_open(child, 0), .events = POLLIN};
    while (sea_poll(&p, 1, 60) == 0)
        continue;
}
WATCHED(takes_short_waits_for_a_signal)
{
    struct timespec nap = {.tv_nsec = 50000000};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    while (sea_sigtimedwait(&set, NULL, &nap) < 0)
        continue;
}
WATCHED(runs_in_circles)
{
    while (!flag)
        continue;
}

typedef void body(void);
static body *const sleepers[] = {
    sleeps_in_read,           sleeps_in_waitpid,
    sleeps_in_poll,           sleeps_in_poll_with_a_deadline,
    sleeps_in_one_short_poll, sleeps_in_sigtimedwait,
    sleeps_unseen_by_the_sea, sleeps_in_a_thread,
    works_first_then_sleeps,  fills_a_pipe_first_then_sleeps,
};
static const struct {
    body *busy;
    const char *says;
} busy[] = {
    {asks_again_and_again, "times in vain while there was nothing to do"},
    {asks_a_pipe_again_and_again, "times in vain"},
    {yields_between, "times in vain"},
    {naps_shortly, "naps between its looks"},
    {naps_long, "naps between its looks"},
    {naps_in_poll, "times in vain"},
    {naps_long_in_poll, "times in vain"},
    {gives_up_and_tries_again, "times in vain"},
    {takes_short_waits_for_a_signal, "times in vain"},
    {runs_in_circles, "ran in circles, burning CPU time"},
};

/* More often where it is asked for: TIMES=50. */
static int times(int usual)
{
    const char *asked = getenv("TIMES");

    return asked ? atoi(asked) : usual;
}

/* Several at once, which also makes the machine busy. */
static void sleepers_pass(void **state)
{
    enum { KINDS = sizeof(sleepers) / sizeof(sleepers[0]) };
    pid_t pid[KINDS];
    int status, bad = 0;

    (void)state;
    for (int i = 0; i < times(2); i++) {
        for (int k = 0; k < KINDS; k++) {
            pid[k] = fact_fork();
            if (pid[k] == 0) {
                sleepers[k]();
                _exit(0);
            }
        }
        for (int k = 0; k < KINDS; k++) {
            waitpid(pid[k], &status, 0);
            bad += status != 0;
        }
        CHECK_EQ(bad, 0, "who sleeps is not called busy");
    }
}

static void busy_ones_do_not(void **state)
{
    (void)state;
    for (int i = 0; i < times(1); i++)
        for (size_t k = 0; k < sizeof(busy) / sizeof(busy[0]); k++) {
            struct page_failure failure = failure_of(busy[k].busy);
            CHECK(failure.set, "number %zu is busy", k);
            CHECK(strstr(failure.why, busy[k].says), "number %zu: %s", k,
                  failure.why);
            CHECK(strstr(failure.why, "the advice"), "with the advice");
        }
}

static void nudged(void)
{
    int interrupted = 0;

    sea_handler();
    if (pipe(gate) < 0)
        _exit(1);
    sem_init(&sem, 0, 0);
    child = staying(fork);
    nudge_begin(3, let_go, NULL);
    while (sea_waitpid(child, NULL, 0) < 0)
        interrupted++;
    nudge_end();
    ISLAND_CHECK(interrupted == 3 && sea_signals() == 3, "interrupted %d times",
                 interrupted);
}

static void nudges_come_one_by_one(void **state)
{
    (void)state;
    for (int i = 0; i < times(3); i++)
        CHECK_PASSES(nudged);
}

/* ---- looks at processes ------------------------------------------------ */

static void asleep_and_gone(void **state)
{
    pid_t self = getpid(), sleeper = staying(fork), spinner = fork();

    (void)state;
    while (spinner == 0)
        if (getppid() != self)
            _exit(0);
    while (!asleep(sleeper))
        continue;
    for (int i = 0; i < 5; i++)
        CHECK(!asleep(spinner), "it runs all the time");
    CHECK(!gone(sleeper) && !gone(spinner), "both are there");
    kill(sleeper, SIGSTOP);
    kill(sleeper, SIGKILL);
    kill(spinner, SIGKILL);
    CHECK(gone(sleeper) && gone(spinner), "both will die, dead or not yet");
    CHECK(!asleep(sleeper) || gone(sleeper), "and are not called asleep");
    waitpid(sleeper, NULL, 0);
    waitpid(spinner, NULL, 0);
    CHECK(gone(sleeper) && !asleep(sleeper), "now even their pid is free");
}

static void says_something(void)
{
    quiet_begin();
    printf("hello");
    quiet_end();
}
static void says_something_as_an_error(void)
{
    quiet_begin();
    perror("hello");
    quiet_end();
}
static void says_nothing(void)
{
    quiet_begin();
    quiet_end();
}

static void quiet_ones_pass(void **state)
{
    (void)state;
    CHECK_FAILS(says_something, "a library does not print");
    CHECK_FAILS(says_something_as_an_error, "it said \"hello: ");
    CHECK_PASSES(says_nothing);
}

static const struct CMUnitTest facts[] = {
    FACT(everything_left_is_found_and_named),
    FACT(nothing_left_is_no_failure),
    FACT(joined_thread_is_not_left),
    FACT(what_was_there_before_may_stay),
    FACT(sleepers_pass),
    FACT(busy_ones_do_not),
    FACT(nudges_come_one_by_one),
    FACT(asleep_and_gone),
    FACT(quiet_ones_pass),
};
EXERCISE("support/leftovers", "tests/support/leftovers.h", facts)
