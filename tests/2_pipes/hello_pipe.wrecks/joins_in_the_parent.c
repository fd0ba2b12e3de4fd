/*
 * Mistake: puts the text together in the parent, without a child and
 *   without a pipe.
 * Caught by: the_text_comes_out_of_a_child
 * Saying: no child was started
 */
#include "hello_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static ssize_t join(const char *const words[], int n, char *to, size_t cap)
{
    size_t have = 0;

    for (int i = 0; i < n; i++) {
        size_t size = strlen(words[i]);
        if (size + 1 > cap - have) {
            errno = EMSGSIZE;
            return -1;
        }
        memcpy(to + have, words[i], size);
        to[have + size] = '\n';
        have += size + 1;
    }
    return (ssize_t)have;
}

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    return join(words, n, buf, cap);
}
