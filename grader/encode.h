/*
 * encode.h — quoting for the formats machines read.
 *
 * Each cleans its text first (text.h), so that whatever a program printed
 * becomes valid and bounded.
 */
#ifndef ENCODE_H
#define ENCODE_H

#include <stdio.h>

/* With its quotes. Also what YAML takes, in TAP's diagnostics. */
void encode_json(FILE *, const char *text);

/* As character data. */
void encode_xml(FILE *, const char *text);

/* Inside double quotes, where a reader would fold a plain newline. */
void encode_xml_attribute(FILE *, const char *text);

/* A test's name in TAP: one line, and "#" begins no directive. */
void encode_tap(FILE *, const char *text);

/* Seconds, with a point and never NaN. */
void encode_seconds(FILE *, double seconds);

#endif
