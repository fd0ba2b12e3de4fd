/*
 * sea_lookup.h — the names that the learner's code looks up.
 *
 * getaddrinfo, gethostbyname and gethostbyname2 answer as the test says for
 * the names it has given, and as the system does for all others: no fact
 * depends on a name server.
 */
#ifndef SEA_LOOKUP_H
#define SEA_LOOKUP_H

/*
 * From now on the name has these numeric addresses, IPv4 and IPv6, in this
 * order, with a blank between them; "": there is no such host.
 *
 *     sea_host("lighthouse.test", "::1 127.0.0.1");
 */
void sea_host(const char *name, const char *addresses);

/* From now on each look-up of such a name takes so long. */
void sea_lookup_takes(int ms);

/* Lists that getaddrinfo gave to the learner's code in this process, and
 * freeaddrinfo has not got back. */
int sea_lists_kept(void);

#endif
