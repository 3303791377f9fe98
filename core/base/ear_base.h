/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/ear_base.h - what every file of the core may assume. Pure. */
#ifndef EAR_BASE_H
#define EAR_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/ear_err.h"
#include "ear_config.h" /* generated from Kconfig: every size and switch, as EAR_... */

#define EAR_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/** True where the Kconfig switch EAR_x is on; false where it is off (kconfig then defines nothing). An expression, so
 * that both sides are always compiled. */
#define EAR_ENABLED(x) EAR_ENABLED_0_(EAR_##x)
#define EAR_ENABLED_0_(value) EAR_ENABLED_1_(value) /* the switch becomes its value here */
#define EAR_ENABLED_1_(value) EAR_ENABLED_2_(EAR_ENABLED_IS_##value)
#define EAR_ENABLED_2_(...) EAR_ENABLED_3_(__VA_ARGS__ true, false, 0)
#define EAR_ENABLED_3_(ignored, chosen, ...) chosen
#define EAR_ENABLED_IS_1 0,

#define EAR_MUST_USE __attribute__((warn_unused_result))

/* The smallest power of two that is at least n, for constants n up to 2^17. */
#define EAR_POW2_1_(n) ((n) | ((n) >> 1))
#define EAR_POW2_2_(n) (EAR_POW2_1_(n) | (EAR_POW2_1_(n) >> 2))
#define EAR_POW2_3_(n) (EAR_POW2_2_(n) | (EAR_POW2_2_(n) >> 4))
#define EAR_POW2_4_(n) (EAR_POW2_3_(n) | (EAR_POW2_3_(n) >> 8))
#define EAR_POW2(n) (EAR_POW2_4_((n)-1) + 1)

/** Bytes that somebody else owns. Not terminated. */
struct ear_str {
    const char *bytes;
    uint16_t length; /* in bytes */
};

#endif
