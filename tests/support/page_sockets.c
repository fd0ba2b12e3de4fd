/*
 * page_sockets.c — who is at the other end of a socket, by the logbook.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "page.h"

/* An address as IPv6, IPv4 mapped into it; false: it is neither. */
static bool as_ipv6(const struct page_address *a, struct sockaddr_in6 *to)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct sockaddr_in in;
    sa_family_t family = AF_UNSPEC;

    if (a->length >= sizeof(family))
        memcpy(&family, a->bytes, sizeof(family));
    memset(to, 0, sizeof(*to));
    if (family == AF_INET6 && a->length >= sizeof(*to)) {
        memcpy(to, a->bytes, sizeof(*to));
        return true;
    }
    if (family != AF_INET || a->length < sizeof(in))
        return false;
    memcpy(&in, a->bytes, sizeof(in));
    to->sin6_port = in.sin_port;
    memcpy(&to->sin6_addr, mapped, sizeof(mapped));
    memcpy((char *)&to->sin6_addr + 12, &in.sin_addr, 4);
    return true;
}

bool page_address_same(const struct page_address *a,
                       const struct page_address *b)
{
    struct sockaddr_in6 x, y;

    if (as_ipv6(a, &x) && as_ipv6(b, &y))
        return x.sin6_port == y.sin6_port &&
               memcmp(&x.sin6_addr, &y.sin6_addr, sizeof(x.sin6_addr)) == 0;
    /* Of a path the kernel counts the NUL behind it, the program need not. */
    size_t n = a->length < b->length ? a->length : b->length;
    size_t most = a->length > b->length ? a->length : b->length;
    const struct page_address *longer = a->length > b->length ? a : b;
    if (memcmp(a->bytes, b->bytes, n) != 0)
        return false;
    bool path = n > sizeof(sa_family_t) && a->bytes[sizeof(sa_family_t)];
    return n == most || (path && longer->bytes[n] == '\0');
}

bool page_address_ip(const struct page_address *a)
{
    struct sockaddr_in6 in;

    return as_ipv6(a, &in);
}

int page_address_port(const struct page_address *a)
{
    struct sockaddr_in6 in;

    return as_ipv6(a, &in) ? ntohs(in.sin6_port) : 0;
}

bool page_address_any(const struct page_address *a)
{
    struct sockaddr_in6 in;
    static const unsigned char none[4];

    return as_ipv6(a, &in) &&
           (IN6_IS_ADDR_UNSPECIFIED(&in.sin6_addr) ||
            (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr) &&
             memcmp((char *)&in.sin6_addr + 12, none, 4) == 0));
}

static bool is_unix(const struct page_address *a)
{
    sa_family_t family = AF_UNSPEC;

    if (a->length >= sizeof(family))
        memcpy(&family, a->bytes, sizeof(family));
    return family == AF_UNIX;
}

/* What of a path or an abstract name can be shown, as it is. */
static void put_name(const struct page_address *a, char *buf, size_t cap)
{
    size_t used = 0;
    bool abstract = a->bytes[sizeof(sa_family_t)] == '\0';

    for (size_t i = sizeof(sa_family_t); i < a->length && used + 1 < cap; i++) {
        unsigned char c = a->bytes[i];
        if (c == '\0' && !abstract)
            break;
        buf[used++] = c == '\0' ? '@' : c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    buf[used] = '\0';
}

const char *page_address(const struct page_address *a, char *buf, size_t cap)
{
    struct sockaddr_in6 in;
    char host[INET6_ADDRSTRLEN] = "?";

    buf[0] = '\0';
    if (as_ipv6(a, &in)) {
        bool four = IN6_IS_ADDR_V4MAPPED(&in.sin6_addr);
        inet_ntop(four ? AF_INET : AF_INET6,
                  (char *)&in.sin6_addr + (four ? 12 : 0), host, sizeof(host));
        snprintf(buf, cap, four ? "%s:%d" : "[%s]:%d", host,
                 ntohs(in.sin6_port));
    } else if (is_unix(a) && a->length > sizeof(sa_family_t)) {
        put_name(a, buf, cap);
    }
    return buf;
}

static bool is_accept(const struct page_event *e)
{
    return (e->call == SEA_accept || e->call == SEA_accept4) && e->ended &&
           !e->error && e->object[1];
}

/* It has begun a connection that somebody may accept. */
static bool is_connect(const struct page_event *e)
{
    return e->call == SEA_connect && e->own.length && e->object[0] &&
           !(e->flags[0] & PAGE_DATAGRAMS);
}

static bool is_known(const struct page *page, pid_t pid)
{
    for (int i = 0; i < page->procs && i < PAGE_PROCS; i++)
        if (page->proc[i].pid == pid)
            return true;
    return false;
}

/* Both addresses say it, of TCP beyond doubt. A Unix client has no address
 * of its own as a rule, but the kernel says which process it was. */
static bool may_meet(const struct page *page, const struct page_event *accept,
                     const struct page_event *connect)
{
    if (!is_connect(connect) || connect->began > accept->ended)
        return false;
    if (!is_unix(&accept->own))
        return page_address_same(&connect->own, &accept->other) &&
               page_address_port(&connect->other) ==
                   page_address_port(&accept->own);
    return page_address_same(&connect->own, &accept->other) &&
           page_address_same(&connect->other, &accept->own) &&
           (!is_known(page, accept->peer) || connect->pid == accept->peer);
}

static const struct page_event *at(const struct page *page, unsigned i)
{
    return &page->event[i % PAGE_EVENTS];
}

static unsigned first(const struct page *page)
{
    return page->events > PAGE_EVENTS ? page->events - PAGE_EVENTS : 0;
}

/* Who connects first is accepted first: the nth of the one is the nth of the
 * other. Where the logbook has turned only as many of both tell. */
static const struct page_event *unix_connect(const struct page *page,
                                             const struct page_event *accept)
{
    const struct page_event *found = NULL;
    int before = 0, accepts = 0, connects = 0;

    for (unsigned i = first(page); i < page->events; i++) {
        const struct page_event *e = at(page, i);
        if (!is_accept(e) || e->peer != accept->peer ||
            !page_address_same(&e->own, &accept->own) ||
            !page_address_same(&e->other, &accept->other))
            continue;
        accepts++;
        before += e->ended < accept->ended;
    }
    for (unsigned i = first(page); i < page->events; i++)
        if (may_meet(page, accept, at(page, i)) && connects++ == before)
            found = at(page, i);
    return page->events > PAGE_EVENTS && accepts != connects ? NULL : found;
}

const struct page_event *page_connect(const struct page *page,
                                      const struct page_event *accept)
{
    if (!is_accept(accept))
        return NULL;
    if (is_unix(&accept->own))
        return unix_connect(page, accept);
    for (unsigned i = page->events; i > first(page); i--)
        if (may_meet(page, accept, at(page, i - 1)))
            return at(page, i - 1);
    return NULL;
}

/* Of the connection that this call has begun: the accepted socket. */
static uint64_t accepted(const struct page *page,
                         const struct page_event *connect)
{
    for (unsigned i = first(page); i < page->events; i++) {
        const struct page_event *e = at(page, i);
        if (is_accept(e) && may_meet(page, e, connect) &&
            page_connect(page, e) == connect)
            return e->object[1];
    }
    return 0;
}

uint64_t page_peer(const struct page *page, uint64_t object)
{
    uint64_t found = 0;

    for (unsigned i = first(page); object && i < page->events && !found; i++) {
        const struct page_event *e = at(page, i), *connect;
        if (e->call == SEA_socketpair && e->object[0] == object)
            found = e->object[1];
        else if (e->call == SEA_socketpair && e->object[1] == object)
            found = e->object[0];
        else if (is_connect(e) && e->object[0] == object)
            found = accepted(page, e);
        else if (is_accept(e) && e->object[1] == object &&
                 (connect = page_connect(page, e)) != NULL)
            found = connect->object[0];
    }
    return found;
}

const char *page_kind(const struct page *page, uint64_t object, mode_t mode)
{
    if (S_ISFIFO(mode))
        return "pipe";
    if (!S_ISSOCK(mode))
        return "file";
    for (unsigned i = first(page); i < page->events; i++) {
        const struct page_event *e = at(page, i);
        bool listens = e->flags[0] & PAGE_LISTENS ||
                       (e->call == SEA_listen && e->ended && !e->error);
        if (e->object[0] == object && listens)
            return "listener";
    }
    return "socket";
}
