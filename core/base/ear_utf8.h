/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/ear_utf8.h - UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. Pure. */
#ifndef EAR_UTF8_H
#define EAR_UTF8_H

#include "core/base/ear_base.h"

/** Count the leading bytes that are whole, valid characters: `length` if all are, else the offset of the first
 * character that is not. */
EAR_MUST_USE size_t ear_utf8_validate(const char *bytes, size_t length);

/** The longest prefix of valid text, at most limit bytes, that ends at a character's end: its length in bytes. */
EAR_MUST_USE size_t ear_utf8_cut(const char *bytes, size_t length, size_t limit);

#endif
