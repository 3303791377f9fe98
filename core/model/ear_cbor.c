/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_cbor.c - heads of items. */
#include "core/model/ear_cbor.h"

#define SMALL 24u   /* values below it are in the head's first byte */
#define LONGEST 27u /* additional information of a value of 8 bytes; above it: reserved, and indefinite lengths */

/* Whether a value needs as many bytes as it came in. Floating point is as long as it is. */
static bool is_shortest(uint8_t major, unsigned size, uint64_t value)
{
    if (major == EAR_CBOR_SIMPLE) {
        return size != 1 || value >= 32;
    }
    return size == 1 ? value >= SMALL : value >> (size * 4) != 0;
}

bool ear_cbor_head(struct ear_cbor *in, uint8_t *major, uint64_t *value)
{
    if (in->at >= in->length) {
        return false;
    }
    const uint8_t *bytes = in->bytes + in->at;
    const uint8_t low = bytes[0] & 0x1fu;
    *major = bytes[0] >> 5;
    *value = low;
    if (low < SMALL) {
        in->at++;
        return true;
    }
    if (low > LONGEST) {
        return false;
    }
    const unsigned size = 1u << (low - SMALL);
    if (in->length - in->at - 1 < size) {
        return false;
    }
    *value = 0;
    for (unsigned i = 1; i <= size; i++) {
        *value = *value << 8 | bytes[i];
    }
    if (!is_shortest(*major, size, *value)) {
        return false;
    }
    in->at += 1 + size;
    return true;
}

/* A head of this major type. */
static bool head_of(struct ear_cbor *in, uint8_t wanted, uint64_t *value)
{
    const uint32_t start = in->at;
    uint8_t major;
    if (ear_cbor_head(in, &major, value) && major == wanted) {
        return true;
    }
    in->at = start;
    return false;
}

bool ear_cbor_uint(struct ear_cbor *in, uint64_t most, uint64_t *value)
{
    const uint32_t start = in->at;
    if (head_of(in, EAR_CBOR_UINT, value) && *value <= most) {
        return true;
    }
    in->at = start;
    return false;
}

bool ear_cbor_count(struct ear_cbor *in, uint8_t major, uint64_t *count)
{
    return head_of(in, major, count);
}

bool ear_cbor_string(struct ear_cbor *in, uint8_t major, const uint8_t **bytes, uint32_t *length)
{
    const uint32_t start = in->at;
    uint64_t size;
    if (head_of(in, major, &size) && size <= in->length - in->at) {
        *bytes = in->bytes + in->at;
        *length = (uint32_t)size;
        in->at += *length;
        return true;
    }
    in->at = start;
    return false;
}

/* The next item's own head, and its bytes if it is a string. *inside: items that it holds. */
static bool skip_one(struct ear_cbor *in, uint64_t *inside)
{
    uint8_t major;
    uint64_t value;
    *inside = 0;
    if (!ear_cbor_head(in, &major, &value)) {
        return false;
    }
    if (major == EAR_CBOR_TAG) {
        *inside = 1;
        return true;
    }
    if (major < EAR_CBOR_BYTES || major == EAR_CBOR_SIMPLE) {
        return true;
    }
    if (value > in->length - in->at) {
        return false; /* every item has a byte at least */
    }
    if (major <= EAR_CBOR_TEXT) {
        in->at += (uint32_t)value;
    } else {
        *inside = major == EAR_CBOR_MAP ? 2 * value : value;
    }
    return true;
}

bool ear_cbor_skip(struct ear_cbor *in)
{
    const uint32_t start = in->at;
    uint64_t items = 1; /* to come */
    uint64_t inside;
    while (items <= in->length - in->at && skip_one(in, &inside)) {
        items += inside - 1;
        if (items == 0) {
            return true;
        }
    }
    in->at = start;
    return false;
}
