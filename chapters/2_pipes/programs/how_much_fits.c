/*
 * how_much_fits.c — what a pipe holds while nobody reads.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int fill(int fd)
{
    int bytes = 0;

    while (write(fd, "x", 1) == 1) /* until EAGAIN */
        bytes++;
    return bytes;
}

int main(void)
{
    char page[4096];
    int bridge[2];

    if (pipe2(bridge, O_CLOEXEC | O_NONBLOCK) == -1)
        err(1, "pipe2");

    printf("%d bytes fit\n", fill(bridge[1]));
    if (read(bridge[0], page, 1) != 1)
        err(1, "read");
    printf("1 byte read: %d more fit\n", fill(bridge[1]));
    if (read(bridge[0], page, 4095) != 4095)
        err(1, "read");
    printf("a whole page read: %d more fit\n", fill(bridge[1]));
}
