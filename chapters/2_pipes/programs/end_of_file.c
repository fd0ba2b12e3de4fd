/*
 * end_of_file.c — read until there is nothing more to come.
 *
 * Picture: log
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void speak(int fd)
{
    if (write(fd, "one\n", 4) == -1 || write(fd, "two\n", 4) == -1)
        _exit(1);
    _exit(0);
}

int main(void)
{
    char word[4];
    ssize_t got;
    int bridge[2];

    if (pipe2(bridge, O_CLOEXEC) == -1)
        err(1, "pipe2");
    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        close(bridge[0]);
        speak(bridge[1]);
    }
    close(bridge[1]);
    do {
        got = read(bridge[0], word, sizeof(word));
        printf("read says %zd\n", got);
    } while (got > 0);
    printf("and again %zd\n", read(bridge[0], word, sizeof(word)));
    waitpid(child, NULL, 0);
}
