/*
 * sleep_on_a_word.c — futex: sleep, if the word still says so.
 */
#include <err.h>
#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long futex(atomic_uint *word, int what, unsigned value)
{
    return syscall(SYS_futex, word, what, value, NULL, NULL, 0);
}

int main(void)
{
    atomic_uint *word = mmap(NULL, sizeof(*word), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (word == MAP_FAILED)
        err(1, "mmap");
    if (futex(word, FUTEX_WAIT, 7) == -1)
        printf("it is not 7: %s\n", strerrorname_np(errno));
    printf("woken up: %ld\n", futex(word, FUTEX_WAKE, 1));
    pid_t child = fork();
    if (child == 0) {
        atomic_store(word, 1);
        futex(word, FUTEX_WAKE, 1);
        _exit(0);
    }
    while (atomic_load(word) == 0)
        futex(word, FUTEX_WAIT, 0);
    printf("it is %u now\n", atomic_load(word));
    waitpid(child, NULL, 0);
}
