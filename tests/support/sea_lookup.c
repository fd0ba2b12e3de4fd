/*
 * sea_lookup.c — a name server that says what the test wants to hear.
 */
#include "sea_lookup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "fact.h"
#include "sea_call.h"

enum { HOSTS = 8, MOST = 128, LISTS = 64 };

static struct host {
    char name[64];
    char addresses[MOST * 20];
} host[HOSTS];
static unsigned hosts;
static int takes_ms;

/* What was given: the system's lists, and ours, which free() takes. */
static struct {
    _Atomic(struct addrinfo *) first;
    bool ours;
} given[LISTS];
static atomic_int kept;

void sea_host(const char *name, const char *addresses)
{
    struct host *h = host;

    while (h < host + HOSTS && strcasecmp(h->name, name) != 0)
        h++;
    if (h == host + HOSTS)
        h = &host[hosts++ % HOSTS];
    if (strlen(addresses) >= sizeof(h->addresses))
        FAIL_TEST("the test itself has too many addresses for a name");
    snprintf(h->name, sizeof(h->name), "%s", name);
    snprintf(h->addresses, sizeof(h->addresses), "%s", addresses);
}

void sea_lookup_takes(int ms)
{
    takes_ms = ms;
}

int sea_lists_kept(void)
{
    return kept;
}

static void take_the_time(void)
{
    struct timespec left = {takes_ms / 1000, takes_ms % 1000 * 1000000L};

    while (nanosleep(&left, &left) == -1 && errno == EINTR)
        continue;
}

static const struct host *scripted(const char *name)
{
    for (const struct host *h = host; name && h < host + HOSTS; h++)
        if (h->name[0] && strcasecmp(h->name, name) == 0) {
            take_the_time();
            return h;
        }
    return NULL;
}

/* The next word of *text; NULL: none is left. */
static const char *word(const char **text, char *room, size_t cap)
{
    size_t blank = strspn(*text, " "), len = strcspn(*text + blank, " ");

    if (len == 0)
        return NULL;
    snprintf(room, cap, "%.*s", (int)len, *text + blank);
    *text += blank + len;
    return room;
}

/* ---- getaddrinfo ------------------------------------------------------- */

static struct addrinfo *copy(const struct addrinfo *from, const char *canonical)
{
    struct addrinfo *to = calloc(1, sizeof(*to) + from->ai_addrlen);

    if (!to)
        return NULL;
    *to = *from;
    to->ai_next = NULL;
    to->ai_addr = memcpy(to + 1, from->ai_addr, from->ai_addrlen);
    to->ai_canonname = canonical ? strdup(canonical) : NULL;
    return to;
}

static void free_list(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;
        free(list->ai_canonname);
        free(list);
        list = next;
    }
}

/* The system knows what the hints make of each numeric address. */
static int list_of(const struct host *h, const char *service,
                   const struct addrinfo *hints, struct addrinfo **list)
{
    struct addrinfo mine = {.ai_flags = AI_V4MAPPED | AI_ADDRCONFIG}, *found;
    struct addrinfo **last = list;
    const char *text = h->addresses;
    char room[64];
    int error = EAI_NONAME;

    if (hints)
        mine = *hints;
    bool canonical = mine.ai_flags & AI_CANONNAME;
    if (mine.ai_flags & AI_NUMERICHOST)
        return EAI_NONAME;
    mine.ai_flags &= ~(AI_CANONNAME | AI_ADDRCONFIG);
    mine.ai_flags |= AI_NUMERICHOST;
    *list = NULL;
    while (word(&text, room, sizeof(room))) {
        int r = getaddrinfo(room, service, &mine, &found);
        if (r != 0) {
            error = r == EAI_ADDRFAMILY ? EAI_NONAME : r;
            continue;
        }
        for (struct addrinfo *at = found; at; at = at->ai_next) {
            *last = copy(at, canonical && !*list ? h->name : NULL);
            last = *last ? &(*last)->ai_next : last;
        }
        freeaddrinfo(found);
    }
    return *list ? 0 : error;
}

static void note(struct addrinfo *list, bool ours)
{
    kept++;
    for (int i = 0; i < LISTS; i++) {
        struct addrinfo *none = NULL;
        if (atomic_compare_exchange_strong(&given[i].first, &none, list)) {
            given[i].ours = ours;
            return;
        }
    }
}

int sea_getaddrinfo(const char *, const char *, const struct addrinfo *,
                    struct addrinfo **);
int sea_getaddrinfo(const char *name, const char *service,
                    const struct addrinfo *hints, struct addrinfo **list)
{
    struct sailing s =
        DEPART(getaddrinfo, (long)name, (long)service, (long)hints, (long)list);
    const struct host *h = scripted(name);
    int r = h ? list_of(h, service, hints, list)
              : getaddrinfo(name, service, hints, list);

    if (r == 0)
        note(*list, h != NULL);
    sea_arrive(&s, r, 0);
    return r;
}

/* A list that begins in the middle of ours is left alone, and stays kept. */
void sea_freeaddrinfo(struct addrinfo *);
void sea_freeaddrinfo(struct addrinfo *list)
{
    struct sailing s = DEPART(freeaddrinfo, (long)list);

    for (int i = 0; list && i < LISTS; i++)
        if (given[i].first == list) {
            bool ours = given[i].ours;
            given[i].first = NULL;
            kept--;
            if (ours)
                free_list(list);
            else
                freeaddrinfo(list);
            break;
        }
    sea_arrive(&s, 0, 0);
}

/* ---- gethostbyname ----------------------------------------------------- */

static struct hostent *entry_of(const struct host *h, int family)
{
    static unsigned char bytes[MOST][sizeof(struct in6_addr)];
    static char *each[MOST + 1], *no_alias[1], name[64];
    static struct hostent entry;
    const char *text = h->addresses;
    char room[64];
    int n = 0;

    while (n < MOST && word(&text, room, sizeof(room)))
        if (inet_pton(family, room, bytes[n]) == 1) {
            each[n] = (char *)bytes[n];
            n++;
        }
    each[n] = NULL;
    snprintf(name, sizeof(name), "%s", h->name);
    entry = (struct hostent){.h_name = name,
                             .h_aliases = no_alias,
                             .h_addrtype = family,
                             .h_length = family == AF_INET ? 4 : 16,
                             .h_addr_list = each};
    h_errno = n ? 0 : HOST_NOT_FOUND;
    return n ? &entry : NULL;
}

struct hostent *sea_gethostbyname(const char *);
struct hostent *sea_gethostbyname(const char *name)
{
    struct sailing s = DEPART(gethostbyname, (long)name);
    const struct host *h = scripted(name);
    struct hostent *e = h ? entry_of(h, AF_INET) : gethostbyname(name);

    sea_arrive(&s, (long)e, 0);
    return e;
}

struct hostent *sea_gethostbyname2(const char *, int);
struct hostent *sea_gethostbyname2(const char *name, int family)
{
    struct sailing s = DEPART(gethostbyname2, (long)name, family);
    const struct host *h = scripted(name);
    struct hostent *e = h ? entry_of(h, family) : gethostbyname2(name, family);

    sea_arrive(&s, (long)e, 0);
    return e;
}
