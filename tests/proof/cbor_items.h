/* SPDX-License-Identifier: Apache-2.0 */
/* tests/proof/cbor_items.h - stands in the place of ear_cbor.c: any reader that keeps what `cbor` proves of that one.
 */
#ifndef PROOF_CBOR_ITEMS_H
#define PROOF_CBOR_ITEMS_H

#include "core/model/ear_cbor.h"
#include "tests/proof/proof.h"

/** Most members of a list, or entries of a map, that are looked at. */
#define ITEMS_MOST 2

/* Forward by some bytes, or not at all. */
static bool items_step(struct ear_cbor *in)
{
    assert(in->at <= in->length);
    if (in->at == in->length || nondet_bool()) {
        return false;
    }
    in->at += 1 + (uint32_t)any_up_to(in->length - in->at - 1);
    return true;
}

bool ear_cbor_head(struct ear_cbor *in, uint8_t *major, uint64_t *value)
{
    *major = (uint8_t)any_up_to(EAR_CBOR_SIMPLE);
    *value = nondet_u64();
    return items_step(in);
}

bool ear_cbor_uint(struct ear_cbor *in, uint64_t most, uint64_t *value)
{
    *value = nondet_u64();
    return *value <= most && items_step(in);
}

bool ear_cbor_count(struct ear_cbor *in, uint8_t major, uint64_t *count)
{
    assert(major == EAR_CBOR_ARRAY || major == EAR_CBOR_MAP);
    *count = major == EAR_CBOR_MAP ? any_up_to(ITEMS_MOST) : nondet_u64();
    return items_step(in);
}

bool ear_cbor_string(struct ear_cbor *in, uint8_t major, const uint8_t **bytes, uint32_t *length)
{
    const uint32_t start = in->at;
    assert(major == EAR_CBOR_BYTES || major == EAR_CBOR_TEXT);
    if (!items_step(in)) {
        return false;
    }
    *length = (uint32_t)any_up_to(in->at - start - 1);
    *bytes = in->bytes + in->at - *length;
    return true;
}

bool ear_cbor_skip(struct ear_cbor *in)
{
    return items_step(in);
}

#endif
