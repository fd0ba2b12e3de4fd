/*
 * both_full.c — both speak, nobody listens.
 *
 * Picture: map
 */
#include <err.h>
#include <fcntl.h>
#include <unistd.h>

static char text[100000];

static void speak_then_listen(int out, int in)
{
    if (write(out, text, sizeof(text)) == -1)
        err(1, "write");
    close(out);
    while (read(in, text, sizeof(text)) > 0)
        ;
}

int main(void)
{
    int there[2], back[2];

    if (pipe2(there, O_CLOEXEC) == -1 || pipe2(back, O_CLOEXEC) == -1)
        err(1, "pipe2");

    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        close(there[1]), close(back[0]);
        speak_then_listen(back[1], there[0]);
        _exit(0);
    }
    close(there[0]), close(back[1]);
    speak_then_listen(there[1], back[0]);
}
