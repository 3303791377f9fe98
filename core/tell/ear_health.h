/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_health.h - the health of the device in numbers, and what they mean. Pure. The numbers are
 * ear_health.def; the table of names and meanings takes some 4 KB of flash where it is used: the agent does without. */
#ifndef EAR_HEALTH_H
#define EAR_HEALTH_H

#include "core/base/ear_base.h"

/** Every number of ear_health.def, all uint32_t: health.events_accepted, ... */
struct ear_health { /* in the order of their keys */
#define EAR_HEALTH(key, ident, name, KIND, unit, says) uint32_t ident;
#include "core/tell/ear_health.def"
};

enum ear_health_kind { EAR_HEALTH_COUNTER, EAR_HEALTH_GAUGE };

/** One line of ear_health.def. */
struct ear_health_line {
    const char *name;
    const char *unit;
    const char *says;
    uint16_t offset; /* of the member in struct ear_health */
    uint8_t key;
    uint8_t kind; /* enum ear_health_kind */
};
extern const struct ear_health_line ear_health_table[];
extern const uint16_t ear_health_count;

/** The value of a line. */
uint32_t ear_health_get(const struct ear_health *health, const struct ear_health_line *line);

/** The number that counts events refused with err: health->refused_syntax for EAR_ERR_SYNTAX, ...; refused_other for
 * what has none of its own. Never NULL. */
uint32_t *ear_health_refused(struct ear_health *health, int err);

#endif
