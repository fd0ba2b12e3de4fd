/*
 * whole_messages.c — four writers at once, messages of PIPE_BUF bytes.
 */
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void send_many(int fd, char letter)
{
    char message[PIPE_BUF];

    memset(message, letter, sizeof(message));
    for (int i = 0; i < 250; i++)
        if (write(fd, message, sizeof(message)) != PIPE_BUF)
            _exit(1);
    _exit(0);
}

/* Of one letter only? */
static int whole(const char message[PIPE_BUF])
{
    return memcmp(message, message + 1, PIPE_BUF - 1) == 0;
}

int main(void)
{
    char message[PIPE_BUF];
    int bridge[2], messages = 0, mixed = 0;

    if (pipe2(bridge, O_CLOEXEC) == -1)
        err(1, "pipe2");
    for (int i = 0; i < 4; i++)
        if (fork() == 0)
            send_many(bridge[1], 'A' + i);
    close(bridge[1]);

    FILE *in = fdopen(bridge[0], "r");
    while (fread(message, sizeof(message), 1, in) == 1) {
        messages++;
        mixed += !whole(message);
    }
    printf("PIPE_BUF is %d: %d messages, %d mixed\n", PIPE_BUF, messages,
           mixed);
    while (wait(NULL) > 0)
        ;
}
