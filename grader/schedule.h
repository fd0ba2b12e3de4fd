/*
 * schedule.h — the order of its processes in which a fact fails.
 */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "logbook.h"

/* As a JSON object; "" where there is none. To be freed. */
char *schedule_json(const struct page *, const struct places *);

/* "load", "is stuck": what a step, and a finding, is called in reports. */
const char *schedule_act(enum interleave_act);
const char *schedule_found(enum interleave_found);

#endif
