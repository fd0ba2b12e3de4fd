/*
 * storm.c — signals without end, for calls that have one.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "check.h"
#include "leftovers.h"
#include "sea.h"

enum { GUSTS = 800 };

static struct {
    pthread_t thread, caller;
    bool signals;
    void (*too_late)(void);
    atomic_bool returned, late;
} storm;

static void *storm_main(void *unused)
{
    (void)unused;
    for (int i = 0; i < GUSTS && !storm.returned; i++) {
        if (storm.signals && i % 4)
            pthread_kill(storm.caller, SIGUSR1);
        else if (storm.signals)
            kill(getpid(), SIGCHLD);
        moment(), moment();
    }
    storm.late = !storm.returned;
    if (storm.late)
        storm.too_late();
    return NULL;
}

void storm_begin(bool signals, void (*too_late)(void))
{
    sigset_t all, old;

    storm.caller = pthread_self();
    storm.signals = signals;
    storm.too_late = too_late;
    storm.returned = false;
    if (signals)
        sea_handler();
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    if (pthread_create(&storm.thread, NULL, storm_main, NULL) != 0)
        FAIL_TEST("the test itself could not make a thread");
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

bool storm_end(void)
{
    int saved = errno;

    storm.returned = true;
    pthread_join(storm.thread, NULL);
    errno = saved;
    return storm.late;
}
