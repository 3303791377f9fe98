/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/ear_funnel.h - views of a funnel: which steps in which order. Pure.
 * A setting's text, "name: step > step > step" or "name @automation: ...", becomes a view that points into it. */
#ifndef EAR_FUNNEL_H
#define EAR_FUNNEL_H

#include "core/base/ear_base.h"

struct ear_funnel {
    struct ear_str name;       /* length 0: no such view */
    struct ear_str automation; /* length 0: any */
    struct ear_str steps[EAR_FUNNEL_STEPS];
    uint8_t step_count;
};

/** Steps that are no label of a `step` event. */
#define EAR_FUNNEL_START "@start" /* the conversation began */
#define EAR_FUNNEL_END "@end"     /* it ended */

/** Parse; text must outlive the view, "" is no view. EAR_ERR_SYNTAX, EAR_ERR_TOO_LONG (more than EAR_FUNNEL_STEPS
 * steps, or a name above EAR_LABEL_BYTES); then *allowed says what would have been right. */
EAR_MUST_USE enum ear_err ear_funnel_parse(struct ear_funnel *funnel, const char *text, const char **allowed);

/** The bits of the steps called so; 0 if there is none. */
uint8_t ear_funnel_bits(const struct ear_funnel *funnel, struct ear_str step);

#endif
