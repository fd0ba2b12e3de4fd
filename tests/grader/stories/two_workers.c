/*
 * two_workers.c — two children write into one pipe; records stay whole.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int p[2];
    char record[16];

    if (pipe(p) < 0)
        return 1;
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            memset(record, 'a' + i, sizeof(record));
            for (int k = 0; k < 4; k++)
                if (write(p[1], record, sizeof(record)) < 0)
                    _exit(1);
            _exit(0);
        }
    close(p[1]);
    while (read(p[0], record, sizeof(record)) > 0)
        ;
    while (wait(NULL) > 0)
        ;
    return 0;
}
