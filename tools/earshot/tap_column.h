/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/tap_column.h - the columns of the live table. Host only. */
#ifndef EARSHOT_TAP_COLUMN_H
#define EARSHOT_TAP_COLUMN_H

#include "tools/earshot/tap.h"

/** A row: one device, or all of them (NULL). */
struct tap_row {
    const char *name;
    const struct tap_store *store;
    const struct tap_device *device;
    struct earshot_total *total;
};

struct tap_column;
typedef void tap_show(const struct tap_row *row, const struct tap_column *column, struct text *cell);

struct tap_column {
    const char *group; /* "": belongs to the group before */
    const char *title;
    const char *name; /* of what it shows: in the catalogue, or of what is derived from it */
    tap_show *show;
    unsigned width;
    bool to_end; /* takes what room the line has left; else right-aligned */
};

/** In the order of what somebody wants to see first; a panel holds as many groups as fit side by side. */
extern const struct tap_column tap_columns[];
extern const unsigned tap_column_count;

#endif
