/*
 * nobody_hears.c — a signal that comes before anybody waits.
 */
#include <err.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct news {
    pthread_mutex_t mutex;
    pthread_cond_t there;
};

static struct news *open_news(void)
{
    pthread_mutexattr_t mutex;
    pthread_condattr_t cond;
    struct news *news = mmap(NULL, sizeof(*news), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (news == MAP_FAILED)
        err(1, "mmap");
    pthread_mutexattr_init(&mutex);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&news->mutex, &mutex);
    pthread_condattr_init(&cond);
    pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&news->there, &cond);
    return news;
}

int main(void)
{
    struct news *news = open_news();
    pid_t child = fork();

    if (child == 0) {
        pthread_cond_signal(&news->there);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    pthread_mutex_lock(&news->mutex);
    pthread_cond_wait(&news->there, &news->mutex);
    pthread_mutex_unlock(&news->mutex);
}
