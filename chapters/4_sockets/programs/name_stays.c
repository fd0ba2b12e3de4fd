/*
 * name_stays.c — what is left of a name when its socket is closed.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void twice(const char *kind, const struct sockaddr_un *name)
{
    for (int i = 0; i < 2; i++) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int got = bind(fd, (struct sockaddr *)name, sizeof(*name));
        printf("%s: %s\n", kind, got == 0 ? "bound" : strerrorname_np(errno));
        close(fd);
    }
}

int main(void)
{
    struct sockaddr_un path = {AF_UNIX, "harbour"}, abstract = {AF_UNIX, ""};
    char folder[] = "/tmp/harbour-XXXXXX";

    if (mkdtemp(folder) == NULL || chdir(folder) == -1)
        err(1, "%s", folder);
    strcpy(abstract.sun_path + 1, folder); /* a NUL, and then the name */

    twice("path", &path);
    twice("abstract", &abstract);

    unlink("harbour");
    rmdir(folder);
}
