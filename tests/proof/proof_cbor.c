/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_cbor.c
 * proves: what envelopes and manifests of packs are read with reads nothing outside of the bytes and ends; after a
 *   refusal nothing was read
 * bounds: any 1, 5 or 9 bytes; one item is skipped, or read as a string
 * lengths: 1 5 9
 * sources: core/model/ear_cbor.c
 * flags: --unwind 11
 * bite: core/model/ear_cbor.c: in->length - in->at - 1 < size => in->length - in->at < size
 */
/* clang-format on */
#include "core/model/ear_cbor.h"
#include "tests/proof/proof.h"

int main(void)
{
    uint8_t bytes[LENGTH];
    struct ear_cbor in = {.bytes = bytes, .length = LENGTH};
    const uint8_t *text;
    uint32_t length;
    if (nondet_bool()) {
        assert(ear_cbor_skip(&in) == (in.at > 0));
    } else if (ear_cbor_string(&in, nondet_u8(), &text, &length)) {
        assert(in.at > 0 && text >= bytes && length < LENGTH && text + length == bytes + in.at);
    } else {
        assert(in.at == 0);
    }
    assert(in.at <= LENGTH);
    return 0;
}
