/*
 * Technique: mkfifoat, fstatat and openat on a descriptor of the folder;
 *   pselect; read only what one line needs
 */
#include "letterbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The folder, and in *name what is in it. */
static int open_folder(const char *path, const char **name)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');

    *name = slash ? slash + 1 : path;
    if (!slash)
        return open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path + 1), path);
    return open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int open_in(int folder, const char *name)
{
    struct stat st;
    mode_t own = umask(0);
    int made = mkfifoat(folder, name, 0600), error = errno;

    umask(own);
    errno = error;
    if (made == -1 && errno != EEXIST)
        return -1;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
        return -1;
    if (!S_ISFIFO(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & 07777) != 0600) {
        errno = EEXIST;
        return -1;
    }
    int box = openat(folder, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    error = errno;
    if (box == -1 && made == 0)
        unlinkat(folder, name, 0);
    errno = error;
    return box;
}

int letterbox_open(const char *path)
{
    const char *name;
    int folder = open_folder(path, &name);

    if (folder == -1)
        return -1;
    int box = open_in(folder, name);
    int error = errno;
    close(folder);
    errno = error;
    return box;
}

int letterbox_post(const char *path, const char *line)
{
    size_t size = strlen(line);
    struct stat st;
    char again[40];
    int rc = -1, box = -1;

    if (size > PIPE_BUF - 1) {
        errno = EMSGSIZE;
        return -1;
    }
    int thing = open(path, O_PATH | O_CLOEXEC);
    if (thing == -1)
        return -1;
    snprintf(again, sizeof(again), "/proc/self/fd/%d", thing);
    if (fstat(thing, &st) == 0 && S_ISFIFO(st.st_mode))
        box = open(again, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    else
        errno = EINVAL;
    char *text = box == -1 ? NULL : malloc(size + 1);
    if (text) {
        memcpy(text, line, size);
        text[size] = '\n';
        fcntl(box, F_SETFL, fcntl(box, F_GETFL) & ~O_NONBLOCK);
        while ((rc = (int)write(box, text, size + 1)) == -1 && errno == EINTR)
            ;
    }
    int error = errno;
    free(text);
    if (box != -1)
        close(box);
    close(thing);
    errno = error;
    return rc == -1 ? -1 : 0;
}

ssize_t letterbox_next(int box, char *line, size_t cap, int timeout_ms)
{
    struct timespec now, left;
    long long end = 0, ns = 0;
    fd_set set;
    int n;

    for (bool first = true;; first = false) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        ns = now.tv_sec * 1000000000LL + now.tv_nsec;
        if (first)
            end = ns + timeout_ms * 1000000LL;
        ns = end > ns ? end - ns : 0;
        left = (struct timespec){ns / 1000000000, ns % 1000000000};
        FD_ZERO(&set);
        FD_SET(box, &set);
        n = pselect(box + 1, &set, NULL, NULL, timeout_ms < 0 ? NULL : &left,
                    NULL);
        if (n == 1)
            break;
        if (n == 0)
            errno = ETIMEDOUT;
        if (errno != EINTR)
            return -1;
    }
    size_t size = 0;
    bool end_of_line = false;
    while (!end_of_line) {
        char c;
        ssize_t got = read(box, size + 1 < cap ? line + size : &c, 1);
        if (got == -1 && errno != EINTR)
            return -1;
        if (got != 1)
            continue;
        end_of_line = (size + 1 < cap ? line[size] : c) == '\n';
        size += !end_of_line;
    }
    if (size >= cap) {
        errno = EMSGSIZE;
        return -1;
    }
    line[size] = '\0';
    return (ssize_t)size;
}
