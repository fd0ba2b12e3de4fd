/*
 * queue_ways.c — queue in every order; see queue_ways.h.
 */
#include "queue.h"

#define EXERCISE_OF(function) queue_##function
typedef struct queue queue_type;

enum { ONE_AND_TWO = 2 };

#include "queue_ways.h"
