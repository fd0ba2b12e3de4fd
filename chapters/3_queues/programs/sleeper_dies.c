/*
 * sleeper_dies.c — a process is killed while it sleeps on a condition.
 */
#include <err.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t bell;
    int asleep;
} * shared;

static void make_shared(void)
{
    pthread_mutexattr_t mutex;
    pthread_condattr_t cond;

    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        err(1, "mmap");
    pthread_mutexattr_init(&mutex);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&mutex, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&shared->mutex, &mutex);
    pthread_condattr_init(&cond);
    pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&shared->bell, &cond);
}

/* A child that sleeps on the bell; when this returns, it does. */
static pid_t sleeper(void)
{
    pid_t child = fork();

    if (child == 0) {
        pthread_mutex_lock(&shared->mutex);
        shared->asleep = 1;
        pthread_cond_wait(&shared->bell, &shared->mutex);
        pthread_mutex_unlock(&shared->mutex);
        _exit(0);
    }
    for (int asleep = 0; !asleep;) {
        pthread_mutex_lock(&shared->mutex);
        asleep = shared->asleep;
        pthread_mutex_unlock(&shared->mutex);
    }
    shared->asleep = 0;
    return child;
}

int main(void)
{
    make_shared();
    pid_t dead = sleeper();
    kill(dead, SIGKILL);
    waitpid(dead, NULL, 0);
    for (int round = 1; round <= 3; round++) {
        pid_t child = sleeper();
        pthread_cond_broadcast(&shared->bell);
        waitpid(child, NULL, 0);
        printf("round %d: woken\n", round);
        fflush(stdout);
    }
}
