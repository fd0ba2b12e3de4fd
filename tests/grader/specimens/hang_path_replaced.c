/*
 * Specimen: another server takes the path away from a living one.
 * Verdict: hung
 * Saying: was removed and made again by the parent
 * Within: 1
 */
#include "sockets.h"

static void its_door_leads_elsewhere(void **state)
{
    (void)state;
    int first = listen_at("door", 4), word[2];
    char c;
    CHECK_OK(pipe(word), "a pipe");
    if (fork() == 0) {
        close(word[1]);
        read(word[0], &c, 1);
        accept(first, NULL, NULL);
        _exit(0);
    }
    close(first);
    unlink("door");
    listen_at("door", 4);
    close(word[1]);
    call_at("door");
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(its_door_leads_elsewhere),
};
EXERCISE("specimens/hang_path_replaced", "unix(7)", facts)
