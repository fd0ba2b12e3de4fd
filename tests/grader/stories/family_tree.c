/*
 * family_tree.c — two children with two children each.
 */
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            for (int k = 0; k < 2; k++)
                if (fork() == 0)
                    _exit(10 * i + k);
            wait(NULL);
            wait(NULL);
            _exit(i);
        }
    wait(NULL);
    wait(NULL);
    return 0;
}
