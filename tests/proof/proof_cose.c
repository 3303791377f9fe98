/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_cose.c
 * proves: ear_cose_read takes an envelope apart without a read outside of it; payload, signature and key id lie in it,
 *   and what is signed has room in the head
 * bounds: any bytes of any length up to 4096, header maps of up to 2 entries, on any reader of items that keeps what `cbor`
 *   proves
 * sources: none
 * slow: yes
 * flags: --unwind 6 --no-malloc-may-fail
 * bite: core/model/ear_cose.c: header_bytes > PROTECTED_BYTES => header_bytes > 2 * PROTECTED_BYTES
 * bite: core/model/ear_cose.c: if (length > EAR_COSE_KEY_ID_BYTES) { => if (length > 2 * EAR_COSE_KEY_ID_BYTES) {
 * bite: core/model/ear_cose.c: signature_bytes != EAR_COSE_SIGNATURE_BYTES => signature_bytes > EAR_COSE_SIGNATURE_BYTES
 */
/* clang-format on */
#include "tests/proof/cbor_items.h"

#include <stdlib.h>

/* What is copied does not matter here, but from where to where. */
static void copy(void *to, const void *from, size_t length)
{
    assert(length == 0 || (__CPROVER_w_ok(to, length) && __CPROVER_r_ok(from, length)));
}
#define memcpy copy

#include "core/model/ear_cose.c"

int main(void)
{
    struct ear_cose cose;
    const uint32_t length = (uint32_t)any_up_to(4096);
    const uint8_t *bytes = malloc(length);
    __CPROVER_assume(bytes != NULL);
    const enum ear_err err = ear_cose_read(bytes, length, &cose);
    if (err != EAR_OK) {
        assert(err == EAR_ERR_SYNTAX || err == EAR_ERR_UNKNOWN || err == EAR_ERR_TOO_LONG);
        return 0;
    }
    assert(cose.payload >= bytes && cose.payload + cose.payload_bytes <= bytes + length);
    assert(cose.signature >= bytes && cose.signature + EAR_COSE_SIGNATURE_BYTES <= bytes + length);
    assert(cose.key_id == NULL || (cose.key_id >= bytes && cose.key_id + cose.key_id_bytes <= bytes + length));
    assert(cose.key_id_bytes <= EAR_COSE_KEY_ID_BYTES && cose.head_bytes <= sizeof cose.head);
    return 0;
}
