/*
 * tally — counters that many processes update at once.
 *
 * tally_open(slots) makes a set of counters, all 0, that lives in memory
 * shared by the caller and every process it forks afterwards. Any of them
 * may call tally_add, tally_max and tally_read at the same time as all the
 * others: no update is ever lost.
 *
 *   tally_add    adds delta to a counter; it wraps around like unsigned.
 *   tally_max    raises a counter to value if it is smaller.
 *   tally_read   gives the value of a counter.
 *   tally_close  gives the memory back in the process that calls it; NULL
 *                does nothing.
 *
 * slots  1 or more.
 * slot   0 … slots-1. Any other slot is ignored by tally_add and tally_max,
 *        and read as 0.
 *
 * Returns  tally_open: the counters, or NULL with errno:
 *          EINVAL   slots is less than 1.
 *          ENOMEM … there is no memory; nothing is left behind.
 *
 * Memory       owned by the caller of tally_open, returned with tally_close.
 * Descriptors  none is left open.
 *
 * See also mmap(2), munmap(2), <stdatomic.h>.
 */
#ifndef TALLY_H
#define TALLY_H

struct tally;

struct tally *tally_open(int slots);
void tally_add(struct tally *, int slot, long delta);
void tally_max(struct tally *, int slot, long value);
long tally_read(const struct tally *, int slot);
void tally_close(struct tally *);

#endif
