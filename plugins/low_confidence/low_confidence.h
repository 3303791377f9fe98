/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/low_confidence/low_confidence.h - the one setting of that plugin. */
#ifndef EAR_LOW_CONFIDENCE_H
#define EAR_LOW_CONFIDENCE_H

#include <stdint.h>

/** What ear_plugin_low_confidence.data points to. An agent that wants another threshold than Kconfig's copies the
 *  descriptor and lets data point to its own. */
struct ear_low_confidence {
    uint16_t threshold_permille; /* a bot's confidence below this is low; 0: only the fallback counts */
};

#endif
