/*
 * one_offset.c — fork copies the descriptor, not the open file behind it.
 */
#include <err.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    char text[4] = "";
    int fd = memfd_create("book", MFD_CLOEXEC);

    if (fd == -1 || dprintf(fd, "abcdef") != 6 || lseek(fd, 0, SEEK_SET) == -1)
        err(1, "book");

    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0)
        _exit(read(fd, text, 3) == 3 ? 0 : 1);

    waitpid(child, NULL, 0);
    if (read(fd, text, 3) == -1)
        err(1, "read");
    printf("parent reads \"%s\"\n", text);
    close(fd);
}
