/*
 * hosts.c — network namespaces without a name, and what iproute2 does there.
 */
#include "hosts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"
#include "logbook.h"

enum { HOSTS = 2, OUT_OF_THE_WAY = 320, PROBES = 500 };

static struct {
    bool two, begun;
    bool has[2];         /* IPv4, IPv6 */
    int home, on[HOSTS]; /* their network namespaces; -1: none */
} hosts = {.home = -1, .on = {-1, -1}};

static const char *const v4[] = {"10.77.0.1", "10.77.0.2"};
static const char *const v6[] = {"fd77::1", "fd77::2"};
static const char *const mac[] = {"02:77:00:00:00:01", "02:77:00:00:00:02"};
/* Nobody's: every card lets such frames pass by. */
static const char *const nobodys_mac = "02:77:00:00:00:ff";

/* ---- namespaces -------------------------------------------------------- */

static int this_network(void)
{
    int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    int high = fcntl(fd, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);

    if (fd != -1)
        close(fd);
    return high;
}

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd != -1 && write(fd, text, strlen(text)) > 0;

    if (fd != -1)
        close(fd);
    return done;
}

/* Ourselves under our own numbers: files are made and owned as before. */
static bool own_users(void)
{
    char uid[32], gid[32];

    snprintf(uid, sizeof(uid), "%u %u 1", geteuid(), geteuid());
    snprintf(gid, sizeof(gid), "%u %u 1", getegid(), getegid());
    return unshare(CLONE_NEWUSER) == 0 &&
           write_file("/proc/self/setgroups", "deny") &&
           write_file("/proc/self/uid_map", uid) &&
           write_file("/proc/self/gid_map", gid);
}

/* Some systems give users a namespace in which they may do nothing: there is
 * no way back from it, so a child tries it first. */
static bool own_users_would_help(void)
{
    int status = -1;
    pid_t pid = fact_fork();

    if (pid == 0)
        _exit(own_users() && unshare(CLONE_NEWNET) == 0 ? 0 : 1);
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        continue;
    return status == 0;
}

/* Host 1's first, so that the process ends up on host 0. */
static bool make_networks(void)
{
    hosts.home = this_network();
    if (unshare(CLONE_NEWNET) == -1 &&
        !(own_users_would_help() && own_users() && unshare(CLONE_NEWNET) == 0))
        return false;
    hosts.on[1] = this_network();
    if (unshare(CLONE_NEWNET) == -1)
        return false;
    hosts.on[0] = this_network();
    return hosts.on[0] != -1 && hosts.on[1] != -1;
}

void host_enter(int host)
{
    if (hosts.two && setns(hosts.on[host], CLONE_NEWNET) == -1)
        FAIL_TEST("the test itself could not go to host %d", host);
}

pid_t host_fork(int host)
{
    pid_t pid = fact_fork();

    if (pid == 0)
        host_enter(host);
    return pid;
}

/* ---- iproute2 ---------------------------------------------------------- */

/* An ordinary user's program keeps what the user namespace gave to us. */
static void keep_the_right_to(unsigned capability)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct set[2];

    if (syscall(SYS_capget, &head, set) == -1)
        return;
    set[0].inheritable |= 1u << capability;
    syscall(SYS_capset, &head, set);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
}

/* sbin is not on everybody's PATH. */
static void execute(const char *tool)
{
    static const char *const place[] = {"/usr/sbin", "/sbin", "/usr/bin",
                                        "/bin", "/run/current-system/sw/bin"};
    char path[64];

    for (size_t i = 0; i < sizeof(place) / sizeof(*place); i++) {
        snprintf(path, sizeof(path), "%s/%s", place[i], tool);
        execl(path, tool, "-batch", "-", (char *)NULL);
    }
}

static _Noreturn void become(const char *tool, int host, int lines)
{
    int null = open("/dev/null", O_WRONLY);

    if (setns(hosts.on[host], CLONE_NEWNET) == -1)
        _exit(1);
    keep_the_right_to(CAP_NET_ADMIN);
    dup2(lines, 0);
    dup2(null, 1);
    dup2(null, 2);
    fcntl(hosts.on[1], F_SETFD, 0); /* the other end of the cable */
    execute(tool);
    _exit(127);
}

/* Its lines are done on that host, all of them, or false. */
static SAYS(3, 4) bool tell_host(const char *tool, int host, const char *format,
                                 ...)
{
    int lines = memfd_create("lines", MFD_CLOEXEC), status = -1;
    va_list list;
    pid_t pid;

    va_start(list, format);
    vdprintf(lines, format, list);
    va_end(list);
    lseek(lines, 0, SEEK_SET);
    pid = fact_fork();
    if (pid == 0)
        become(tool, host, lines);
    close(lines);
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        continue;
    return status == 0;
}

/* Neighbours are written down: nobody asks who has an address, and so nobody
 * finds out that the cable is pulled. */
static bool lay_cable(void)
{
    return tell_host("ip", 0,
                     "link set lo up\n"
                     "link add cable address %s type veth "
                     "peer name cable address %s netns /proc/self/fd/%d\n"
                     "addr add %s/24 dev cable\n"
                     "link set cable up\n"
                     "neigh add %s lladdr %s dev cable nud permanent\n",
                     mac[0], mac[1], hosts.on[1], v4[0], v4[1], mac[1]) &&
           tell_host("ip", 1,
                     "link set lo up\n"
                     "addr add %s/24 dev cable\n"
                     "link set cable up\n"
                     "neigh add %s lladdr %s dev cable nud permanent\n",
                     v4[1], v4[0], mac[0]);
}

/* Without a search for others with that address, which takes a second. */
static bool add_v6(int host)
{
    return access("/proc/net/if_inet6", F_OK) == 0 &&
           tell_host("ip", host,
                     "addr add %s/64 dev cable nodad\n"
                     "neigh add %s lladdr %s dev cable nud permanent\n",
                     v6[host], v6[!host], mac[!host]);
}

/* ---- does it carry? ---------------------------------------------------- */

static int bound_on(int host)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    int fd;

    inet_pton(AF_INET, v4[host], &at.sin_addr);
    host_enter(host);
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1)
        FAIL_TEST("the test itself got no address on host %d", host);
    return fd;
}

static bool reaches(int from, int to)
{
    struct pollfd arrival = {.fd = to, .events = POLLIN};
    struct sockaddr_in at;
    socklen_t len = sizeof(at);
    char byte = 0;

    getsockname(to, (struct sockaddr *)&at, &len);
    for (int i = 0; i < PROBES; i++) {
        sendto(from, &byte, 1, MSG_DONTWAIT, (struct sockaddr *)&at, len);
        if (poll(&arrival, 1, i < 3 ? 1 : 10) == 1)
            return true;
    }
    return false;
}

/* The kernel opens a new link in its own time, and drops what comes before. */
static bool carries(void)
{
    int end[HOSTS] = {bound_on(0), bound_on(1)};
    bool both = reaches(end[0], end[1]) && reaches(end[1], end[0]);

    host_enter(0);
    close(end[0]);
    close(end[1]);
    return both;
}

/* ---- begin and end ----------------------------------------------------- */

static SAYS(1, 2) void tell(const char *format, ...)
{
    size_t used = strlen(page->proved);
    char line[PAGE_LINE];
    va_list list;

    va_start(list, format);
    vsnprintf(line, sizeof(line), format, list);
    va_end(list);
    STEP("%s", line);
    snprintf(page->proved + used, sizeof(page->proved) - used, "%s%s",
             used ? "\n" : "", line);
}

static bool family_works(int family)
{
    struct sockaddr_in6 at6 = {.sin6_family = AF_INET6,
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in at4 = {.sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int rc = family == AF_INET ? bind(fd, (struct sockaddr *)&at4, sizeof(at4))
                               : bind(fd, (struct sockaddr *)&at6, sizeof(at6));

    if (fd != -1)
        close(fd);
    return rc == 0;
}

static void close_all(void)
{
    int *const all[] = {&hosts.home, &hosts.on[0], &hosts.on[1]};

    for (int i = 0; i < 3; i++) {
        if (*all[i] != -1)
            close(*all[i]);
        *all[i] = -1;
    }
}

static bool one_machine(const char *reason)
{
    if (hosts.home != -1)
        setns(hosts.home, CLONE_NEWNET);
    hosts.two = false;
    close_all();
    hosts.has[0] = family_works(AF_INET);
    hosts.has[1] = family_works(AF_INET6);
    tell("on one machine, over its loopback: %s", reason);
    return false;
}

bool hosts_begin(void)
{
    int saved = errno;

    hosts_end();
    hosts.begun = true;
    if (!make_networks())
        return one_machine("no network namespaces for this user here");
    hosts.two = true;
    if (!lay_cable())
        return one_machine("no cable (ip, of iproute2, and veth devices)");
    if (!carries())
        return one_machine("no packet came through the cable");
    hosts.has[0] = true;
    hosts.has[1] = add_v6(0) && add_v6(1);
    tell("on two machines, network namespaces with a cable between them%s",
         hosts.has[1] ? "" : " (without IPv6)");
    errno = saved;
    return true;
}

/* In a user namespace of its own a process finds no way back: it stays. */
void hosts_end(void)
{
    int saved = errno;

    if (hosts.two)
        setns(hosts.home, CLONE_NEWNET);
    close_all();
    hosts.two = hosts.begun = false;
    errno = saved;
}

bool hosts_are_two(void)
{
    return hosts.two;
}

const char *host_address(int host, int family)
{
    if (!hosts.has[family == AF_INET6])
        return NULL;
    if (hosts.two)
        return family == AF_INET6 ? v6[host] : v4[host];
    return family == AF_INET6 ? "::1" : "127.0.0.1";
}

/* ---- the cable --------------------------------------------------------- */

static bool send_frames_to(const char *to_0, const char *to_1)
{
    const char *to[] = {to_1, to_0}; /* what each host thinks of the other */
    bool done = hosts.two;

    for (int host = 0; host < HOSTS && done; host++)
        done = tell_host("ip", host,
                         "neigh replace %s lladdr %s dev cable nud permanent\n",
                         v4[!host], to[host]) &&
               (!hosts.has[1] ||
                tell_host("ip", host,
                          "neigh replace %s lladdr %s dev cable nud "
                          "permanent\n",
                          v6[!host], to[host]));
    if (hosts.two && !done)
        FAIL_TEST("the test itself could not change the cable");
    return done;
}

bool cable_pull(void)
{
    if (hosts.two)
        STEP("the cable between the two machines is pulled out");
    return send_frames_to(nobodys_mac, nobodys_mac);
}

bool cable_plug(void)
{
    if (hosts.two)
        STEP("the cable is plugged in again");
    return send_frames_to(mac[0], mac[1]);
}

bool cable_manners(const char *netem)
{
    bool done = hosts.two;

    for (int host = 0; host < HOSTS && done; host++)
        done = *netem
                   ? tell_host("tc", host,
                               "qdisc replace dev cable root netem %s\n", netem)
                   : tell_host("tc", host, "qdisc del dev cable root\n");
    return done;
}
