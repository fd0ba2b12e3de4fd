/*
 * Mistake: sleeps a little, then looks whether the child is still there.
 * Caught by: returns_the_id_of_the_program_itself
 * Saying: it can be started
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void become(char *const argv[], const int stdio[3])
{
    int copy[3];
    sigset_t none;

    for (int i = 0; i < 3; i++)
        if ((copy[i] = fcntl(stdio[i], F_DUPFD, 3)) == -1)
            _exit(errno);
    for (int i = 0; i < 3; i++)
        if (dup2(copy[i], i) == -1)
            _exit(errno);
    close_range(3, ~0u, 0);
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(argv[0], argv);
    _exit(errno);
}

pid_t spawn(char *const argv[], const int stdio[3])
{
    int status;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0)
        become(argv, stdio);
    usleep(50000);
    if (pid > 0 && waitpid(pid, &status, WNOHANG) == pid) {
        errno = WEXITSTATUS(status);
        return -1;
    }
    return pid;
}
