/* SPDX-License-Identifier: Apache-2.0 */
/* platform/json/ear_json_out.h - writes JSON into a fixed buffer. Pure. The first lack of room is latched, and only
 * ear_json_out_length reports it. */
#ifndef EAR_JSON_OUT_H
#define EAR_JSON_OUT_H

#include "core/base/ear_base.h"

/** Begin with {.bytes = buffer, .capacity = its size}. Nothing is terminated. */
struct ear_json_out {
    char *bytes;
    size_t capacity;
    size_t length;
    bool full;
};

/** Append as it is: punctuation and literals. */
void ear_json_out_raw(struct ear_json_out *out, const char *text);

/** Append a string in quotes, with what RFC 8259 section 7 wants escaped. Must be valid UTF-8. */
void ear_json_out_text(struct ear_json_out *out, const char *bytes, size_t length);

/** Append a number in decimal. */
void ear_json_out_number(struct ear_json_out *out, uint64_t number);

/** Bytes written, or EAR_ERR_FULL if something did not fit. */
EAR_MUST_USE int32_t ear_json_out_length(const struct ear_json_out *out);

#endif
