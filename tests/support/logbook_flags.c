/*
 * logbook_flags.c — the numbers of a call that have names in its manual page.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "logbook.h"

struct name {
    long value;
    const char *text;
};

#define IS(constant)                                                           \
    {                                                                          \
        constant, #constant                                                    \
    }
#define END                                                                    \
    {                                                                          \
        0, NULL                                                                \
    }

static const struct name protections[] = {IS(PROT_READ), IS(PROT_WRITE),
                                          IS(PROT_EXEC), END};
static const struct name mappings[] = {IS(MAP_SHARED),
                                       IS(MAP_PRIVATE),
                                       IS(MAP_ANONYMOUS),
                                       IS(MAP_FIXED),
                                       IS(MAP_FIXED_NOREPLACE),
                                       IS(MAP_NORESERVE),
                                       IS(MAP_POPULATE),
                                       IS(MAP_LOCKED),
                                       IS(MAP_HUGETLB),
                                       IS(MAP_STACK),
                                       END};
static const struct name moves[] = {IS(MREMAP_MAYMOVE), IS(MREMAP_FIXED), END};
static const struct name openings[] = {
    IS(O_WRONLY),    IS(O_RDWR),   IS(O_CREAT),    IS(O_EXCL),
    IS(O_TRUNC),     IS(O_APPEND), IS(O_NONBLOCK), IS(O_CLOEXEC),
    IS(O_NOFOLLOW),  IS(O_DIRECT), IS(O_PATH),     IS(O_TMPFILE),
    IS(O_DIRECTORY), END};
static const struct name memory_files[] = {IS(MFD_CLOEXEC),
                                           IS(MFD_ALLOW_SEALING), END};
static const struct name waits[] = {IS(WNOHANG), IS(WUNTRACED), IS(WCONTINUED),
                                    END};
static const struct name state_changes[] = {
    IS(WEXITED), IS(WSTOPPED), IS(WCONTINUED), IS(WNOHANG), IS(WNOWAIT), END};
static const struct name commands[] = {
    IS(F_DUPFD), IS(F_DUPFD_CLOEXEC), IS(F_GETFD),      IS(F_SETFD),
    IS(F_GETFL), IS(F_SETFL),         IS(F_SETPIPE_SZ), IS(F_GETPIPE_SZ),
    IS(F_SETLK), IS(F_SETLKW),        IS(F_OFD_SETLK),  IS(F_OFD_SETLKW),
    END};

static const struct name families[] = {IS(AF_UNIX), IS(AF_INET), IS(AF_INET6),
                                       END};
static const struct name sockets[] = {IS(SOCK_SEQPACKET), IS(SOCK_STREAM),
                                      IS(SOCK_DGRAM),     IS(SOCK_CLOEXEC),
                                      IS(SOCK_NONBLOCK),  END};
static const struct name accepted[] = {IS(SOCK_CLOEXEC), IS(SOCK_NONBLOCK),
                                       END};
static const struct name messages[] = {
    IS(MSG_NOSIGNAL), IS(MSG_DONTWAIT),     IS(MSG_PEEK), IS(MSG_TRUNC),
    IS(MSG_WAITALL),  IS(MSG_CMSG_CLOEXEC), IS(MSG_MORE), IS(MSG_OOB),
    IS(MSG_ERRQUEUE), IS(MSG_WAITFORONE),   END};
static const struct name ends[] = {IS(SHUT_RD), IS(SHUT_WR), IS(SHUT_RDWR),
                                   END};
static const struct name levels[] = {IS(SOL_SOCKET), IS(IPPROTO_TCP),
                                     IS(IPPROTO_IPV6), END};
static const struct name socket_options[] = {IS(SO_ACCEPTCONN),
                                             IS(SO_BROADCAST),
                                             IS(SO_DOMAIN),
                                             IS(SO_ERROR),
                                             IS(SO_KEEPALIVE),
                                             IS(SO_LINGER),
                                             IS(SO_PASSCRED),
                                             IS(SO_PEERCRED),
                                             IS(SO_PROTOCOL),
                                             IS(SO_RCVBUF),
                                             IS(SO_RCVTIMEO),
                                             IS(SO_REUSEADDR),
                                             IS(SO_REUSEPORT),
                                             IS(SO_SNDBUF),
                                             IS(SO_SNDTIMEO),
                                             IS(SO_TYPE),
                                             END};
static const struct name tcp_options[] = {IS(TCP_NODELAY),
                                          IS(TCP_CORK),
                                          IS(TCP_QUICKACK),
                                          IS(TCP_DEFER_ACCEPT),
                                          IS(TCP_USER_TIMEOUT),
                                          IS(TCP_INFO),
                                          END};
static const struct name ipv6_options[] = {IS(IPV6_V6ONLY), END};
static const struct name list_changes[] = {IS(EPOLL_CTL_ADD), IS(EPOLL_CTL_MOD),
                                           IS(EPOLL_CTL_DEL), END};
static const struct name events[] = {IS(EPOLLIN),
                                     IS(EPOLLOUT),
                                     IS(EPOLLRDHUP),
                                     IS(EPOLLPRI),
                                     IS(EPOLLERR),
                                     IS(EPOLLHUP),
                                     IS(EPOLLET),
                                     IS(EPOLLONESHOT),
                                     IS(EPOLLEXCLUSIVE),
                                     IS(EPOLLWAKEUP),
                                     END};

/* Which argument of which call is which. none: what it is called when none of
 * the bits is set; one: it is one of the names, and no sum. */
static const struct argument {
    enum sea_call call;
    int n;
    const struct name *names;
    struct name none;
    bool one;
} arguments[] = {
    {SEA_mmap, 2, protections, {~0l, "PROT_NONE"}, false},
    {SEA_mmap, 3, mappings, END, false},
    {SEA_mmap64, 2, protections, {~0l, "PROT_NONE"}, false},
    {SEA_mmap64, 3, mappings, END, false},
    {SEA_mremap, 3, moves, END, false},
    {SEA_open, 1, openings, {O_ACCMODE, "O_RDONLY"}, false},
    {SEA_openat, 2, openings, {O_ACCMODE, "O_RDONLY"}, false},
    {SEA_shm_open, 1, openings, {O_ACCMODE, "O_RDONLY"}, false},
    {SEA_mq_open, 1, openings, {O_ACCMODE, "O_RDONLY"}, false},
    {SEA_sem_open, 1, openings, END, false},
    {SEA_pipe2, 1, openings, END, false},
    {SEA_dup3, 2, openings, END, false},
    {SEA_memfd_create, 1, memory_files, END, false},
    {SEA_waitpid, 2, waits, END, false},
    {SEA_wait3, 1, waits, END, false},
    {SEA_wait4, 2, waits, END, false},
    {SEA_waitid, 3, state_changes, END, false},
    {SEA_fcntl, 1, commands, END, true},
    {SEA_fcntl64, 1, commands, END, true},
    {SEA_socket, 0, families, END, true},
    {SEA_socket, 1, sockets, END, false},
    {SEA_socketpair, 0, families, END, true},
    {SEA_socketpair, 1, sockets, END, false},
    {SEA_accept4, 3, accepted, END, false},
    {SEA_send, 3, messages, END, false},
    {SEA_recv, 3, messages, END, false},
    {SEA_sendto, 3, messages, END, false},
    {SEA_recvfrom, 3, messages, END, false},
    {SEA_sendmsg, 2, messages, END, false},
    {SEA_recvmsg, 2, messages, END, false},
    {SEA_sendmmsg, 3, messages, END, false},
    {SEA_recvmmsg, 3, messages, END, false},
    {SEA_shutdown, 1, ends, END, true},
    {SEA_setsockopt, 1, levels, END, true},
    {SEA_getsockopt, 1, levels, END, true},
    {SEA_epoll_create1, 0, openings, END, false},
    {SEA_epoll_ctl, 1, list_changes, END, true},
};

static const struct argument *argument_of(enum sea_call call, int n)
{
    for (size_t i = 0; i < sizeof(arguments) / sizeof(*arguments); i++)
        if (arguments[i].call == call && arguments[i].n == n)
            return &arguments[i];
    return NULL;
}

static bool put_one(FILE *out, const struct name *name, long value)
{
    while (name->text && name->value != value)
        name++;
    if (name->text)
        fputs(name->text, out);
    return name->text;
}

/* What has no name is added as a number. */
static bool put_sum(FILE *out, const struct argument *a, long value)
{
    bool any = a->none.text && !(value & a->none.value);

    if (any)
        fputs(a->none.text, out);
    for (const struct name *name = a->names; name->text; name++) {
        if ((value & name->value) != name->value)
            continue;
        fprintf(out, "%s%s", any ? " | " : "", name->text);
        value &= ~name->value;
        any = true;
    }
    if (any && value)
        fprintf(out, " | %#lx", (unsigned long)value);
    return any;
}

static const struct name *options(long level)
{
    return level == IPPROTO_TCP    ? tcp_options
           : level == IPPROTO_IPV6 ? ipv6_options
                                   : socket_options;
}

void logbook_events(FILE *out, uint32_t value)
{
    static const struct argument a = {0, 0, events, END, false};

    if (!put_sum(out, &a, value))
        fprintf(out, "%#x", value);
}

bool logbook_flags(FILE *out, const struct page_event *event, int n)
{
    const struct argument *a = argument_of(event->call, n);
    long value = (int)event->arg[n];

    if (n == 2 &&
        (event->call == SEA_setsockopt || event->call == SEA_getsockopt))
        return put_one(out, options(event->arg[1]), value);
    if (!a)
        return false;
    return a->one ? put_one(out, a->names, value) : put_sum(out, a, value);
}
