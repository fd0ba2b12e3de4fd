/*
 * Specimen: long quiet waits that do end: timers of every kind.
 * Verdict: passed
 */
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "fact.h"

static void signal_timer(const struct itimerspec *soon)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGUSR1};
    sigset_t usr1, old;
    timer_t id;
    int sig = 0;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, &old);
    CHECK_OK(timer_create(CLOCK_MONOTONIC, &event, &id), "a timer");
    CHECK_OK(timer_settime(id, 0, soon, NULL), "armed");
    CHECK_EQ(sigwait(&usr1, &sig), 0, "the timer's signal ends the wait");
    timer_delete(id);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static void all_of_them_wake_up(void **state)
{
    (void)state;
    struct itimerspec soon = {.it_value = {0, 400000000}};
    struct timeval some = {0, 400000};
    int fd[2], timer = timerfd_create(CLOCK_MONOTONIC, 0);
    uint64_t n;
    char c;
    CHECK_OK(timerfd_settime(timer, 0, &soon, NULL), "armed");
    struct pollfd p = {.fd = timer, .events = POLLIN};
    CHECK_EQ(poll(&p, 1, -1), 1, "a timerfd ends a poll");
    CHECK_EQ(read(timer, &n, sizeof(n)), sizeof(n), "and can be read");
    close(timer);
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), "sockets");
    setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &some, sizeof(some));
    CHECK_ERRNO(recv(fd[0], &c, 1, 0), EAGAIN, "the receive times out");
    close(fd[0]);
    close(fd[1]);
    signal_timer(&soon);
    usleep(400000);
}

static const struct CMUnitTest facts[] = {
    FACT(all_of_them_wake_up),
};
EXERCISE("specimens/hang_not_timers", "timer_create(2)", facts)
