#include "letterbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * TODO: open(2) of a FIFO sleeps until the other end is opened, unless … And
 *       whose path is it? Something else may be there already.
 */
int letterbox_open(const char *path)
{
    (void)path;
    errno = ENOSYS;
    return -1;
}

/*
 * TODO: what does the kernel promise for one write of at most PIPE_BUF bytes,
 *       and what for two?
 */
int letterbox_post(const char *path, const char *line)
{
    (void)path;
    (void)line;
    errno = ENOSYS;
    return -1;
}

/*
 * TODO: a read may find several lines. What becomes of those behind the
 *       first? And what does read return when the last writer has left?
 */
ssize_t letterbox_next(int box, char *line, size_t cap, int timeout_ms)
{
    (void)box;
    (void)line;
    (void)cap;
    (void)timeout_ms;
    errno = ENOSYS;
    return -1;
}
