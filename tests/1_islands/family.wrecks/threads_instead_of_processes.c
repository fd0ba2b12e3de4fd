/*
 * Mistake: runs threads: what one writes, all see.
 * Caught by: work_is_called_once_in_a_process_of_its_own
 * Saying: ran in the caller itself
 */
#include "family.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct task {
    pthread_t thread;
    int (*work)(int index);
    int index, result;
};

static void *run(void *arg)
{
    struct task *task = arg;

    task->result = task->work(task->index);
    return NULL;
}

int family(int n, int (*work)(int index), int status[])
{
    if (n < 0) {
        errno = EINVAL;
        return -1;
    }

    struct task *task = calloc((size_t)n + 1, sizeof(*task));

    if (task == NULL)
        return -1;
    for (int i = 0; i < n; i++) {
        task[i].work = work;
        task[i].index = i;
        pthread_create(&task[i].thread, NULL, run, &task[i]);
    }
    for (int i = 0; i < n; i++) {
        pthread_join(task[i].thread, NULL);
        status[i] = task[i].result & 255;
    }
    free(task);
    return 0;
}
