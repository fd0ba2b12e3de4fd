/*
 * torn.c — a message longer than PIPE_BUF, and another one inside it.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Read all that is there, and tell it as "4096 A, 4 B". */
static void tell(int fd)
{
    char bytes[8192];
    ssize_t n = read(fd, bytes, sizeof(bytes));

    for (ssize_t i = 0, start = 0; i < n; i++)
        if (i + 1 == n || bytes[i + 1] != bytes[i]) {
            printf("%zd %c\n", i + 1 - start, bytes[i]);
            start = i + 1;
        }
}

int main(void)
{
    char a[6000];
    int bridge[2];

    memset(a, 'A', sizeof(a));
    if (pipe2(bridge, O_CLOEXEC | O_NONBLOCK) == -1)
        err(1, "pipe2");
    fcntl(bridge[1], F_SETPIPE_SZ, 4096); /* so that it is full soon */

    ssize_t first = write(bridge[1], a, sizeof(a));
    if (first == -1)
        err(1, "write");
    tell(bridge[0]);
    if (write(bridge[1], "BBBB", 4) == -1) /* of all the bad moments */
        err(1, "write");
    if (write(bridge[1], a + first, sizeof(a) - first) == -1)
        err(1, "write");
    tell(bridge[0]);
}
