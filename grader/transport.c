/*
 * transport.c — a result's way from the keeper to the grader.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keeper.h"

static void send_text(FILE *out, const char *text)
{
    size_t length = strlen(text);

    fwrite(&length, sizeof(length), 1, out);
    fwrite(text, 1, length, out);
}

void result_send(int fd, const struct test_result *r)
{
    FILE *out = fdopen(fd, "w");

    if (!out)
        return;
    fwrite(&r->verdict, sizeof(r->verdict), 1, out);
    fwrite(&r->unstarted, sizeof(r->unstarted), 1, out);
    fwrite(&r->seconds, sizeof(r->seconds), 1, out);
    send_text(out, r->headline);
    send_text(out, r->message);
    send_text(out, r->output);
    send_text(out, r->proved);
    send_text(out, r->schedule);
    fclose(out);
}

static char *receive_text(FILE *in)
{
    size_t length;
    char *text;

    if (fread(&length, sizeof(length), 1, in) != 1 || length > 64u << 20)
        return NULL;
    text = calloc(1, length + 1);
    if (text && fread(text, 1, length, in) != length) {
        free(text);
        return NULL;
    }
    return text;
}

bool result_receive(int fd, struct test_result *r)
{
    FILE *in;
    bool ok;

    lseek(fd, 0, SEEK_SET);
    in = fdopen(fd, "r");
    if (!in)
        return false;
    ok = fread(&r->verdict, sizeof(r->verdict), 1, in) == 1 &&
         fread(&r->unstarted, sizeof(r->unstarted), 1, in) == 1 &&
         fread(&r->seconds, sizeof(r->seconds), 1, in) == 1 &&
         (r->headline = receive_text(in)) && (r->message = receive_text(in)) &&
         (r->output = receive_text(in)) && (r->proved = receive_text(in)) &&
         (r->schedule = receive_text(in));
    fclose(in);
    return ok;
}
