/*
 * three_stages.c — one speaks, one shouts, one counts, all at once.
 *
 * Picture: map log
 */
#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void speak(int out)
{
    static const char *const words[] = {"fork\n", "pipe\n", "wait\n"};

    for (int i = 0; i < 3; i++)
        if (write(out, words[i], 5) == -1)
            _exit(1);
}

static void shout(int in, int out)
{
    char word[5];

    while (read(in, word, sizeof(word)) == sizeof(word)) {
        for (int i = 0; i < 5; i++)
            word[i] = toupper((unsigned char)word[i]);
        if (write(out, word, sizeof(word)) == -1)
            _exit(1);
    }
}

static int count(int in)
{
    char word[5];
    int words = 0;

    while (read(in, word, sizeof(word)) == sizeof(word))
        words++;
    return words;
}

int main(void)
{
    int a[2], b[2], status;
    pid_t stage[3];

    if (pipe2(a, O_CLOEXEC) == -1 || pipe2(b, O_CLOEXEC) == -1)
        err(1, "pipe2");

    if ((stage[0] = fork()) == 0) {
        close(a[0]), close(b[0]), close(b[1]);
        speak(a[1]);
        _exit(0);
    }
    if ((stage[1] = fork()) == 0) {
        close(a[1]), close(b[0]);
        shout(a[0], b[1]);
        _exit(0);
    }
    if ((stage[2] = fork()) == 0) {
        close(a[0]), close(a[1]), close(b[1]);
        _exit(count(b[0]));
    }
    close(a[0]), close(a[1]), close(b[0]), close(b[1]);

    for (int i = 0; i < 3; i++)
        waitpid(stage[i], &status, 0);
    printf("%d words\n", WEXITSTATUS(status));
}
