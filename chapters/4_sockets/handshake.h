/*
 * handshake — let nobody in who does not know the key.
 *
 * Both ends of a connected stream prove to each other that they know the same
 * key, without sending it, as Python's multiprocessing.connection does. Each
 * message is a frame (4 bytes of length, big-endian, then the message), of at
 * most AUTH_MESSAGE_MAX bytes:
 *
 *   challenge  "#CHALLENGE#" and then a text of random bytes that has never
 *              been used before: "{sha256}" and 40 bytes. From Python before
 *              3.12: 20 bytes, and no "{sha256}".
 *   answer     to a text that begins with "{sha256}": "{sha256}" and the 32
 *              bytes of HMAC-SHA256(key, the whole text). To a text of the
 *              older kind, and from Python before 3.12 to every text: the 16
 *              bytes of HMAC-MD5(key, the whole text), and nothing before.
 *   verdict    "#WELCOME#", or "#FAILURE#" and the challenger hangs up.
 *
 * auth_accept is the listener's side: it challenges, hears the answer, gives
 * its verdict; then it is challenged, answers and hears the verdict.
 * auth_connect is the other side: first it is challenged, then it challenges.
 * Our own challenges are always of the newer kind. A text shorter than 20
 * bytes, or one that we have sent ourselves on this connection, is not
 * answered.
 *
 * auth_allow_md5(false): from now on, in this process, MD5 proves nothing
 * and is never given: neither an answer of that kind nor a challenge of the
 * older kind is accepted. At first it is allowed, since half of the Pythons
 * in the world know nothing else.
 *
 * Other digests ("{md5}", "{sha384}", "{sha3_256}" …) need not be understood.
 *
 * Returns  0: the peer knows the key, and knows that we do. Otherwise -1, and
 *          the connection is of no further use, with errno:
 *          EACCES      the peer does not know the key, or says that we do
 *                      not, or wants MD5 where it is not allowed.
 *          EPROTO      what came is not this protocol, or was too long, or
 *                      the peer hung up in the middle.
 *          ETIMEDOUT   it was not done within AUTH_TIMEOUT_MS in all, however
 *                      the peer spends its time. Who listens for many
 *                      connections needs this: anybody can connect and say
 *                      nothing.
 *          EINVAL      len is 0; nothing was sent.
 *          EPIPE, ECONNRESET, EBADF …   write's and read's; no SIGPIPE comes.
 *
 * A signal that interrupts a call neither ends it nor stretches its deadline.
 * Nothing is read beyond the last verdict. The time that a comparison takes
 * tells nothing about what was expected.
 *
 * key,len     any bytes, also NUL.
 * Descriptors fd stays the caller's, and its flags as they are. It may be in
 *             blocking or in non-blocking mode.
 *
 * See also HMAC(3ssl), CRYPTO_memcmp(3ssl), getrandom(2), poll(2).
 */
#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>

enum { AUTH_MESSAGE_MAX = 256, AUTH_TIMEOUT_MS = 3000 };

int auth_accept(int fd, const void *key, size_t len);
int auth_connect(int fd, const void *key, size_t len);
void auth_allow_md5(bool allow);

#endif
