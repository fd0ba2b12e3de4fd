/*
 * dial — one way to write the address of every shore.
 *
 *   unix:PATH        a socket in the file system; PATH has 1 to 107 bytes
 *   unix:@NAME       a name of the abstract namespace, without a file; NAME
 *                    has 1 to 107 bytes
 *   tcp:HOST:PORT    a name or an IPv4 address, and a port, 0 to 65535 in
 *                    decimal digits
 *   tcp:[HOST]:PORT  the same; needed where HOST contains colons, as IPv6
 *                    addresses do
 *
 * sock_listen makes a stream socket that listens at the address, with this
 * backlog. Port 0 lets the kernel choose one. A server that is started again
 * gets its port at once, though connections of its predecessor linger
 * (TIME_WAIT). At unix:PATH a socket file that nobody listens on any more is
 * replaced; that of a living server, also a busy one, and any other file are
 * left alone.
 *   Returns  the socket, or -1 with errno:
 *            EADDRINUSE    somebody listens there, or PATH is no socket.
 *            EINVAL        this is no address.
 *            ENAMETOOLONG  PATH or NAME is too long.
 *            ENOENT        there is no such host, or no such folder.
 *            EACCES, EADDRNOTAVAIL, EMFILE …   bind's, socket's.
 *
 * sock_dial connects to the address. Where a host has several addresses, all
 * are tried in the order getaddrinfo(3) gives, until one answers. All of it
 * takes at most timeout_ms together (-1 waits as long as the system does;
 * with 0 only what succeeds at once does), the look-up of the name not
 * counted. A signal neither ends it nor stretches its deadline. Waiting costs
 * no CPU time.
 *   Returns  the socket, in blocking mode, or -1 with errno:
 *            ETIMEDOUT     nobody answered in time.
 *            ECONNREFUSED  nobody listens there; ENOENT: no such path or
 *                          host; EHOSTUNREACH …   the last address's error.
 *            EINVAL, ENAMETOOLONG   as above.
 *
 * sock_name writes the address that fd is bound to into buf, as a string
 * that sock_dial and sock_listen understand: unix:PATH, unix:@NAME,
 * tcp:127.0.0.1:4711, tcp:[::1]:4711. One without a name is "unix:".
 *   Returns  0, or -1 with errno: ENOSPC  cap is too small, buf as it was;
 *            ENOTSOCK, EBADF; EAFNOSUPPORT  neither unix nor tcp.
 *
 * Descriptors  the caller's, close-on-exec; none is left after an error.
 * Files        the caller of sock_listen unlinks PATH when it is done.
 *
 * See also unix(7), ip(7), ipv6(7), tcp(7), getaddrinfo(3), connect(2),
 * socket(7) on SO_REUSEADDR and SO_ERROR.
 */
#ifndef DIAL_H
#define DIAL_H

#include <stddef.h>

int sock_listen(const char *address, int backlog);
int sock_dial(const char *address, int timeout_ms);
int sock_name(int fd, char *buf, size_t cap);

#endif
