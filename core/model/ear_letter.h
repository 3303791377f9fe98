/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_letter.h - letters as runs of letters see them: lower case, diacritics kept. Pure. For ear_features.c.
 */
#ifndef EAR_LETTER_H
#define EAR_LETTER_H

#include "core/base/ear_base.h"

#define EAR_LETTER_NONE 0xFFFFFFFFu

/** The character of valid UTF-8 at bytes[*at], *at < length; *at is then behind it. One that is cut off is none. */
uint32_t ear_letter_decode(const uint8_t *bytes, uint16_t length, uint16_t *at);

/** A character of a word in lower case (Latin, Greek, Cyrillic, Armenian, full-width forms); ' for any apostrophe;
 *  EAR_LETTER_NONE for one that is as if it were not there. */
uint32_t ear_letter_lower(uint32_t code_point);

#endif
