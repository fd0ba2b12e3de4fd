/*
 * where.c — "queue.c:41" for a return address in the running program.
 *
 * Asks addr2line, about 50 ms each time, so answers are kept. The innermost
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

enum { KEPT = 512 };

static struct {
    uintptr_t pc;
    char text[96];
} kept[KEPT];
static unsigned next_kept;

/* Where the program was loaded: 0 unless it is position-independent. */
static int first_object(struct dl_phdr_info *info, size_t size, void *base)
{
    (void)size;
    *(uintptr_t *)base = info->dlpi_addr;
    return 1;
}

static void pick(FILE *answer, char *text, size_t cap)
{
    char line[1024];

    while (fgets(line, sizeof(line), answer)) {
        line[strcspn(line, "\n")] = '\0';
        char *more = strstr(line, " (discriminator "), *colon, *slash;
        if (more)
            *more = '\0';
        colon = strrchr(line, ':');
        if (*text || !colon || strncmp(line, "/usr/", 5) == 0 ||
            line[0] == '?' || atoi(colon + 1) == 0)
            continue;
        slash = strrchr(line, '/');
        snprintf(text, cap, "%.90s", slash ? slash + 1 : line);
    }
}

static void ask(uintptr_t pc, char *text, size_t cap)
{
    extern char **environ;
    char binary[64], address[32];
    char *argv[] = {"addr2line", "-i", "-e", binary, address, NULL};
    posix_spawn_file_actions_t actions;
    int fd[2], error;
    pid_t pid;
    FILE *answer;

    snprintf(binary, sizeof(binary), "/proc/%d/exe", (int)getpid());
    snprintf(address, sizeof(address), "%#lx", (unsigned long)pc);
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
        pick(answer, text, cap);
        fclose(answer);
    } else {
        close(fd[0]);
    }
    if (!error)
        waitpid(pid, NULL, 0);
}

const char *il_where(uintptr_t pc)
{
    uintptr_t base = 0;
    unsigned i;

    if (pc == 0)
        return "";
    for (i = 0; i < KEPT && kept[i].pc; i++)
        if (kept[i].pc == pc)
            return kept[i].text;
    i = next_kept++ % KEPT;
    kept[i].pc = pc;
    kept[i].text[0] = '\0';
    dl_iterate_phdr(first_object, &base);
    ask(pc - 1 - base, kept[i].text, sizeof(kept[i].text));
    return kept[i].text;
}
