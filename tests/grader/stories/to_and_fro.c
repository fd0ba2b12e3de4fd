/*
 * to_and_fro.c — four bytes go there and come back.
 */
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int there[2], back[2];
    char ball[4];

    if (pipe(there) < 0 || pipe(back) < 0)
        return 1;
    if (fork() == 0) {
        close(there[1]);
        close(back[0]);
        while (read(there[0], ball, 4) > 0)
            if (write(back[1], "pong", 4) < 0)
                _exit(1);
        _exit(3);
    }
    close(there[0]);
    close(back[1]);
    if (write(there[1], "ping", 4) == 4 && read(back[0], ball, 4) == 4)
        close(there[1]);
    wait(NULL);
    return 0;
}
