/*
 * lacking.c — what a build lacks that is not the learner's to write.
 */
#include "lacking.h"

#include <stddef.h>
#include <string.h>

#include "result.h"

/* What tools/setup.sh installs, as it begins in an #include or for ld. */
static const char *const installed[] = {"openssl/", "cmocka.h", "-lcrypto",
                                        "-lcmocka"};

/* gcc: "fatal error: openssl/hmac.h: No such file or directory"; clang:
 * "fatal error: 'openssl/hmac.h' file not found"; ld: "cannot find
 * -lcrypto: …", lld: "unable to find library -lcrypto". */
static const char *const before[] = {"fatal error: ", "fatal error: '",
                                     "cannot find ", "unable to find library "};

static char *part_at(const char *at)
{
    for (size_t i = 0; i < sizeof(installed) / sizeof(*installed); i++)
        if (strncmp(at, installed[i], strlen(installed[i])) == 0)
            return format_text("%.*s", (int)strcspn(at, ":' \n"), at);
    return NULL;
}

char *lacking_part(const char *log)
{
    char *part = NULL;

    for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++)
        for (const char *at = log; !part && (at = strstr(at, before[i]));) {
            at += strlen(before[i]);
            part = part_at(at);
        }
    return part;
}
