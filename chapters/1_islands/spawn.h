/*
 * spawn — start a program, or learn why it cannot be started.
 *
 * spawn(argv, stdio) starts the program argv[0], found on PATH as a shell
 * would, with the arguments argv and the caller's environment. Descriptor
 * stdio[i] of the caller is the program's descriptor i (its standard input,
 * output and error), and nothing else of the caller's is open in it. The
 * program begins with no signal blocked and with SIGPIPE at its default.
 * spawn does not wait for it.
 *
 * argv     the arguments, ended by NULL; argv[0] is the program.
 * stdio    three open descriptors; any may be 0, 1 or 2, in any order, and
 *          the same one may stand there twice.
 *
 * Returns  the process id of the program, or -1 with errno, and then there
 *          is no child, not even a zombie:
 *          EINVAL   argv or argv[0] is NULL.
 *          EBADF    one of stdio is not open.
 *          ENOENT, EACCES, E2BIG …   the reason execve(2) gave.
 *          EAGAIN, EMFILE …   the child could not be made.
 *
 * Processes    the program runs; the caller waits for it with waitpid(2).
 * Descriptors  stdio stays open in the caller, its flags unchanged; none is
 *              added.
 *
 * See also fork(2), execvp(3), dup2(2), posix_spawn(3), fcntl(2), pipe(7).
 */
#ifndef SPAWN_H
#define SPAWN_H

#include <sys/types.h>

pid_t spawn(char *const argv[], const int stdio[3]);

#endif
