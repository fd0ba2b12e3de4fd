/*
 * Specimen: messages of another type than the one waited for.
 * Verdict: hung
 * Saying: of other types: who sends and who receives have to agree
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

static void child_waits_for_type_two(void **state)
{
    (void)state;
    struct letter letter = {.type = 1};
    int q = msgget(IPC_PRIVATE, 0600);
    msgsnd(q, &letter, sizeof(letter.text), 0);
    if (fork() == 0) {
        msgrcv(q, &letter, sizeof(letter.text), 2, 0);
        _exit(0);
    }
    wait(NULL);
    msgctl(q, IPC_RMID, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_waits_for_type_two),
};
EXERCISE("specimens/hang_message_type", "msgrcv(2)", facts)
