/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_phrases.h - the engine that finds phrases: thousands of them in one pass over a turn's tokens. Pure.
 *
 * A question with many verdicts (tags) gets one for each label that was found, in the order of the text; any other
 * question gets the label of the best phrase: the greatest weight, then the most words, then the first in the text. A
 * label's score is the greatest weight of its phrases that were found; below the manifest's threshold it is not said,
 * nor where a phrase that cancels the label was found too. Body: core/model/ear_phrases_body.h. */
#ifndef EAR_PHRASES_H
#define EAR_PHRASES_H

#include "core/model/ear_engine.h"

extern const struct ear_engine ear_engine_phrases;

#endif
