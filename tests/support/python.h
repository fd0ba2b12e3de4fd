/*
 * python.h — the real Python at the other end.
 */
#ifndef PYTHON_H
#define PYTHON_H

#include <sys/types.h>

/*
 * Start python3 with this script: $PYTHON, or /usr/bin/python3, or the one on
 * PATH. Descriptors in keep (ended by -1) are open in it under their own
 * numbers, also close-on-exec ones, and no others: close your copies of its
 * ends. args (ended by NULL, or NULL) are sys.argv[1:]. Standard input and
 * output are /dev/null, site-packages are not searched.
 *
 * It is a process of the test's own, and ended with the test. When the call
 * returns, everything imported at the script's top level is there. Where
 * python3 or a module is missing, the fact is skipped with that reason.
 */
pid_t python_start(const char *script, const int *keep,
                   const char *const *args);

/*
 * Wait for it; fails the fact with the last of what it printed to standard
 * error, unless it ended with exit status 0. A script says what a learner
 * should hear with sys.exit("sentence"). Each start has its end.
 */
void python_end(pid_t);

#endif
