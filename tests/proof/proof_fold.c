/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_fold.c
 * proves: ear_fold_class, ear_fold and ear_fold_is_capital stay in their tables; a folded form has 1 to 4 bytes
 * bounds: all 2^32 code points
 * sources: core/judge/ear_fold.c
 * flags: --unwind 30
 * bite: core/judge/ear_fold.c: c <= LATIN_LAST && latin[2 => c <= LATIN_LAST + 1 && latin[2
 */
/* clang-format on */
#include "core/judge/ear_fold.h"
#include "tests/proof/proof.h"

int main(void)
{
    const uint32_t code_point = nondet_u32();
    uint8_t folded[EAR_FOLD_BYTES];
    assert(ear_fold_class(code_point) <= EAR_FOLD_NOTHING);
    const uint8_t count = ear_fold(code_point, folded);
    assert(count >= 1 && count <= EAR_FOLD_BYTES);
    (void)ear_fold_is_capital(code_point);
    return 0;
}
