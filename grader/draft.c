/*
 * draft.c — write a file beside its place, then put it there.
 */
#include "draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "result.h"

static void forget(struct draft *draft)
{
    free(draft->path);
    free(draft->beside);
    *draft = (struct draft){0};
}

FILE *draft_open(struct draft *draft, const char *path)
{
    static unsigned drafts; /* two at once for one path stay apart */
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;

    draft->path = copy_text(path);
    draft->beside =
        format_text("%s.%ld-%u.tmp", path, (long)getpid(), drafts++);
    int fd = open(draft->beside, flags, 0666);
    draft->file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!draft->file) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
            unlink(draft->beside);
        }
        forget(draft);
        errno = error;
        return NULL;
    }
    return draft->file;
}

int draft_publish(struct draft *draft)
{
    /* ferror remembers a failed write, but errno may have changed since. */
    int error = ferror(draft->file) ? ENOSPC : 0;

    if (fflush(draft->file) != 0)
        error = errno;
    if (fclose(draft->file) != 0 && error == 0)
        error = errno;
    if (error == 0 && rename(draft->beside, draft->path) != 0)
        error = errno;
    if (error != 0)
        unlink(draft->beside);
    forget(draft);
    if (error != 0)
        errno = error;
    return error == 0 ? 0 : -1;
}
