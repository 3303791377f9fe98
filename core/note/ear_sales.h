/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_sales.h - who clicked which product's card when, so that an order finds the conversation that led to
 * it. Pure. Holds the newest click of a person in a slice; no pointers inside, all zero is empty. */
#ifndef EAR_SALES_H
#define EAR_SALES_H

#include "core/base/ear_base.h"

struct ear_click {
    uint64_t user; /* keyed hash; 0: free */
    int64_t at_ms;
    uint32_t serial; /* of the entry: among clicks of the same time the one that came into the table first decides */
    uint8_t slice;
};

struct ear_sales {
    uint32_t forgotten; /* clicks that had to make room for newer ones */
    uint32_t next_serial;
    struct ear_click clicks[EAR_CLICKS];
};

/** Remember a click. A full table forgets its oldest. O(EAR_CLICKS). */
void ear_sales_click(struct ear_sales *sales, uint64_t user, uint8_t slice, int64_t at_ms);

/** How long before an order a click may lie, by the slice it happened in. */
struct ear_sales_reach {
    int64_t (*ms)(void *context, uint8_t slice);
    void *context;
};

/** The newest click of this person that is not after the order and within reach of it: its slice, or -1. O(EAR_CLICKS).
 */
int ear_sales_attribute(const struct ear_sales *sales, uint64_t user, int64_t order_ms,
                        const struct ear_sales_reach *reach);

/** The time is known: move clicks before known_ms by offset_ms. */
void ear_sales_shift(struct ear_sales *sales, int64_t known_ms, int64_t offset_ms);

#endif
