/* SPDX-License-Identifier: Apache-2.0 */
/* tools/merge/merge_formula.h - the formulas of earshot_derived.def: sums of named numbers with factors. Pure. */
#ifndef MERGE_FORMULA_H
#define MERGE_FORMULA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The value of a name (not terminated) of a formula; false if there is none of it. */
typedef bool merge_lookup(const void *context, const char *name, size_t length, uint64_t *value);

/** The value of "2 a + b - c.*"; "" is 1. False: not the form, or a name that lookup does not know. */
bool merge_formula(const char *formula, merge_lookup *lookup, const void *context, double *value);

/** numerator / denominator; false also where the denominator is 0. */
bool merge_ratio(const char *numerator, const char *denominator, merge_lookup *lookup, const void *context,
                 double *value);

#endif
