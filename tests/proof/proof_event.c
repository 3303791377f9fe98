/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_event.c
 * proves: ear_event_from_cbor, with all of TinyCBOR's parser, reads nothing outside of the bytes and ends; what it says
 *   that it used is not more than there is, and a fault names its bytes
 * bounds: any 1, 2 or 3 bytes
 * lengths: 1 2 3
 * sources: core/hear/ear_event_cbor.c core/hear/ear_event_field.c core/hear/ear_event.c core/base/ear_utf8.c
 *   tinycbor/cborparser.c
 * flags: --unwind 6
 * bite: core/hear/ear_event_cbor.c: full ? EAR_EVENT_BYTES : length => full ? EAR_EVENT_BYTES : length + 1
 */
/* clang-format on */
#include "core/hear/ear_event.h"
#include "tests/proof/proof.h"

int main(void)
{
    struct ear_event event;
    struct ear_fault fault;
    size_t used = nondet_size();
    uint8_t bytes[LENGTH];
    const enum ear_err err = ear_event_from_cbor(&event, bytes, LENGTH, &used, &fault);
    assert(err == (enum ear_err)fault.err && used <= LENGTH && fault.offset <= LENGTH);
    assert(err != EAR_OK || used > 0);
    assert(err != EAR_ERR_EMPTY || used == 0);
    assert(fault.key <= EAR_EVENT_KEY_COUNT && fault.allowed != NULL);
    return 0;
}
