/*
 * legal_queues_test.c — message queues, System V and futexes in the legality
 * table, against the real kernel: what else there is than EINTR, and what a
 * caller may know.
 */
#include "legal_try.h"

#include <errno.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#define FAILS_WITH(error, call) ((call) == -1 && errno == (error))
#define LEARN(name, ...) legal_learnt(SEA_##name, (const long[6]){__VA_ARGS__})
#define PROVES(body)                                                           \
    static void body(void **state)                                             \
    {                                                                          \
        (void)state;                                                           \
        try(body##_body);                                                      \
    }

static char bytes[64];
static struct letter {
    long type;
    char text[64];
} letter = {.type = 1};

static void count_signal(int sig)
{
    (void)sig;
}

static void handle_usr1(int flags)
{
    struct sigaction act = {.sa_handler = count_signal, .sa_flags = flags};

    sigaction(SIGUSR1, &act, NULL);
}

static const char *own_name(void)
{
    static char name[64];

    snprintf(name, sizeof(name), "/legal-%d", (int)getpid());
    return name;
}

static mqd_t queue(int flags)
{
    struct mq_attr shape = {.mq_maxmsg = 1, .mq_msgsize = 8};
    mqd_t q = mq_open(own_name(), flags | O_CREAT | O_EXCL, 0600, &shape);

    if (q < 0)
        _exit(CANNOT_BE_SHOWN);
    mq_unlink(own_name());
    return q;
}

/* ---- making one -------------------------------------------------------- */

static void no_descriptor_for_a_queue_body(void)
{
    struct rlimit none = {4, 4};
    int flags = O_CREAT | O_RDWR;

    OUGHT(setrlimit(RLIMIT_NOFILE, &none) == 0);
    while (dup(0) >= 0)
        continue;
    OUGHT(LEGAL(mq_open, EMFILE, AT(own_name()), flags));
    OUGHT(FAILS_WITH(EMFILE, mq_open(own_name(), flags, 0600, NULL)));
    OUGHT(LEGAL(sem_open, EMFILE, AT(own_name()), O_CREAT));
    OUGHT(sem_open(own_name(), O_CREAT, 0600, 0) == SEM_FAILED &&
          errno == EMFILE);
}
PROVES(no_descriptor_for_a_queue)

/* As many as RLIMIT_MSGQUEUE's bytes allow: that is EMFILE, too. */
static void no_bytes_for_a_queue_body(void)
{
    struct rlimit few = {100, 100};

    OUGHT(setrlimit(RLIMIT_MSGQUEUE, &few) == 0);
    OUGHT(LEGAL(mq_open, EMFILE, AT(own_name()), O_CREAT | O_RDWR));
    OUGHT(
        FAILS_WITH(EMFILE, mq_open(own_name(), O_CREAT | O_RDWR, 0600, NULL)));
}
PROVES(no_bytes_for_a_queue)

/* ENOSPC is for who makes one more than the system has room for. */
static void one_that_is_there_needs_no_room_body(void)
{
    const char *name = own_name();
    mqd_t q;

    OUGHT(LEGAL(mq_open, ENOSPC, AT(name), O_CREAT | O_RDWR));
    OUGHT(!LEGAL(mq_open, ENOSPC, AT(name), O_RDWR));
    OUGHT(FAILS_WITH(ENOENT, mq_open(name, O_RDWR)));
    if ((q = mq_open(name, O_CREAT | O_RDWR, 0600, NULL)) < 0)
        _exit(CANNOT_BE_SHOWN);
    bool legal_then = LEGAL(mq_open, ENOSPC, AT(name), O_CREAT | O_RDWR);
    mq_unlink(name);
    OUGHT(!legal_then);
    OUGHT(LEGAL(msgget, ENOSPC, IPC_PRIVATE, 0600));
    OUGHT(LEGAL(semget, ENOSPC, IPC_PRIVATE, 1, 0600));
    OUGHT(LEGAL(shmget, ENOSPC, IPC_PRIVATE, 8, 0600));
    OUGHT(!LEGAL(msgget, ENOSPC, 0x1e6a1, 0600));
    OUGHT(LEGAL(msgget, ENOSPC, 0x1e6a1, 0600 | IPC_CREAT));
    OUGHT(LEGAL(semget, ENOSPC, 0x1e6a1, 1, 0600 | IPC_CREAT));
    OUGHT(LEGAL(shmget, ENOSPC, 0x1e6a1, 8, 0600 | IPC_CREAT));
}
PROVES(one_that_is_there_needs_no_room)

/* ---- messages ---------------------------------------------------------- */

static void empty_queue_without_waiting_body(void)
{
    mqd_t q = queue(O_RDWR | O_NONBLOCK);

    handle_usr1(0);
    OUGHT(LEGAL(mq_receive, EAGAIN, q, AT(bytes), 8, 0));
    OUGHT(!LEGAL(mq_receive, EINTR, q, AT(bytes), 8, 0));
    OUGHT(FAILS_WITH(EAGAIN, mq_receive(q, bytes, 8, NULL)));
    OUGHT(mq_send(q, "", 0, 0) == 0);
    OUGHT(LEGAL(mq_receive, EAGAIN, q, AT(bytes), 8, 0)); /* who knows? */
    LEARN(poll, 0, 0, 0);
    OUGHT(!LEGAL(mq_receive, EAGAIN, q, AT(bytes), 8, 0));
    OUGHT(!LEGAL(mq_send, EINTR, q, AT(bytes), 8, 0));
    OUGHT(FAILS_WITH(EAGAIN, mq_send(q, bytes, 8, 0)));
    OUGHT(mq_receive(q, bytes, 8, NULL) == 0);
}
PROVES(empty_queue_without_waiting)

static void message_known_to_be_there_body(void)
{
    mqd_t q = queue(O_RDWR);
    struct timespec past = {.tv_sec = 1};

    handle_usr1(0);
    OUGHT(LEGAL(mq_receive, EINTR, q, AT(bytes), 8, 0));
    OUGHT(!LEGAL(mq_receive, EAGAIN, q, AT(bytes), 8, 0));
    OUGHT(!LEGAL(mq_timedreceive, EINTR, q, AT(bytes), 8, 0, AT(&past)));
    OUGHT(FAILS_WITH(ETIMEDOUT, mq_timedreceive(q, bytes, 8, NULL, &past)));
    OUGHT(!LEGAL(mq_send, EINTR, q, AT(bytes), 8, 0)); /* there is room */
    OUGHT(mq_send(q, "", 0, 0) == 0);
    OUGHT(LEGAL(mq_send, EINTR, q, AT(bytes), 8, 0));
    OUGHT(!LEGAL(mq_timedsend, EINTR, q, AT(bytes), 8, 0, AT(&past)));
    OUGHT(LEGAL(mq_receive, EINTR, q, AT(bytes), 8, 0));
    LEARN(mq_send, q, AT(bytes), 0, 0);
    OUGHT(!LEGAL(mq_receive, EINTR, q, AT(bytes), 8, 0));
    OUGHT(!LEGAL(mq_receive, SEA_SHORT_COUNT, q, AT(bytes), 8, 0));
    OUGHT(mq_receive(q, bytes, 8, NULL) == 0);
    OUGHT(LEGAL(mq_receive, EINTR, q, AT(bytes), 8, 0));
    OUGHT(!LEGAL(mq_receive, EINTR, 999, AT(bytes), 8, 0));
}
PROVES(message_known_to_be_there)

/* A message is received whole or not at all. */
static void message_is_never_short_body(void)
{
    mqd_t q = queue(O_RDWR);

    OUGHT(mq_send(q, "12345678", 8, 0) == 0);
    OUGHT(FAILS_WITH(EMSGSIZE, mq_receive(q, bytes, 7, NULL)));
    OUGHT(legal_short(SEA_mq_receive, (const long[6]){q, AT(bytes), 8}) == 0);
    OUGHT(mq_receive(q, bytes, 64, NULL) == 8);
}
PROVES(message_is_never_short)

static int sysv_queue, sysv_semaphore;

static void sysv_messages_body(void)
{
    size_t n = sizeof(letter.text);

    handle_usr1(SA_RESTART);
    OUGHT(LEGAL(msgrcv, EINTR, sysv_queue, AT(&letter), (long)n, 0, 0));
    OUGHT(LEGAL(msgrcv, ENOMSG, sysv_queue, 0, (long)n, 0, IPC_NOWAIT));
    OUGHT(!LEGAL(msgrcv, EINTR, sysv_queue, 0, (long)n, 0, IPC_NOWAIT));
    OUGHT(FAILS_WITH(ENOMSG, msgrcv(sysv_queue, &letter, n, 0, IPC_NOWAIT)));
    letter.type = 1;
    OUGHT(!LEGAL(msgsnd, EINTR, sysv_queue, AT(&letter), (long)n, 0));
    while (msgsnd(sysv_queue, &letter, n, IPC_NOWAIT) == 0)
        continue;
    OUGHT(errno == EAGAIN);
    OUGHT(LEGAL(msgsnd, EINTR, sysv_queue, AT(&letter), (long)n, 0));
    OUGHT(!LEGAL(msgsnd, EINTR, sysv_queue, 0, (long)n, IPC_NOWAIT));
    LEARN(msgsnd, sysv_queue);
    OUGHT(!LEGAL(msgrcv, EINTR, sysv_queue, AT(&letter), (long)n, 0, 0));
    OUGHT(!LEGAL(msgrcv, EINTR, 99999999, AT(&letter), (long)n, 0, 0));
}
PROVES(sysv_messages)

static void sysv_semaphores_body(void)
{
    struct sembuf up = {.sem_op = 1}, down = {.sem_op = -1}, zero = {0};
    struct sembuf now = {.sem_op = -1, .sem_flg = IPC_NOWAIT};
    struct timespec none = {0};

    OUGHT(!LEGAL(semop, EINTR, sysv_semaphore, AT(&up), 1));
    OUGHT(!LEGAL(semop, EINTR, sysv_semaphore, AT(&now), 1));
    OUGHT(FAILS_WITH(EAGAIN, semop(sysv_semaphore, &now, 1)));
    OUGHT(LEGAL(semop, EINTR, sysv_semaphore, AT(&down), 1));
    OUGHT(!LEGAL(semtimedop, EINTR, sysv_semaphore, AT(&down), 1, AT(&none)));
    OUGHT(FAILS_WITH(EAGAIN, semtimedop(sysv_semaphore, &down, 1, &none)));
    OUGHT(LEGAL(semop, EINTR, sysv_semaphore, AT(&zero), 1));
    OUGHT(semop(sysv_semaphore, &up, 1) == 0);
    OUGHT(LEGAL(semop, EINTR, sysv_semaphore, AT(&down), 1));
    LEARN(semop, sysv_semaphore);
    OUGHT(!LEGAL(semop, EINTR, sysv_semaphore, AT(&down), 1));
    OUGHT(LEGAL(semop, EINTR, sysv_semaphore, AT(&zero), 1));
    OUGHT(semop(sysv_semaphore, &down, 1) == 0);
}
PROVES(sysv_semaphores)

/* ---- locks ------------------------------------------------------------- */

static void futexes_body(void)
{
    int word = 5;

    handle_usr1(0);
    OUGHT(LEGAL(syscall, SEA_WOKEN, SYS_futex, AT(&word), FUTEX_WAIT, 5));
    OUGHT(LEGAL(syscall, EINTR, SYS_futex, AT(&word), FUTEX_WAIT, 5));
    OUGHT(!LEGAL(syscall, EAGAIN, SYS_futex, AT(&word), FUTEX_WAIT, 5));
    OUGHT(!LEGAL(syscall, EINTR, SYS_futex, AT(&word), FUTEX_WAIT, 4));
    OUGHT(!LEGAL(syscall, SEA_WOKEN, SYS_futex, AT(&word), FUTEX_WAIT, 4));
    OUGHT(FAILS_WITH(EAGAIN, syscall(SYS_futex, &word, FUTEX_WAIT, 4, NULL)));
    OUGHT(!LEGAL(syscall, EINTR, SYS_futex, AT(&word), FUTEX_WAKE, 5));
    OUGHT(!LEGAL(syscall, EINTR, SYS_futex, 0, FUTEX_WAIT, 0));
}
PROVES(futexes)

/* A hail of signals: none of these ever says EINTR. */
static void locks_know_no_eintr_body(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    pid_t self = getpid();

    handle_usr1(0);
    pthread_mutex_lock(&mutex);
    pid_t hail = fork();
    while (hail == 0)
        if (kill(self, SIGUSR1) == -1 || getppid() != self)
            _exit(0);
    for (int i = 0; i < 100; i++) {
        struct timespec at;
        clock_gettime(CLOCK_REALTIME, &at);
        at.tv_nsec = at.tv_nsec < 999000000 ? at.tv_nsec + 200000 : 0;
        at.tv_sec += at.tv_nsec == 0;
        OUGHT(!LEGAL(pthread_cond_timedwait, EINTR, AT(&cond), AT(&mutex)));
        OUGHT(pthread_cond_timedwait(&cond, &mutex, &at) != EINTR);
        OUGHT(pthread_mutex_timedlock(&mutex, &at) == ETIMEDOUT);
    }
    OUGHT(LEGAL(pthread_cond_wait, SEA_WOKEN, AT(&cond), AT(&mutex)));
    kill(hail, SIGKILL);
    OUGHT(ended(hail) == 128 + SIGKILL);
}
PROVES(locks_know_no_eintr)

static int begin(void **state)
{
    (void)state;
    sysv_semaphore = semget(IPC_PRIVATE, 1, 0600);
    sysv_queue = msgget(IPC_PRIVATE, 0600);
    return sysv_semaphore < 0 || sysv_queue < 0;
}

static int end(void **state)
{
    (void)state;
    semctl(sysv_semaphore, 0, IPC_RMID);
    return msgctl(sysv_queue, IPC_RMID, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_descriptor_for_a_queue),
        cmocka_unit_test(no_bytes_for_a_queue),
        cmocka_unit_test(one_that_is_there_needs_no_room),
        cmocka_unit_test(empty_queue_without_waiting),
        cmocka_unit_test(message_known_to_be_there),
        cmocka_unit_test(message_is_never_short),
        cmocka_unit_test(sysv_messages),
        cmocka_unit_test(sysv_semaphores),
        cmocka_unit_test(futexes),
        cmocka_unit_test(locks_know_no_eintr),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
