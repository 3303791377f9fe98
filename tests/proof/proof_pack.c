/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_pack.c
 * proves: ear_pack_read reads nothing outside of the bytes and ends, and a refusal names a byte of them
 * bounds: any 1 or 3 bytes
 * lengths: 1 3
 * sources: core/model/ear_pack.c core/model/ear_cbor.c core/base/ear_utf8.c
 * flags: --unwind 5 --unwindset read_entries.1:26
 * bite: core/model/ear_cbor.c: in->length - in->at - 1 < size => in->length - in->at < size
 */
/* clang-format on */
#include "core/model/ear_pack.h"
#include "tests/proof/proof.h"

int main(void)
{
    struct ear_pack pack;
    struct ear_pack_fault fault;
    uint8_t bytes[LENGTH];
    if (!ear_pack_read(bytes, LENGTH, &pack, &fault)) {
        assert(fault.reason != EAR_PACK_REFUSAL_NONE && fault.reason < EAR_PACK_REFUSAL_COUNT);
        assert(fault.at <= LENGTH && fault.key <= EAR_PACK_KEY_BODY);
    }
    return 0;
}
