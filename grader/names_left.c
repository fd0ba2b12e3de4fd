/*
 * names_left.c — names that outlived a test: a hung or killed one cannot
 * remove them itself, and a user may have a few message queues only.
 */
#include <mqueue.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "page.h"
#include "sandbox.h"

/* Files are in the test's folder, and go with it. */
static void remove_name(const char *kind, const char *name)
{
    if (strcmp(kind, "message queue") == 0)
        mq_unlink(name);
    else if (strcmp(kind, "semaphore") == 0)
        sem_unlink(name);
    else if (strcmp(kind, "shared memory") == 0)
        shm_unlink(name);
    else if (strcmp(kind, "SysV message queue") == 0)
        msgctl(atoi(name), IPC_RMID, NULL);
    else if (strcmp(kind, "SysV semaphores") == 0)
        semctl(atoi(name), 0, IPC_RMID);
    else if (strcmp(kind, "SysV shared memory") == 0)
        shmctl(atoi(name), IPC_RMID, NULL);
}

/* The page has been in the hands of the test: its strings may have no end. */
void remove_names(struct page *page)
{
    for (int i = 0; i < PAGE_NAMES; i++) {
        struct page_name *n = &page->name[i];
        if (n->state == 0)
            continue;
        n->kind[sizeof(n->kind) - 1] = '\0';
        n->name[sizeof(n->name) - 1] = '\0';
        remove_name(n->kind, n->name);
        n->state = 0;
    }
}
