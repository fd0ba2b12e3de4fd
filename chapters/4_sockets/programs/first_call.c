/*
 * first_call.c — one listens, the other one calls.
 *
 * Picture: log
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct sockaddr_un harbour = {AF_UNIX, "harbour"};

static int call(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&harbour, sizeof(harbour)) == -1)
        err(1, "connect");
    return write(fd, "42", 2) == -1;
}

int main(void)
{
    char folder[] = "/tmp/harbour-XXXXXX", result[3] = "";

    if (mkdtemp(folder) == NULL || chdir(folder) == -1)
        err(1, "%s", folder);

    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&harbour, sizeof(harbour)) == -1)
        err(1, "bind");
    if (listen(listener, 8) == -1)
        err(1, "listen");
    pid_t child = fork();
    if (child == 0)
        _exit(call());

    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (read(connection, result, sizeof(result) - 1) == -1)
        err(1, "read");
    printf("parent: result = %s\n", result);
    waitpid(child, NULL, 0);

    unlink("harbour");
    rmdir(folder);
}
