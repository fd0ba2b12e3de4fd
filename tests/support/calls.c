/*
 * calls.c — names and shapes of the calls the sea knows.
 */
#include "calls.h"
#include "calls_shape.h"

#include <string.h>

#define NAME_ROW(how, result, name, n, types) [SEA_##name] = #name,
#define NAME_FREE(name) [SEA_##name] = #name,
const char *const call_name[SEA_CALLS] = {CALLS(NAME_ROW, NAME_FREE)};

#define TYPES_ROW(how, result, name, n, types) [SEA_##name] = #types,
#define TYPES_FREE(name)
static const char *const shape[SEA_CALLS] = {
    CALLS(TYPES_ROW, TYPES_FREE)[SEA_exit] = "(int)",
    [SEA__exit] = "(int)",
    [SEA__Exit] = "(int)",
    [SEA_wait] = "(*)",
    [SEA_waitpid] = "(pid_t, *, int)",
    [SEA_execl] = "(*)",
    [SEA_execlp] = "(*)",
    [SEA_execle] = "(*)",
    [SEA_waitid] = "(int, id_t, *, int)",
    [SEA_wait3] = "(*, int, *)",
    [SEA_wait4] = "(pid_t, *, int, *)",
    [SEA_kill] = "(pid_t, int)",
    [SEA_killpg] = "(pid_t, int)",
    [SEA_signal] = "(int, *)",
    [SEA_alarm] = "(unsigned)",
    [SEA_read] = "(int, *, size_t)",
    [SEA_write] = "(int, *, size_t)",
    [SEA_readv] = "(int, *, int)",
    [SEA_writev] = "(int, *, int)",
    [SEA_send] = "(int, *, size_t, int)",
    [SEA_recv] = "(int, *, size_t, int)",
    [SEA_sendto] = "(int, *, size_t, int, sockaddr *, socklen_t)",
    [SEA_recvfrom] = "(int, *, size_t, int, sockaddr *, socklen_t *)",
    [SEA_sendmsg] = "(int, *, int)",
    [SEA_recvmsg] = "(int, *, int)",
    [SEA_connect] = "(int, sockaddr *, socklen_t)",
    [SEA_open] = "(*, int)",
    [SEA_openat] = "(int, *, int)",
    [SEA_fcntl] = "(int, int, long)",
    [SEA_getaddrinfo] = "(*, *, *, *)",
    [SEA_freeaddrinfo] = "(*)",
    [SEA_gethostbyname] = "(*)",
    [SEA_gethostbyname2] = "(*, int)",
    [SEA_syscall] = "(long, long)",
    [SEA_mq_open] = "(*, int)",
    [SEA_mq_send] = "(int, *, size_t, unsigned)",
    [SEA_mq_receive] = "(int, *, size_t, *)",
    [SEA_mq_timedsend] = "(int, *, size_t, unsigned, *)",
    [SEA_mq_timedreceive] = "(int, *, size_t, *, *)",
    [SEA_semctl] = "(int, int, int)",
    [SEA_shmctl] = "(int, int, *)",
    [SEA_msgctl] = "(int, int, *)",
    [SEA_shmat] = "(int, *, int)",
    [SEA_sem_open] = "(*, int)",
    [SEA_semget] = "(long, int, int)",
    [SEA_msgget] = "(long, int)",
    [SEA_malloc] = "(size_t)",
    [SEA_calloc] = "(size_t, size_t)",
    [SEA_realloc] = "(*, size_t)",
    [SEA_reallocarray] = "(*, size_t, size_t)",
    [SEA_mmap] = "(*, size_t, int, int, int)",
    [SEA_mremap] = "(*, size_t, size_t, int)",
    [SEA_munmap] = "(*, size_t)",
    [SEA_clock_nanosleep] = "(int, int, *, *)",
    [SEA_timerfd_settime] = "(int, int, *, *)",
    [SEA_unlink] = "(*)",
    [SEA_shm_open] = "(*, int)",
    [SEA_bind] = "(int, sockaddr *, socklen_t)",
    [SEA_shmget] = "(long, size_t, int)",
    [SEA_pipe2] = "(*, int)",
    [SEA_socketpair] = "(int, int, int)",
};

const char *call_shape(enum sea_call call)
{
    return shape[call] ? shape[call] : "()";
}

bool call_takes_fd(enum sea_call call)
{
    switch (call) {
    case SEA_read:
    case SEA_write:
    case SEA_readv:
    case SEA_writev:
    case SEA_close:
    case SEA_dup:
    case SEA_dup2:
    case SEA_dup3:
    case SEA_fcntl:
    case SEA_fcntl64:
    case SEA_ftruncate:
    case SEA_ftruncate64:
    case SEA_timerfd_settime:
    case SEA_epoll_ctl:
    case SEA_epoll_wait:
    case SEA_epoll_pwait:
    case SEA_bind:
    case SEA_listen:
    case SEA_connect:
    case SEA_accept:
    case SEA_accept4:
    case SEA_send:
    case SEA_recv:
    case SEA_sendto:
    case SEA_recvfrom:
    case SEA_sendmsg:
    case SEA_recvmsg:
    case SEA_sendmmsg:
    case SEA_recvmmsg:
    case SEA_getsockopt:
    case SEA_setsockopt:
    case SEA_getsockname:
    case SEA_getpeername:
    case SEA_shutdown:
    case SEA_flock:
    case SEA_eventfd_read:
    case SEA_eventfd_write:
    case SEA_mq_close:
    case SEA_mq_getattr:
    case SEA_mq_setattr:
    case SEA_mq_notify:
    case SEA_mq_send:
    case SEA_mq_receive:
    case SEA_mq_timedsend:
    case SEA_mq_timedreceive:
        return true;
    default:
        return false;
    }
}

bool call_gives_fd(enum sea_call call)
{
    switch (call) {
    case SEA_open:
    case SEA_open64:
    case SEA_openat:
    case SEA_openat64:
    case SEA_dup:
    case SEA_dup2:
    case SEA_dup3:
    case SEA_memfd_create:
    case SEA_shm_open:
    case SEA_eventfd:
    case SEA_signalfd:
    case SEA_timerfd_create:
    case SEA_epoll_create:
    case SEA_epoll_create1:
    case SEA_socket:
    case SEA_accept:
    case SEA_accept4:
    case SEA_pidfd_open:
    case SEA_mq_open:
        return true;
    default:
        return false;
    }
}

/* Calls that say nothing about how processes meet. */
bool call_is_minor(enum sea_call call)
{
    switch (call) {
    case SEA_malloc:
    case SEA_calloc:
    case SEA_realloc:
    case SEA_reallocarray:
    case SEA_free:
    case SEA_freeaddrinfo:
    case SEA_strdup:
    case SEA_clock_gettime:
    case SEA_gettimeofday:
    case SEA_time:
        return true;
    default:
        return false;
    }
}

bool call_makes_process(enum sea_call call)
{
    switch (call) {
    case SEA_fork:
    case SEA__Fork:
    case SEA_vfork:
    case SEA_clone:
    case SEA_posix_spawn:
    case SEA_posix_spawnp:
        return true;
    default:
        return false;
    }
}

bool call_moves_bytes(enum sea_call call)
{
    switch (call) {
    case SEA_read:
    case SEA_write:
    case SEA_readv:
    case SEA_writev:
    case SEA_send:
    case SEA_recv:
    case SEA_sendto:
    case SEA_recvfrom:
    case SEA_sendmsg:
    case SEA_recvmsg:
        return true;
    default:
        return false;
    }
}

bool call_is_read(enum sea_call call)
{
    switch (call) {
    case SEA_read:
    case SEA_readv:
    case SEA_recv:
    case SEA_recvfrom:
    case SEA_recvmsg:
        return true;
    default:
        return false;
    }
}

bool call_returns_error(enum sea_call call)
{
    return strncmp(call_name[call], "pthread_", 8) == 0 ||
           call == SEA_posix_spawn || call == SEA_posix_spawnp ||
           call == SEA_clock_nanosleep || call == SEA_sigwait;
}

bool call_is_exec(enum sea_call call)
{
    switch (call) {
    case SEA_execv:
    case SEA_execve:
    case SEA_execvp:
    case SEA_execvpe:
    case SEA_execl:
    case SEA_execlp:
    case SEA_execle:
        return true;
    default:
        return false;
    }
}

bool call_has_word(const char *text, size_t length, const char *word)
{
    const char *at = strstr(text, word);

    return at && at < text + length;
}
