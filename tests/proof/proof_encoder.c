/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_encoder.c
 * proves: what summaries, events and answers are written with, TinyCBOR's encoder, writes nothing beyond the capacity,
 *   and says exactly how many bytes were missing
 * bounds: a map of a number and a text, any 64-bit number, any text of up to 3 bytes, capacities of 1, 6 and 16 bytes
 * lengths: 1 6 16
 * sources: tinycbor/cborencoder.c tinycbor/cborencoder_close_container_checked.c
 * flags: --unwind 10
 * bite: tinycbor/cborencoder.c: remaining -= (ptrdiff_t)len; => remaining -= (ptrdiff_t)len - 1;
 */
/* clang-format on */
#include "cbor.h"
#include "tests/proof/proof.h"

int main(void)
{
    uint8_t bytes[LENGTH];
    CborEncoder top, map;
    char text[3];
    const size_t length = any_up_to(sizeof text);
    const uint64_t number = nondet_u64();
    const size_t head = number < 24            ? 1
                        : number <= UINT8_MAX  ? 2
                        : number <= UINT16_MAX ? 3
                        : number <= UINT32_MAX ? 5
                                               : 9;
    const size_t whole = 1 + head + 1 + length;
    cbor_encoder_init(&top, bytes, sizeof bytes, 0);
    CborError error = cbor_encoder_create_map(&top, &map, 1);
    error |= cbor_encode_uint(&map, number);
    error |= cbor_encode_text_string(&map, text, length);
    error |= cbor_encoder_close_container(&top, &map);
    const size_t missing = cbor_encoder_get_extra_bytes_needed(&top);
    assert((error == CborNoError) == (whole <= sizeof bytes));
    assert(whole <= sizeof bytes ? missing == 0 : missing > 0);
    assert(whole > sizeof bytes || cbor_encoder_get_buffer_size(&top, bytes) == whole);
    return 0;
}
