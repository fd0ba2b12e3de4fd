/*
 * Specimen: the client waits for a word on a pipe before it connects.
 * Verdict: hung
 * Saying: Neither comes first: write before accept
 * Within: 1
 */
#include "sockets.h"

static void waits_for_the_word(void **state)
{
    (void)state;
    int listener = listen_at("door", 4), word[2];
    char c;
    CHECK_OK(pipe(word), "a pipe");
    if (fork() == 0) {
        close(word[1]);
        read(word[0], &c, 1);
        _exit(call_at("door") < 0);
    }
    close(word[0]);
    accept(listener, NULL, NULL);
    write(word[1], "!", 1);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(waits_for_the_word),
};
EXERCISE("specimens/hang_accept_before_writing", "unix(7)", facts)
