/*
 * hosts.h — two machines, and the cable between them.
 *
 *     hosts_begin();                      the test is on host 0 from here on
 *     pid_t server = host_fork(1);        a helper on the other one
 *     … host_address(1, AF_INET) …        where host 0 finds it
 *     cable_pull();                       packets vanish, and nobody says so
 *     hosts_end();                        the test is back where it was
 *
 * Each machine is a network namespace with a loopback of its own, and the
 * cable a pair of veth devices: nothing on the one can reach the other but
 * through the cable, and neither can reach the world. They need no name
 * anywhere: descriptors and processes keep them, and with the last of these
 * they are gone, also after SIGKILL.
 *
 * Root can make them, and everybody else where the kernel lets users have
 * user namespaces. Otherwise (in most containers, and where iproute2 is
 * missing) both hosts are this machine, and their addresses those of its
 * loopback. On what a fact ran is told beside its result, and is the first
 * step of its story when it fails.
 */
#ifndef HOSTS_H
#define HOSTS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Make both and put the calling process on host 0; it has one thread then
 * (no watch_begin before it). True: there are two; false: both are this
 * machine. An ordinary user's test stays in its user namespace, under its
 * own uid, also after hosts_end.
 */
bool hosts_begin(void);

/* Every hosts_begin has its end: it holds descriptors, from 320 up. */
void hosts_end(void);

bool hosts_are_two(void);

/* "10.77.0.1", "fd77::2"; where both are one, "127.0.0.1" and "::1". NULL:
 * this machine has no such family (AF_INET, AF_INET6). */
const char *host_address(int host, int family);

/* fact_fork, and the child is on that host. */
pid_t host_fork(int host);

/*
 * The calling thread goes to that host. Sockets stay on the one where they
 * were made, and processes begin where their parent is: to have Python on
 * host 1, go there, start it, and come back.
 */
void host_enter(int host);

/*
 * The cable is pulled out behind a switch: links stay up, and what is sent
 * vanishes without an error, in both directions, until it is plugged in
 * again. False, and nothing happens, where both hosts are one.
 */
bool cable_pull(void);
bool cable_plug(void);

/*
 * Give both ends of the cable the manners of tc-netem(8), "delay 20ms 10ms
 * loss 5%"; "" takes them back. False where there is no cable, no tc, or no
 * netem in the kernel: relays (stream_relay.h, relay.h) can do the same
 * everywhere.
 */
bool cable_manners(const char *netem);

#endif
