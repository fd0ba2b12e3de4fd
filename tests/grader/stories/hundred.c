/*
 * hundred.c — more processes than a story has lanes. The last one hangs.
 */
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int p[2];
    char c;

    if (pipe(p) < 0)
        return 1;
    for (int i = 0; i < 100; i++)
        if (fork() == 0) {
            if (i == 99 && read(p[0], &c, 1) < 0)
                _exit(1);
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    return 0;
}
