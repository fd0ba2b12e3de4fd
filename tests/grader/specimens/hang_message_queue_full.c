/*
 * Specimen: msgsnd to a full queue nobody receives from.
 * Verdict: hung
 * Saying: is full, and nobody receives
 * Within: 0.5
 */
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

struct letter {
    long type;
    char text[64];
};

static void sends_for_ever(void **state)
{
    (void)state;
    struct letter letter = {.type = 1};
    int q = msgget(IPC_PRIVATE, 0600);
    for (;;)
        msgsnd(q, &letter, sizeof(letter.text), 0);
}

static const struct CMUnitTest facts[] = {
    FACT(sends_for_ever),
};
EXERCISE("specimens/hang_message_queue_full", "msgsnd(2)", facts)
