/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_rules.h - the engine that combines what other plugins said of the same turn with facts of it. Pure.
 *
 * It is called last (EAR_RANK_RULES) and what it says replaces what was said before. A question with many verdicts
 * (tags) gets the label of each rule that holds, any other the label of the first rule that does. Body:
 * core/model/ear_rules_body.h. */
#ifndef EAR_RULES_H
#define EAR_RULES_H

#include "core/model/ear_engine.h"

extern const struct ear_engine ear_engine_rules;

#endif
