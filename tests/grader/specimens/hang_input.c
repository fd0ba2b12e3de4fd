/*
 * Specimen: a program that reads a standard input nobody writes to.
 * Verdict: hung
 * Saying: still holds its write end
 * Within: 0.5
 */
#include <spawn.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include "fact.h"

static void cat_waits_for_input(void **state)
{
    (void)state;
    char *argv[] = {"cat", NULL};
    int fd[2];
    pid_t pid;
    posix_spawn_file_actions_t actions;
    CHECK_OK(pipe2(fd, O_CLOEXEC), "a pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd[0], 0);
    CHECK_EQ(posix_spawnp(&pid, "cat", &actions, NULL, argv, environ), 0,
             "cat is there");
    close(fd[0]);
    waitpid(pid, NULL, 0);
}

static const struct CMUnitTest facts[] = {
    FACT(cat_waits_for_input),
};
EXERCISE("specimens/hang_input", "posix_spawn(3)", facts)
