/*
 * lacking.h — what a build lacks that is not the learner's to write.
 */
#ifndef LACKING_H
#define LACKING_H

/* The header or library that the compiler's log says is not there, if `make
 * setup` installs it: "openssl/hmac.h", "-lcrypto". NULL: none. */
char *lacking_part(const char *log);

#endif
