/*
 * source_line.c — "family.c:31" for a return address, by addr2line.
 *
 * A position-independent binary is loaded at an address that only its
 * processes know: source_base remembers it.
 */
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explain.h"
#include "proc.h"
#include "source_line.h"

enum { KEPT = 256 };

static struct {
    unsigned long pc;
    char *binary;
    char text[96];
    char *path; /* of the whole name */
} kept[KEPT];
static unsigned next_kept;
static unsigned long base_address;

/* 1 for a position-independent binary, 0 for a fixed one, -1 for neither. */
static int is_movable(const char *binary)
{
    Elf64_Ehdr head;
    int fd = open(binary, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return -1;
    ssize_t got = read(fd, &head, sizeof(head));
    close(fd);
    if (got != sizeof(head) || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
        return -1;
    return head.e_type == ET_DYN;
}

/* The first mapping of the binary is where it was loaded. */
void source_base(pid_t pid, const char *binary)
{
    char *text = malloc(1 << 16), full[PATH_MAX];
    if (!binary || !text || !realpath(binary, full) ||
        proc_text(text, 1 << 16, "%d/maps", (int)pid) <= 0) {
        free(text);
        return;
    }
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        char *path = strchr(line, '/');
        if (path && strcmp(path, full) == 0) {
            base_address = strtoul(line, NULL, 16);
            break;
        }
    }
    free(text);
}

/* Innermost first; a line of a system header (an inlined, fortified read)
 * is not the learner's. */
static void pick(FILE *answer, char *text, size_t cap, char **path)
{
    char line[1024];
    while (text[0] == '\0' && fgets(line, sizeof(line), answer)) {
        line[strcspn(line, "\n")] = '\0';
        char *more = strstr(line, " (discriminator "), *colon, *slash;
        if (more) /* a folder's name may have blanks of its own */
            *more = '\0';
        colon = strrchr(line, ':');
        if (!colon || strncmp(line, "/usr/", 5) == 0 || line[0] == '?' ||
            atoi(colon + 1) == 0)
            continue;
        slash = strrchr(line, '/');
        snprintf(text, cap, "%.90s", slash ? slash + 1 : line);
        *path = strndup(line, (size_t)(colon - line));
    }
}

static void ask(const char *binary, unsigned long pc, char *text, size_t cap,
                char **path)
{
    char address[32],
        *argv[] = {"addr2line", "-i", "-e", (char *)binary, address, NULL};
    extern char **environ;
    posix_spawn_file_actions_t actions;
    int fd[2];
    pid_t pid;
    snprintf(address, sizeof(address), "%#lx", pc);
    if (pipe2(fd, O_CLOEXEC) == -1)
        return;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                     O_WRONLY, 0);
    int error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(fd[1]);
    FILE *answer = error ? NULL : fdopen(fd[0], "r");
    if (answer) {
        pick(answer, text, cap, path);
        fclose(answer);
    } else {
        close(fd[0]);
    }
    if (!error)
        waitpid(pid, NULL, 0);
}

static unsigned find(const char *binary, unsigned long pc)
{
    unsigned long at = pc - 1; /* the call, not what comes after it */
    if (is_movable(binary) == 1 && base_address && at >= base_address)
        at -= base_address;
    for (unsigned i = 0; i < KEPT; i++)
        if (kept[i].binary && kept[i].pc == at &&
            strcmp(kept[i].binary, binary) == 0)
            return i;
    unsigned i = next_kept++ % KEPT;
    free(kept[i].binary);
    free(kept[i].path);
    kept[i].path = NULL;
    kept[i].binary = strdup(binary);
    kept[i].pc = at;
    kept[i].text[0] = '\0';
    ask(binary, at, kept[i].text, sizeof(kept[i].text), &kept[i].path);
    return i;
}

const char *source_line(const char *binary, unsigned long pc)
{
    return binary && pc ? kept[find(binary, pc)].text : "";
}

void source_text(const char *binary, unsigned long pc, char *text, size_t cap)
{
    unsigned i = find(binary, pc);
    const char *colon = strrchr(kept[i].text, ':');
    FILE *in = colon && kept[i].path ? fopen(kept[i].path, "re") : NULL;
    char line[1024] = "";

    text[0] = '\0';
    if (!in)
        return;
    for (int number = atoi(colon + 1); number > 0; number--)
        if (!fgets(line, sizeof(line), in))
            line[0] = '\0';
    fclose(in);
    line[strcspn(line, "\n")] = '\0';
    snprintf(text, cap, "%s", line + strspn(line, " \t"));
}
