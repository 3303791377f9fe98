/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_cose.c
 * proves: ear_cbor_skip and ear_cose_read read nothing outside of the bytes and end; the parts of an envelope lie in it
 * bounds: any 1, 4 or 10 bytes
 * lengths: 1 4 10
 * sources: core/model/ear_cose.c core/model/ear_cbor.c
 * flags: --unwind 14
 * bite: core/model/ear_cbor.c: in->length - in->at - 1 < size => in->length - in->at < size
 */
/* clang-format on */
#include "core/model/ear_cbor.h"
#include "core/model/ear_cose.h"
#include "tests/proof/proof.h"

int main(void)
{
    struct ear_cose cose;
    uint8_t bytes[LENGTH];
    if (nondet_bool()) {
        struct ear_cbor in = {.bytes = bytes, .length = LENGTH};
        const bool skipped = ear_cbor_skip(&in);
        assert(in.at <= LENGTH && skipped == (in.at > 0));
    } else if (ear_cose_read(bytes, LENGTH, &cose) == EAR_OK) {
        assert(__CPROVER_r_ok(cose.payload, cose.payload_bytes) && cose.head_bytes <= EAR_COSE_HEAD_BYTES);
    }
    return 0;
}
