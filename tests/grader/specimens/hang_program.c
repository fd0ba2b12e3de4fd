/*
 * Specimen: a program that has inherited the write end of its own input.
 * Verdict: hung
 * Saying: make it close-on-exec
 * Within: 0.5
 */
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void cat_copies_its_input(void **state)
{
    (void)state;
    char *argv[] = {"cat", NULL};
    int fd[2];
    pid_t pid;
    posix_spawn_file_actions_t actions;
    CHECK_OK(pipe(fd), "a pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd[0], 0);
    CHECK_EQ(posix_spawnp(&pid, "cat", &actions, NULL, argv, environ), 0,
             "cat is there");
    close(fd[0]);
    close(fd[1]);
    waitpid(pid, NULL, 0);
}

static const struct CMUnitTest facts[] = {
    FACT(cat_copies_its_input),
};
EXERCISE("specimens/hang_program", "posix_spawn(3)", facts)
