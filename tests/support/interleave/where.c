/*
 * where.c — "queue.c:41" for a return address in the running program.
 *
 * Asks addr2line, which takes its time, so answers are kept. The innermost
 * frame that is not in a system header: what was inlined from there is not
 * what people wrote.
 */
#include <fcntl.h>
#include <link.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tell.h"

enum { KEPT = 512, ASKED = 64 /* at a time */ };

static struct known {
    uintptr_t pc;
    char text[96];
} kept[KEPT];
static unsigned next_kept;

static struct known *known(uintptr_t pc)
{
    for (unsigned i = 0; i < KEPT && kept[i].pc; i++)
        if (kept[i].pc == pc)
            return &kept[i];
    return NULL;
}

/* Where the program was loaded: 0 unless it is position-independent. */
static int first_object(struct dl_phdr_info *info, size_t size, void *base)
{
    (void)size;
    *(uintptr_t *)base = info->dlpi_addr;
    return 1;
}

/* Of the frames of one address the first that people wrote. */
static void pick(char *line, struct known *to)
{
    char *more = strstr(line, " (discriminator "), *colon, *slash;

    if (more)
        *more = '\0';
    colon = strrchr(line, ':');
    if (to->text[0] || !colon || strncmp(line, "/usr/", 5) == 0 ||
        line[0] == '?' || atoi(colon + 1) == 0)
        return;
    slash = strrchr(line, '/');
    snprintf(to->text, sizeof(to->text), "%.90s", slash ? slash + 1 : line);
}

/* A line with each address, and then its frames. */
static void read_answer(FILE *answer, struct known *const *asked, int n)
{
    char line[1024];
    int i = -1;

    while (fgets(line, sizeof(line), answer)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "0x", 2) == 0)
            i++;
        else if (i >= 0 && i < n)
            pick(line, asked[i]);
    }
}

static void ask(struct known *const *asked, int n)
{
    extern char **environ;
    char binary[64], address[ASKED][32];
    char *argv[5 + ASKED + 1] = {"addr2line", "-a", "-i", "-e", binary};
    posix_spawn_file_actions_t actions;
    uintptr_t base = 0;
    int fd[2], error;
    pid_t pid;
    FILE *answer;

    dl_iterate_phdr(first_object, &base);
    snprintf(binary, sizeof(binary), "/proc/%d/exe", (int)getpid());
    for (int i = 0; i < n; i++) {
        snprintf(address[i], sizeof(address[i]), "%#lx",
                 (unsigned long)(asked[i]->pc - 1 - base));
        argv[5 + i] = address[i];
    }
    if (pipe2(fd, O_CLOEXEC) < 0)
        return;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                     O_WRONLY, 0);
    error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(fd[1]);
    answer = error ? NULL : fdopen(fd[0], "r");
    if (answer) {
        read_answer(answer, asked, n);
        fclose(answer);
    } else {
        close(fd[0]);
    }
    if (!error)
        waitpid(pid, NULL, 0);
}

void il_find(const uintptr_t *pc, int n)
{
    struct known *asked[ASKED];
    int count = 0;

    for (int i = 0; i < n && count < ASKED; i++) {
        if (pc[i] == 0 || known(pc[i]))
            continue;
        asked[count] = &kept[next_kept++ % KEPT];
        asked[count]->pc = pc[i];
        asked[count++]->text[0] = '\0';
    }
    if (count > 0)
        ask(asked, count);
}

const char *il_where(uintptr_t pc)
{
    if (pc == 0)
        return "";
    il_find(&pc, 1);
    return known(pc)->text;
}
