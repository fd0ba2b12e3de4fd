/*
 * capture — run a program, feed it, and listen to both its mouths at once.
 *
 * capture(argv, in, in_len, c) starts argv[0], found on PATH, writes in_len
 * bytes to its standard input and closes it, and meanwhile collects all that
 * it writes to standard output and standard error, however much and in
 * whatever order. It returns when both have ended and the program too. A
 * program that does not read all its input is no error. Waiting costs no CPU
 * time, and time and memory grow linearly with what is collected. A signal
 * that interrupts a wait does not end it.
 *
 * The program does not inherit an ignored SIGPIPE. The caller survives when
 * the program closes its input early, whatever the caller does about SIGPIPE;
 * its signal mask and dispositions are as before when capture returns.
 *
 * argv     a program's name at least, ended by NULL.
 *
 * Returns  0, however the program ended: c->wstatus, as waitpid gives it,
 *          tells; or -1 with errno:
 *          ENOENT, EACCES …   it could not be started: exec's reason.
 *          EMFILE, EAGAIN, ENOMEM …   and it has been killed and reaped.
 *          After an error there is nothing in c to free.
 *
 * Memory       c->out and c->err belong to the caller, who gives them back
 *              with captured_free; NULL may stand for 0 bytes.
 * Processes    none that capture started is left when it returns.
 * Descriptors  all closed again, also after an error; close-on-exec.
 *
 * See also pipe(2), poll(2), fcntl(2), execvp(3), signal(7).
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stddef.h>

struct captured {
    char *out, *err;         /* what it wrote */
    size_t out_len, err_len; /* in bytes */
    int wstatus;             /* as from waitpid */
};

int capture(char *const argv[], const void *in, size_t in_len,
            struct captured *c);
void captured_free(struct captured *c);

#endif
