/*
 * strings.c — the functions of <string.h> that people use on shared memory,
 * and snprintf. What they read and write is told as if the code on test did.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

size_t il_strlen(const char *);
size_t il_strlen(const char *s)
{
    il_look_at(s, strlen(s) + 1, IL_PC);
    return strlen(s);
}

size_t il_strnlen(const char *, size_t);
size_t il_strnlen(const char *s, size_t most)
{
    size_t n = strnlen(s, most);

    il_look_at(s, n < most ? n + 1 : n, IL_PC);
    return strnlen(s, most);
}

int il_memcmp(const void *, const void *, size_t);
int il_memcmp(const void *a, const void *b, size_t n)
{
    il_look_at(a, n, IL_PC);
    il_look_at(b, n, IL_PC);
    return memcmp(a, b, n);
}

int il_strcmp(const char *, const char *);
int il_strcmp(const char *a, const char *b)
{
    il_look_at(a, strlen(a) + 1, IL_PC);
    il_look_at(b, strlen(b) + 1, IL_PC);
    return strcmp(a, b);
}

int il_strncmp(const char *, const char *, size_t);
int il_strncmp(const char *a, const char *b, size_t n)
{
    il_look_at(a, strnlen(a, n), IL_PC);
    il_look_at(b, strnlen(b, n), IL_PC);
    return strncmp(a, b, n);
}

static char *copy(char *to, const char *from, uintptr_t pc)
{
    size_t n = strlen(from) + 1;

    il_look_at(from, n, pc);
    il_put_there(to, from, n, pc);
    return to;
}

char *il_strcpy(char *, const char *);
char *il_strcpy(char *to, const char *from)
{
    return copy(to, from, IL_PC);
}

char *il_stpcpy(char *, const char *);
char *il_stpcpy(char *to, const char *from)
{
    size_t n = strlen(from);

    return copy(to, from, IL_PC) + n;
}

char *il_strcat(char *, const char *);
char *il_strcat(char *to, const char *from)
{
    il_look_at(to, strlen(to) + 1, IL_PC);
    copy(to + strlen(to), from, IL_PC);
    return to;
}

/* It fills what is left with zeros. */
char *il_strncpy(char *, const char *, size_t);
char *il_strncpy(char *to, const char *from, size_t n)
{
    size_t length = strnlen(from, n);

    if (!il_active() || !il_place(to))
        return strncpy(to, from, n);
    il_look_at(from, length < n ? length + 1 : n, IL_PC);
    il_put_there(to, from, length, IL_PC);
    for (char zero[64] = {0}; length < n;) {
        size_t part = n - length < sizeof(zero) ? n - length : sizeof(zero);
        il_put_there(to + length, zero, part, IL_PC);
        length += part;
    }
    return to;
}

static int print(char *to, size_t n, uintptr_t pc, const char *format,
                 va_list list)
{
    char text[4096];

    if (!il_active() || n > sizeof(text) || !il_place(to))
        return vsnprintf(to, n, format, list);
    int length = vsnprintf(text, n, format, list);
    if (length >= 0 && n > 0)
        il_put_there(to, text, strlen(text) + 1, pc);
    return length;
}

int il_vsnprintf(char *, size_t, const char *, va_list);
int il_vsnprintf(char *to, size_t n, const char *format, va_list list)
{
    return print(to, n, IL_PC, format, list);
}

int il_snprintf(char *, size_t, const char *, ...)
    __attribute__((format(printf, 3, 4)));
int il_snprintf(char *to, size_t n, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    int length = print(to, n, IL_PC, format, list);
    va_end(list);
    return length;
}
