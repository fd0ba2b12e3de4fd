/*
 * logbook_sockets.h — what the logbook notes of a socket's calls: addresses,
 * who has come, what a message carries.
 */
#ifndef LOGBOOK_SOCKETS_H
#define LOGBOOK_SOCKETS_H

#include "page.h"

/* PAGE_DATAGRAMS, PAGE_LISTENS. */
uint32_t logbook_socket_flags(int fd);

/* When a call begins, and when its result is known. */
void logbook_socket_begins(struct page_event *);
void logbook_socket_ends(struct page_event *);

/* Note which file a descriptor is, as the event's first or second. */
void logbook_identify(struct page_event *, int place, int fd);

#endif
