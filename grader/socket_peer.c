/*
 * socket_peer.c — which socket is at the other end: by their addresses, by
 * the logbook, else from the kernel's socket diagnosis (unprivileged).
 */
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scene.h"

/* Of TCP both ends have the same two addresses, the other way round. */
static uint64_t from_addresses(const struct scene *s, const struct end *e)
{
    for (size_t i = 0; e->other.length && i < s->ends; i++) {
        const struct end *other = &s->end[i];
        if (S_ISSOCK(other->mode) && page_address_ip(&e->own) &&
            !(e->traits & PAGE_DATAGRAMS) &&
            page_address_same(&e->own, &other->other) &&
            page_address_same(&e->other, &other->own))
            return other->inode;
    }
    return 0;
}

static uint64_t peer_attribute(const struct nlmsghdr *head, ssize_t len)
{
    if (!NLMSG_OK(head, len) || head->nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return 0;
    const char *data = NLMSG_DATA(head);
    const char *at = data + NLMSG_ALIGN(sizeof(struct unix_diag_msg));
    const char *end = (const char *)head + head->nlmsg_len;
    while (at + sizeof(struct nlattr) <= end) {
        const struct nlattr *attr = (const void *)at;
        uint32_t peer;
        if (attr->nla_type == UNIX_DIAG_PEER) {
            memcpy(&peer, at + NLA_HDRLEN, sizeof(peer));
            return peer;
        }
        if (attr->nla_len < NLA_HDRLEN)
            break;
        at += NLA_ALIGN(attr->nla_len);
    }
    return 0;
}

static uint64_t from_kernel(uint64_t inode)
{
    struct {
        struct nlmsghdr head;
        struct unix_diag_req req;
    } ask = {
        .head = {.nlmsg_len = sizeof(ask),
                 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                 .nlmsg_flags = NLM_F_REQUEST},
        .req = {.sdiag_family = AF_UNIX,
                .udiag_states = ~0u,
                .udiag_ino = (uint32_t)inode,
                .udiag_show = UDIAG_SHOW_PEER,
                .udiag_cookie = {~0u, ~0u}},
    };
    _Alignas(struct nlmsghdr) char answer[1024];
    struct timeval patience = {0, 200000};
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd == -1)
        return 0;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ssize_t len = -1;
    if (send(fd, &ask, sizeof(ask), 0) == sizeof(ask))
        len = recv(fd, answer, sizeof(answer), 0);
    close(fd);
    return len > 0 ? peer_attribute((const void *)answer, len) : 0;
}

uint64_t socket_peer(const struct scene *s, const struct end *e)
{
    static uint64_t asked, answer; /* asked again and again for the same */
    if (!S_ISSOCK(e->mode))
        return 0;
    if (asked != e->inode) {
        uint64_t peer = from_addresses(s, e);
        if (!peer && s->page)
            peer = page_peer(s->page, e->inode);
        answer = peer ? peer : from_kernel(e->inode);
        asked = e->inode;
    }
    return answer;
}
