/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/sim_sums.h - numbers by name, and sets of people. Host only. */
#ifndef EARSHOT_SIM_SUMS_H
#define EARSHOT_SIM_SUMS_H

#include "tools/earshot/util.h"

struct sim_sum {
    const char *name;
    uint64_t value;
};

/** Sums in the order in which their names first came. Zeroed is empty. */
struct sim_sums {
    struct sim_sum *items;
    size_t count;
    uint32_t *index; /* by hash, open addressing: 1 + place in items, 0 is free */
    size_t index_size;
};

/** Add to the number of this name; with 0 it is there. Its place. */
size_t sim_sums_add(struct sim_sums *sums, uint64_t value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The value of this name, 0 if it is not there. */
uint64_t sim_sums_get(const struct sim_sums *sums, const char *name);

void sim_sums_free(struct sim_sums *sums);

#endif
