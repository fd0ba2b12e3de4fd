/*
 * sea_test.c — the sea: faults where and when they were ordered, names,
 * counts, and calls that pass unchanged when it is calm.
 */
#include "unit.h"

#include "leftovers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

LEARNER(fork);
LEARNER(_exit);
LEARNER(waitpid);
LEARNER(kill);
LEARNER(close);
LEARNER(pipe);
LEARNER(read);
LEARNER(readv);
LEARNER(write);
LEARNER(recv);
LEARNER(send);
LEARNER(open);
LEARNER(fcntl);
LEARNER(malloc);
LEARNER(realloc);
LEARNER(reallocarray);
LEARNER(calloc);
LEARNER(free);
LEARNER(mmap);
LEARNER(munmap);
LEARNER(posix_spawn);
LEARNER(execve);
LEARNER(syscall);
LEARNER(nanosleep);
LEARNER(clock_gettime);
LEARNER(clock_nanosleep);
LEARNER(sem_timedwait);
LEARNER(sem_clockwait);
LEARNER(mq_open);
LEARNER(mq_close);
LEARNER(mq_unlink);
LEARNER(mq_send);
LEARNER(mq_receive);
LEARNER(mq_timedsend);
LEARNER(mq_timedreceive);
LEARNER(pthread_mutex_lock);
LEARNER(pthread_mutex_unlock);
LEARNER(pthread_mutex_timedlock);
LEARNER(pthread_mutex_clocklock);
LEARNER(pthread_cond_wait);
LEARNER(pthread_cond_timedwait);
LEARNER(pthread_cond_clockwait);
LEARNER(pthread_barrier_init);
LEARNER(pthread_barrier_wait);
LEARNER(pthread_barrier_destroy);
LEARNER(semget);
LEARNER(semctl);
LEARNER(semop);
LEARNER(msgget);
LEARNER(msgsnd);
LEARNER(msgrcv);
LEARNER(msgctl);
LEARNER(shmget);
LEARNER(shmat);
LEARNER(shmdt);
LEARNER(shmctl);
LEARNER(gettimeofday);
LEARNER(time);
extern pid_t sea_vfork(void) __attribute__((returns_twice));

static char bytes[1 << 17], more[1 << 17];

/* A pipe made and closed again, as a learner would: did it work? */
static bool pipe_comes_and_goes(void)
{
    int end[2];

    if (sea_pipe(end) < 0)
        return false;
    sea_close(end[0]);
    sea_close(end[1]);
    return true;
}

static pid_t child_that_ends(void)
{
    pid_t pid = sea_fork();

    if (pid == 0)
        sea__exit(7);
    return pid;
}

/* ---- one fault --------------------------------------------------------- */

static void nothing_happens_in_a_calm_sea(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        CHECK(pipe_comes_and_goes(), "no fault was planned");
    CHECK(!sea_hit() && sea_error() == 0, "and none is reported");
    CHECK_EQ(sea_count(SEA_pipe), 3, "every call is counted");
    CHECK_EQ(sea_count(SEA_close), 6, "each kind by itself");
    sea_calm();
    CHECK_EQ(sea_count(SEA_pipe), 0, "and forgotten by sea_calm");
}

static void only_the_nth_call_fails(void **state)
{
    (void)state;
    sea_fail(SEA_pipe, 2, EMFILE);
    CHECK(pipe_comes_and_goes() && !sea_hit(), "the first call is well");
    errno = 0;
    CHECK(!pipe_comes_and_goes(), "the second is not");
    CHECK_EQ(errno, EMFILE, "it carries the errno that was asked for");
    CHECK(sea_hit() && sea_error() == EMFILE, "which the test can ask for");
    CHECK(!sea_hit_child(), "it was the test's own call");
    CHECK(pipe_comes_and_goes(), "the third is well again");
}

static void every_call_from_the_nth_fails(void **state)
{
    (void)state;
    sea_fail_from(SEA_pipe, 2, EMFILE);
    CHECK(pipe_comes_and_goes(), "the first call is well");
    for (int i = 0; i < 3; i++)
        CHECK(!pipe_comes_and_goes(), "all later ones are not");
    sea_calm();
    CHECK(pipe_comes_and_goes(), "until the sea is calm");
}

static void illegal_fault_is_not_injected(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    sea_fail(SEA_waitpid, 1, EINTR);
    pid = child_that_ends();
    CHECK_EQ(sea_waitpid(pid, &status, 0), pid, "no handler, no EINTR");
    CHECK(!sea_hit(), "so nothing was hit");
    sea_handler();
    sea_calm();
    sea_fail(SEA_waitpid, 1, EINTR);
    pid = child_that_ends();
    CHECK_ERRNO(sea_waitpid(pid, &status, 0), EINTR, "now there is one");
    CHECK_EQ(sea_waitpid(pid, &status, 0), pid, "the child is still there");
    CHECK_STATUS(status, EXITED(7), "with its status");
}

static void failed_fork_makes_no_child(void **state)
{
    char role[64];
    pid_t first, second;

    (void)state;
    sea_fail(SEA_fork, 2, EAGAIN);
    first = child_that_ends();
    CHECK_ERRNO(child_that_ends(), EAGAIN, "that was ordered");
    second = child_that_ends();
    CHECK_STR(page_role(page, first, role, sizeof(role)), "child 1",
              "children are named in the order of fork");
    CHECK_STR(page_role(page, second, role, sizeof(role)), "child 2",
              "and what never was takes no name");
    sea_waitpid(first, NULL, 0);
    sea_waitpid(second, NULL, 0);
}

static void returned_errors_are_returned(void **state)
{
    static char *argv[] = {"true", NULL}, *envp[] = {NULL};
    pid_t pid = 4711;
    int status;

    (void)state;
    sea_fail(SEA_posix_spawn, 1, ENOMEM);
    errno = EXDEV;
    CHECK_EQ(sea_posix_spawn(&pid, "/bin/true", NULL, NULL, argv, envp), ENOMEM,
             "posix_spawn returns its error");
    CHECK(pid == 4711, "and makes no child");
    sea_calm();
    CHECK_EQ(sea_posix_spawn(&pid, "/bin/true", NULL, NULL, argv, envp), 0,
             "in a calm sea it works");
    CHECK_EQ(sea_waitpid(pid, &status, 0), pid, "there is a child");
    CHECK_STATUS(status, EXITED(0), "that has run");
}

static void memory_runs_out(void **state)
{
    void *p;

    (void)state;
    sea_fail(SEA_malloc, 1, ENOMEM);
    errno = 0;
    CHECK(sea_malloc(8) == NULL && errno == ENOMEM, "malloc says so");
    p = sea_malloc(8);
    sea_fail(SEA_realloc, 1, ENOMEM);
    CHECK(sea_realloc(p, 80) == NULL, "realloc too");
    sea_free(p); /* which was left alone */
}

static void memory_asked_for_is_summed_up(void **state)
{
    void *p;

    (void)state;
    CHECK_EQ(sea_allocated(), 0, "nothing yet");
    p = sea_malloc(100);
    sea_free(p);
    p = sea_realloc(sea_calloc(3, 10), 50);
    p = sea_reallocarray(p, 2, 60);
    sea_free(p);
    CHECK_EQ(sea_allocated(), 100 + 30 + 50 + 120,
             "each time the whole size, freed or not");
    sea_fail(SEA_malloc, 2, ENOMEM);
    CHECK(sea_malloc(1000) == NULL, "the second one fails");
    CHECK_EQ(sea_allocated(), 300, "and was not given");
    sea_calm();
    CHECK_EQ(sea_allocated(), 0, "sea_calm forgets it");
}

static void counts_of_this_process_alone(void **state)
{
    pid_t pid;

    (void)state;
    pipe_comes_and_goes();
    pid = sea_fork();
    if (pid == 0) {
        pipe_comes_and_goes();
        sea__exit(0);
    }
    sea_waitpid(pid, NULL, 0);
    CHECK_EQ(sea_count(SEA_pipe), 2, "all processes together");
    CHECK_EQ(sea_count_here(SEA_pipe), 1, "this one alone");
}

static void interrupted_sleep_leaves_its_rest(void **state)
{
    struct timespec asked = {.tv_sec = 60}, rest = {.tv_sec = -1};

    (void)state;
    sea_handler();
    sea_fail(SEA_nanosleep, 1, EINTR);
    CHECK_ERRNO(sea_nanosleep(&asked, &rest), EINTR, "it was interrupted");
    CHECK_EQ(rest.tv_sec, 60, "the kernel always says what is left");
}

static void interrupted_clock_says_so_itself(void **state)
{
    struct timespec asked = {.tv_sec = 60}, rest = {.tv_sec = -1};

    (void)state;
    sea_handler();
    sea_fail(SEA_clock_nanosleep, 1, EINTR);
    CHECK_EQ(sea_clock_nanosleep(CLOCK_MONOTONIC, 0, &asked, &rest), EINTR,
             "clock_nanosleep returns its error");
    CHECK_EQ(rest.tv_sec, 60, "and what is left");
}

/* ---- processes --------------------------------------------------------- */

static void plan_is_for_the_test_alone(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    sea_fail(SEA_pipe, 2, EMFILE);
    CHECK(pipe_comes_and_goes(), "the test's first");
    pid = sea_fork();
    if (pid == 0) {
        bool well = true;
        for (int i = 0; i < 3; i++)
            well &= pipe_comes_and_goes();
        sea__exit(well ? 0 : 1);
    }
    sea_waitpid(pid, &status, 0);
    CHECK_STATUS(status, EXITED(0), "a child counts for itself");
    CHECK(!pipe_comes_and_goes(), "and takes nothing from the parent's");
    CHECK_EQ(sea_count(SEA_pipe), 5, "sea_count asks all of them");
    CHECK(sea_hit() && !sea_hit_child(), "it was the test's call that failed");
}

static void child_pipes(void)
{
    pid_t pid = sea_fork();

    if (pid == 0)
        sea__exit(pipe_comes_and_goes() ? 0 : 1);
    while (pid > 0 && sea_waitpid(pid, NULL, 0) < 0)
        ;
    CHECK(!sea_hit() || sea_hit_child() == (sea_error() == EMFILE),
          "fork is the test's own call, pipe the child's");
}

static void whose_call_failed_is_known(void **state)
{
    (void)state;
    sea_every(child_pipes, SEA_ERRORS);
}

/* Three children; the second has two of its own. They end in the order that
 * the gates are opened in. */
static void family_of_five(const int order[3])
{
    struct gate *gate[3];
    pid_t pid[3], *grandchild = fact_shared(2 * sizeof(pid_t));
    const char *names[] = {"child 1", "child 2", "child 3"};
    char role[64];

    for (int i = 0; i < 3; i++)
        gate[i] = gate_new(100);
    for (int i = 0; i < 3; i++) {
        pid[i] = sea_fork();
        if (pid[i] > 0)
            continue;
        for (int j = 0; i == 1 && j < 2; j++) {
            grandchild[j] = child_that_ends();
            sea_waitpid(grandchild[j], NULL, 0);
        }
        gate_wait(gate[i]);
        sea__exit(0);
    }
    for (int i = 0; i < 3; i++) {
        gate_open(gate[order[i]]);
        sea_waitpid(pid[order[i]], NULL, 0);
    }
    for (int i = 0; i < 3; i++)
        CHECK_STR(page_role(page, pid[i], role, sizeof(role)), names[i],
                  "names follow the order of fork");
    CHECK_STR(page_role(page, grandchild[0], role, sizeof(role)), "child 2.1",
              "grandchildren are named after their parent");
    CHECK_STR(page_role(page, grandchild[1], role, sizeof(role)), "child 2.2",
              "also the second, when the first is gone");
    CHECK_STR(page_role(page, getpid(), role, sizeof(role)), "parent",
              "and the test itself is the parent");
}

static void names_do_not_depend_on_who_ends_first(void **state)
{
    static const int order[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}};

    (void)state;
    for (int i = 0; i < 3; i++) {
        sea_calm();
        family_of_five(order[i]);
    }
}

/* In a function of its own: nothing of it is needed after the child. */
static pid_t vforked(void)
{
    static char *argv[] = {"sh", "-c", "exit 3", NULL}, *envp[] = {NULL};
    pid_t pid = sea_vfork();

    if (pid == 0) {
        sea_execve("/bin/sh", argv, envp);
        _exit(127);
    }
    return pid;
}

static void vfork_passes(void **state)
{
    char role[64];
    int status;
    pid_t pid;

    (void)state;
    for (int i = 1; i <= 2; i++) {
        pid = vforked();
        CHECK_OK(sea_waitpid(pid, &status, 0), "it made a child");
        CHECK_STATUS(status, EXITED(3), "which became another program");
        page_role(page, pid, role, sizeof(role));
        CHECK(role[6] == '0' + i, "%s has its name", role);
    }
    sea_fail(SEA_vfork, 3, EAGAIN);
    CHECK_ERRNO(vforked(), EAGAIN, "it can fail as well");
    CHECK_EQ(sea_count(SEA_execve), 2, "the children's calls are counted");
}

static void spawned_child_has_a_name(void **state)
{
    static char *argv[] = {"true", NULL}, *envp[] = {NULL};
    char role[64];
    pid_t first = child_that_ends(), second;

    (void)state;
    CHECK_EQ(sea_posix_spawn(&second, "/bin/true", NULL, NULL, argv, envp), 0,
             "posix_spawn makes a child");
    CHECK_STR(page_role(page, second, role, sizeof(role)), "child 2",
              "it is the second");
    sea_waitpid(first, NULL, 0);
    sea_waitpid(second, NULL, 0);
}

static void too_many_children_are_refused(void **state)
{
    (void)state;
    page->alive = PAGE_FORKS;
    CHECK_ERRNO(child_that_ends(), EAGAIN, "a fork bomb ends here");
    CHECK(page->broken & TOO_MANY_FORKS, "and it is noted");
    page->broken = 0;
    page->alive = 0;
}

static void nobody_kills_everybody(void **state)
{
    (void)state;
    CHECK_ERRNO(sea_kill(-1, 0), EPERM, "kill(-1) is not passed on");
    CHECK(page->broken & KILL_EVERYBODY, "but noted");
    CHECK_OK(sea_kill(getpid(), 0), "any other is");
    page->broken = 0;
}

/* ---- calls with more to them ------------------------------------------- */

static void syscall_passes_and_fails(void **state)
{
    int fd = memfd_create("pages", MFD_CLOEXEC);
    char *second;

    (void)state;
    CHECK_EQ(sea_syscall(SYS_getpid), getpid(), "syscall is passed on");
    CHECK_EQ(pwrite(fd, "here", 4, 4096), 4, "a file of two pages");
    second = (char *)sea_syscall(SYS_mmap, NULL, 4096L, (long)PROT_READ,
                                 (long)MAP_PRIVATE, (long)fd, 4096L);
    CHECK(memcmp(second, "here", 4) == 0, "all six arguments are");
    munmap(second, 4096);
    close(fd);
    sea_fail(SEA_syscall, 1, EMFILE);
    CHECK(sea_syscall(SYS_getpid) > 0 && !sea_hit(), "it cannot fail so");
    sea_fail(SEA_syscall, 4, EMFILE);
    CHECK_ERRNO(sea_syscall(SYS_pidfd_open, getpid(), 0), EMFILE,
                "pidfd_open can");
}

/* A queue for two messages of 8 bytes. */
static mqd_t new_queue(void)
{
    struct mq_attr shape = {.mq_maxmsg = 2, .mq_msgsize = 8};
    char name[64];
    mqd_t q;

    snprintf(name, sizeof(name), "/sea-%d", (int)getpid());
    q = sea_mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &shape);
    CHECK_OK(q, "a queue");
    CHECK_OK(sea_mq_unlink(name), "its name is not needed");
    return q;
}

static void messages_pass(void **state)
{
    mqd_t q = new_queue();
    struct timespec never = {.tv_sec = time(NULL) + 1000};
    struct timespec *volatile none = NULL; /* glibc says it may not be */
    unsigned priority;

    (void)state;
    CHECK_OK(sea_mq_send(q, "one", 3, 1), "sent");
    CHECK_OK(sea_mq_timedsend(q, "two", 3, 2, &never), "sent in time");
    CHECK_EQ(sea_mq_timedreceive(q, bytes, 8, &priority, &never), 3, "come");
    CHECK(memcmp(bytes, "two", 3) == 0 && priority == 2, "the urgent first");
    CHECK_EQ(sea_mq_receive(q, bytes, 8, &priority), 3, "then the other");
    CHECK(memcmp(page_last(page, getpid())->preview, "one", 3) == 0,
          "the logbook has its bytes");
    CHECK_OK(sea_mq_send(q, "", 0, 0), "an empty one");
    CHECK_EQ(sea_mq_timedreceive(q, bytes, 8, NULL, none), 0, "without limit");
    CHECK_OK(sea_mq_close(q), "closed");
}

static void sysv_calls_pass(void **state)
{
    struct {
        long type;
        char text[4];
    } out = {3, "abc"}, in;
    int sem = sea_semget(IPC_PRIVATE, 2, 0600);
    int queue = sea_msgget(IPC_PRIVATE, 0600);
    int memory = sea_shmget(IPC_PRIVATE, 4096, 0600);
    struct sembuf up = {.sem_num = 1, .sem_op = 2};
    char *at;

    (void)state;
    CHECK(sem >= 0 && queue >= 0 && memory >= 0, "one of each");
    CHECK_OK(sea_semop(sem, &up, 1), "semop");
    CHECK_EQ(sea_semctl(sem, 1, GETVAL), 2, "semctl without an argument");
    CHECK_OK(sea_semctl(sem, 0, SETVAL, 7), "and with one");
    CHECK_EQ(semctl(sem, 0, GETVAL), 7, "which arrives");
    CHECK_OK(sea_msgsnd(queue, &out, sizeof(out.text), 0), "msgsnd");
    CHECK_EQ(sea_msgrcv(queue, &in, sizeof(in.text), 0, 0), 4, "msgrcv");
    at = sea_shmat(memory, NULL, 0);
    CHECK(at != (void *)-1 && at[4095] == 0, "shmat");
    CHECK_OK(sea_shmdt(at), "shmdt");
    CHECK_OK(sea_semctl(sem, 0, IPC_RMID), "each is removed");
    CHECK_OK(sea_msgctl(queue, IPC_RMID, NULL), "as its name is");
    CHECK_OK(sea_shmctl(memory, IPC_RMID, NULL), "all three");
    for (int i = 0; i < PAGE_NAMES; i++)
        CHECK(page->name[i].state == 0, "and forgotten");
}

static void barrier_has_one_leader(void **state)
{
    pthread_barrier_t barrier;

    (void)state;
    CHECK_OK(sea_pthread_barrier_init(&barrier, NULL, 1), "a barrier");
    CHECK_EQ(sea_pthread_barrier_wait(&barrier), PTHREAD_BARRIER_SERIAL_THREAD,
             "who comes last is told so");
    CHECK_EQ(page_last(page, getpid())->error, 0, "which is no failure");
    sea_pthread_barrier_destroy(&barrier);
}

static void variadic_calls_pass(void **state)
{
    struct stat st;
    struct flock lock = {.l_type = F_WRLCK};
    mode_t old = umask(022);
    int fd;

    (void)state;
    fd = sea_open("made", O_CREAT | O_WRONLY | O_CLOEXEC, 0640);
    umask(old);
    CHECK_OK(fd, "open with a mode");
    fstat(fd, &st);
    CHECK_EQ(st.st_mode & 0777, 0640, "the mode arrives");
    CHECK_EQ(sea_fcntl(fd, F_GETFD), FD_CLOEXEC, "fcntl without an argument");
    CHECK_OK(sea_fcntl(fd, F_SETLK, &lock), "with a pointer");
    CHECK_EQ(sea_fcntl(fd, F_DUPFD, 200), 200, "with a number");
    sea_close(200);
    sea_close(fd);
    unlink("made");
}

static void success_leaves_errno_alone(void **state)
{
    int end[2];

    (void)state;
    errno = EXDEV;
    sea_pipe(end);
    sea_write(end[1], bytes, 1);
    sea_read(end[0], bytes, 1);
    sea_free(sea_malloc(3));
    sea_close(end[0]);
    sea_close(end[1]);
    CHECK_EQ(errno, EXDEV, "the sea cleans up behind itself");
}

static void fill(int fd, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 7);
    CHECK_EQ(write(fd, bytes, n), n, "so many bytes are under way");
}

static void short_reads_lose_nothing(void **state)
{
    struct iovec part[] = {{more, 100}, {more + 100, 0}, {more + 100, 8900}};
    int end[2];
    ssize_t n;

    (void)state;
    CHECK_OK(pipe(end), "the test's own pipe");
    for (int vector = 0; vector < 2; vector++) {
        sea_calm();
        fill(end[1], 9000);
        sea_fail(vector ? SEA_readv : SEA_read, 1, SEA_SHORT_COUNT);
        n = vector ? sea_readv(end[0], part, 3) : sea_read(end[0], more, 9000);
        CHECK_EQ(n, 4096, "the first read delivers a part");
        CHECK(sea_hit(), "as ordered");
        CHECK_EQ(sea_read(end[0], more + n, (size_t)(9000 - n)), 9000 - n,
                 "the next one the rest");
        CHECK_MEM(more, 9000, bytes, 9000, "and every byte is in its place");
    }
    close(end[0]);
    close(end[1]);
}

static void short_counts_on_sockets(void **state)
{
    int pair[2];

    (void)state;
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "the test's own");
    fill(pair[1], 9000);
    sea_fail(SEA_recv, 1, SEA_SHORT_COUNT);
    CHECK_EQ(sea_recv(pair[0], more, 9000, 0), 4096, "recv falls short");
    CHECK(sea_hit(), "as ordered");
    CHECK_EQ(read(pair[0], more, 9000), 9000 - 4096, "the rest is there");
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    sea_fail(SEA_send, 1, SEA_SHORT_COUNT);
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &(int){20000}, sizeof(int));
    CHECK_EQ(sea_send(pair[0], bytes, sizeof(bytes), 0), 4096,
             "send falls short");
    close(pair[0]);
    close(pair[1]);
}

static void short_write_only_where_it_can_be(void **state)
{
    int end[2];

    (void)state;
    CHECK_OK(pipe2(end, O_NONBLOCK), "the test's own pipe");
    sea_fail_from(SEA_write, 1, SEA_SHORT_COUNT);
    CHECK_EQ(sea_write(end[1], bytes, 4096), 4096, "a page is atomic");
    CHECK(!sea_hit(), "so it was not cut");
    CHECK_EQ(sea_write(end[1], bytes, sizeof(bytes)), 4096,
             "what cannot fit is");
    CHECK(sea_hit(), "as ordered");
    close(end[0]);
    close(end[1]);
}

static void wall_clock_jumps_after_the_first_look(void **state)
{
    struct timespec wall[2], calm[2];
    struct timeval tv;

    (void)state;
    sea_step_wall_clock(-5000);
    sea_clock_gettime(CLOCK_MONOTONIC, &calm[0]);
    sea_clock_gettime(CLOCK_REALTIME, &wall[0]);
    sea_clock_gettime(CLOCK_REALTIME, &wall[1]);
    sea_clock_gettime(CLOCK_MONOTONIC, &calm[1]);
    CHECK(wall[1].tv_sec < wall[0].tv_sec - 4000, "it went back");
    CHECK(calm[1].tv_sec < calm[0].tv_sec + 1000 &&
              calm[1].tv_sec >= calm[0].tv_sec,
          "CLOCK_MONOTONIC does not");
    sea_gettimeofday(&tv, NULL);
    CHECK(tv.tv_sec < wall[0].tv_sec - 4000, "gettimeofday shows it");
    CHECK(sea_time(NULL) < wall[0].tv_sec - 4000, "time shows it");
}

static void deadlines_go_with_the_stepped_clock(void **state)
{
    struct timespec at;
    sem_t sem;

    (void)state;
    sem_init(&sem, 0, 0);
    sea_step_wall_clock(5000);
    sea_time(NULL);
    sea_clock_gettime(CLOCK_REALTIME, &at);
    CHECK_ERRNO(sea_sem_timedwait(&sem, &at), ETIMEDOUT, "that is now");
    at.tv_sec -= 4000;
    CHECK_ERRNO(sea_sem_timedwait(&sem, &at), ETIMEDOUT, "that was before");
}

/* A moment that has come on the stepped clock, and not on the real one. */
static struct timespec soon(void)
{
    struct timespec at;

    sea_step_wall_clock(5000);
    sea_time(NULL);
    sea_clock_gettime(CLOCK_REALTIME, &at);
    return at;
}

static void locks_go_with_the_stepped_clock(void **state)
{
    struct timespec at = soon();
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    sem_t sem;

    (void)state;
    sem_init(&sem, 0, 0);
    CHECK_ERRNO(sea_sem_clockwait(&sem, CLOCK_REALTIME, &at), ETIMEDOUT,
                "it is over");
    sea_pthread_mutex_lock(&mutex);
    CHECK_EQ(sea_pthread_mutex_timedlock(&mutex, &at), ETIMEDOUT, "it is over");
    CHECK_EQ(sea_pthread_mutex_clocklock(&mutex, CLOCK_REALTIME, &at),
             ETIMEDOUT, "it is over");
    CHECK_EQ(sea_pthread_cond_timedwait(&cond, &mutex, &at), ETIMEDOUT,
             "it is over");
    CHECK_EQ(sea_pthread_cond_clockwait(&cond, &mutex, CLOCK_REALTIME, &at),
             ETIMEDOUT, "it is over");
    clock_gettime(CLOCK_MONOTONIC, &at);
    CHECK_EQ(sea_pthread_cond_clockwait(&cond, &mutex, CLOCK_MONOTONIC, &at),
             ETIMEDOUT, "nobody steps this one");
    sea_pthread_mutex_unlock(&mutex);
}

static void queues_go_with_the_stepped_clock(void **state)
{
    struct timespec at = soon();
    mqd_t q = new_queue();
    int how = FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, word = 5;

    (void)state;
    CHECK_ERRNO(sea_mq_timedreceive(q, bytes, 8, NULL, &at), ETIMEDOUT,
                "it is over");
    mq_send(q, "a", 1, 0);
    mq_send(q, "b", 1, 0);
    CHECK_ERRNO(sea_mq_timedsend(q, "c", 1, 0, &at), ETIMEDOUT, "it is over");
    mq_close(q);
    CHECK_ERRNO(sea_syscall(SYS_futex, &word, how, 5, &at, NULL, -1), ETIMEDOUT,
                "it is over");
}

/* ---- woken by nobody --------------------------------------------------- */

static void waits_without_looking(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    struct timespec now;

    pthread_mutex_lock(&mutex);
    clock_gettime(CLOCK_REALTIME, &now);
    if (sea_pthread_cond_timedwait(&cond, &mutex, &now) == 0)
        CHECK(sea_hit() && sea_error() == SEA_WOKEN, "woken by the sea only");
    pthread_mutex_unlock(&mutex);
}

static void waiter_is_woken_by_nobody(void **state)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    int word = 5;

    (void)state;
    pthread_mutex_lock(&mutex);
    sea_fail(SEA_pthread_cond_wait, 1, SEA_WOKEN);
    CHECK_EQ(sea_pthread_cond_wait(&cond, &mutex), 0, "it comes back");
    CHECK_EQ(pthread_mutex_trylock(&mutex), EBUSY, "with the mutex");
    pthread_mutex_unlock(&mutex);
    sea_fail(SEA_syscall, 1, SEA_WOKEN);
    CHECK_EQ(sea_syscall(SYS_futex, &word, FUTEX_WAIT, 5, NULL), 0,
             "so does a futex");
    CHECK(sea_hit(), "as ordered");
    sea_fail(SEA_syscall, 1, SEA_WOKEN);
    CHECK_ERRNO(sea_syscall(SYS_futex, &word, FUTEX_WAIT, 4, NULL), EAGAIN,
                "where it would not have waited, it says so");
    CHECK(!sea_hit(), "and nothing happens");
    sea_every(waits_without_looking, SEA_WAKES);
}

/* ---- many faults ------------------------------------------------------- */

/* What the scenario saw, as text: "EMFILE EAGAIN …". */
static char seen[4096];

static void note(const char *format, int n)
{
    size_t used = strlen(seen);

    snprintf(seen + used, sizeof(seen) - used, format, n);
}

static void note_pipe(void)
{
    bool well = pipe_comes_and_goes();

    note(well ? "." : "p%d", errno);
}

static void pipe_and_child(void)
{
    pid_t pid;

    note_pipe();
    note_pipe();
    pid = child_that_ends();
    note(pid > 0 ? "." : "f%d", errno);
    if (pid > 0)
        while (sea_waitpid(pid, NULL, 0) < 0)
            note("w%d", errno);
    note(sea_hit() ? "! " : "  ", 0);
}

static void every_error_comes_in_turn(void **state)
{
    char want[256];

    (void)state;
    seen[0] = '\0';
    sea_every(pipe_and_child, SEA_ERRORS);
    /* Calm; each fork error, then out of reach; pipe's 1st, 2nd, out of
     * reach; from the 1st, from the 2nd, out of reach. */
    snprintf(want, sizeof(want),
             "...  ..f%d! ...  ..f%d! ...  p%d..! .p%d.! ...  p%dp%d.! "
             ".p%d.! ...  ",
             EAGAIN, ENOMEM, EMFILE, EMFILE, EMFILE, EMFILE, EMFILE);
    CHECK_STR(seen, want, "each fault once, in a known order");
    CHECK_STR(page->scenario, "", "and then it is calm again");
}

static void every_interruption_needs_a_handler(void **state)
{
    (void)state;
    seen[0] = '\0';
    sea_every(pipe_and_child, SEA_EINTR);
    CHECK(!strchr(seen, '!'), "without one nothing is interrupted: %s", seen);
    sea_handler();
    seen[0] = '\0';
    sea_every(pipe_and_child, SEA_EINTR);
    CHECK_STR(seen, "...  ...w4! ...  ", "calm, the first wait, out of reach");
}

static void one_child(void)
{
    int status = 0;
    pid_t pid = sea_fork();

    if (pid == 0) {
        pipe_comes_and_goes();
        sea__exit(0);
    }
    if (pid < 0)
        return;
    sea_waitpid(pid, &status, 0);
    note(WIFSIGNALED(status) ? "k" : "e", 0);
    CHECK_EQ(WIFSIGNALED(status), sea_hit(), "killed when it was hit");
}

static void child_is_killed_at_each_of_its_calls(void **state)
{
    (void)state;
    seen[0] = '\0';
    sea_every(one_child, SEA_KILLS);
    /* _exit, out of reach; close 1, 2, out; pipe, out: in calls.h's order. */
    CHECK_EQ(strspn(seen, "ek"), 8, "eight runs: %s", seen);
    int kills = 0;
    for (const char *s = seen; *s; s++)
        kills += *s == 'k';
    CHECK_EQ(kills, 4, "killed at _exit, pipe, and both closes");
}

static void leaks_on_the_way_out(void)
{
    int first[2], second[2];

    if (sea_pipe(first) < 0)
        return;
    if (sea_pipe(second) < 0)
        return; /* first is forgotten */
    for (int i = 0; i < 2; i++) {
        sea_close(first[i]);
        sea_close(second[i]);
    }
}

static char announced[PAGE_LINE];

static void try_every_error(void)
{
    sea_every(leaks_on_the_way_out, SEA_ERRORS);
}

static void leak_after_a_fault_is_found_and_named(void **state)
{
    struct page_failure failure;

    (void)state;
    failure = failure_of(try_every_error);
    snprintf(announced, sizeof(announced), "%s", page->scenario);
    CHECK(failure.set && strstr(failure.why, "is still open"),
          "the leak is found: %s", failure.why);
    CHECK(strstr(announced, "2nd pipe()") && strstr(announced, "EMFILE"),
          "and the fault that brought it is named: %s", announced);
}

static void storm_scenario(void)
{
    pid_t pid[3];

    for (int i = 0; i < 3; i++)
        note_pipe();
    for (int i = 0; i < 3; i++) {
        pid[i] = child_that_ends();
        note(pid[i] > 0 ? "." : "f%d", errno);
    }
    for (int i = 0; i < 3; i++)
        if (pid[i] > 0)
            while (sea_waitpid(pid[i], NULL, 0) < 0)
                note("w%d", errno);
    note(" ", 0);
}

static void storms_replay_exactly(void **state)
{
    static char first[sizeof(seen)];

    (void)state;
    sea_handler();
    for (int again = 0; again < 2; again++) {
        seen[0] = '\0';
        sea_storm(storm_scenario, SEA_ERRORS | SEA_EINTR, 20);
        if (again == 0)
            strcpy(first, seen);
        CHECK_STR(seen, first, "the same seeds, the same storms");
    }
    CHECK(strchr(first, 'p') && strchr(first, 'f') && strchr(first, 'w'),
          "20 seeds bring every kind of fault: %s", first);
    CHECK(strstr(first, "...... "), "and quiet ones: %s", first);
}

static int signals_before_second_close;

static void signal_comes_before_the_nth_call(void **state)
{
    int end[2];

    (void)state;
    sea_handler();
    CHECK_OK(pipe(end), "the test's own pipe");
    sea_raise(SEA_close, 2, SIGUSR1);
    sea_close(end[0]);
    signals_before_second_close = sea_signals();
    sea_close(end[1]);
    CHECK_EQ(signals_before_second_close, 0, "not at the first");
    CHECK_EQ(sea_signals(), 1, "but at the second");
}

static void count_scenario(void)
{
    int before = sea_signals();

    pipe_comes_and_goes();
    note(sea_signals() > before ? "1" : "0", 0);
}

static void signal_comes_before_every_call(void **state)
{
    (void)state;
    sea_handler();
    seen[0] = '\0';
    sea_raise_every(count_scenario, SIGUSR1);
    CHECK_STR(seen, "010110",
              "calm, before pipe, out of reach, before close 1 and 2, out");
}

/* ---- the logbook ------------------------------------------------------- */

static char *logbook(void)
{
    static char text[8192];
    FILE *out = fmemopen(text, sizeof(text), "w");

    logbook_tail(out, page, 100, NULL);
    fclose(out);
    return text;
}

static void logbook_tells_what_happened(void **state)
{
    pid_t pid;

    (void)state;
    sea_fail(SEA_pipe, 1, EMFILE);
    pipe_comes_and_goes();
    pid = child_that_ends();
    sea_waitpid(pid, NULL, 0);
    sea_free(sea_malloc(1));
    CHECK(strstr(logbook(), "pipe() = -1 EMFILE"), "failed: %s", logbook());
    CHECK(strstr(logbook(), "<- the rough sea"), "because of the sea");
    CHECK(strstr(logbook(), "parent    fork() = child 1"), "children by name");
    CHECK(strstr(logbook(), "child 1   _exit(7)"), "what they do");
    CHECK(strstr(logbook(), "waitpid(child 1, 0) = child 1"), "also here");
    CHECK(!strstr(logbook(), "malloc"), "memory is left out");
    CHECK(page_last(page, pid)->call == SEA__exit, "the child's last call");
}

static void logbook_tells_flags_by_name(void **state)
{
    char at[160];
    void *memory;

    (void)state;
    memory = sea_mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(at, sizeof(at),
             "mmap(4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, "
             "-1) = %#lx",
             (unsigned long)memory);
    CHECK(strstr(logbook(), at), "it says: %s", logbook());
    sea_munmap(memory, 4096);
    sea_mmap(NULL, 0, PROT_NONE, MAP_PRIVATE | 1 << 30, -1, 0);
    CHECK(strstr(logbook(), "mmap(0, PROT_NONE, MAP_PRIVATE | 0x40000000, "),
          "what has no name is a number: %s", logbook());
    sea_open("/nowhere", O_CLOEXEC);
    CHECK(strstr(logbook(), "open(O_RDONLY | O_CLOEXEC) = -1 ENOENT"),
          "O_RDONLY is 0: %s", logbook());
    sea_waitpid(-1, NULL, WNOHANG);
    CHECK(strstr(logbook(), "waitpid(-1, WNOHANG) = -1 ECHILD"), "one of them");
    sea_fcntl(-1, F_SETFD, FD_CLOEXEC);
    CHECK(strstr(logbook(), "F_SETFD, 1) = -1 EBADF"), "a command");
}

static void logbook_tells_of_a_futex(void **state)
{
    static int word = 3;
    struct timespec limit = {.tv_nsec = 2000000};
    int until = FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG;
    char at[96];

    (void)state;
    sea_syscall(SYS_futex, &word, FUTEX_WAIT, 4, NULL);
    snprintf(at, sizeof(at),
             "syscall(SYS_futex, %#lx, FUTEX_WAIT, 4) = -1 EAGAIN",
             (unsigned long)&word);
    CHECK(strstr(logbook(), at), "it says: %s", logbook());
    sea_syscall(SYS_futex, &word, FUTEX_WAIT, 3, &limit);
    CHECK(strstr(logbook(), "FUTEX_WAIT, 3, 0.002 s) = -1 ETIMEDOUT"),
          "it says: %s", logbook());
    sea_syscall(SYS_futex, &word, until, 3, &limit, NULL, -1);
    CHECK(strstr(logbook(), "_BITSET_PRIVATE, 3, with a deadline) = -1 ETIME"),
          "it says: %s", logbook());
    sea_syscall(SYS_futex, &word, FUTEX_WAKE, 1, 0L);
    CHECK(strstr(logbook(), "FUTEX_WAKE, 1) = 0"), "it says: %s", logbook());
}

static void logbook_outlives_its_ring(void **state)
{
    (void)state;
    for (int i = 0; i < PAGE_EVENTS; i++)
        pipe_comes_and_goes();
    CHECK_EQ(sea_count(SEA_pipe), PAGE_EVENTS, "counts go on");
    CHECK(strstr(logbook(), "close(fd "), "the last events are there");
}

/* Who sleeps for long is still told of, with the call it sleeps in. */
static void sleeping_call_stays_in_the_ring(void **state)
{
    pid_t pid = sea_fork();

    (void)state;
    if (pid == 0)
        sea_syscall(SYS_futex, &(int){3}, FUTEX_WAIT, 3, NULL);
    while (!asleep(pid))
        continue;
    for (int i = 0; i < PAGE_EVENTS; i++)
        pipe_comes_and_goes();
    CHECK_EQ(page_last(page, pid)->call, SEA_syscall, "it is in the logbook");
    CHECK(!page_last(page, pid)->ended, "and has not come back");
    kill(pid, SIGKILL);
    sea_waitpid(pid, NULL, 0);
    CHECK_EQ(page_last(page, getpid())->call, SEA_waitpid, "as we have");
}

static const struct CMUnitTest facts[] = {
    FACT(nothing_happens_in_a_calm_sea),
    FACT(only_the_nth_call_fails),
    FACT(every_call_from_the_nth_fails),
    FACT(illegal_fault_is_not_injected),
    FACT(failed_fork_makes_no_child),
    FACT(returned_errors_are_returned),
    FACT(memory_runs_out),
    FACT(memory_asked_for_is_summed_up),
    FACT(counts_of_this_process_alone),
    FACT(interrupted_sleep_leaves_its_rest),
    FACT(interrupted_clock_says_so_itself),
    FACT(plan_is_for_the_test_alone),
    FACT(whose_call_failed_is_known),
    FACT(names_do_not_depend_on_who_ends_first),
    FACT(vfork_passes),
    FACT(spawned_child_has_a_name),
    FACT(too_many_children_are_refused),
    FACT(nobody_kills_everybody),
    FACT(syscall_passes_and_fails),
    FACT(messages_pass),
    FACT(sysv_calls_pass),
    FACT(barrier_has_one_leader),
    FACT(variadic_calls_pass),
    FACT(success_leaves_errno_alone),
    FACT(short_reads_lose_nothing),
    FACT(short_counts_on_sockets),
    FACT(short_write_only_where_it_can_be),
    FACT(wall_clock_jumps_after_the_first_look),
    FACT(deadlines_go_with_the_stepped_clock),
    FACT(locks_go_with_the_stepped_clock),
    FACT(queues_go_with_the_stepped_clock),
    FACT(waiter_is_woken_by_nobody),
    FACT(every_error_comes_in_turn),
    FACT(every_interruption_needs_a_handler),
    FACT(child_is_killed_at_each_of_its_calls),
    FACT(leak_after_a_fault_is_found_and_named),
    FACT(storms_replay_exactly),
    FACT(signal_comes_before_the_nth_call),
    FACT(signal_comes_before_every_call),
    FACT(logbook_tells_what_happened),
    FACT(logbook_tells_flags_by_name),
    FACT(logbook_tells_of_a_futex),
    FACT(logbook_outlives_its_ring),
    FACT(sleeping_call_stays_in_the_ring),
};
EXERCISE("support/sea", "tests/support/sea.h", facts)
