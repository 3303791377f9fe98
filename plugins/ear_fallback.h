/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/ear_fallback.h - does a bot's message say that it did not understand? Pure. For plugins. */
#ifndef EAR_FALLBACK_H
#define EAR_FALLBACK_H

#include "core/judge/ear_plugin.h"

/** True for "Sorry, I didn't get that", "Could you rephrase?", "I'm not sure what you mean". False for a bot that
 *  understood and regrets ("Sorry, no room is available"). English, and the usual wordings of de, es, fr, it. */
bool ear_fallback_is(const struct ear_turn *turn);

#endif
