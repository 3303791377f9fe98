/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_bytes.c
 * proves: what ear_bytes_put_number writes ear_bytes_take_number reads as the same number, nothing is written beyond the
 *   capacity, and no other bytes are read as that number
 * bounds: all 64-bit numbers, capacities 1, 5 and 10, any 10 bytes
 * lengths: 1 5 10
 * sources: core/note/ear_bytes.c
 * flags: --unwind 12
 * bite: core/note/ear_bytes.c: shift == 63 && byte > 1 => shift == 63 && byte > 3
 */
/* clang-format on */
#include "core/note/ear_bytes.h"
#include "tests/proof/proof.h"

#define MOST 10 /* bytes of a 64-bit number */

int main(void)
{
    const uint64_t number = nondet_u64();
    uint8_t bytes[LENGTH];
    struct ear_bytes_out out = {.bytes = bytes, .capacity = LENGTH};
    ear_bytes_put_number(&out, number);
    const int32_t written = ear_bytes_written(&out);
    assert(out.length >= 1 && out.length <= MOST);
    assert(written == EAR_ERR_FULL ? out.length > LENGTH : written == (int32_t)out.length);
    if (written > 0) {
        struct ear_bytes_in in = {.bytes = bytes, .length = (size_t)written};
        assert(ear_bytes_take_number(&in, UINT64_MAX) == number && ear_bytes_done(&in) == EAR_OK);
    }

    uint8_t any[MOST];
    uint8_t again[MOST];
    struct ear_bytes_in in = {.bytes = any, .length = sizeof any};
    struct ear_bytes_out back = {.bytes = again, .capacity = sizeof again};
    const uint64_t taken = ear_bytes_take_number(&in, UINT64_MAX);
    if (in.err == EAR_OK) {
        ear_bytes_put_number(&back, taken);
        assert(back.length == in.at && memcmp(any, again, in.at) == 0);
    }
    return 0;
}
