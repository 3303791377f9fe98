/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_cbor.h - items of CBOR, read in place: definite lengths, shortest heads (RFC 8949 4.2.1). Pure; for
 * envelopes and manifests. After a false nothing was read and `at` is still where the item begins. */
#ifndef EAR_CBOR_H
#define EAR_CBOR_H

#include "core/base/ear_base.h"

/** Major types (RFC 8949 3.1). */
enum ear_cbor_major {
    EAR_CBOR_UINT = 0,
    EAR_CBOR_NEGATIVE = 1, /* -1 - value */
    EAR_CBOR_BYTES = 2,
    EAR_CBOR_TEXT = 3,
    EAR_CBOR_ARRAY = 4,
    EAR_CBOR_MAP = 5,
    EAR_CBOR_TAG = 6,
    EAR_CBOR_SIMPLE = 7
};

struct ear_cbor {
    const uint8_t *bytes;
    uint32_t length;
    uint32_t at;
};

/** The head of the next item; of strings the bytes, of arrays and maps the members follow. */
EAR_MUST_USE bool ear_cbor_head(struct ear_cbor *in, uint8_t *major, uint64_t *value);

/** An unsigned integer up to most. */
EAR_MUST_USE bool ear_cbor_uint(struct ear_cbor *in, uint64_t most, uint64_t *value);

/** How many members an array, or entries a map has. */
EAR_MUST_USE bool ear_cbor_count(struct ear_cbor *in, uint8_t major, uint64_t *count);

/** A byte or text string that ends within the bytes. Whether text is UTF-8 is not looked at. */
EAR_MUST_USE bool ear_cbor_string(struct ear_cbor *in, uint8_t major, const uint8_t **bytes, uint32_t *length);

/** Any one item, whatever it holds. No recursion; one step for each item in it. */
EAR_MUST_USE bool ear_cbor_skip(struct ear_cbor *in);

#endif
