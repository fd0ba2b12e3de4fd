/*
 * holder_dies.c — a process ends, and has a lock in its hand.
 */
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t *robust_mutex(void)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t *mutex = mmap(NULL, sizeof(*mutex), PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (mutex == MAP_FAILED)
        err(1, "mmap");
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(mutex, &attr);
    return mutex;
}

static void tell(const char *what, int error)
{
    printf("%s: %s\n", what, error ? strerrorname_np(error) : "done");
}

int main(void)
{
    pthread_mutex_t *mutex = robust_mutex();
    pid_t child = fork();

    if (child == 0) {
        pthread_mutex_lock(mutex);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    tell("lock", pthread_mutex_lock(mutex));
    tell("consistent", pthread_mutex_consistent(mutex));
    tell("unlock", pthread_mutex_unlock(mutex));
    tell("lock again", pthread_mutex_lock(mutex));
}
