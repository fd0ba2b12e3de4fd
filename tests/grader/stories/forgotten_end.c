/*
 * forgotten_end.c — a pipeline whose first stage is still held open by the
 * second: nobody sees the end.
 */
#include <sys/wait.h>
#include <unistd.h>

static void stage(int from, int to)
{
    char c;

    while (read(from, &c, 1) > 0)
        if (to >= 0 && write(to, &c, 1) < 0)
            _exit(1);
    _exit(0);
}

int main(void)
{
    int a[2], b[2];

    if (pipe(a) < 0 || pipe(b) < 0)
        return 1;
    if (fork() == 0) { /* keeps a[1] */
        close(b[0]);
        stage(a[0], b[1]);
    }
    if (fork() == 0) {
        close(a[0]);
        close(a[1]);
        close(b[1]);
        stage(b[0], -1);
    }
    close(a[0]);
    close(b[0]);
    close(b[1]);
    if (write(a[1], "xyz", 3) != 3)
        return 1;
    close(a[1]);
    while (wait(NULL) > 0)
        ;
    return 0;
}
