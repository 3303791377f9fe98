/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_cbor.c
 * proves: what reads envelopes and manifests, the items of ear_cbor.h, reads nothing outside of the bytes; a head, string
 *   or skipped item that is taken goes forward and not beyond the end, one that is refused leaves the reader where it
 *   was; each step of skipping takes a byte at least, so that it ends
 * bounds: any bytes, up to 16 of them, any place in them; skipping as a whole: up to 4 bytes
 * sources: none
 * flags: --unwind 10 --unwindset ear_cbor_skip.0:6
 * bite: core/model/ear_cbor.c: in->length - in->at - 1 < size => in->length - in->at < size
 * bite: core/model/ear_cbor.c: size <= in->length - in->at) { => size <= in->length) {
 * bite: core/model/ear_cbor.c:         }\n    }\n    in->at = start; =>         }\n    }
 */
/* clang-format on */
#include "core/model/ear_cbor.c"
#include "tests/proof/proof.h"

#define ROOM 4

static bool is_one_of(uint8_t major)
{
    return major <= EAR_CBOR_SIMPLE;
}

int main(void)
{
    uint8_t bytes[ROOM + 12];
    const uint32_t length = (uint32_t)any_up_to(sizeof bytes), start = (uint32_t)any_up_to(length);
    struct ear_cbor in = {.bytes = bytes, .length = length, .at = start};
    const uint8_t *string;
    uint64_t value;
    uint32_t string_length;
    uint8_t major;
    switch (any_up_to(5)) {
    case 0:
        if (ear_cbor_head(&in, &major, &value)) {
            assert(is_one_of(major) && in.at > start && in.at <= length);
        } else {
            assert(in.at == start);
        }
        return 0;
    case 1:
        value = nondet_u64();
        {
            const uint64_t most = nondet_u64();
            const bool read = ear_cbor_uint(&in, most, &value);
            assert(read ? value <= most && in.at > start && in.at <= length : in.at == start);
        }
        return 0;
    case 2:
        if (ear_cbor_string(&in, (uint8_t)nondet_u8(), &string, &string_length)) {
            assert(in.at > start && in.at <= length);
            assert(string >= bytes + start && string + string_length == bytes + in.at);
        } else {
            assert(in.at == start);
        }
        return 0;
    case 3:
        if (skip_one(&in, &value)) {
            assert(in.at > start && in.at <= length && value <= 2 * (uint64_t)UINT32_MAX);
        }
        return 0;
    default:
        __CPROVER_assume(length - start <= ROOM);
        if (ear_cbor_skip(&in)) {
            assert(in.at > start && in.at <= length);
        } else {
            assert(in.at == start);
        }
        return 0;
    }
}
