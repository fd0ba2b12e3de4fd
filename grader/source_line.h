/*
 * source_line.h — where a position-independent binary was loaded.
 */
#ifndef SOURCE_LINE_H
#define SOURCE_LINE_H

#include <stddef.h>
#include <sys/types.h>

/* Remember it from a living process of the binary; explain does so itself.
 * Not needed for addresses of a binary linked with -no-pie. */
void source_base(pid_t, const char *binary);

/* The line itself, without its indentation; "" if it is not to be had. */
void source_text(const char *binary, unsigned long pc, char *text, size_t cap);

#endif
