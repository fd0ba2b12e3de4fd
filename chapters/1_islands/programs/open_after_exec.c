/*
 * open_after_exec.c — which descriptors does the next program find open?
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void look(int fd)
{
    printf("%d is %s\n", fd, fcntl(fd, F_GETFD) == -1 ? "closed" : "open");
}

int main(int argc, char **argv)
{
    if (argc > 1) { /* the second time, after exec */
        look(10);
        look(11);
        return 0;
    }

    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        err(1, "/dev/null");
    dup2(fd, 10);
    dup3(fd, 11, O_CLOEXEC);
    execl("/proc/self/exe", argv[0], "again", (char *)NULL);
    err(1, "execl");
}
