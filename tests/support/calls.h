/*
 * calls.h — the system calls the sea knows.
 *
 * CALLS(ROW, FREE) lists them. ROW(how, result, name, n, types) gets a
 * wrapper sea_<name> made by sea.c, which FREE(name) gets by hand, because
 * the call is variadic, does not return, or is changed by the sea. `how`
 * tells how failure is shown: E -1 and errno, C the error number itself.
 * Both make the constant SEA_<name> and a line of the list for objcopy.
 */
#ifndef CALLS_H
#define CALLS_H

/* clang-format off */
#define CALLS(ROW, FREE)                                                   \
    FREE(fork) FREE(_Fork) FREE(vfork) FREE(clone)                         \
    FREE(exit) FREE(_exit) FREE(_Exit) FREE(abort)                         \
    FREE(wait) FREE(waitpid) FREE(waitid) FREE(wait3) FREE(wait4)          \
    FREE(posix_spawn) FREE(posix_spawnp)                                   \
    FREE(execl) FREE(execlp) FREE(execle)                                  \
    FREE(kill) FREE(killpg) FREE(signal) FREE(alarm) FREE(setitimer)       \
    FREE(read) FREE(write) FREE(readv) FREE(writev) FREE(send) FREE(recv)  \
    FREE(sendto) FREE(recvfrom) FREE(sendmsg) FREE(recvmsg) FREE(connect)  \
    FREE(open) FREE(open64) FREE(openat) FREE(openat64)                    \
    FREE(fcntl) FREE(fcntl64) FREE(pipe) FREE(pipe2) FREE(socketpair)      \
    FREE(getaddrinfo) FREE(freeaddrinfo)                                   \
    FREE(gethostbyname) FREE(gethostbyname2)                               \
    FREE(syscall) FREE(malloc) FREE(calloc) FREE(realloc) FREE(free)       \
    FREE(reallocarray) FREE(strdup) FREE(mmap) FREE(mmap64) FREE(mremap)   \
    FREE(munmap)                                                           \
    FREE(shm_open) FREE(mkfifo) FREE(bind) FREE(sem_open) FREE(mq_open)    \
    FREE(shmget) FREE(semget) FREE(msgget)                                 \
    FREE(unlink) FREE(shm_unlink) FREE(sem_unlink) FREE(mq_unlink)         \
    FREE(mq_send) FREE(mq_receive)                                         \
    FREE(mq_timedsend) FREE(mq_timedreceive)                               \
    FREE(semctl) FREE(msgctl) FREE(shmctl) FREE(shmat)                     \
    FREE(clock_gettime) FREE(gettimeofday) FREE(time)                      \
    FREE(sem_timedwait) FREE(sem_clockwait)                                \
    FREE(pthread_cond_wait)                                                \
    FREE(pthread_cond_timedwait) FREE(pthread_cond_clockwait)              \
    FREE(pthread_mutex_timedlock) FREE(pthread_mutex_clocklock)            \
    FREE(pthread_rwlock_timedrdlock) FREE(pthread_rwlock_timedwrlock)      \
    FREE(pthread_rwlock_clockrdlock) FREE(pthread_rwlock_clockwrlock)      \
    FREE(clock_nanosleep) FREE(timerfd_settime)                            \
    ROW(E, int, execv, 2, (const char *, char *const *))                   \
    ROW(E, int, execve, 3, (const char *, char *const *, char *const *))   \
    ROW(E, int, execvp, 2, (const char *, char *const *))                  \
    ROW(E, int, execvpe, 3, (const char *, char *const *, char *const *))  \
    ROW(E, int, setpgid, 2, (pid_t, pid_t))                                \
    ROW(E, pid_t, setsid, 0, ())                                           \
    ROW(E, int, sigaction, 3, (int, const struct sigaction *, struct sigaction *)) \
    ROW(E, int, sigprocmask, 3, (int, const sigset_t *, sigset_t *))       \
    ROW(C, int, pthread_sigmask, 3, (int, const sigset_t *, sigset_t *))   \
    ROW(E, int, sigsuspend, 1, (const sigset_t *))                         \
    ROW(E, int, pause, 0, ())                                              \
    ROW(E, int, sigtimedwait, 3, (const sigset_t *, siginfo_t *, const struct timespec *)) \
    ROW(E, int, sigwaitinfo, 2, (const sigset_t *, siginfo_t *))           \
    ROW(C, int, sigwait, 2, (const sigset_t *, int *))                     \
    ROW(E, int, signalfd, 3, (int, const sigset_t *, int))                 \
    ROW(E, int, pidfd_open, 2, (pid_t, unsigned int))                      \
    ROW(E, int, nanosleep, 2, (const struct timespec *, struct timespec *)) \
    ROW(E, int, usleep, 1, (useconds_t))                                   \
    ROW(E, unsigned, sleep, 1, (unsigned))                                 \
    ROW(E, int, sched_yield, 0, ())                                        \
    ROW(E, int, close, 1, (int))                                           \
    ROW(E, int, dup, 1, (int))                                             \
    ROW(E, int, dup2, 2, (int, int))                                       \
    ROW(E, int, dup3, 3, (int, int, int))                                  \
    ROW(E, int, memfd_create, 2, (const char *, unsigned int))             \
    ROW(E, int, ftruncate, 2, (int, off_t))                                \
    ROW(E, int, ftruncate64, 2, (int, off_t))                              \
    ROW(E, int, eventfd, 2, (unsigned int, int))                           \
    ROW(E, int, eventfd_read, 2, (int, eventfd_t *))                       \
    ROW(E, int, eventfd_write, 2, (int, eventfd_t))                        \
    ROW(E, int, timerfd_create, 2, (int, int))                             \
    ROW(E, int, poll, 3, (struct pollfd *, nfds_t, int))                   \
    ROW(E, int, ppoll, 4, (struct pollfd *, nfds_t, const struct timespec *, const sigset_t *)) \
    ROW(E, int, select, 5, (int, fd_set *, fd_set *, fd_set *, struct timeval *)) \
    ROW(E, int, pselect, 6, (int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *)) \
    ROW(E, int, epoll_create, 1, (int))                                    \
    ROW(E, int, epoll_create1, 1, (int))                                   \
    ROW(E, int, epoll_ctl, 4, (int, int, int, struct epoll_event *))       \
    ROW(E, int, epoll_wait, 4, (int, struct epoll_event *, int, int))      \
    ROW(E, int, epoll_pwait, 5, (int, struct epoll_event *, int, int, const sigset_t *)) \
    ROW(E, int, socket, 3, (int, int, int))                                \
    ROW(E, int, listen, 2, (int, int))                                     \
    ROW(E, int, accept, 3, (int, struct sockaddr *, socklen_t *))          \
    ROW(E, int, accept4, 4, (int, struct sockaddr *, socklen_t *, int))    \
    ROW(E, int, sendmmsg, 4, (int, struct mmsghdr *, unsigned, int))       \
    ROW(E, int, recvmmsg, 5, (int, struct mmsghdr *, unsigned, int, struct timespec *)) \
    ROW(E, int, getsockopt, 5, (int, int, int, void *, socklen_t *))       \
    ROW(E, int, setsockopt, 5, (int, int, int, const void *, socklen_t))   \
    ROW(E, int, getsockname, 3, (int, struct sockaddr *, socklen_t *))     \
    ROW(E, int, getpeername, 3, (int, struct sockaddr *, socklen_t *))     \
    ROW(E, int, shutdown, 2, (int, int))                                   \
    ROW(E, ssize_t, getrandom, 3, (void *, size_t, unsigned))              \
    ROW(E, int, getentropy, 2, (void *, size_t))                           \
    ROW(E, int, flock, 2, (int, int))                                      \
    ROW(E, int, sem_init, 3, (sem_t *, int, unsigned))                     \
    ROW(E, int, sem_wait, 1, (sem_t *))                                    \
    ROW(E, int, sem_post, 1, (sem_t *))                                    \
    ROW(E, int, sem_trywait, 1, (sem_t *))                                 \
    ROW(E, int, sem_getvalue, 2, (sem_t *, int *))                         \
    ROW(E, int, sem_destroy, 1, (sem_t *))                                 \
    ROW(E, int, sem_close, 1, (sem_t *))                                   \
    ROW(E, int, mq_close, 1, (mqd_t))                                      \
    ROW(E, int, mq_getattr, 2, (mqd_t, struct mq_attr *))                  \
    ROW(E, int, mq_setattr, 3, (mqd_t, const struct mq_attr *, struct mq_attr *)) \
    ROW(E, int, mq_notify, 2, (mqd_t, const struct sigevent *))            \
    ROW(E, int, semop, 3, (int, struct sembuf *, size_t))                  \
    ROW(E, int, semtimedop, 4, (int, struct sembuf *, size_t, const struct timespec *)) \
    ROW(E, int, msgsnd, 4, (int, const void *, size_t, int))               \
    ROW(E, ssize_t, msgrcv, 5, (int, void *, size_t, long, int))           \
    ROW(E, int, shmdt, 1, (const void *))                                  \
    ROW(C, int, pthread_mutex_init, 2, (pthread_mutex_t *, const pthread_mutexattr_t *)) \
    ROW(C, int, pthread_mutex_destroy, 1, (pthread_mutex_t *))             \
    ROW(C, int, pthread_mutex_lock, 1, (pthread_mutex_t *))                \
    ROW(C, int, pthread_mutex_trylock, 1, (pthread_mutex_t *))             \
    ROW(C, int, pthread_mutex_unlock, 1, (pthread_mutex_t *))              \
    ROW(C, int, pthread_mutex_consistent, 1, (pthread_mutex_t *))          \
    ROW(C, int, pthread_cond_init, 2, (pthread_cond_t *, const pthread_condattr_t *)) \
    ROW(C, int, pthread_cond_destroy, 1, (pthread_cond_t *))               \
    ROW(C, int, pthread_cond_signal, 1, (pthread_cond_t *))                \
    ROW(C, int, pthread_cond_broadcast, 1, (pthread_cond_t *))             \
    ROW(C, int, pthread_rwlock_init, 2, (pthread_rwlock_t *, const pthread_rwlockattr_t *)) \
    ROW(C, int, pthread_rwlock_destroy, 1, (pthread_rwlock_t *))           \
    ROW(C, int, pthread_rwlock_rdlock, 1, (pthread_rwlock_t *))            \
    ROW(C, int, pthread_rwlock_wrlock, 1, (pthread_rwlock_t *))            \
    ROW(C, int, pthread_rwlock_tryrdlock, 1, (pthread_rwlock_t *))         \
    ROW(C, int, pthread_rwlock_trywrlock, 1, (pthread_rwlock_t *))         \
    ROW(C, int, pthread_rwlock_unlock, 1, (pthread_rwlock_t *))            \
    ROW(C, int, pthread_spin_init, 2, (pthread_spinlock_t *, int))         \
    ROW(C, int, pthread_spin_destroy, 1, (pthread_spinlock_t *))           \
    ROW(C, int, pthread_spin_lock, 1, (pthread_spinlock_t *))              \
    ROW(C, int, pthread_spin_trylock, 1, (pthread_spinlock_t *))           \
    ROW(C, int, pthread_spin_unlock, 1, (pthread_spinlock_t *))            \
    ROW(C, int, pthread_barrier_init, 3, (pthread_barrier_t *, const pthread_barrierattr_t *, unsigned)) \
    ROW(C, int, pthread_barrier_destroy, 1, (pthread_barrier_t *))         \
    ROW(C, int, pthread_barrier_wait, 1, (pthread_barrier_t *))
/* clang-format on */

#define CALL_ID_ROW(how, result, name, n, types) SEA_##name,
#define CALL_ID_FREE(name) SEA_##name,
enum sea_call { CALLS(CALL_ID_ROW, CALL_ID_FREE) SEA_CALLS };

/* "read", "waitpid" … */
extern const char *const call_name[SEA_CALLS];

#endif
