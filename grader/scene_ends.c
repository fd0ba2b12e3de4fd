/*
 * scene_ends.c — what hangs together: who faces whom over which thing.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explain_parts.h"
#include "proc.h"

static int known_letter(const struct scene *s, uint64_t inode)
{
    for (int i = 0; i < s->letters; i++)
        if (s->letter[i].object == inode)
            return s->letter[i].letter;
    return -1;
}

/* The logbook's letter; what it does not know gets the next one. */
static int letter_of(struct scene *s, const struct end *e)
{
    uint64_t peer = S_ISSOCK(e->mode) ? socket_peer(s, e) : 0;
    int letter = known_letter(s, e->inode), next = 0;

    if (letter < 0 && peer)
        letter = known_letter(s, peer);
    for (int i = 0; i < s->letters; i++)
        if (s->letter[i].letter >= next)
            next = s->letter[i].letter + 1;
    if (letter < 0)
        letter = next < 26 ? next : -1;
    if (known_letter(s, e->inode) < 0 &&
        s->letters < (int)(sizeof(s->letter) / sizeof(*s->letter)))
        s->letter[s->letters++] = (struct page_letter){e->inode, letter};
    return letter < 0 ? '?' : 'A' + letter;
}

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Whose pidfd it is; 0 if it is none. */
static pid_t pid_of_pidfd(pid_t holder, int fd)
{
    char text[512], *at;
    if (proc_text(text, sizeof(text), "%d/fdinfo/%d", (int)holder, fd) <= 0)
        return 0;
    at = strstr(text, "Pid:");
    return at ? atoi(at + 4) : 0;
}

static const char *owner_of_pidfd(struct scene *s, const struct end *e,
                                  char *buf, size_t cap)
{
    const struct actor *a = scene_actor(s, pid_of_pidfd(e->pid, e->fd));
    return a ? the(a, buf, cap) : "a process that has ended";
}

const char *end_name(struct scene *s, const struct end *e, char *buf,
                     size_t cap)
{
    char name[80];
    if (!e)
        snprintf(buf, cap, "a descriptor that could not be looked at");
    else if (strncmp(e->link, "pipe:", 5) == 0)
        snprintf(buf, cap, "pipe %c", letter_of(s, e));
    else if (S_ISFIFO(e->mode))
        snprintf(buf, cap, "the FIFO %s", base(e->link));
    else if (S_ISSOCK(e->mode))
        snprintf(buf, cap, "%s %c",
                 e->traits & PAGE_LISTENS ? "listener" : "socket",
                 letter_of(s, e));
    else if (S_ISCHR(e->mode) && strstr(e->link, "null") == NULL)
        snprintf(buf, cap, "the terminal");
    else if (strstr(e->link, "pidfd"))
        snprintf(buf, cap, "pidfd of %s",
                 owner_of_pidfd(s, e, name, sizeof(name)));
    else if (strncmp(e->link, "anon_inode:[", 12) == 0)
        snprintf(buf, cap, "%.*s", (int)strcspn(e->link + 12, "]"),
                 e->link + 12);
    else if (strncmp(e->link, "anon_inode:", 11) == 0)
        snprintf(buf, cap, "%s", e->link + 11);
    else if (strrchr(e->link, '/') == e->link)
        snprintf(buf, cap, "%s", e->link);
    else
        snprintf(buf, cap, "%s", base(e->link));
    char *deleted = strstr(buf, " (deleted)"); /* unlinked already */
    if (deleted)
        *deleted = '\0';
    return buf;
}

int end_bytes(const struct end *e)
{
    int bytes = -1, fd = -1;
    if (S_ISFIFO(e->mode) || S_ISSOCK(e->mode))
        fd = proc_descriptor(e->pid, e->fd);
    if (fd == -1)
        return -1;
    if (ioctl(fd, FIONREAD, &bytes) == -1)
        bytes = -1;
    close(fd);
    return bytes;
}

static bool can(const struct end *e, bool write)
{
    int mode = e->flags & O_ACCMODE;
    return mode == O_RDWR || mode == (write ? O_WRONLY : O_RDONLY);
}

bool end_faces(const struct scene *s, const struct end *e,
               const struct end *other, bool writing)
{
    if (S_ISFIFO(e->mode))
        return S_ISFIFO(other->mode) && other->inode == e->inode &&
               can(other, !writing);
    if (S_ISSOCK(e->mode) && S_ISSOCK(other->mode))
        return other->inode == socket_peer(s, e);
    return strcmp(e->link, "anon_inode:[eventfd]") == 0 &&
           strcmp(e->link, other->link) == 0 && e->inode == other->inode;
}

const struct end *scene_next(const struct scene *s, const struct actor *a,
                             const struct end *from)
{
    if (!a->end)
        return NULL;
    const struct end *e = from ? from + 1 : s->end;
    for (; e < s->end + s->ends; e++)
        if (end_faces(s, a->end, e, a->kind == CALL_WRITE))
            return e;
    return NULL;
}

int scene_holders(struct scene *s, const struct actor *a, char *buf, size_t cap)
{
    int count = 0;
    pid_t last = 0;
    char name[80];
    buf[0] = '\0';
    for (const struct end *e = NULL; (e = scene_next(s, a, e)) != NULL;) {
        size_t used = strlen(buf);
        const struct actor *who = scene_actor(s, e->pid);
        if (e->pid == last || !who)
            continue; /* two of its descriptors: the first will do */
        last = e->pid;
        count++;
        snprintf(buf + used, cap - used, "%s%s (fd %d)", used ? ", " : "",
                 who->task->pid == a->task->pid ? "itself"
                                                : the(who, name, sizeof(name)),
                 e->fd);
    }
    return count;
}

static bool polls_pidfd_of(const struct scene *s, const struct actor *a,
                           const struct actor *b)
{
    struct interest list[WATCHED];
    int n = b->dead ? 0 : watched_by(s, a, list);
    for (int i = 0; i < n; i++) {
        const struct end *e = scene_end(s, a->task->pid, list[i].fd);
        if (e && strstr(e->link, "pidfd") &&
            pid_of_pidfd(e->pid, e->fd) == b->task->pid)
            return true;
    }
    return false;
}

bool waits_for_child(const struct scene *s, const struct actor *a,
                     const struct actor *b)
{
    if (a->kind == CALL_POLL || a->kind == CALL_EPOLL || a->kind == CALL_SELECT)
        return polls_pidfd_of(s, a, b);
    if (a->kind != CALL_WAIT || b->task->parent != a->task->pid || b->dead)
        return false;
    const unsigned long *arg = a->task->arg;
    pid_t id = (pid_t)arg[0], pid = b->task->pid;
    if (strcmp(call_info(a->task->call)->name, "waitid") == 0) {
        switch (arg[0]) {
        case P_PID:
            return (pid_t)arg[1] == pid;
        case P_PGID:
            return getpgid(pid) ==
                   (arg[1] ? (pid_t)arg[1] : getpgid(a->task->pid));
        case P_ALL:
            return true;
        default:
            return pid_of_pidfd(a->task->pid, (int)arg[1]) == pid;
        }
    }
    if (id > 0)
        return id == pid;
    if (id == -1)
        return true;
    return getpgid(pid) == (id == 0 ? getpgid(a->task->pid) : -id);
}
