/*
 * ask_listener.c — C calls Python's Listener, over TCP and with a key.
 *
 * Uses: dial handshake frame
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
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

int main(void)
{
    char address[64] = "", answer[64];
    size_t len = 0;

    if (sock_dial("unix:", 0) == -1)
        done("dial", errno == ENOSYS ? -1 : 0);
    FILE *python = popen("python3 chapters/4_sockets/programs/listener.py",
                         "re"); /* its first line is its address */
    if (python == NULL || fgets(address, sizeof(address), python) == NULL)
        errx(1, "listener.py does not say where it is");
    address[strcspn(address, "\n")] = '\0';

    int fd = sock_dial(address, 5000);
    done("dial", fd);
    done("handshake", auth_connect(fd, "open sesame", 11));
    done("frame", frame_send(fd, "from shore to shore", 19));
    done("frame", frame_recv(fd, answer, sizeof(answer), &len));
    printf("Python says: %.*s\n", (int)len, answer);

    close(fd);
    return pclose(python) != 0;
}
