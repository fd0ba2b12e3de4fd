/*
 * Mistake: takes a stopped worker for a dead one.
 * Caught by: a_stopped_worker_is_not_dead
 * Saying: that is no death
 */
#include "pool.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

struct state {
    int taken_by; /* slot + 1 */
    int failures;
    char done;
};

static int started_with(int slot, const int *first)
{
    return slot < *first;
}

int pool_map(int workers, int (*fn)(const void *in, void *out), const void *in,
             size_t in_size, void *out, size_t out_size, int n, int retries)
{
    sigset_t child, before;
    int result = -1, error, alive = 0, first = 0;

    if (workers < 1 || n < 0 || retries < 0) {
        errno = EINVAL;
        return -1;
    }
    if (n == 0)
        return 0;
    if (workers > n)
        workers = n;
    if (out_size > SIZE_MAX / 4 / (size_t)n) {
        errno = ENOMEM;
        return -1;
    }

    size_t states = sizeof(struct state) * (size_t)n;
    int id = shmget(IPC_PRIVATE, states + out_size * (size_t)n, 0600);
    if (id == -1)
        return -1;
    struct state *state = shmat(id, NULL, 0);
    error = errno;
    shmctl(id, IPC_RMID, NULL); /* gone when the last one has let go */
    errno = error;
    if (state == (void *)-1)
        return -1;
    char *results = (char *)state + states;

    pid_t *pid = calloc((size_t)workers, sizeof(*pid));
    if (!pid) {
        shmdt(state);
        errno = ENOMEM;
        return -1;
    }
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before);

    for (;;) {
        int open = 0, left = 0;
        for (int j = 0; j < n; j++) {
            left += !state[j].done;
            open += !state[j].done &&
                    __atomic_load_n(&state[j].taken_by, __ATOMIC_SEQ_CST) == 0;
        }
        for (int i = 0; i < workers && open > 0; i++) {
            if (pid[i] > 0)
                continue;
            pid[i] = fork();
            if (pid[i] == 0) {
                sigprocmask(SIG_SETMASK, &before, NULL);
                for (int j = 0; j < n; j++) {
                    int none = 0;
                    if (state[j].done ||
                        !__atomic_compare_exchange_n(&state[j].taken_by, &none,
                                                     i + 1, 0, __ATOMIC_SEQ_CST,
                                                     __ATOMIC_SEQ_CST))
                        continue;
                    while (fn((const char *)in + in_size * (size_t)j,
                              results + out_size * (size_t)j) != 0)
                        if (state[j].failures++ == retries)
                            _exit(9);
                    state[j].done = 1;
                }
                _exit(0);
            }
            if (pid[i] == -1) {
                pid[i] = 0;
                error = errno;
                break;
            }
            alive++;
            open--;
            if (!started_with(i, &first))
                first = i + 1;
        }
        if (alive == 0) {
            if (left == 0)
                result = 0;
            break;
        }
        while (sigwaitinfo(&child, NULL) == -1 && errno == EINTR)
            ;
        int given_up = 0;
        for (int i = 0; i < workers; i++) {
            int status;
            if (pid[i] == 0 ||
                waitpid(pid[i], &status, WNOHANG | WUNTRACED) != pid[i])
                continue;
            pid[i] = 0;
            alive--;
            for (int j = 0; j < n; j++)
                if (state[j].taken_by == i + 1 && !state[j].done) {
                    if (state[j].failures > retries ||
                        state[j].failures++ == retries)
                        given_up = 1; /* and nobody takes it any more */
                    else
                        state[j].taken_by = 0;
                }
        }
        if (given_up) {
            error = ECANCELED;
            break;
        }
    }

    for (int i = 0; i < workers; i++)
        if (pid[i] > 0) {
            kill(pid[i], SIGKILL);
            while (waitpid(pid[i], NULL, 0) == -1 && errno == EINTR)
                ;
        }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (result == 0 && out_size > 0)
        memcpy(out, results, out_size * (size_t)n);
    free(pid);
    shmdt(state);
    errno = error;
    return result;
}
