/*
 * dial_test.c — what an address promises.
 *
 * Nobody knows which ports are free: the kernel chooses them, and abstract
 * names carry the process's number and a random one. The addresses 127.0.0.2
 * and so on are this machine's, too.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "dial.h"
#include "dial_ends.h"
#include "fact.h"
#include "hosts.h"
#include "logbook.h"
#include "python.h"
#include "sea_lookup.h"

enum { FAR = 3602000, SOON = 80, LONGEST = 107, CAP = 200 };
enum { OTHER_ID = 54321, MAY_EVERYTHING = 77 };

static char text[400], name[CAP];

/* ---- addresses, listening and dialling --------------------------------- */

static const char *tcp(const char *host, int port)
{
    snprintf(text, sizeof(text),
             strchr(host, ':') ? "tcp:[%s]:%d" : "tcp:%s:%d", host, port);
    return text;
}

/* "@…", a name of the abstract namespace that nobody else has, so long. */
static const char *abstract_name(size_t len)
{
    static char fresh[LONGEST + 2];
    unsigned long dice = 0;

    if (getrandom(&dice, sizeof(dice), 0) < 0)
        dice = (unsigned long)time(NULL);
    snprintf(fresh, sizeof(fresh), "@%d-%016lx", (int)getpid(), dice);
    for (size_t i = strlen(fresh); i < len + 1; i++)
        fresh[i] = 'a';
    fresh[len + 1] = '\0';
    return fresh;
}

static const char *unix_address(const char *path)
{
    snprintf(text, sizeof(text), "unix:%s", path);
    return text;
}

static int listens(const char *address)
{
    int fd;

    IF_STUCK("Nothing is at \"%s\", and sock_listen waits: for what?", address);
    fd = sock_listen(address, 5);
    CHECK(fd != -1,
          "nothing is at \"%s\", so a server can listen there: "
          "sock_listen says %s",
          address, name_errno(errno));
    return fd;
}

static int dials(const char *address)
{
    int fd;

    IF_STUCK("A server listens at \"%s\": the kernel completes the connection "
             "before anybody accepts it, so there is nothing to wait for.",
             address);
    fd = sock_dial(address, FAR);
    CHECK(fd != -1, "a server listens at \"%s\": sock_dial says %s", address,
          name_errno(errno));
    return fd;
}

static const char *name_of(int fd)
{
    memset(name, 0, sizeof(name));
    CHECK_OK(sock_name(fd, name, sizeof(name)), "it is a stream socket, and "
                                                "there is room");
    return name;
}

/* The connection that was dialled, at its server's end. */
static void meet(int door, int fd)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof(peer);

    CHECK(getpeername(fd, (struct sockaddr *)&peer, &len) == 0,
          "the socket that sock_dial returned is not connected (%s): at a "
          "path, a connect that says EINTR or EAGAIN has begun nothing, and "
          "poll and SO_ERROR find nothing wrong",
          name_errno(errno));
    int end = accepted(door);

    check_talk(fd, end);
    close(end);
    close(fd);
}

static void dial_and_meet(int door, const char *address)
{
    meet(door, dials(address));
}

static void hang_up(const char *path, int door)
{
    close(door);
    if (path)
        unlink(path);
}

static int count_files(void)
{
    DIR *dir = opendir(".");
    int count = 0;

    for (struct dirent *e; (e = readdir(dir));)
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return count;
}

/* ---- the plain case ---------------------------------------------------- */

static void connects_at_a_path(void **state)
{
    (void)state;
    struct stat st;
    int door = listens("unix:harbour");

    CHECK(lstat("harbour", &st) == 0 && S_ISSOCK(st.st_mode),
          "a socket of the file system has a file, at PATH as it is given");
    dial_and_meet(door, "unix:harbour");
    dial_and_meet(door, "unix:./harbour");
    hang_up("harbour", door);
}

static void connects_at_an_abstract_name(void **state)
{
    (void)state;
    const char *fresh = abstract_name(40);
    int door = listens(unix_address(fresh));

    CHECK_EQ(count_files(), 0, "a name of the abstract namespace has no file");
    dial_and_meet(door, unix_address(fresh));
    close(door);
}

static void connects_over_tcp(void **state)
{
    (void)state;
    int door = listens("tcp:127.0.0.1:0");

    dial_and_meet(door, tcp("127.0.0.1", port_of(door)));
    snprintf(text, sizeof(text), "tcp:[127.0.0.1]:%d", port_of(door));
    dial_and_meet(door, text);
    close(door);
    door = listens("tcp:[127.0.0.1]:0");
    dial_and_meet(door, tcp("127.0.0.1", port_of(door)));
    close(door);
}

static void connects_over_ipv6(void **state)
{
    (void)state;
    if (!there_is_ipv6())
        SKIP_TEST("this machine has no IPv6");
    int door = listens("tcp:[::1]:0");
    dial_and_meet(door, tcp("::1", port_of(door)));
    snprintf(text, sizeof(text), "tcp:[0:0:0:0:0:0:0:1]:%d", port_of(door));
    dial_and_meet(door, text);
    close(door);
}

static void looks_up_names(void **state)
{
    (void)state;
    sea_host("lighthouse.test", "127.0.0.1");
    int door = listens("tcp:lighthouse.test:0");

    dial_and_meet(door, tcp("127.0.0.1", port_of(door)));
    dial_and_meet(door, tcp("lighthouse.test", port_of(door)));
    snprintf(text, sizeof(text), "tcp:[lighthouse.test]:%d", port_of(door));
    dial_and_meet(door, text);
    close(door);
}

static void the_kernel_chooses_a_port(void **state)
{
    (void)state;
    int one = listens("tcp:127.0.0.1:0"), two = listens("tcp:127.0.0.1:0");

    CHECK(port_of(one) != 0 && port_of(two) != 0, "each has a port");
    CHECK(port_of(one) != port_of(two), "and one of its own");
    dial_and_meet(two, tcp("127.0.0.1", port_of(two)));
    dial_and_meet(one, tcp("127.0.0.1", port_of(one)));
    close(one);
    close(two);
}

/* Clients and servers that others have written know the exact name. */
static void meets_what_others_have_written(void **state)
{
    (void)state;
    char fresh[LONGEST + 2];
    const char *const at[] = {"harbour", fresh, NULL};

    snprintf(fresh, sizeof(fresh), "%s", abstract_name(30));
    for (int i = 0; at[i]; i++) {
        int door = listens(unix_address(at[i]));
        int fd = client(local(at[i]));
        CHECK(fd != -1,
              "another program's client knows the name \"%s\" and does not "
              "find the server (%s): the length given to bind is part of an "
              "abstract name, and each byte too many another name",
              at[i], name_errno(errno));
        meet(door, fd);
        hang_up(at[i], door);
        door = server(local(at[i]), 5);
        dial_and_meet(door, unix_address(at[i]));
        hang_up(at[i], door);
    }
}

/* ---- what is no address ------------------------------------------------ */

static const char *const no_address[] = {
    "",
    "unix",
    "tcp",
    "unix:",
    "unix:@",
    "tcp:",
    "harbour",
    "/tmp/harbour",
    "@harbour",
    "127.0.0.1:80",
    "localhost:80",
    "udp:127.0.0.1:80",
    "http://127.0.0.1:80",
    ":80",
    "unixx:harbour",
    "xunix:harbour",
    "tcp6:[::1]:80",
    "tcp/127.0.0.1:80",
    "unix/harbour",
    "tcp::80",
    "tcp:127.0.0.1",
    "tcp:127.0.0.1:",
    "tcp:127.0.0.1:80:",
    "tcp:127.0.0.1:8o",
    "tcp:127.0.0.1:80 ",
    "tcp:127.0.0.1: 80",
    "tcp:127.0.0.1:+80",
    "tcp:127.0.0.1:-80",
    "tcp:127.0.0.1:-1",
    "tcp:127.0.0.1:0x50",
    "tcp:127.0.0.1:http",
    "tcp:127.0.0.1:65536",
    "tcp:127.0.0.1:99999",
    "tcp:127.0.0.1:655360",
    "tcp:127.0.0.1:4294967376",
    "tcp:127.0.0.1:18446744073709551696",
    "tcp:127.0.0.1:80\n",
    "tcp:127.0.0.1:80/",
    "tcp:127.0.0.1:8.0",
    "tcp::1:80",
    "tcp:::1:80",
    "tcp:1::2:80",
    "tcp:fe80::1:80",
    "tcp:::80",
    "tcp:[]:80",
    "tcp:[::1]",
    "tcp:[::1]:",
    "tcp:[::1]80",
    "tcp:[::1]:80:",
    "tcp:[::1]:80x",
    "tcp:[::1]:65536",
    "tcp:[::1]: 80",
    "tcp:[::1:80",
    "tcp:[::1",
    "tcp:[",
    "tcp:::1]:80",
    "tcp:[::1]x:80",
    "tcp:[127.0.0.1]",
    "tcp:[127.0.0.1]80",
    "tcp:[127.0.0.1:80",
};
enum { NO_ADDRESSES = sizeof(no_address) / sizeof(no_address[0]) };

static void refuses_to_listen_at_no_address(void **state)
{
    (void)state;
    quiet_begin();
    for (int i = 0; i < NO_ADDRESSES; i++)
        CHECK_ERRNO(sock_listen(no_address[i], 5), EINVAL,
                    "\"%s\" is no address: unix:PATH, unix:@NAME, "
                    "tcp:HOST:PORT or tcp:[HOST]:PORT, where PORT is digits "
                    "to the end, 0 to 65535, and a HOST with colons needs "
                    "its brackets",
                    no_address[i]);
    quiet_end();
    CHECK_EQ(count_files(), 0, "what is no address leaves no file");
}

static void refuses_to_dial_no_address(void **state)
{
    (void)state;
    quiet_begin();
    for (int i = 0; i < NO_ADDRESSES; i++)
        CHECK_ERRNO(sock_dial(no_address[i], FAR), EINVAL,
                    "\"%s\" is no address: unix:PATH, unix:@NAME, "
                    "tcp:HOST:PORT or tcp:[HOST]:PORT, where PORT is digits "
                    "to the end, 0 to 65535, and a HOST with colons needs "
                    "its brackets",
                    no_address[i]);
    quiet_end();
}

/* Somebody may listen there: all that matters is that it is an address. */
static void accepts_every_port(void **state)
{
    (void)state;
    static const int port[] = {1, 9, 80, 1024, 9999, 10000, 65534, 65535};

    for (int i = 0; i < 8; i++) {
        errno = 0;
        int fd = sock_dial(tcp("127.0.0.1", port[i]), FAR);
        CHECK(fd != -1 || errno == ECONNREFUSED,
              "%d is a port: nobody listens there (ECONNREFUSED), or somebody "
              "does; sock_dial says %s",
              port[i], name_errno(errno));
        if (fd != -1)
            close(fd);
    }
}

/* Octal, it would be another port, or end before the first 8 or 9. */
static void a_port_is_decimal(void **state)
{
    (void)state;
    int door = listens("tcp:127.0.0.1:00");

    for (int zeros = 1; zeros <= 3; zeros++) {
        snprintf(text, sizeof(text), "tcp:127.0.0.1:%.*s%d", zeros, "000",
                 port_of(door));
        int fd = sock_dial(text, FAR);
        CHECK(fd != -1,
              "a server listens at port %d, and at \"%s\" nobody is found "
              "(%s): PORT is decimal, also when it begins with 0, which "
              "strtol with base 0 takes for octal",
              port_of(door), text, name_errno(errno));
        meet(door, fd);
    }
    close(door);
}

static void a_path_may_contain_anything(void **state)
{
    (void)state;
    static const char *const path[] = {
        "a:b",  "tcp:127.0.0.1:80", "[x]", "x@y", "a b", ":",
        "%s%n", "unix:u",           "x\\"};

    for (int i = 0; i < 9; i++) {
        struct stat st;
        int door = listens(unix_address(path[i]));
        CHECK(lstat(path[i], &st) == 0,
              "all that comes after \"unix:\" is the path, whatever it "
              "contains: \"%s\" is not there",
              path[i]);
        dial_and_meet(door, unix_address(path[i]));
        CHECK_STR(name_of(door), unix_address(path[i]), "and this is its name");
        hang_up(path[i], door);
    }
}

static void a_path_has_at_most_107_bytes(void **state)
{
    (void)state;
    static const int too_long[] = {108, 109, 110, 200, 390};
    char path[400];

    memset(path, 'p', sizeof(path));
    path[LONGEST] = '\0';
    int door = listens(unix_address(path));
    dial_and_meet(door, unix_address(path));
    CHECK_STR(name_of(door), unix_address(path),
              "sun_path holds 107 bytes and a NUL");
    hang_up(path, door);
    for (int i = 0; i < 5; i++) {
        memset(path, 'p', sizeof(path));
        path[too_long[i]] = '\0';
        CHECK_ERRNO(sock_listen(unix_address(path), 5), ENAMETOOLONG,
                    "a path of %d bytes does not fit into sun_path: copied "
                    "all the same, it is cut, or runs over what comes after",
                    too_long[i]);
        CHECK_EQ(count_files(), 0, "nor is a part of it a path");
        CHECK_ERRNO(sock_dial(unix_address(path), FAR), ENAMETOOLONG,
                    "a path of %d bytes does not fit into sun_path",
                    too_long[i]);
    }
}

static void an_abstract_name_has_at_most_107_bytes(void **state)
{
    (void)state;
    static const int too_long[] = {108, 109, 110, 200, 390};
    char fresh[400];

    snprintf(fresh, sizeof(fresh), "%s", abstract_name(LONGEST));
    int door = listens(unix_address(fresh));
    dial_and_meet(door, unix_address(fresh));
    CHECK_STR(name_of(door), unix_address(fresh),
              "sun_path holds a NUL and a name of 107 bytes: no NUL comes "
              "after it, the length tells where it ends");
    close(door);
    for (int i = 0; i < 5; i++) {
        memset(fresh + 1, 'p', sizeof(fresh) - 1);
        fresh[1 + too_long[i]] = '\0';
        CHECK_ERRNO(sock_listen(unix_address(fresh), 5), ENAMETOOLONG,
                    "a name of %d bytes does not fit into sun_path",
                    too_long[i]);
        CHECK_ERRNO(sock_dial(unix_address(fresh), FAR), ENAMETOOLONG,
                    "a name of %d bytes does not fit into sun_path",
                    too_long[i]);
    }
}

static void a_short_abstract_name_is_one(void **state)
{
    (void)state;
    int one, many;
    char fresh[LONGEST + 2];

    snprintf(fresh, sizeof(fresh), "%s", abstract_name(20));
    one = listens(unix_address(fresh));
    strcat(fresh, "a");
    many = listens(unix_address(fresh));
    dial_and_meet(many, unix_address(fresh));
    fresh[strlen(fresh) - 1] = '\0';
    dial_and_meet(one, unix_address(fresh));
    name_of(many); /* the longer one first */
    CHECK_STR(name_of(one), unix_address(fresh), "a name, and no byte more");
    close(one);
    close(many);
}

/* ---- nobody there ------------------------------------------------------ */

static void no_such_host_is_enoent(void **state)
{
    (void)state;
    sea_host("atlantis.test", "");
    quiet_begin();
    CHECK_ERRNO(sock_dial("tcp:atlantis.test:80", FAR), ENOENT,
                "there is no host of that name: getaddrinfo has numbers of "
                "its own for errors, which are no errno");
    CHECK_ERRNO(sock_listen("tcp:atlantis.test:0", 5), ENOENT,
                "there is no host of that name: getaddrinfo has numbers of "
                "its own for errors, which are no errno");
    quiet_end();
}

static void no_such_path_is_enoent(void **state)
{
    (void)state;
    quiet_begin();
    CHECK_ERRNO(sock_listen("unix:no/harbour", 5), ENOENT,
                "there is no such folder");
    CHECK_ERRNO(sock_dial("unix:no/harbour", FAR), ENOENT,
                "there is no such folder");
    CHECK_ERRNO(sock_dial("unix:harbour", FAR), ENOENT,
                "there is no such file");
    quiet_end();
}

/* The port is bound, so that nobody else gets it, and nobody listens. */
static void nobody_listens_is_econnrefused(void **state)
{
    (void)state;
    int fd = bound(ip("127.0.0.1", 0), SOCK_STREAM);

    quiet_begin();
    IF_STUCK("Nobody listens there, and the kernel says so at once.");
    CHECK_ERRNO(sock_dial(tcp("127.0.0.1", port_of(fd)), FAR), ECONNREFUSED,
                "nobody listens at that port. A socket that poll calls "
                "writable has an answer, not yet a connection: SO_ERROR says "
                "which");
    CHECK_ERRNO(sock_dial(tcp("127.0.0.1", port_of(fd)), -1), ECONNREFUSED,
                "nobody listens at that port");
    close(fd);
    CHECK_ERRNO(sock_dial(unix_address(abstract_name(30)), FAR), ECONNREFUSED,
                "nobody listens at that name");
    close(server(local("harbour"), 5));
    CHECK_ERRNO(sock_dial("unix:harbour", FAR), ECONNREFUSED,
                "the server is gone, and its file has stayed");
    unlink("harbour");
    quiet_end();
}

static void somebody_elses_address_cannot_be_had(void **state)
{
    (void)state;
    CHECK_ERRNO(sock_listen("tcp:192.0.2.1:0", 5), EADDRNOTAVAIL,
                "no network card of this machine has that address: bind says "
                "so, and the caller has to hear it");
}

/* ---- files that are there already -------------------------------------- */

static void replaces_the_file_of_a_dead_server(void **state)
{
    (void)state;
    int door = listens("unix:harbour");

    for (int i = 0; i < 2; i++) {
        close(door);
        STEP("the server has ended, and its socket file is still there");
        door = sock_listen("unix:harbour", 5);
        CHECK(door != -1,
              "nobody listens at that socket file any more: a server that is "
              "started again replaces it (%s). bind never does",
              name_errno(errno));
        dial_and_meet(door, "unix:harbour");
    }
    hang_up("harbour", door);
}

/* Is it the same file as before? Its inode number says so. */
static struct stat seen;

static void look_at(const char *path)
{
    CHECK_OK(lstat(path, &seen), "the test has made it");
}

static void check_left_alone(const char *path, const char *what)
{
    struct stat now;

    CHECK(lstat(path, &now) == 0, "the file was %s, and it is gone", what);
    CHECK(now.st_ino == seen.st_ino && now.st_mode == seen.st_mode &&
              now.st_size == seen.st_size,
          "the file was %s, and something else stands in its place", what);
}

static void refuses_to_listen_at(const char *address, const char *because)
{
    quiet_begin();
    IF_STUCK("sock_listen waits: %s. Whether a server lives has to be found "
             "out without waiting for it.",
             because);
    CHECK_ERRNO(sock_listen(address, 5), EADDRINUSE, "%s", because);
    quiet_end();
}

static void leaves_a_living_server_alone(void **state)
{
    (void)state;
    int door = server(local("harbour"), 5), fd;

    look_at("harbour");
    refuses_to_listen_at("unix:harbour", "a server listens there, and would "
                                         "never be found again if its file "
                                         "were removed");
    check_left_alone("harbour", "a living server's");
    fd = dials("unix:harbour");
    for (int end; readable(door, 0); close(end))
        end = accept4(door, NULL, NULL, SOCK_CLOEXEC); /* the inquiry, too */
    close(fd);
    hang_up("harbour", door);
}

static void leaves_a_server_of_its_own_alone(void **state)
{
    (void)state;
    char fresh[LONGEST + 2];

    snprintf(fresh, sizeof(fresh), "%s", abstract_name(30));
    int path = listens("unix:harbour"), door = listens(unix_address(fresh));
    refuses_to_listen_at("unix:harbour", "a server listens there already");
    refuses_to_listen_at(unix_address(fresh), "a server has that abstract "
                                              "name already");
    dial_and_meet(door, unix_address(fresh));
    close(door);
    hang_up("harbour", path);
}

static void leaves_a_busy_server_alone(void **state)
{
    (void)state;
    struct busy b = busy_at(local("harbour"));

    look_at("harbour");
    STEP("its queue of connections is full");
    refuses_to_listen_at("unix:harbour",
                         "the server lives, but has no time: its queue is "
                         "full. Such a server does not refuse, it lets "
                         "clients wait (a socket that does not block: EAGAIN)");
    check_left_alone("harbour", "a living server's");
    busy_end(&b);
    unlink("harbour");
}

static void leaves_sockets_of_another_kind_alone(void **state)
{
    (void)state;
    static const int type[] = {SOCK_DGRAM, SOCK_SEQPACKET};

    for (int i = 0; i < 2; i++) {
        int fd = bound(local("harbour"), type[i]);
        CHECK(type[i] == SOCK_DGRAM || listen(fd, 5) == 0, "it listens");
        look_at("harbour");
        refuses_to_listen_at("unix:harbour",
                             "the socket there belongs to a living server of "
                             "another kind (connect says EPROTOTYPE): only "
                             "ECONNREFUSED means that nobody listens");
        check_left_alone("harbour", "a living server's");
        close(fd);
        unlink("harbour");
    }
}

/* Not even the owner may connect to it; root may, and becomes another user. */
static int server_that_lets_nobody_in(void)
{
    if (getuid() == 0 && (chmod(".", 0777) == -1 ||
                          setresuid(OTHER_ID, OTHER_ID, OTHER_ID) == -1))
        _exit(MAY_EVERYTHING);
    int door = server(local("harbour"), 5);
    if (door == -1 || chmod("harbour", 0) == -1 ||
        client(local("harbour")) != -1 || errno != EACCES)
        _exit(MAY_EVERYTHING);
    return door;
}

static void leaves_a_server_that_lets_nobody_in_alone(void **state)
{
    (void)state;
    int status;
    pid_t pid = fact_fork();

    if (pid == 0) {
        struct stat now;
        int door = server_that_lets_nobody_in();
        look_at("harbour");
        int fd = sock_listen("unix:harbour", 5), error = errno;
        ISLAND_CHECK(lstat("harbour", &now) == 0 && now.st_ino == seen.st_ino &&
                         now.st_mode == seen.st_mode,
                     "a living server's file, to which we have no permission "
                     "to connect (EACCES), was removed: only ECONNREFUSED "
                     "means that nobody listens");
        ISLAND_CHECK(fd == -1 && (error == EADDRINUSE || error == EACCES),
                     "a server listens there, and we have no permission to "
                     "connect: EADDRINUSE, and not %s",
                     fd == -1 ? name_errno(error) : "a socket");
        hang_up("harbour", door);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    unlink("harbour");
    if (WIFEXITED(status) && WEXITSTATUS(status) == MAY_EVERYTHING)
        SKIP_TEST("no permissions hold for this user");
    CHECK_STATUS(status, EXITED(0), "the child is the test's own");
}

static void make_file(const char *path)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    CHECK_EQ(write(fd, "precious", 8), 8, "a file with something in it");
    close(fd);
}

static void leaves_other_files_alone(void **state)
{
    (void)state;
    static const char *const kind[] = {"a file", "an empty file", "a folder",
                                       "a FIFO"};

    make_file("a file");
    close(open("an empty file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    CHECK_OK(mkdir("a folder", 0700), "a folder");
    CHECK_OK(mkfifo("a FIFO", 0600), "a FIFO");
    for (int i = 0; i < 4; i++) {
        look_at(kind[i]);
        refuses_to_listen_at(unix_address(kind[i]),
                             "what is at that path is no socket. connect "
                             "says ECONNREFUSED all the same: ask what kind "
                             "of file it is");
        check_left_alone(kind[i], kind[i]);
    }
    unlink("a file");
    unlink("an empty file");
    unlink("a FIFO");
    rmdir("a folder");
}

static void leaves_links_alone(void **state)
{
    (void)state;
    static const char *const to[] = {"nowhere", "a file", "a dead socket"};

    make_file("a file");
    close(server(local("a dead socket"), 5));
    for (int i = 0; i < 3; i++) {
        CHECK_OK(symlink(to[i], "link"), "a symbolic link");
        look_at("link");
        refuses_to_listen_at("unix:link",
                             "what is at that path is a symbolic link, not a "
                             "socket: lstat does not follow it, as stat and "
                             "connect do");
        check_left_alone("link", "a symbolic link");
        unlink("link");
    }
    CHECK_EQ(count_files(), 2, "nor is anything done to what it points to");
    unlink("a file");
    unlink("a dead socket");
}

/* ---- servers ----------------------------------------------------------- */

/* How many connections fit into the queue of a server that accepts none? */
static int room_at(struct place p)
{
    int fd[64], n = 0;

    while (n < 64 && (fd[n] = client(p)) != -1)
        n++;
    for (int i = 0; i < n; i++)
        close(fd[i]);
    return n;
}

static void passes_the_backlog_on(void **state)
{
    (void)state;
    static const int backlog[] = {1, 7, 20};

    for (int i = 0; i < 3; i++) {
        int theirs = server(local("mine"), backlog[i]);
        int door = sock_listen("unix:harbour", backlog[i]);
        CHECK_OK(door, "nothing is there");
        CHECK_EQ(room_at(local("harbour")), room_at(local("mine")),
                 "with a backlog of %d so many connections wait until they "
                 "are accepted, no more and no fewer: pass it to listen",
                 backlog[i]);
        hang_up("harbour", door);
        hang_up("mine", theirs);
    }
}

static void passes_the_backlog_on_over_tcp(void **state)
{
    (void)state;
    static const int backlog[] = {1, 7, 20};

    for (int i = 0; i < 3; i++) {
        struct tcp_info info = {0};
        socklen_t len = sizeof(info);
        int door = sock_listen("tcp:127.0.0.1:0", backlog[i]);
        CHECK_OK(door, "nothing is there");
        getsockopt(door, IPPROTO_TCP, TCP_INFO, &info, &len);
        CHECK_EQ(info.tcpi_sacked, backlog[i],
                 "the caller decides how many connections may wait until "
                 "they are accepted: pass the backlog to listen");
        close(door);
    }
}

static void two_servers_on_one_port_collide(void **state)
{
    (void)state;
    int door = listens("tcp:127.0.0.1:0");

    refuses_to_listen_at(tcp("127.0.0.1", port_of(door)),
                         "a server listens at that port. SO_REUSEADDR does "
                         "not let two listen, SO_REUSEPORT does, and each "
                         "gets a part of the clients");
    dial_and_meet(door, tcp("127.0.0.1", port_of(door)));
    close(door);
}

/* Who closes first remembers the connection for a minute: TIME_WAIT. */
static int port_that_lingers(const char *host)
{
    int door = listens(tcp(host, 0)), port = port_of(door);
    int fd = client(ip(host, port)), end = accepted(door);

    close(end);
    CHECK(readable(fd, QUITE_LONG_MS), "the client sees the end");
    close(fd);
    close(door);
    STEP("the server has closed a connection, and ended: TIME_WAIT");
    return port;
}

/* Between the two somebody else may have got the port; not three times. */
static void a_restarted_server_gets_its_port(void **state)
{
    (void)state;
    static const char *const host[] = {"127.0.0.1", "::1"};

    for (int i = 0; i < (there_is_ipv6() ? 2 : 1); i++) {
        int door = -1;
        for (int n = 0; n < 3 && door == -1; n++)
            door = sock_listen(tcp(host[i], port_that_lingers(host[i])), 5);
        CHECK(door != -1,
              "the server is started again, and does not get its port (%s), "
              "because connections of its predecessor linger for a minute: "
              "SO_REUSEADDR, before bind",
              name_errno(errno));
        dial_and_meet(door, tcp(host[i], port_of(door)));
        close(door);
    }
}

/* ---- hosts with several addresses -------------------------------------- */

/* A server at one address; the same port of the other is kept, and refuses.
 * Where there is no such address, that one cannot be reached. */
struct strait {
    int door, refuses, port;
};

static struct strait strait(const char *refuses, const char *answers)
{
    for (int i = 0; i < 100; i++) {
        struct strait s = {.door = server(ip(answers, 0), 5)};
        s.port = port_of(s.door);
        s.refuses = bound(ip(refuses, s.port), SOCK_STREAM);
        if (s.refuses != -1 || (strchr(refuses, ':') && !there_is_ipv6()))
            return s;
        close(s.door);
    }
    FAIL_TEST("the test itself found no free port");
    return (struct strait){-1, -1, -1};
}

static void strait_end(struct strait s)
{
    close(s.door);
    if (s.refuses != -1)
        close(s.refuses);
}

static void tries_one_address_after_the_other(void **state)
{
    (void)state;
    static const char *const refuses[] = {"127.0.0.2", "127.0.0.2", "::1"};
    static const char *const all[] = {"127.0.0.2 127.0.0.3",
                                      "224.0.0.1 127.0.0.2 127.0.0.3",
                                      "::1 127.0.0.3"};

    for (int i = 0; i < 3; i++) {
        struct strait s = strait(refuses[i], "127.0.0.3");
        sea_host("islands.test", all[i]);
        int fd = sock_dial(tcp("islands.test", s.port), FAR);
        CHECK(fd != -1,
              "the host's addresses are %s, and a server listens at the last "
              "of them (%s). Where one does not answer, try the next, until "
              "ai_next is NULL",
              all[i], name_errno(errno));
        meet(s.door, fd);
        strait_end(s);
    }
}

static void stops_at_the_first_that_answers(void **state)
{
    (void)state;
    struct strait s = strait("127.0.0.3", "127.0.0.2");

    CHECK_OK(listen(s.refuses, 5), "a server at the second, too");
    sea_host("islands.test", "127.0.0.2 127.0.0.3");
    int fd = dials(tcp("islands.test", s.port));
    CHECK(!readable(s.refuses, 0),
          "the first address has answered: nobody needs the second, and its "
          "server should not be bothered");
    meet(s.door, fd);
    strait_end(s);
}

static void says_what_the_last_address_said(void **state)
{
    (void)state;
    struct strait s = strait("127.0.0.2", "127.0.0.3");

    quiet_begin();
    sea_host("islands.test", "224.0.0.1 127.0.0.2");
    CHECK_ERRNO(sock_dial(tcp("islands.test", s.port), FAR), ECONNREFUSED,
                "the first address cannot be reached and the last one "
                "refuses: the last address's error is what the caller hears");
    sea_host("islands.test", "127.0.0.2 224.0.0.1");
    CHECK_ERRNO(sock_dial(tcp("islands.test", s.port), FAR), ENETUNREACH,
                "the first address refuses and the last one cannot be "
                "reached: the last address's error is what the caller hears, "
                "also after the sockets are closed");
    quiet_end();
    strait_end(s);
}

static void gives_the_addresses_back(void **state)
{
    (void)state;
    struct strait s = strait("127.0.0.2", "127.0.0.3");
    int before = sea_lists_kept();

    sea_host("islands.test", "127.0.0.2 127.0.0.3");
    dial_and_meet(s.door, tcp("islands.test", s.port));
    CHECK_EQ(sea_lists_kept(), before,
             "what getaddrinfo gave, freeaddrinfo has to get back, from its "
             "beginning: also where a connection was made");
    sea_host("islands.test", "127.0.0.2");
    CHECK_ERRNO(sock_dial(tcp("islands.test", s.port), FAR), ECONNREFUSED,
                "nobody listens there");
    sea_host("islands.test", "127.0.0.3");
    CHECK_ERRNO(sock_listen(tcp("islands.test", s.port), 5), EADDRINUSE,
                "somebody listens there");
    CHECK_EQ(sea_lists_kept(), before,
             "what getaddrinfo gave, freeaddrinfo has to get back: also after "
             "an error");
    close(listens("tcp:127.0.0.1:0"));
    CHECK_EQ(sea_lists_kept(), before,
             "what getaddrinfo gave, freeaddrinfo has to get back: also where "
             "a server listens");
    strait_end(s);
}

/* ---- time -------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct busy silent;

/* From here on it refuses: who waits for it is let go. */
static void let_go(void)
{
    busy_end(&silent);
}

static int as_it_was(int rc, int error)
{
    errno = error;
    return rc;
}

/* Nobody answers at the address: how long did it take to find out? */
static int64_t in_vain(const char *address, int timeout_ms, bool signals,
                       const char *late)
{
    storm_begin(signals, let_go);
    int64_t start = now_ms();
    int fd = sock_dial(address, timeout_ms);
    int error = errno;
    int64_t ms = now_ms() - start;
    CHECK(!storm_end(), "%s", late);
    CHECK(fd == -1,
          "nobody answers there, and there is no connection: poll that finds "
          "nothing, or a socket that is not connected, is none");
    CHECK_ERRNO(as_it_was(fd, error), ETIMEDOUT,
                "nobody answered in time: ETIMEDOUT, whatever the call said "
                "that noticed it");
    return ms;
}

static void check_not_early(int64_t ms, int timeout_ms)
{
    CHECK(ms >= timeout_ms - 2,
          "it gave up after %d of its %d ms, and a server might have answered "
          "in the rest",
          (int)ms, timeout_ms);
}

static const char *const too_late =
    "nobody answered, and after more than a second it still waited, where "
    "timeout_ms was less than 200: the whole call has one deadline, in "
    "milliseconds, and connect itself knows none";

static void gives_up_in_time(void **state)
{
    (void)state;
    silent = busy_port();
    check_not_early(
        in_vain(tcp("127.0.0.1", silent.port), SOON, false, too_late), SOON);
    busy_end(&silent);
}

static void gives_up_in_time_at_a_busy_path(void **state)
{
    (void)state;
    silent = busy_at(local("harbour"));
    check_not_early(
        in_vain("unix:harbour", SOON, false,
                "the server at that path has a full queue, and after more "
                "than a second sock_dial still waited, where timeout_ms was "
                "80: there connect itself has to wait, and SO_SNDTIMEO sets "
                "it a limit"),
        SOON);
    busy_end(&silent);
    unlink("harbour");
}

static void all_addresses_share_one_deadline(void **state)
{
    (void)state;
    char all[2000] = "";

    silent = busy_port();
    for (int i = 2; i < 102; i++)
        sprintf(all + strlen(all), " 127.0.0.%d", i);
    sea_host("archipelago.test", all);
    in_vain(tcp("archipelago.test", silent.port), SOON, false,
            "a host has a hundred addresses, none of which answers, and "
            "timeout_ms is for all of them together: compute the deadline "
            "once, and give each only what is left");
    busy_end(&silent);
}

static void the_look_up_is_not_counted(void **state)
{
    (void)state;
    enum { HALF = 130 };

    silent = busy_port();
    sea_host("slow.test", "127.0.0.1");
    sea_lookup_takes(HALF);
    int64_t ms = in_vain(tcp("slow.test", silent.port), HALF, false, too_late);
    sea_lookup_takes(0);
    CHECK(ms >= 2 * HALF - 4,
          "the look-up took %d ms, and sock_dial gave up after %d, look-up "
          "included: the time for the connection, %d ms, begins when the "
          "addresses are known",
          HALF, (int)ms, HALF);
    busy_end(&silent);
}

static void without_time_it_does_not_wait(void **state)
{
    (void)state;
    const char *late = "with timeout_ms 0 only what succeeds at once does, and "
                       "sock_dial waited for more than a second: 0 in "
                       "SO_SNDTIMEO means for ever";

    silent = busy_port();
    in_vain(tcp("127.0.0.1", silent.port), 0, false, late);
    busy_end(&silent);
    silent = busy_at(local("harbour"));
    in_vain("unix:harbour", 0, false, late);
    busy_end(&silent);
    unlink("harbour");
}

static void without_time_it_takes_what_is_there(void **state)
{
    (void)state;
    int door = server(local("harbour"), 5);
    int fd = sock_dial("unix:harbour", 0);

    CHECK(fd != -1,
          "a local server has room in its queue: that succeeds at "
          "once, also with timeout_ms 0 (%s)",
          name_errno(errno));
    meet(door, fd);
    hang_up("harbour", door);
    door = server(ip("127.0.0.1", 0), 5);
    fd = sock_dial(tcp("127.0.0.1", port_of(door)), 0);
    CHECK(fd != -1 || errno == ETIMEDOUT,
          "TCP may be ready at once or not, but nothing else happens (%s)",
          name_errno(errno));
    if (fd != -1)
        meet(door, fd);
    close(door);
}

/* ---- waiting, signals, clocks ------------------------------------------ */

/* The server accepts what waits in its queue: there is room again. */
static void accept_one(void *unused)
{
    (void)unused;
    close(accept4(silent.door, NULL, NULL, SOCK_CLOEXEC));
}

static void check_blocking(int fd)
{
    struct timeval in = {0}, out = {0};
    socklen_t len = sizeof(in);

    CHECK(!(fcntl(fd, F_GETFL) & O_NONBLOCK),
          "the caller gets a socket in blocking mode: whoever made it "
          "non-blocking to connect takes that back");
    getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &in, &len);
    getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &out, &len);
    CHECK(!in.tv_sec && !in.tv_usec && !out.tv_sec && !out.tv_usec,
          "the time-out was for connecting: left in SO_SNDTIMEO or "
          "SO_RCVTIMEO, it ends the caller's send and recv later with EAGAIN, "
          "and that is no blocking mode");
}

static void busy_server_answers(int fd)
{
    CHECK(fd != -1,
          "the server accepted a connection and had room again: "
          "sock_dial says %s",
          name_errno(errno));
    check_blocking(fd);
    meet(silent.door, fd);
    busy_end(&silent);
}

static void sleeps_until_a_busy_server_has_room(void **state)
{
    (void)state;
    silent = busy_at(local("harbour"));
    IF_STUCK("The server had a full queue, and has room again: whoever waits "
             "in connect is let in then.");
    watch_begin(accept_one, NULL);
    int fd = sock_dial("unix:harbour", -1), error = errno;
    watch_end("a connect that blocks sleeps until the server has room");
    errno = error;
    busy_server_answers(fd);
    unlink("harbour");
}

static void sleeps_until_somebody_answers(void **state)
{
    (void)state;
    silent = busy_port();
    IF_STUCK("The server answers now: whoever waits in poll or connect is "
             "woken by the kernel.");
    watch_begin(accept_one, NULL);
    int fd = sock_dial(tcp("127.0.0.1", silent.port), FAR), error = errno;
    watch_end("poll for POLLOUT sleeps until there is an answer");
    errno = error;
    busy_server_answers(fd);
}

static const char *const not_the_end =
    "a signal interrupted sock_dial (EINTR): that is no error. The kernel goes "
    "on connecting by itself; poll for POLLOUT and SO_ERROR tell how it ended, "
    "while a second connect says EALREADY or EISCONN";

static int dial_with_signals(const char *address, int timeout_ms)
{
    sea_handler();
    nudge_begin(3, accept_one, NULL);
    int fd = sock_dial(address, timeout_ms), error = errno;
    nudge_end();
    errno = error;
    CHECK(fd != -1, "%s (here: %s)", not_the_end, name_errno(error));
    errno = error;
    return fd;
}

static void signals_do_not_end_it(void **state)
{
    (void)state;
    silent = busy_port();
    IF_STUCK("Signals came, and the server answers now: after EINTR wait "
             "again for the same connection.");
    busy_server_answers(dial_with_signals(tcp("127.0.0.1", silent.port), -1));
}

static void signals_do_not_end_it_at_a_busy_path(void **state)
{
    (void)state;
    static const int timeout[] = {-1, FAR};

    for (int i = 0; i < 2; i++) {
        silent = busy_at(local("harbour"));
        IF_STUCK("Signals came, and the server has room again: at a path, "
                 "connect that says EINTR has not begun anything. Call it "
                 "again.");
        busy_server_answers(dial_with_signals("unix:harbour", timeout[i]));
        unlink("harbour");
    }
}

static const char *const stretched =
    "a signal came every 2 ms, and a time-out of 80 ms was not over after more "
    "than a second: fix the end once, and after each interruption wait only "
    "for what is left";

static void signals_do_not_move_the_deadline(void **state)
{
    (void)state;
    silent = busy_port();
    check_not_early(
        in_vain(tcp("127.0.0.1", silent.port), SOON, true, stretched), SOON);
    busy_end(&silent);
}

static void signals_do_not_move_the_deadline_at_a_busy_path(void **state)
{
    (void)state;
    silent = busy_at(local("harbour"));
    check_not_early(in_vain("unix:harbour", SOON, true, stretched), SOON);
    busy_end(&silent);
    unlink("harbour");
}

static void the_wall_clock_may_jump(void **state)
{
    (void)state;
    static const int hours[] = {2, -2};

    for (int i = 0; i < 2; i++) {
        silent = busy_port();
        sea_step_wall_clock(hours[i] * 3600);
        int64_t ms = in_vain(
            tcp("127.0.0.1", silent.port), SOON, true,
            "somebody set the clock two hours back, and a time-out of 80 ms "
            "was not over after more than a second: only CLOCK_MONOTONIC "
            "measures time");
        CHECK(ms >= SOON - 2,
              "somebody set the clock two hours ahead, signals came, and it "
              "gave up after %d of its %d ms: only CLOCK_MONOTONIC measures "
              "time",
              (int)ms, SOON);
        busy_end(&silent);
    }
}

/* Every address once: listen, name, dial, talk. */
static const char *const everywhere[] = {"unix:harbour", "unix:@",
                                         "tcp:127.0.0.1:0"};

static const char *place_number(int i)
{
    return i == 1 ? unix_address(abstract_name(30)) : everywhere[i];
}

static void a_round_trip(void)
{
    for (int i = 0; i < 3; i++) {
        int door = sock_listen(place_number(i), 5);
        CHECK_OK(door, "nothing is wrong: after EINTR call again");
        CHECK_OK(sock_name(door, name, sizeof(name)), "nothing is wrong");
        int fd = sock_dial(name, FAR);
        CHECK(fd != -1, "%s (here: %s)", not_the_end, name_errno(errno));
        meet(door, fd);
        hang_up(i == 0 ? "harbour" : NULL, door);
    }
}

static void works_whatever_is_interrupted(void **state)
{
    (void)state;
    sea_handler();
    sea_every(a_round_trip, SEA_EINTR);
}

static void works_whenever_a_signal_comes(void **state)
{
    (void)state;
    sea_handler();
    sea_raise_every(a_round_trip, SIGUSR1);
}

/* ---- descriptors ------------------------------------------------------- */

static void check_cloexec(int fd, const char *whose)
{
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC,
          "%s's socket would be open in every program that is started later: "
          "SOCK_CLOEXEC",
          whose);
}

static void its_sockets_block_and_are_close_on_exec(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        int door = listens(place_number(i));
        check_cloexec(door, "the server");
        for (int timeout = -1; timeout < 2; timeout++) {
            int fd = sock_dial(name_of(door), timeout ? timeout * FAR : -1);
            CHECK(fd != -1, "a server listens there (%s)", name_errno(errno));
            check_cloexec(fd, "the client");
            check_blocking(fd);
            meet(door, fd);
        }
        hang_up(i == 0 ? "harbour" : NULL, door);
    }
}

/* The errno of a call that failed because of the sea. */
static void check_says_why(int error)
{
    CHECK(sea_hit(), "nothing has gone wrong in this run (%s)",
          name_errno(error));
    CHECK_EQ(error, sea_error(),
             "the caller learns the errno of the call that failed: keep it "
             "while you close what was opened before");
}

static void goes_there_or_says_why_not(void)
{
    for (int i = 0; i < 3; i++) {
        int door = sock_listen(place_number(i), 5), fd = -1;
        if (door == -1) {
            check_says_why(errno);
            continue;
        }
        if (sock_name(door, name, sizeof(name)) == -1 ||
            (fd = sock_dial(name, FAR)) == -1)
            check_says_why(errno);
        else
            meet(door, fd);
        hang_up(i == 0 ? "harbour" : NULL, door);
    }
}

static void leaves_nothing_open_when_it_fails(void **state)
{
    (void)state;
    sea_every(goes_there_or_says_why_not, SEA_ERRORS);
}

static void goes_on_or_says_why_not(void)
{
    struct strait s = strait("127.0.0.2", "127.0.0.3");

    sea_host("islands.test", "127.0.0.2 127.0.0.3");
    int fd = sock_dial(tcp("islands.test", s.port), FAR);
    if (fd == -1)
        CHECK(sea_hit(), "nothing has gone wrong in this run (%s)",
              name_errno(errno));
    else
        meet(s.door, fd);
    strait_end(s);
}

static void leaves_nothing_open_between_addresses(void **state)
{
    (void)state;
    sea_every(goes_on_or_says_why_not, SEA_ERRORS);
}

/* Where a socket could not be had to find it out, nobody knows. */
static void replaces_it_or_says_why_not(void)
{
    close(server(local("harbour"), 5));
    int door = sock_listen("unix:harbour", 5);
    if (door == -1) {
        CHECK(sea_hit(), "nothing has gone wrong in this run (%s)",
              name_errno(errno));
    } else {
        meet(door, client(local("harbour")));
        close(door);
    }
    unlink("harbour");
}

static void leaves_it_alone_whatever_fails(void)
{
    int door = server(local("harbour"), 5);

    look_at("harbour");
    CHECK_EQ(sock_listen("unix:harbour", 5), -1, "a server listens there");
    CHECK(sea_hit() || errno == EADDRINUSE, "and it was found (%s)",
          name_errno(errno));
    check_left_alone("harbour", "a living server's");
    hang_up("harbour", door);
}

static void harms_no_file_when_it_fails(void **state)
{
    (void)state;
    sea_every(replaces_it_or_says_why_not, SEA_ERRORS);
    sea_every(leaves_it_alone_whatever_fails, SEA_ERRORS);
}

static void closes_after_every_refusal(void **state)
{
    (void)state;
    int fd = bound(ip("127.0.0.1", 0), SOCK_STREAM);
    int door = server(ip("127.0.0.1", 0), 5);

    make_file("a file");
    CHECK_ERRNO(sock_dial(tcp("127.0.0.1", port_of(fd)), FAR), ECONNREFUSED,
                "nobody listens there");
    CHECK_ERRNO(sock_dial("unix:a file", FAR), ECONNREFUSED,
                "nobody listens there");
    CHECK_ERRNO(sock_dial("unix:nowhere", FAR), ENOENT, "nothing is there");
    CHECK_ERRNO(sock_listen(tcp("127.0.0.1", port_of(door)), 5), EADDRINUSE,
                "somebody listens there");
    CHECK_ERRNO(sock_listen("unix:a file", 5), EADDRINUSE, "a file is there");
    CHECK_ERRNO(sock_listen("unix:no/harbour", 5), ENOENT, "no such folder");
    CHECK_ERRNO(sock_name(door, name, 3), ENOSPC, "there is no room");
    close(fd);
    close(door);
    unlink("a file");
}

static void zero_is_a_descriptor_too(void **state)
{
    (void)state;
    int wstatus;
    pid_t pid = fact_fork();

    if (pid == 0) {
        for (int fd = 0; fd < 3; fd++)
            close(fd);
        for (int i = 0; i < 3; i++) {
            int door = sock_listen(place_number(i), 5);
            ISLAND_CHECK(door >= 0 && sock_name(door, name, CAP) == 0,
                         "the caller had closed descriptors 0, 1 and 2, and "
                         "a server that got 0 did not work: only -1 is no "
                         "descriptor");
            close(door);
            if (i == 0)
                unlink("harbour");
            door = server(local("mine"), 5); /* 0 */
            dup2(door, 9);
            close(door);
            ISLAND_CHECK(sock_dial("unix:mine", FAR) == 0,
                         "the caller had closed descriptors 0, 1 and 2, and a "
                         "client that got 0 did not work: only -1 is no "
                         "descriptor");
            close(0);
            close(9);
            unlink("mine");
        }
        _exit(0);
    }
    waitpid(pid, &wstatus, 0);
    CHECK_STATUS(wstatus, EXITED(0), "the child is the test's own");
}

/* ---- names ------------------------------------------------------------- */

static void tells_where_a_server_listens(void **state)
{
    (void)state;
    const char *fresh = abstract_name(30);
    int door = listens(unix_address(fresh));

    CHECK_STR(name_of(door), unix_address(fresh), "it was bound to that name");
    close(door);
    door = listens("unix:./harbour");
    CHECK_STR(name_of(door), "unix:./harbour", "the path as it was given");
    hang_up("harbour", door);
    door = listens("tcp:127.0.0.1:0");
    CHECK_STR(name_of(door), tcp("127.0.0.1", port_of(door)),
              "with the port the kernel has chosen, in the order of bytes of "
              "this machine");
    close(door);
    door = listens("tcp:0.0.0.0:0");
    CHECK_STR(name_of(door), tcp("0.0.0.0", port_of(door)), "every address");
    close(door);
}

static void tells_ipv6_with_brackets(void **state)
{
    (void)state;
    if (!there_is_ipv6())
        SKIP_TEST("this machine has no IPv6");
    int door = listens("tcp:[::1]:0");
    CHECK_STR(name_of(door), tcp("::1", port_of(door)),
              "an IPv6 address contains colons: in brackets it is told from "
              "the port");
    dial_and_meet(door, name_of(door));
    close(door);
    door = listens("tcp:[::]:0");
    CHECK_STR(name_of(door), tcp("::", port_of(door)), "every address");
    close(door);
}

static void its_names_lead_back(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        int door = listens(place_number(i));
        dial_and_meet(door, name_of(door));
        hang_up(i == 0 ? "harbour" : NULL, door);
    }
}

static void names_both_ends(void **state)
{
    (void)state;
    int door = listens("tcp:127.0.0.1:0"), fd = dials(name_of(door));
    int end = accepted(door);

    CHECK_STR(name_of(end), tcp("127.0.0.1", port_of(door)),
              "the server's end of a connection has the server's address");
    CHECK_STR(name_of(fd), tcp("127.0.0.1", port_of(fd)),
              "the client's end has an address of its own: getsockname, not "
              "getpeername");
    close(fd);
    close(end);
    close(door);
    door = listens("unix:harbour");
    fd = dials("unix:harbour");
    end = accepted(door);
    CHECK_STR(name_of(end), "unix:harbour", "the server's address");
    CHECK_STR(name_of(fd), "unix:",
              "the client's end has no name: "
              "getsockname's length says so, and what "
              "is in sun_path then is not its");
    close(fd);
    close(end);
    hang_up("harbour", door);
}

static void what_has_no_name_is_unix(void **state)
{
    (void)state;
    int end[2], fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK_STR(name_of(fd), "unix:", "it is bound to nothing");
    close(fd);
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, end), "a pair");
    CHECK_STR(name_of(end[0]), "unix:", "a pair's ends have no names");
    close(end[0]);
    close(end[1]);
}

/* bind without a name: the kernel chooses an abstract one of five bytes. */
static void names_what_others_have_bound(void **state)
{
    (void)state;
    char longest[LONGEST + 1] = "";
    struct place nothing = {.at.un.sun_family = AF_UNIX,
                            .len = sizeof(sa_family_t)};
    int door = server(nothing, 5);

    memset(longest, 'p', LONGEST);
    CHECK_EQ(strlen(name_of(door)), strlen("unix:@00000"),
             "the name (\"%s\") has as many bytes as getsockname's length "
             "says: no NUL ends it",
             name);
    dial_and_meet(door, name_of(door));
    close(door);
    door = server(local(longest), 5);
    CHECK_STR(name_of(door), unix_address(longest), "a path of 107 bytes");
    dial_and_meet(door, name_of(door));
    hang_up(longest, door);
}

static void says_when_there_is_no_room(void **state)
{
    (void)state;
    static const char untouched[] = "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~";

    for (int i = 0; i < 3; i++) {
        char buf[CAP];
        int door = listens(place_number(i));
        size_t n = strlen(name_of(door));
        const size_t too_small[] = {0, 1, 3, 5, n - 1, n};
        CHECK_OK(sock_name(door, buf, n + 1),
                 "the name has %zu bytes: with its NUL it fits into %zu", n,
                 n + 1);
        CHECK_STR(buf, name, "all of it");
        for (int k = 0; k < 6; k++) {
            memset(buf, '~', sizeof(buf));
            CHECK_ERRNO(sock_name(door, buf, too_small[k]), ENOSPC,
                        "the name has %zu bytes and a NUL, there is room for "
                        "%zu: half an address leads elsewhere",
                        n, too_small[k]);
            CHECK(memcmp(buf, untouched, 8) == 0 && buf[too_small[k]] == '~',
                  "where there is no room, buf stays as it was");
        }
        hang_up(i == 0 ? "harbour" : NULL, door);
    }
}

static void says_what_has_no_address(void **state)
{
    (void)state;
    int end[2],
        other = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    CHECK_OK(pipe2(end, O_CLOEXEC), "a pipe");
    quiet_begin();
    CHECK_ERRNO(sock_name(end[0], name, CAP), ENOTSOCK, "a pipe is no socket");
    close(end[0]);
    close(end[1]);
    CHECK_ERRNO(sock_name(end[0], name, CAP), EBADF, "it is closed");
    CHECK_ERRNO(sock_name(-1, name, CAP), EBADF, "-1 is none");
    if (other != -1)
        CHECK_ERRNO(sock_name(other, name, CAP), EAFNOSUPPORT,
                    "neither unix nor tcp: such an address cannot be dialled");
    quiet_end();
    if (other != -1)
        close(other);
}

/* ---- Python ------------------------------------------------------------ */

/* What multiprocessing.connection says: four bytes of length, the message. */
static void check_python_talk(int fd)
{
    char got[16] = "";

    CHECK(readable(fd, QUITE_LONG_MS) && recv(fd, got, 8, MSG_WAITALL) == 8 &&
              memcmp(got, "\0\0\0\4ahoy", 8) == 0,
          "Python sends a message of four bytes");
    CHECK_EQ(send(fd, "\0\0\0\3aye", 7, MSG_NOSIGNAL), 7, "it gets an answer");
    close(fd);
}

static const int nothing[] = {-1};

static void python_connects_to_it(void **state)
{
    (void)state;
    char port[8], fresh[LONGEST + 2];
    int door[3] = {listens("tcp:127.0.0.1:0"), listens("unix:harbour")};

    snprintf(fresh, sizeof(fresh), "%s", abstract_name(30));
    door[2] = listens(unix_address(fresh));
    snprintf(port, sizeof(port), "%d", port_of(door[0]));
    pid_t pid = python_start(
        "import socket, sys\n"
        "from multiprocessing.connection import Client\n"
        "port, name = sys.argv[1:]\n"
        "for at in ('127.0.0.1', int(port)), 'harbour', '\\0' + name[1:]:\n"
        "    with Client(at) as c:\n"
        "        c.send_bytes(b'ahoy')\n"
        "        if c.recv_bytes() != b'aye': sys.exit('no answer')\n"
        "s = socket.create_connection(('127.0.0.1', int(port)))\n"
        "s.sendall(b'\\0\\0\\0\\4ahoy')\n"
        "if s.recv(100) != b'\\0\\0\\0\\3aye': sys.exit('no answer')\n",
        nothing, (const char *const[]){port, fresh, NULL});
    for (int i = 0; i < 3; i++)
        check_python_talk(accepted(door[i]));
    check_python_talk(accepted(door[0]));
    python_end(pid);
    close(door[0]);
    close(door[2]);
    hang_up("harbour", door[1]);
}

static void connects_to_python(void **state)
{
    (void)state;
    int said[2];
    char number[12], line[64] = "", fresh[LONGEST + 2];

    snprintf(fresh, sizeof(fresh), "%s", abstract_name(30));
    CHECK_OK(pipe2(said, O_CLOEXEC), "where Python tells its port");
    snprintf(number, sizeof(number), "%d", said[1]);
    pid_t pid = python_start(
        "import os, sys\n"
        "from multiprocessing.connection import Listener\n"
        "fd, name = sys.argv[1:]\n"
        "all = [Listener(at) for at in\n"
        "       (('127.0.0.1', 0), 'harbour', '\\0' + name[1:])]\n"
        "os.write(int(fd), str(all[0].address[1]).encode())\n"
        "for l in all:\n"
        "    with l.accept() as c:\n"
        "        c.send_bytes(b'ahoy')\n"
        "        if c.recv_bytes() != b'aye': sys.exit('no answer')\n"
        "for l in all: l.close()\n",
        (const int[]){said[1], -1}, (const char *const[]){number, fresh, NULL});
    close(said[1]);
    CHECK(read(said[0], line, sizeof(line) - 1) > 0, "Python listens");
    close(said[0]);
    check_python_talk(dials(tcp("127.0.0.1", atoi(line))));
    check_python_talk(dials("unix:harbour"));
    check_python_talk(dials(unix_address(fresh)));
    python_end(pid);
}

/* ---- two machines ------------------------------------------------------ */

/* A server of the learner's on host 1, which says its name and then `aye` to
 * everyone who comes, until it is killed. */
static pid_t server_on_the_other(const char *host, int *said)
{
    int word[2];
    pid_t pid;

    CHECK_OK(pipe2(word, O_CLOEXEC), "where it says its name");
    pid = host_fork(1);
    if (pid == 0) {
        int door = sock_listen(tcp(host, 0), 5);
        ISLAND_CHECK(door != -1 && sock_name(door, name, CAP) == 0,
                     "a server at %s, the address of the machine it runs on, "
                     "could not listen or had no name (%s)",
                     host, name_errno(errno));
        ISLAND_CHECK(write(word[1], name, sizeof(name)) == sizeof(name),
                     "the test's own pipe");
        for (int end;; close(end))
            if ((end = accept4(door, NULL, NULL, SOCK_CLOEXEC)) != -1)
                send(end, "aye", 3, MSG_NOSIGNAL);
    }
    close(word[1]);
    *said = word[0];
    return pid;
}

static bool says_its_name(int said)
{
    bool all = read(said, name, sizeof(name)) == sizeof(name);

    close(said);
    return all;
}

static void check_aye(int fd)
{
    char got[4] = "";

    CHECK(readable(fd, QUITE_LONG_MS) && recv(fd, got, 3, MSG_WAITALL) == 3,
          "what the server says arrives");
    CHECK_STR(got, "aye", "as it was said");
    close(fd);
}

static void end_of(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void speaks_with_another_machine(void **state)
{
    (void)state;
    static const int family[] = {AF_INET, AF_INET6};

    hosts_begin();
    for (int i = 0; i < 2; i++) {
        const char *host = host_address(1, family[i]);
        int said;
        if (!host)
            continue;
        pid_t pid = server_on_the_other(host, &said);
        if (says_its_name(said)) {
            check_aye(dials(name));
            sea_host("mainland.test", host);
            check_aye(
                dials(tcp("mainland.test", atoi(strrchr(name, ':') + 1))));
        }
        end_of(pid);
    }
    hosts_end();
}

static void gives_up_when_the_cable_is_pulled(void **state)
{
    (void)state;
    static const int family[] = {AF_INET, AF_INET6};
    int said;

    if (!hosts_begin()) {
        hosts_end();
        SKIP_TEST("there is no cable to pull: %s", page->proved);
    }
    for (int i = 0; i < 2; i++) {
        const char *host = host_address(1, family[i]);
        if (!host)
            continue;
        pid_t pid = server_on_the_other(host, &said);
        if (says_its_name(said)) {
            cable_pull();
            check_not_early(in_vain(name, SOON, false, too_late), SOON);
            cable_plug();
            check_aye(dials(name));
        }
        end_of(pid);
    }
    hosts_end();
}

static const struct CMUnitTest facts[] = {
    FACT(connects_at_a_path),
    FACT(connects_at_an_abstract_name),
    FACT(connects_over_tcp),
    FACT(connects_over_ipv6),
    FACT(looks_up_names),
    FACT(the_kernel_chooses_a_port),
    FACT(meets_what_others_have_written),
    FACT(refuses_to_listen_at_no_address),
    FACT(refuses_to_dial_no_address),
    FACT(accepts_every_port),
    FACT(a_port_is_decimal),
    FACT(a_path_may_contain_anything),
    FACT(a_path_has_at_most_107_bytes),
    FACT(an_abstract_name_has_at_most_107_bytes),
    FACT(a_short_abstract_name_is_one),
    FACT(no_such_host_is_enoent),
    FACT(no_such_path_is_enoent),
    FACT(nobody_listens_is_econnrefused),
    FACT(somebody_elses_address_cannot_be_had),
    FACT(replaces_the_file_of_a_dead_server),
    FACT(leaves_a_living_server_alone),
    FACT(leaves_a_server_of_its_own_alone),
    FACT(leaves_a_busy_server_alone),
    FACT(leaves_sockets_of_another_kind_alone),
    FACT(leaves_a_server_that_lets_nobody_in_alone),
    FACT(leaves_other_files_alone),
    FACT(leaves_links_alone),
    FACT(passes_the_backlog_on),
    FACT(passes_the_backlog_on_over_tcp),
    FACT(two_servers_on_one_port_collide),
    FACT(a_restarted_server_gets_its_port),
    FACT(tries_one_address_after_the_other),
    FACT(stops_at_the_first_that_answers),
    FACT(says_what_the_last_address_said),
    FACT(gives_the_addresses_back),
    FACT(gives_up_in_time),
    FACT(gives_up_in_time_at_a_busy_path),
    FACT(all_addresses_share_one_deadline),
    FACT(the_look_up_is_not_counted),
    FACT(without_time_it_does_not_wait),
    FACT(without_time_it_takes_what_is_there),
    FACT(sleeps_until_a_busy_server_has_room),
    FACT(sleeps_until_somebody_answers),
    FACT(signals_do_not_end_it),
    FACT(signals_do_not_end_it_at_a_busy_path),
    FACT(signals_do_not_move_the_deadline),
    FACT(signals_do_not_move_the_deadline_at_a_busy_path),
    FACT(the_wall_clock_may_jump),
    FACT(works_whatever_is_interrupted),
    FACT(works_whenever_a_signal_comes),
    FACT(its_sockets_block_and_are_close_on_exec),
    FACT(leaves_nothing_open_when_it_fails),
    FACT(leaves_nothing_open_between_addresses),
    FACT(harms_no_file_when_it_fails),
    FACT(closes_after_every_refusal),
    FACT(zero_is_a_descriptor_too),
    FACT(tells_where_a_server_listens),
    FACT(tells_ipv6_with_brackets),
    FACT(its_names_lead_back),
    FACT(names_both_ends),
    FACT(what_has_no_name_is_unix),
    FACT(names_what_others_have_bound),
    FACT(says_when_there_is_no_room),
    FACT(says_what_has_no_address),
    FACT(python_connects_to_it),
    FACT(connects_to_python),
    FACT(speaks_with_another_machine),
    FACT(gives_up_when_the_cable_is_pulled),
};
EXERCISE(
    "4_sockets/dial",
    "unix(7), ip(7), getaddrinfo(3), connect(2), socket(7) on SO_REUSEADDR "
    "and SO_ERROR",
    facts)
