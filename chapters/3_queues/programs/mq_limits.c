/*
 * mq_limits.c — what the system allows a message queue.
 */
#include <err.h>
#include <stdio.h>
#include <sys/resource.h>

static void show(const char *file, const char *what)
{
    char path[64];
    long value = 0;

    snprintf(path, sizeof(path), "/proc/sys/fs/mqueue/%s", file);
    FILE *in = fopen(path, "re");
    if (!in || fscanf(in, "%ld", &value) != 1)
        err(1, "%s", path);
    fclose(in);
    printf("%7ld  %s\n", value, what);
}

int main(void)
{
    struct rlimit bytes;

    show("msg_max", "messages in a queue");
    show("msgsize_max", "bytes in a message");
    show("queues_max", "queues on the whole system");
    if (getrlimit(RLIMIT_MSGQUEUE, &bytes) == -1)
        err(1, "getrlimit");
    printf("%7ld  bytes in all queues of a user\n", (long)bytes.rlim_cur);
}
