/*
 * sockets.h — sockets with a name or a port, for the specimens.
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

/* In the private, empty folder of the test. */
static inline struct sockaddr_un path_of(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    strcpy(address.sun_path, name);
    return address;
}

static inline int listen_at(const char *name, int backlog)
{
    struct sockaddr_un address = path_of(name);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    CHECK_OK(bind(fd, (struct sockaddr *)&address, sizeof(address)), "a name");
    CHECK_OK(listen(fd, backlog), "open for guests");
    return fd;
}

static inline int call_at(const char *name)
{
    struct sockaddr_un address = path_of(name);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    return connect(fd, (struct sockaddr *)&address, sizeof(address)) ? -1 : fd;
}

/* At any free port of the loopback, which `address` tells. */
static inline int bind_ip(int type, struct sockaddr_in *address)
{
    socklen_t length = sizeof(*address);
    int fd = socket(AF_INET, type, 0);

    *address = (struct sockaddr_in){.sin_family = AF_INET};
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_OK(bind(fd, (struct sockaddr *)address, length), "a port");
    getsockname(fd, (struct sockaddr *)address, &length);
    return fd;
}

static inline int call_ip(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    return connect(fd, (const struct sockaddr *)address, sizeof(*address)) ? -1
                                                                           : fd;
}

#endif
