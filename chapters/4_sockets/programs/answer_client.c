/*
 * answer_client.c — Python's Client calls C, over TCP and with a key.
 *
 * Uses: dial handshake frame
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dial.h"
#include "frame.h"
#include "handshake.h"

static void done(const char *exercise, int result)
{
    if (result == -1 && errno == ENOSYS)
        errx(1, "%s is not written yet: make %s", exercise, exercise);
    if (result == -1)
        err(1, "%s", exercise);
}

static void turn_round(char *text, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        char c = text[i];
        text[i] = text[len - 1 - i];
        text[len - 1 - i] = c;
    }
}

int main(void)
{
    char address[64], text[64];
    size_t len = 0;
    int got;

    int listener = sock_listen("tcp:127.0.0.1:0", 1);
    done("dial", listener);
    done("dial", sock_name(listener, address, sizeof(address)));
    pid_t python = fork();
    if (python == 0) {
        execlp("python3", "python3", "chapters/4_sockets/programs/client.py",
               address, (char *)NULL);
        _exit(127);
    }

    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    done("handshake", auth_accept(fd, "open sesame", 11));
    while ((got = frame_recv(fd, text, sizeof(text), &len)) == 1) {
        turn_round(text, len);
        done("frame", frame_send(fd, text, len));
    }
    done("frame", got);
    return wait(NULL) == -1;
}
