/*
 * Mistake: system() for a shell that redirects into files with fixed names.
 * Caught by: brings_bytes_of_every_kind
 * Saying: never with strlen
 */
#include "capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *load(const char *path, size_t *len)
{
    FILE *file = fopen(path, "r");
    char *bytes = calloc(1, 1 << 16);

    fread(bytes, 1, (1 << 16) - 1, file);
    *len = strlen(bytes);
    fclose(file);
    unlink(path);
    return bytes;
}

int capture(char *const argv[], const void *in, size_t in_len,
            struct captured *c)
{
    char line[4096] = "";
    FILE *file = fopen("capture.in", "w");

    fwrite(in, 1, in_len, file);
    fclose(file);
    for (int i = 0; argv[i] != NULL; i++)
        snprintf(line + strlen(line), sizeof(line) - strlen(line), "'%s' ",
                 argv[i]);
    strcat(line, "<capture.in >capture.out 2>capture.err");
    c->wstatus = system(line);
    unlink("capture.in");
    c->out = load("capture.out", &c->out_len);
    c->err = load("capture.err", &c->err_len);
    return 0;
}

void captured_free(struct captured *c)
{
    free(c->out);
    free(c->err);
}
