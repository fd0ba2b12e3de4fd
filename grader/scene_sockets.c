/*
 * scene_sockets.c — what a socket is: it tells itself, through a copy of its
 * descriptor. Where that is denied, the logbook knows what its calls said.
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc.h"
#include "scene.h"

static bool has_option(int fd, int name, int wanted)
{
    int value;
    socklen_t length = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 &&
           value == wanted;
}

typedef int name_call(int, struct sockaddr *, socklen_t *);

static void ask(struct page_address *a, name_call *call, int fd)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof(name);

    if (call(fd, (struct sockaddr *)&name, &length) == -1 || length == 0 ||
        length > sizeof(a->bytes))
        return;
    memcpy(a->bytes, &name, length);
    a->length = (unsigned char)length;
}

static void by_logbook(const struct page *page, struct end *e)
{
    unsigned count = page->events < PAGE_EVENTS ? page->events : PAGE_EVENTS;

    for (unsigned i = 0; i < count; i++) {
        const struct page_event *event = &page->event[i];
        bool accepted = event->object[1] == e->inode && event->own.length;
        bool about = event->object[0] == e->inode && !event->object[1];
        if (event->object[0] == e->inode)
            e->traits |= event->flags[0] & (PAGE_DATAGRAMS | PAGE_LISTENS);
        if (event->call == SEA_listen && about && !event->error)
            e->traits |= PAGE_LISTENS;
        if ((accepted || about) && event->own.length)
            e->own = event->own;
        if (accepted || (about && event->call == SEA_connect && !event->error))
            e->other = event->other;
    }
}

void socket_look(const struct scene *s, struct end *e)
{
    int fd = proc_descriptor(e->pid, e->fd);

    if (fd == -1) {
        if (s->page)
            by_logbook(s->page, e);
        return;
    }
    e->traits = (has_option(fd, SO_TYPE, SOCK_DGRAM) ? PAGE_DATAGRAMS : 0) |
                (has_option(fd, SO_ACCEPTCONN, 1) ? PAGE_LISTENS : 0);
    ask(&e->own, getsockname, fd);
    ask(&e->other, getpeername, fd);
    close(fd);
}

int end_ready(const struct end *e, short events)
{
    struct pollfd p = {.fd = proc_descriptor(e->pid, e->fd), .events = events};

    if (p.fd == -1)
        return -1;
    int n = poll(&p, 1, 0);
    close(p.fd);
    return n < 0 ? -1 : p.revents;
}

bool address_reaches(const struct page_address *to,
                     const struct page_address *own)
{
    int port = page_address_port(to);

    return to->length && own->length &&
           (page_address_same(to, own) ||
            (port && page_address_any(own) && port == page_address_port(own)));
}

const char *address_name(const struct page_address *a, char *buf, size_t cap)
{
    char text[136];

    if (page_address_any(a))
        snprintf(buf, cap, "port %d", page_address_port(a));
    else
        snprintf(buf, cap, page_address_ip(a) ? "%s" : "\"%s\"",
                 page_address(a, text, sizeof(text)));
    return buf;
}

static bool has_called_listen(const struct scene *s, const struct end *e)
{
    for (unsigned i = 0; s->page && i < s->page->events && i < PAGE_EVENTS;
         i++) {
        const struct page_event *event = &s->page->event[i];
        if (event->call == SEA_listen && event->object[0] == e->inode &&
            event->pid == e->pid)
            return true;
    }
    return false;
}

const struct end *scene_listener(const struct scene *s,
                                 const struct page_address *a)
{
    const struct end *found = NULL;

    for (size_t i = 0; i < s->ends; i++) {
        const struct end *e = &s->end[i];
        if (!(e->traits & PAGE_LISTENS) || !address_reaches(a, &e->own))
            continue;
        if (has_called_listen(s, e))
            return e;
        found = found ? found : e;
    }
    return found;
}
