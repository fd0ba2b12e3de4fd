/*
 * borrowed_stack.c — vfork, then another program.
 */
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    char *argv[] = {"true", NULL};
    int p[2];
    char c;

    if (pipe(p) < 0)
        return 1;
    if (vfork() == 0) {
        execvp("true", argv);
        _exit(127);
    }
    close(p[1]);
    if (read(p[0], &c, 1) != 0) /* the end: nobody has it any more */
        return 1;
    wait(NULL);
    return 0;
}
