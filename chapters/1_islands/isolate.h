/*
 * isolate — bring a result home from a process that may crash.
 *
 * isolate(fn, in, out, size, wstatus) calls fn(in, result) in a child
 * process. When fn returns 0, the size bytes it wrote to result are copied
 * to out. When it returns anything else, or the child dies, not one byte of
 * out changes. The caller survives every crash.
 *
 * fn       reads in, fills the size bytes at result and returns, with 0 when
 *          they are good; it does not leave with exit or _exit itself.
 * in       whatever fn needs; the child sees it as it was when isolate was
 *          called.
 * out      size bytes, the caller's.
 * size     bytes, 1 or more, also many megabytes.
 * wstatus  how the child ended, as waitpid(2) reports it; may be NULL.
 *
 * Returns  0, or -1 with errno:
 *          ECHILD   fn did not return 0, or the child died; see *wstatus.
 *          EAGAIN, EMFILE, ENOMEM …   the child could not be started; out
 *          and *wstatus are untouched.
 *
 * Processes    none is left when it returns.
 * Descriptors, memory  none is left open or mapped when it returns.
 *
 * See also fork(2), mmap(2), pipe(2), waitpid(2).
 */
#ifndef ISOLATE_H
#define ISOLATE_H

#include <stddef.h>

int isolate(int (*fn)(const void *in, void *out), const void *in, void *out,
            size_t size, int *wstatus);

#endif
