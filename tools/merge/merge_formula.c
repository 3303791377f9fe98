/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/merge/merge_formula.h"

#include <stdlib.h>
#include <string.h>

/* "2 name" or "name"; what is behind it, or NULL. */
static const char *read_term(const char *text, double *factor, const char **name, size_t *length)
{
    char *end;
    const unsigned long number = strtoul(text, &end, 10);

    *factor = 1;
    if (end != text && *end == ' ') {
        *factor = (double)number;
        text = end + 1;
    }
    *name = text;
    *length = strcspn(text, " ");
    return *length > 0 ? text + *length : NULL;
}

bool merge_formula(const char *formula, merge_lookup *lookup, const void *context, double *value)
{
    double sign = 1;

    *value = formula[0] == '\0' ? 1 : 0;
    while (formula[0] != '\0') {
        const char *name;
        size_t length;
        double factor;
        uint64_t number;

        formula = read_term(formula, &factor, &name, &length);
        if (formula == NULL || !lookup(context, name, length, &number)) {
            return false;
        }
        *value += sign * factor * (double)number;
        if (formula[0] == '\0') {
            break;
        }
        if (strncmp(formula, " + ", 3) != 0 && strncmp(formula, " - ", 3) != 0) {
            return false;
        }
        sign = formula[1] == '-' ? -1 : 1;
        formula += 3;
    }
    return true;
}

bool merge_ratio(const char *numerator, const char *denominator, merge_lookup *lookup, const void *context,
                 double *value)
{
    double above, below;

    if (!merge_formula(numerator, lookup, context, &above) || !merge_formula(denominator, lookup, context, &below) ||
        !(below > 0)) {
        return false;
    }
    *value = above / below;
    return true;
}
