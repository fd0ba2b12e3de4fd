/*
 * legal_test.c — errors and short counts of the legality table, and what a
 * caller may know, against the real kernel.
 *
 * What a row allows is made to happen, and what it forbids is shown not to
 * happen, with legal() asked in that very state. Not shown, since nothing
 * here can bring them about: ENFILE, ENOMEM from exec, ENOMEM and ENOBUFS
 * from sockets, and ENOSPC from epoll_ctl, whose limit is everybody's.
 */
#include "legal_try.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <termios.h>

#define FAILS_WITH(error, call) ((call) == -1 && errno == (error))
#define PROVES(body)                                                           \
    static void body(void **state)                                             \
    {                                                                          \
        (void)state;                                                           \
        try(body##_body);                                                      \
    }

static char bytes[1 << 20];

static void limit(int resource, rlim_t most)
{
    struct rlimit r = {most, most};

    OUGHT(setrlimit(resource, &r) == 0);
}

static void count_signal(int sig)
{
    (void)sig;
}

static void handle_usr1(int flags)
{
    struct sigaction act = {.sa_handler = count_signal, .sa_flags = flags};

    sigaction(SIGUSR1, &act, NULL);
}

/* ---- descriptors run out ----------------------------------------------- */

static void no_descriptor_left_body(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    int end[2], door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sigset_t set;

    sigemptyset(&set);
    OUGHT(bind(door, (struct sockaddr *)&any, sizeof(any)) == 0);
    OUGHT(listen(door, 1) == 0);
    limit(RLIMIT_NOFILE, (rlim_t)door + 1);

#define RUNS_OUT(name, call, ...)                                              \
    OUGHT(LEGAL(name, EMFILE, __VA_ARGS__) && FAILS_WITH(EMFILE, call))
    RUNS_OUT(pipe, pipe(end), AT(end));
    RUNS_OUT(pipe2, pipe2(end, O_CLOEXEC), AT(end), O_CLOEXEC);
    RUNS_OUT(open, open("/dev/null", O_RDONLY), AT("/dev/null"), O_RDONLY);
    RUNS_OUT(open64, open64("/dev/null", 0), AT("/dev/null"), 0);
    RUNS_OUT(openat, openat(AT_FDCWD, "/", 0), AT_FDCWD, AT("/"), 0);
    RUNS_OUT(openat64, openat64(AT_FDCWD, "/", 0), AT_FDCWD, AT("/"), 0);
    RUNS_OUT(dup, dup(door), door);
    RUNS_OUT(fcntl, fcntl(door, F_DUPFD, 0), door, F_DUPFD, 0);
    RUNS_OUT(fcntl64, fcntl64(door, F_DUPFD_CLOEXEC, 0), door, F_DUPFD_CLOEXEC,
             0);
    RUNS_OUT(socket, socket(AF_UNIX, SOCK_STREAM, 0), AF_UNIX, SOCK_STREAM);
    RUNS_OUT(socketpair, socketpair(AF_UNIX, SOCK_STREAM, 0, end), AF_UNIX);
    RUNS_OUT(accept, accept(door, NULL, NULL), door, 0, 0);
    RUNS_OUT(accept4, accept4(door, NULL, NULL, 0), door, 0, 0, 0);
    RUNS_OUT(memfd_create, memfd_create("x", 0), AT("x"), 0);
    RUNS_OUT(shm_open, shm_open("/x", O_RDONLY, 0), AT("/x"), O_RDONLY);
    RUNS_OUT(eventfd, eventfd(0, 0), 0, 0);
    RUNS_OUT(signalfd, signalfd(-1, &set, 0), -1, AT(&set), 0);
    RUNS_OUT(timerfd_create, timerfd_create(CLOCK_MONOTONIC, 0), 1, 0);
    RUNS_OUT(epoll_create, epoll_create(1), 1);
    RUNS_OUT(epoll_create1, epoll_create1(0), 0);
    RUNS_OUT(pidfd_open, pidfd_open(getpid(), 0), getpid(), 0);
    RUNS_OUT(syscall, (int)syscall(SYS_pidfd_open, getpid(), 0), SYS_pidfd_open,
             getpid(), 0);
    OUGHT(LEGAL(pipe, ENFILE, 0)); /* by name */
    OUGHT(LEGAL(accept, ENFILE, door) && LEGAL(accept4, ENOMEM, door));
    OUGHT(LEGAL(socket, ENOBUFS, AF_INET, SOCK_STREAM));
    OUGHT(!LEGAL(accept, EMFILE, 999) && !LEGAL(accept, ENFILE, end[0]));

    /* These make no new one. */
    OUGHT(!LEGAL(fcntl, EMFILE, door, F_GETFD) && fcntl(door, F_GETFD) >= 0);
    OUGHT(!LEGAL(dup2, EMFILE, door, 0) && dup2(door, 0) == 0);
    OUGHT(!LEGAL(syscall, EMFILE, SYS_getpid));
}
PROVES(no_descriptor_left)

static void signalfd_changed_makes_none_body(void)
{
    sigset_t set;
    int fd;

    sigemptyset(&set);
    fd = signalfd(-1, &set, 0);
    limit(RLIMIT_NOFILE, 3);
    OUGHT(!LEGAL(signalfd, EMFILE, fd, AT(&set), 0));
    OUGHT(signalfd(fd, &set, 0) == fd);
}
PROVES(signalfd_changed_makes_none)

/* ---- processes and memory run out -------------------------------------- */

static int nothing(void *unused)
{
    (void)unused;
    return 0;
}

/* Every way to make a process fails with this error. */
static void no_process(int error)
{
    static char stack[1 << 16] __attribute__((aligned(16)));
    static char *argv[] = {"true", NULL}, *envp[] = {NULL};
    pid_t pid;

    OUGHT(LEGAL(fork, error, 0) && FAILS_WITH(error, fork()));
    OUGHT(LEGAL(syscall, error, SYS_clone) &&
          FAILS_WITH(error, (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)));
    OUGHT(LEGAL(clone, error, 0) &&
          FAILS_WITH(error,
                     clone(nothing, stack + sizeof(stack), SIGCHLD, NULL)));
    OUGHT(LEGAL(_Fork, error, 0));
    OUGHT(LEGAL(posix_spawn, error, 0) &&
          posix_spawn(&pid, "/bin/true", NULL, NULL, argv, envp) == error);
    OUGHT(LEGAL(posix_spawnp, error, 0) &&
          posix_spawnp(&pid, "true", NULL, NULL, argv, envp) == error);
    OUGHT(LEGAL(vfork, error, 0));
    pid = vfork();
    if (pid == 0)
        _exit(NOT_AS_IT_OUGHT);
    OUGHT(FAILS_WITH(error, pid));
}

static void too_many_processes_body(void)
{
    if (getuid() == 0)
        OUGHT(setresuid(65534, 65534, 65534) == 0);
    limit(RLIMIT_NPROC, 0);
    no_process(EAGAIN);
}
PROVES(too_many_processes)

/* A process namespace whose first process is gone has no room for more. */
static void no_memory_for_a_process_body(void)
{
    pid_t first;

    if (unshare(CLONE_NEWPID) == -1)
        _exit(CANNOT_BE_SHOWN);
    first = fork();
    if (first == 0)
        _exit(0);
    OUGHT(ended(first) == 0);
    no_process(ENOMEM);
}
PROVES(no_memory_for_a_process)

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED false
#endif

/* The compiler must not think that it knows. */
static void *volatile given;

static bool none(void *p)
{
    given = p;
    return !given;
}

static void no_memory_body(void)
{
    if (SANITIZED) /* its allocator ends the program instead */
        _exit(CANNOT_BE_SHOWN);
    static char text[1 << 24];
    const size_t much = 1 << 24;
    given = malloc(100);
    memset(text, 'x', sizeof(text) - 1);
    limit(RLIMIT_AS, 1 << 20);
    OUGHT(LEGAL(malloc, ENOMEM, much) && none(malloc(much)));
    OUGHT(LEGAL(calloc, ENOMEM, 1, much) && none(calloc(1, much)));
    OUGHT(LEGAL(realloc, ENOMEM, 1, much) && none(realloc(given, much)));
    OUGHT(LEGAL(reallocarray, ENOMEM, 1, 2, much / 2) &&
          none(reallocarray(given, 2, much / 2)));
    OUGHT(!LEGAL(reallocarray, ENOMEM, 1, 2, 0));
    OUGHT(LEGAL(strdup, ENOMEM, AT(text)) && none(strdup(text)));
    OUGHT(LEGAL(mmap, ENOMEM, 0, much) &&
          mmap(NULL, much, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
              MAP_FAILED);
    OUGHT(LEGAL(mmap64, ENOMEM, 0, much));
    void *page =
        mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    OUGHT(LEGAL(mremap, ENOMEM, AT(page), 4096, much) &&
          mremap(page, 4096, much, MREMAP_MAYMOVE) == MAP_FAILED);
    OUGHT(!LEGAL(mremap, ENOMEM, AT(page), 4096, 4096));
    OUGHT(!LEGAL(realloc, ENOMEM, 1, 0)); /* that is free */
    OUGHT(!LEGAL(malloc, ENOMEM, 0) && !LEGAL(calloc, ENOMEM, 0, 8));
}
PROVES(no_memory)

static void no_room_for_a_fifo_body(void)
{
    char folder[] = "/tmp/legal-XXXXXX";
    bool made = mkdtemp(folder) && unshare(CLONE_NEWNS) == 0 &&
                mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                mount("tmpfs", folder, "tmpfs", 0, "nr_inodes=2") == 0 &&
                chdir(folder) == 0;
    bool first =
        made && LEGAL(mkfifo, ENOSPC, AT("a")) && mkfifo("a", 0600) == 0;
    bool second = made && LEGAL(mkfifo, ENOSPC, AT("b")) &&
                  FAILS_WITH(ENOSPC, mkfifo("b", 0600));
    bool again = made && !LEGAL(mkfifo, ENOSPC, AT("a")) &&
                 FAILS_WITH(EEXIST, mkfifo("a", 0600));

    if (made && chdir("/") == 0)
        umount2(folder, MNT_DETACH);
    rmdir(folder);
    if (!made)
        _exit(CANNOT_BE_SHOWN);
    OUGHT(first && second && again);
}
PROVES(no_room_for_a_fifo)

/* ---- nobody there, nothing there --------------------------------------- */

static int tcp_door(struct sockaddr_in *at)
{
    socklen_t size = sizeof(*at);
    int door = socket(AF_INET, SOCK_STREAM, 0);

    *at = (struct sockaddr_in){.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    OUGHT(bind(door, (struct sockaddr *)at, size) == 0);
    OUGHT(getsockname(door, (struct sockaddr *)at, &size) == 0);
    OUGHT(listen(door, 8) == 0);
    return door;
}

/* accept(2) tells of ECONNABORTED; Linux gives the dead connection. */
static void peer_gone_before_accept_body(void)
{
    struct linger reset = {.l_onoff = 1};
    struct sockaddr_in at;
    socklen_t size = sizeof(at);
    int door = tcp_door(&at), peer = socket(AF_INET, SOCK_STREAM, 0);

    OUGHT(connect(peer, (struct sockaddr *)&at, size) == 0);
    setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(peer);
    OUGHT(LEGAL(accept, ECONNABORTED, door, AT(&at), AT(&size)));
    OUGHT(accept(door, (struct sockaddr *)&at, &size) >= 0);
    OUGHT(!LEGAL(accept, ECONNABORTED, door, AT(&at), AT(&size)));
}
PROVES(peer_gone_before_accept)

static void nothing_there_yet_body(void)
{
    struct sockaddr_in at;
    int end[2], door = tcp_door(&at), file = memfd_create("file", 0);

    OUGHT(pipe(end) == 0);
    OUGHT(!LEGAL(read, EAGAIN, end[0], AT(bytes), 1)); /* it would sleep */
    OUGHT(!LEGAL(accept, EAGAIN, door));
    fcntl(end[0], F_SETFL, O_NONBLOCK);
    fcntl(door, F_SETFL, O_NONBLOCK);
    OUGHT(LEGAL(read, EAGAIN, end[0], AT(bytes), 1));
    OUGHT(FAILS_WITH(EAGAIN, read(end[0], bytes, 1)));
    OUGHT(LEGAL(accept, EAGAIN, door));
    OUGHT(FAILS_WITH(EAGAIN, accept(door, NULL, NULL)));
    OUGHT(!LEGAL(read, EAGAIN, file, AT(bytes), 1));
    OUGHT(read(file, bytes, 1) == 0);
}
PROVES(nothing_there_yet)

/* A datagram finds no room: for a moment, or no memory. */
static void no_room_for_a_datagram_body(void)
{
    int end[2], udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), n = 0;
    int tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    OUGHT(socketpair(AF_UNIX, SOCK_DGRAM, 0, end) == 0);
    OUGHT(!LEGAL(send, EAGAIN, end[0], 0, 8, 0));
    OUGHT(LEGAL(send, EAGAIN, end[0], 0, 8, MSG_DONTWAIT));
    while (send(end[0], bytes, 8, MSG_DONTWAIT) == 8)
        n++;
    OUGHT(n > 0 && errno == EAGAIN);
    OUGHT(LEGAL(write, ENOBUFS, end[0], 0, 8));
    OUGHT(LEGAL(sendto, ENOBUFS, udp, 0, 8, 0, 0, 0));
    OUGHT(LEGAL(sendto, EAGAIN, udp, 0, 8, 0, 0, 0));
    OUGHT(LEGAL(send, EAGAIN, tcp, 0, 8, 0));
    OUGHT(!LEGAL(send, ENOBUFS, tcp, 0, 8, 0));
    OUGHT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, end) == 0);
    OUGHT(!LEGAL(send, EAGAIN, end[0], 0, 8, 0)); /* it fits */
    OUGHT(!LEGAL(send, ENOBUFS, end[0], 0, 8, 0));
    OUGHT(pipe2(end, O_NONBLOCK) == 0);
    OUGHT(!LEGAL(write, EAGAIN, end[1], 0, 8));
    OUGHT(!LEGAL(write, ENOBUFS, end[1], 0, 8));
}
PROVES(no_room_for_a_datagram)

/* ---- names of sockets -------------------------------------------------- */

/* A folder on a disk with room for one more name; false: cannot be. */
static bool small_disk(char *folder)
{
    return mkdtemp(folder) && unshare(CLONE_NEWNS) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", folder, "tmpfs", 0, "nr_inodes=2") == 0 &&
           chdir(folder) == 0;
}

static bool binds_as_told(const char *path, bool could, int error)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(at.sun_path, path);
    return LEGAL(bind, ENOSPC, fd, AT(&at), sizeof(at)) == could &&
           !LEGAL(bind, EADDRINUSE, fd, AT(&at), sizeof(at)) &&
           (bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 ? 0 : errno) ==
               error;
}

static void no_room_for_a_socket_body(void)
{
    char folder[] = "/tmp/legal-XXXXXX";
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0x"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bool made = small_disk(folder);
    bool so = made && binds_as_told("a", true, 0) &&
              binds_as_told("b", true, ENOSPC) &&
              binds_as_told("a", false, EADDRINUSE) &&
              !LEGAL(bind, ENOSPC, fd, AT(&name), 4);

    if (made && chdir("/") == 0)
        umount2(folder, MNT_DETACH);
    rmdir(folder);
    if (!made)
        _exit(CANNOT_BE_SHOWN);
    OUGHT(so);
}
PROVES(no_room_for_a_socket)

/* A network of its own, with one port to choose from. */
static bool one_port(void)
{
    static const char file[] = "/proc/sys/net/ipv4/ip_local_port_range";
    int fd = unshare(CLONE_NEWNET) == 0 ? open(file, O_WRONLY) : -1;
    bool so = fd >= 0 && write(fd, "40000 40000", 11) == 11;

    close(fd);
    return so;
}

static void no_port_left_body(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET}, this = any;
    int first = socket(AF_INET, SOCK_STREAM, 0);
    int second = socket(AF_INET, SOCK_STREAM, 0);

    if (!one_port())
        _exit(CANNOT_BE_SHOWN);
    first = socket(AF_INET, SOCK_STREAM, 0);
    second = socket(AF_INET, SOCK_STREAM, 0);
    this.sin_port = htons(39999);
    OUGHT(!LEGAL(bind, EADDRINUSE, first, AT(&this), sizeof(this)));
    OUGHT(LEGAL(bind, EADDRINUSE, first, AT(&any), sizeof(any)));
    OUGHT(!LEGAL(bind, ENOSPC, first, AT(&any), sizeof(any)));
    OUGHT(bind(first, (struct sockaddr *)&any, sizeof(any)) == 0);
    OUGHT(!LEGAL(bind, EADDRINUSE, first, AT(&any), sizeof(any))); /* EINVAL */
    OUGHT(FAILS_WITH(EADDRINUSE,
                     bind(second, (struct sockaddr *)&any, sizeof(any))));
    any.sin_addr.s_addr = htonl(0x01020304); /* EADDRNOTAVAIL */
    OUGHT(!LEGAL(bind, EADDRINUSE, second, AT(&any), sizeof(any)));
}
PROVES(no_port_left)

static void another_listens_first_body(void)
{
    int yes = 1, fd[2], alone = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET}, own = at;
    socklen_t size = sizeof(at);

    OUGHT(bind(alone, (struct sockaddr *)&own, size) == 0);
    OUGHT(!LEGAL(listen, EADDRINUSE, alone, 5)); /* it has the port alone */
    for (int i = 0; i < 2; i++) {
        fd[i] = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(fd[i], SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
        OUGHT(bind(fd[i], (struct sockaddr *)&at, size) == 0);
        OUGHT(getsockname(fd[0], (struct sockaddr *)&at, &size) == 0);
    }
    OUGHT(LEGAL(listen, EADDRINUSE, fd[0], 5) && listen(fd[0], 5) == 0);
    OUGHT(LEGAL(listen, EADDRINUSE, fd[1], 5));
    OUGHT(FAILS_WITH(EADDRINUSE, listen(fd[1], 5)));
    OUGHT(!LEGAL(listen, EADDRINUSE, fd[0], 9) && listen(fd[0], 9) == 0);
    OUGHT(!LEGAL(listen, EADDRINUSE, socket(AF_UNIX, SOCK_STREAM, 0), 5));
}
PROVES(another_listens_first)

/* ---- epoll ------------------------------------------------------------- */

static void epoll_list_may_be_full_body(void)
{
    struct epoll_event in = {.events = EPOLLIN};
    int end[2], list = epoll_create1(0), file = memfd_create("file", 0);

    OUGHT(pipe(end) == 0);
    for (int i = 0; i < 40; i++) /* of others, too */
        OUGHT(epoll_ctl(list, EPOLL_CTL_ADD, eventfd(0, 0), &in) == 0);
#define FULL(what, fd) LEGAL(epoll_ctl, ENOSPC, list, EPOLL_CTL_##what, fd)
    OUGHT(FULL(ADD, end[0]) && FULL(ADD, end[1]));
    OUGHT(LEGAL(epoll_ctl, ENOMEM, list, EPOLL_CTL_ADD, end[0]));
    OUGHT(epoll_ctl(list, EPOLL_CTL_ADD, end[0], &in) == 0);
    OUGHT(!FULL(ADD, end[0]) && FULL(ADD, end[1]));
    OUGHT(FAILS_WITH(EEXIST, epoll_ctl(list, EPOLL_CTL_ADD, end[0], &in)));
    OUGHT(!FULL(MOD, end[0]) && !FULL(DEL, end[0]));
    OUGHT(!FULL(ADD, file) && !FULL(ADD, 999) && !FULL(ADD, list));
    OUGHT(FAILS_WITH(EPERM, epoll_ctl(list, EPOLL_CTL_ADD, file, &in)));
    OUGHT(!LEGAL(epoll_ctl, ENOSPC, 999, EPOLL_CTL_ADD, end[0]));
    OUGHT(epoll_ctl(list, EPOLL_CTL_DEL, end[0], NULL) == 0);
    OUGHT(FULL(ADD, end[0]));
}
PROVES(epoll_list_may_be_full)

/* ---- short counts ------------------------------------------------------ */

#define CUT(name, ...) legal_short(SEA_##name, (const long[6]){__VA_ARGS__})

static void pipe_read_may_be_short_body(void)
{
    struct iovec part[2] = {{bytes, 5000}, {bytes, 5000}};
    int end[2];

    OUGHT(pipe(end) == 0);
    OUGHT(write(end[1], bytes, 5000) == 5000);
    OUGHT(LEGAL(read, SEA_SHORT_COUNT, end[0], AT(bytes), 10000));
    OUGHT(CUT(read, end[0], AT(bytes), 10000) == PIPE_BUF);
    OUGHT(CUT(readv, end[0], AT(part), 2) == PIPE_BUF);
    OUGHT(CUT(syscall, SYS_read, end[0], AT(bytes), 10000) == PIPE_BUF);
    OUGHT(read(end[0], bytes, 10000) == 5000);
    OUGHT(CUT(write, end[0], AT(bytes), 10000) == 0); /* EBADF */
    OUGHT(CUT(close, end[0], AT(bytes), 10000) == 0);
}
PROVES(pipe_read_may_be_short)

/* Whatever is written with one call, while the reader waits for it. */
static void one_message_in_pieces(int from, int to, bool legal_to_cut)
{
    static const int sizes[] = {2, 4, 100, 4095, PIPE_BUF};

    for (size_t i = 0; i < 5; i++) {
        size_t n = (size_t)sizes[i];
        OUGHT((CUT(read, from, AT(bytes), n) > 0) == legal_to_cut);
        OUGHT((CUT(recv, from, AT(bytes), n, 0) > 0) == legal_to_cut);
        pid_t writer = fork();
        if (writer == 0)
            _exit(write(to, bytes, n) != (ssize_t)n);
        OUGHT(read(from, bytes, n) == (ssize_t)n);
        OUGHT(ended(writer) == 0);
    }
}

static void small_message_arrives_whole_body(void)
{
    int end[2], kinds[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};

    OUGHT(pipe(end) == 0);
    one_message_in_pieces(end[0], end[1], false);
    OUGHT(pipe2(end, O_DIRECT) == 0);
    one_message_in_pieces(end[0], end[1], false);
    for (int i = 0; i < 3; i++) {
        OUGHT(socketpair(AF_UNIX, kinds[i], 0, end) == 0);
        one_message_in_pieces(end[0], end[1], false);
    }
}
PROVES(small_message_arrives_whole)

/* Who asked for edges waits for the next one after a short count and after
 * EAGAIN: the kernel sends it, the sea could not. */
static void edges_are_not_imitated_body(void)
{
    struct epoll_event in = {.events = EPOLLIN};
    struct sockaddr_in at;
    int door = tcp_door(&at), to = socket(AF_INET, SOCK_STREAM, 0);

    OUGHT(connect(to, (struct sockaddr *)&at, sizeof(at)) == 0);
    fcntl(door, F_SETFL, O_NONBLOCK);
    fcntl(to, F_SETFL, O_NONBLOCK);
    legal_learnt(SEA_epoll_ctl, (const long[6]){3, EPOLL_CTL_ADD, 4, AT(&in)});
    OUGHT(LEGAL(accept, EAGAIN, door) && CUT(read, to, AT(bytes), 4) == 1);
    OUGHT(LEGAL(send, EAGAIN, to, AT(bytes), 4, 0));
    in.events |= EPOLLET;
    legal_learnt(SEA_epoll_ctl, (const long[6]){3, EPOLL_CTL_ADD, 4, AT(&in)});
    OUGHT(!LEGAL(accept, EAGAIN, door) && CUT(read, to, AT(bytes), 4) == 0);
    OUGHT(!LEGAL(send, EAGAIN, to, AT(bytes), 4, 0));
    OUGHT(!LEGAL(read, EAGAIN, to, AT(bytes), 4));
    OUGHT(CUT(send, to, AT(bytes), 1L << 40, 0) == 0);
    fcntl(to, F_SETFL, 0);
    OUGHT(CUT(read, to, AT(bytes), 4) == 1); /* it sees what there is */
}
PROVES(edges_are_not_imitated)

static void record_is_never_short_body(void)
{
    int end[2], kinds[] = {SOCK_SEQPACKET, SOCK_DGRAM};
    struct iovec whole = {bytes, 50000};
    struct msghdr msg = {.msg_iov = &whole, .msg_iovlen = 1};

    for (int i = 0; i < 2; i++) {
        OUGHT(socketpair(AF_UNIX, kinds[i], 0, end) == 0);
        OUGHT(write(end[1], bytes, 50000) == 50000);
        OUGHT(CUT(read, end[0], AT(bytes), 50000) == 0);
        OUGHT(CUT(recv, end[0], AT(bytes), 50000, 0) == 0);
        OUGHT(CUT(recvfrom, end[0], AT(bytes), 50000, 0, 0, 0) == 0);
        OUGHT(CUT(recvmsg, end[0], AT(&msg), 0) == 0);
        OUGHT(CUT(sendto, end[0], AT(bytes), 1L << 30, 0, 0, 0) == 0);
        OUGHT(read(end[0], bytes, 50000) == 50000);
    }
    /* A pipe of packets: they are of PIPE_BUF bytes at most. */
    OUGHT(pipe2(end, O_DIRECT) == 0);
    OUGHT(write(end[1], bytes, PIPE_BUF) == PIPE_BUF);
    OUGHT(CUT(read, end[0], AT(bytes), 50000) == PIPE_BUF);
    OUGHT(read(end[0], bytes, 50000) == PIPE_BUF);
}
PROVES(record_is_never_short)

static void file_is_never_short_body(void)
{
    int file = memfd_create("file", 0), count = eventfd(7, 0);

    OUGHT(ftruncate(file, sizeof(bytes)) == 0);
    OUGHT(CUT(read, file, AT(bytes), sizeof(bytes)) == 0);
    OUGHT(read(file, bytes, sizeof(bytes)) == sizeof(bytes));
    OUGHT(CUT(write, file, AT(bytes), sizeof(bytes)) == 0);
    OUGHT(CUT(read, count, AT(bytes), 8) == 0);
    OUGHT(CUT(read, count, AT(bytes), 8000) == 0);
    OUGHT(read(count, bytes, 8000) == 8);
}
PROVES(file_is_never_short)

static void tcp_may_be_cut_anywhere_body(void)
{
    struct sockaddr_in at;
    int door = tcp_door(&at), to = socket(AF_INET, SOCK_STREAM, 0), from;

    OUGHT(connect(to, (struct sockaddr *)&at, sizeof(at)) == 0);
    from = accept(door, NULL, NULL);
    OUGHT(write(to, bytes, 3) == 3);
    OUGHT(CUT(read, from, AT(bytes), 4) == 1);
    OUGHT(CUT(recv, from, AT(bytes), 4, 0) == 1);
    OUGHT(CUT(read, from, AT(bytes), 1) == 0);
    OUGHT(CUT(recv, from, AT(bytes), 4, MSG_WAITALL) == 0);
    OUGHT(read(from, bytes, 4) == 3);
}
PROVES(tcp_may_be_cut_anywhere)

static void raw_terminal_may_be_cut_body(void)
{
    struct termios tio;
    int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

    if (master < 0 || unlockpt(master) < 0)
        _exit(CANNOT_BE_SHOWN);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    OUGHT(slave >= 0);
    OUGHT(CUT(read, slave, AT(bytes), 10) == 0); /* a line is whole */
    OUGHT(write(master, "a line\n", 7) == 7);
    OUGHT(read(slave, bytes, 10) == 7);
    tcgetattr(slave, &tio);
    cfmakeraw(&tio);
    tcsetattr(slave, TCSANOW, &tio);
    OUGHT(write(master, "abc", 3) == 3);
    OUGHT(CUT(read, slave, AT(bytes), 10) == 1);
    ssize_t n = read(slave, bytes, 10);
    OUGHT(n > 0 && n <= 3);
}
PROVES(raw_terminal_may_be_cut)

static void nonblocking_write_may_be_short_body(void)
{
    int end[2], pair[2];

    OUGHT(pipe2(end, O_NONBLOCK) == 0);
    OUGHT(CUT(write, end[1], AT(bytes), 65536) == 0); /* it fits */
    OUGHT(write(end[1], bytes, 65536 - 8192) == 65536 - 8192);
    OUGHT(CUT(write, end[1], AT(bytes), 10000) == PIPE_BUF);
    OUGHT(LEGAL(write, SEA_SHORT_COUNT, end[1], AT(bytes), 10000));
    OUGHT(CUT(write, end[1], AT(bytes), PIPE_BUF) == 0);
    OUGHT(write(end[1], bytes, 10000) == 8192);
    OUGHT(CUT(write, end[1], AT(bytes), PIPE_BUF) == 0);
    OUGHT(FAILS_WITH(EAGAIN, write(end[1], bytes, PIPE_BUF)));

    OUGHT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    struct iovec whole = {bytes, sizeof(bytes)};
    struct msghdr msg = {.msg_iov = &whole, .msg_iovlen = 1};
    OUGHT(LEGAL(sendmsg, SEA_SHORT_COUNT, pair[0], AT(&msg), 0));
    OUGHT(CUT(sendmsg, pair[0], AT(&msg), 0) == PIPE_BUF);
    OUGHT(CUT(sendto, pair[0], AT(bytes), sizeof(bytes), 0, 0, 0) == PIPE_BUF);
    OUGHT(CUT(recvmsg, pair[0], AT(&msg), 0) == PIPE_BUF);
    OUGHT(CUT(recvmsg, pair[0], AT(&msg), MSG_WAITALL) == 0);
    OUGHT(CUT(send, pair[0], AT(bytes), sizeof(bytes), 0) == PIPE_BUF);
    OUGHT(CUT(send, pair[0], AT(bytes), PIPE_BUF, 0) == 0);
    ssize_t n = send(pair[0], bytes, sizeof(bytes), 0);
    OUGHT(n > 0 && (size_t)n < sizeof(bytes));
}
PROVES(nonblocking_write_may_be_short)

/* Two pipes' fill, then a signal. */
static void blocking_writer(void)
{
    int end[2];

    OUGHT(pipe(end) == 0);
    OUGHT(CUT(write, end[1], AT(bytes), 1 << 17) == PIPE_BUF);
    OUGHT(CUT(write, end[1], AT(bytes), 1 << 16) == 0); /* it fits */
    OUGHT(write(end[1], bytes, 1 << 17) == 1 << 16);
}

static void writer_with_handler(void)
{
    handle_usr1(0);
    blocking_writer();
}

static void writer_with_restart(void)
{
    handle_usr1(SA_RESTART);
    blocking_writer();
}

static void interrupted_write_is_short(void **state)
{
    void (*writers[])(void) = {writer_with_handler, writer_with_restart};

    (void)state;
    for (int i = 0; i < 2; i++) {
        pid_t pid = start(writers[i]);
        assert_true(becomes(pid, 'S'));
        kill(pid, SIGUSR1);
        assert_int_equal(ended(pid), AS_IT_OUGHT);
    }
}

static void undisturbed_write_is_whole_body(void)
{
    int end[2];
    size_t n = 1 << 17, got = 0;

    OUGHT(pipe(end) == 0);
    OUGHT(CUT(write, end[1], AT(bytes), n) == 0); /* no handler */
    pid_t writer = fork();
    if (writer == 0)
        _exit(write(end[1], bytes, n) != (ssize_t)n);
    while (got < n)
        got += (size_t)read(end[0], bytes, n);
    OUGHT(ended(writer) == 0);
}
PROVES(undisturbed_write_is_whole)

/* Descriptors of a message that is sent in part go with its first bytes. */
static void message_in_part_has_its_descriptor_body(void)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.head = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
    struct iovec whole = {bytes, sizeof(bytes)};
    struct msghdr msg = {.msg_iov = &whole,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof(control)};
    int pair[2];

    OUGHT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    memcpy(CMSG_DATA(&control.head), &pair[0], sizeof(int));
    ssize_t n = sendmsg(pair[0], &msg, 0);
    OUGHT(n > 0 && (size_t)n < sizeof(bytes));
    memset(&control, 0, sizeof(control));
    whole.iov_len = 1;
    OUGHT(recvmsg(pair[1], &msg, 0) == 1);
    OUGHT(msg.msg_controllen > 0 && control.head.cmsg_type == SCM_RIGHTS);
}
PROVES(message_in_part_has_its_descriptor)

/* ---- what the caller may know ------------------------------------------ */

#define LEARN(name, ...) legal_learnt(SEA_##name, (const long[6]){__VA_ARGS__})

static pid_t ended_child(void)
{
    siginfo_t info;
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    OUGHT(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
    return pid;
}

static void child_known_to_have_ended_body(void)
{
    handle_usr1(0);
    pid_t pid = ended_child();
    OUGHT(LEGAL(waitpid, EINTR, pid, 0, 0)); /* how should it know? */
    LEARN(waitpid, pid, 0, WNOHANG);
    LEARN(waitid, P_PID, pid, 0, WEXITED);
    LEARN(write, 1, 0, 1);
    OUGHT(LEGAL(waitpid, EINTR, pid, 0, 0));
    LEARN(waitid, P_ALL, 0, 0, WEXITED | WNOWAIT);
    OUGHT(!LEGAL(waitpid, EINTR, pid, 0, 0));
    OUGHT(!LEGAL(wait, EINTR, 0));
    legal_forget();
    OUGHT(LEGAL(waitpid, EINTR, pid, 0, 0));
    LEARN(poll, 0, 0, -1);
    OUGHT(!LEGAL(waitpid, EINTR, pid, 0, 0));
    legal_forget();
    LEARN(sigwait, 0, 0);
    OUGHT(!LEGAL(waitpid, EINTR, pid, 0, 0));
    legal_forget();
    LEARN(syscall, SYS_waitid, P_ALL, 0, 0, WEXITED | WNOWAIT);
    OUGHT(!LEGAL(waitpid, EINTR, pid, 0, 0));
    OUGHT(waitpid(pid, NULL, 0) == pid);
}
PROVES(child_known_to_have_ended)

static void a_sigchld_handler_knows_body(void)
{
    pid_t pid = ended_child();

    handle_usr1(0);
    signal(SIGCHLD, count_signal);
    OUGHT(!LEGAL(waitpid, EINTR, pid, 0, 0));
}
PROVES(a_sigchld_handler_knows)

static void data_known_to_be_there_body(void)
{
    sem_t sem;
    int end[2];

    handle_usr1(0);
    sem_init(&sem, 0, 1);
    OUGHT(pipe(end) == 0 && write(end[1], bytes, 8192) == 8192);
    OUGHT(LEGAL(read, EINTR, end[0], AT(bytes), 1));
    OUGHT(LEGAL(sem_wait, EINTR, AT(&sem)));
    LEARN(waitpid, 1, 0, 0);
    OUGHT(!LEGAL(read, EINTR, end[0], AT(bytes), 1));
    OUGHT(!LEGAL(sem_wait, EINTR, AT(&sem)));
    OUGHT(CUT(read, end[0], AT(bytes), 8192) == 0); /* all of it is there */
    OUGHT(CUT(read, end[0], AT(bytes), 8193) == PIPE_BUF);
    legal_forget();
    OUGHT(LEGAL(read, EINTR, end[0], AT(bytes), 1));
    LEARN(vfork, 0);
    OUGHT(!LEGAL(read, EINTR, end[0], AT(bytes), 1));
    OUGHT(read(end[0], bytes, 8192) == 8192);
    OUGHT(LEGAL(read, EINTR, end[0], AT(bytes), 1)); /* now it may sleep */
    close(end[1]);
    OUGHT(!LEGAL(read, EINTR, end[0], AT(bytes), 1)); /* the end is there */
}
PROVES(data_known_to_be_there)

/* Under a hail of signals a call that finds what it waits for says so. */
static void hail_on_calls_that_find_body(void)
{
    int end[2];
    pid_t self = getpid(), done = ended_child();

    handle_usr1(0);
    OUGHT(pipe(end) == 0 && write(end[1], bytes, 5000) == 5000);
    pid_t hail = fork();
    while (hail == 0)
        if (kill(self, SIGUSR1) == -1 || getppid() != self)
            _exit(0);
    for (int i = 0; i < 500; i++) {
        OUGHT(waitid(P_PID, (id_t)done, NULL, WEXITED | WNOWAIT) == 0);
        OUGHT(read(end[0], bytes, 2) == 2);
        OUGHT(write(end[1], bytes, 2) == 2);
        OUGHT(getrandom(bytes, 256, 0) == 256);
        OUGHT(getentropy(bytes, 256) == 0);
    }
    kill(hail, SIGKILL);
    OUGHT(ended(hail) == 128 + SIGKILL);
}
PROVES(hail_on_calls_that_find)

/* ---- the interface ----------------------------------------------------- */

static void kinds_of_faults(void **state)
{
    (void)state;
    assert_int_equal(legal_kind(EINTR), SEA_EINTR);
    assert_int_equal(legal_kind(SEA_SHORT_COUNT), SEA_SHORT);
    assert_int_equal(legal_kind(SEA_KILLED), SEA_KILLS);
    assert_int_equal(legal_kind(EMFILE), SEA_ERRORS);
    assert_true(LEGAL(pause, SEA_KILLED, 0));
}

static void some_calls_never_fail_so(void **state)
{
    static const enum sea_call never[] = {
        SEA_exit,          SEA__exit,
        SEA_abort,         SEA_kill,
        SEA_killpg,        SEA_close,
        SEA_dup2,          SEA_dup3,
        SEA_free,          SEA_munmap,
        SEA_alarm,         SEA_setpgid,
        SEA_setsid,        SEA_unlink,
        SEA_sleep,         SEA_sigaction,
        SEA_sigprocmask,   SEA_sigwait,
        SEA_clock_gettime, SEA_ftruncate,
        SEA_sem_post,      SEA_pthread_mutex_lock,
        SEA_getsockopt,    SEA_setsockopt,
        SEA_getsockname,   SEA_getpeername,
        SEA_shutdown,      SEA_getrandom,
        SEA_getentropy};
    static const long none[6];

    (void)state;
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        assert_int_equal(legal_faults(never[i])[0], 0);
        assert_false(legal(never[i], none, EINTR));
        assert_false(legal(never[i], none, EAGAIN));
    }
}

static void faults_to_try_are_legal_somewhere(void **state)
{
    (void)state;
    for (int call = 0; call < SEA_CALLS; call++)
        for (const int *f = legal_faults(call); *f; f++)
            assert_true(*f > 0 && *f < SEA_KILLED);
    assert_int_equal(legal_faults(SEA_fork)[0], EAGAIN);
    assert_int_equal(legal_faults(SEA_execve)[0], ENOMEM);
}

static void errno_is_kept(void **state)
{
    (void)state;
    errno = EXDEV;
    LEGAL(read, EINTR, 999, 0, 1);
    LEGAL(waitpid, EINTR, getppid(), 0, 0);
    LEGAL(mkfifo, ENOSPC, AT("/no/such/folder"));
    CUT(read, 999, 0, 100000);
    LEARN(poll, 0, 0, 0);
    assert_int_equal(errno, EXDEV);
    legal_forget();
}

static void asked_in_a_vfork_child_body(void)
{
    handle_usr1(0);
    pid_t pid = vfork();
    if (pid == 0)
        _exit(!(LEGAL(pause, EINTR, 0) && LEGAL(execve, ENOMEM, 0)));
    OUGHT(ended(pid) == 0);
}
PROVES(asked_in_a_vfork_child)

static void remaining_time_is_left_behind(void **state)
{
    struct timespec asked = {5, 6}, left = {0};

    (void)state;
    legal_traces(SEA_nanosleep, (const long[6]){AT(&asked), AT(&left)}, EINTR);
    assert_memory_equal(&left, &asked, sizeof(left));
    left.tv_sec = 99;
    legal_traces(
        SEA_clock_nanosleep,
        (const long[6]){CLOCK_MONOTONIC, TIMER_ABSTIME, AT(&asked), AT(&left)},
        EINTR);
    assert_int_equal(left.tv_sec, 99); /* a moment is not used up */
    legal_traces(SEA_nanosleep, (const long[6]){AT(&asked), 0}, EINTR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_descriptor_left),
        cmocka_unit_test(signalfd_changed_makes_none),
        cmocka_unit_test(too_many_processes),
        cmocka_unit_test(no_memory_for_a_process),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(no_room_for_a_fifo),
        cmocka_unit_test(peer_gone_before_accept),
        cmocka_unit_test(nothing_there_yet),
        cmocka_unit_test(no_room_for_a_datagram),
        cmocka_unit_test(no_room_for_a_socket),
        cmocka_unit_test(no_port_left),
        cmocka_unit_test(another_listens_first),
        cmocka_unit_test(epoll_list_may_be_full),
        cmocka_unit_test(edges_are_not_imitated),
        cmocka_unit_test(message_in_part_has_its_descriptor),
        cmocka_unit_test(pipe_read_may_be_short),
        cmocka_unit_test(small_message_arrives_whole),
        cmocka_unit_test(record_is_never_short),
        cmocka_unit_test(file_is_never_short),
        cmocka_unit_test(tcp_may_be_cut_anywhere),
        cmocka_unit_test(raw_terminal_may_be_cut),
        cmocka_unit_test(nonblocking_write_may_be_short),
        cmocka_unit_test(interrupted_write_is_short),
        cmocka_unit_test(undisturbed_write_is_whole),
        cmocka_unit_test(child_known_to_have_ended),
        cmocka_unit_test(a_sigchld_handler_knows),
        cmocka_unit_test(data_known_to_be_there),
        cmocka_unit_test(hail_on_calls_that_find),
        cmocka_unit_test(kinds_of_faults),
        cmocka_unit_test(some_calls_never_fail_so),
        cmocka_unit_test(faults_to_try_are_legal_somewhere),
        cmocka_unit_test(errno_is_kept),
        cmocka_unit_test(asked_in_a_vfork_child),
        cmocka_unit_test(remaining_time_is_left_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
