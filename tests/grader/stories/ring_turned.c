/*
 * ring_turned.c — more calls than the logbook keeps.
 */
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int there[2], back[2];
    char c = 'x';

    if (pipe(there) < 0 || pipe(back) < 0)
        return 1;
    if (fork() == 0) {
        close(there[1]);
        while (read(there[0], &c, 1) == 1)
            if (write(back[1], &c, 1) != 1)
                _exit(1);
        _exit(0);
    }
    for (int i = 0; i < 1500; i++)
        if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
            return 1;
    close(there[1]);
    wait(NULL);
    return 0;
}
