/*
 * names.c — errno, signals and wait statuses in words.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "check.h"

/* A few buffers in turn, so that one sentence may name several. */
static char *next_buffer(void)
{
    static _Thread_local char text[4][96];
    static _Thread_local unsigned turn;

    return text[turn++ % 4];
}

const char *name_errno(int error)
{
    char *text = next_buffer();
    const char *name = strerrorname_np(error);

    if (name)
        snprintf(text, 96, "%s (%s)", name, strerrordesc_np(error));
    else
        snprintf(text, 96, "%d", error);
    return text;
}

const char *name_signal(int sig)
{
    char *text = next_buffer();
    const char *name = sig > 0 ? sigabbrev_np(sig) : NULL;

    if (name)
        snprintf(text, 96, "SIG%s", name);
    else
        snprintf(text, 96, "signal %d", sig);
    return text;
}

const char *name_status(int wstatus, char *buf, size_t cap)
{
    if (WIFEXITED(wstatus))
        snprintf(buf, cap, "exit status %d", WEXITSTATUS(wstatus));
    else if (WIFSIGNALED(wstatus))
        snprintf(buf, cap, "killed by %s", name_signal(WTERMSIG(wstatus)));
    else
        snprintf(buf, cap, "wait status 0x%x", (unsigned)wstatus);
    return buf;
}
