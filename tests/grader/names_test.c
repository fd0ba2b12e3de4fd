/*
 * names_test.c — what a test's code left behind under a name is removed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "page.h"
#include "sandbox.h"

static struct page page;
static char own_name[64];

static void note(const char *kind, const char *name)
{
    for (struct page_name *n = page.name;; n++)
        if (n->state == 0) {
            n->state = 2;
            strcpy(n->kind, kind);
            strcpy(n->name, name);
            return;
        }
}

static void note_id(const char *kind, int id)
{
    char text[16];

    assert_true(id >= 0);
    snprintf(text, sizeof(text), "%d", id);
    note(kind, text);
}

static void posix_names_are_removed(void **state)
{
    (void)state;
    mq_close(mq_open(own_name, O_CREAT | O_RDWR, 0600, NULL));
    sem_close(sem_open(own_name, O_CREAT, 0600, 0));
    close(shm_open(own_name, O_CREAT | O_RDWR, 0600));
    note("message queue", own_name);
    note("semaphore", own_name);
    note("shared memory", own_name);
    remove_names(&page);
    assert_int_equal(mq_open(own_name, O_RDWR), -1);
    assert_true(sem_open(own_name, 0) == SEM_FAILED);
    assert_int_equal(shm_open(own_name, O_RDWR, 0), -1);
}

static void sysv_ids_are_removed(void **state)
{
    int sem = semget(IPC_PRIVATE, 1, 0600), msg = msgget(IPC_PRIVATE, 0600);
    int shm = shmget(IPC_PRIVATE, 1, 0600);
    struct msqid_ds msg_state;
    struct shmid_ds shm_state;

    (void)state;
    note_id("SysV semaphores", sem);
    note_id("SysV message queue", msg);
    note_id("SysV shared memory", shm);
    remove_names(&page);
    assert_int_equal(semctl(sem, 0, GETVAL), -1);
    assert_int_equal(msgctl(msg, IPC_STAT, &msg_state), -1);
    assert_int_equal(shmctl(shm, IPC_STAT, &shm_state), -1);
}

static void nothing_else_is_removed(void **state)
{
    mqd_t q;

    (void)state;
    mq_close(mq_open(own_name, O_CREAT | O_RDWR, 0600, NULL));
    note("file", own_name);
    memset(page.name[1].kind, 'x', sizeof(page.name[1].kind));
    memset(page.name[1].name, 'x', sizeof(page.name[1].name));
    page.name[1].state = 2;
    remove_names(&page);
    q = mq_open(own_name, O_RDWR);
    mq_unlink(own_name);
    assert_true(q >= 0);
    mq_close(q);
    for (int i = 0; i < PAGE_NAMES; i++)
        assert_int_equal(page.name[i].state, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posix_names_are_removed),
        cmocka_unit_test(sysv_ids_are_removed),
        cmocka_unit_test(nothing_else_is_removed),
    };

    snprintf(own_name, sizeof(own_name), "/names-%d", (int)getpid());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
