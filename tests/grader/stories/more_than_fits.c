/*
 * more_than_fits.c — one write that needs many reads, and the end after it.
 */
#include <sys/wait.h>
#include <unistd.h>

static char bytes[200000];

int main(void)
{
    int p[2];
    ssize_t n;

    if (pipe(p) < 0)
        return 1;
    if (fork() == 0) {
        close(p[0]);
        if (write(p[1], bytes, sizeof(bytes)) < 0)
            _exit(1);
        _exit(0);
    }
    close(p[1]);
    while ((n = read(p[0], bytes, 65536)) > 0)
        ;
    wait(NULL);
    return 0;
}
