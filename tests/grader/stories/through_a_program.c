/*
 * through_a_program.c — cat between two pipes: its calls are not seen.
 */
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int in[2], out[2];
    char text[8];

    if (pipe(in) < 0 || pipe(out) < 0)
        return 1;
    if (fork() == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[0]);
        close(in[1]);
        close(out[0]);
        close(out[1]);
        execlp("cat", "cat", "-", NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    if (write(in[1], "hello\n", 6) != 6 || read(out[0], text, 8) != 6)
        return 1;
    close(in[1]);
    if (read(out[0], text, 8) != 0)
        return 1;
    wait(NULL);
    return 0;
}
