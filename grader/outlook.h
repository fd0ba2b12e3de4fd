/*
 * outlook.h — what may still wake a tree that stands still.
 */
#ifndef OUTLOOK_H
#define OUTLOOK_H

#include "tree.h"

enum {
    AS_GOOD_AS_EVER = 20 /* seconds: a sleep that long is a mistake */
};

struct outlook {
    bool timer;   /* one is armed, or could be */
    bool network; /* TCP may have something on its way */
};
struct outlook look_ahead(const struct tree *);

#endif
