/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_text.c
 * proves: ear_text_tokens reads nothing outside of the text and ends; tokens lie in it, behind each other
 * bounds: any text of up to 2 bytes, valid or not; any classes and folded forms of characters
 * lengths: 1 2
 * sources: core/judge/ear_text.c core/judge/ear_text_any.c
 * flags: --unwind 6
 * bite: core/judge/ear_text_any.c: p[0] < 0xF0 && at + 3 <= reader->length => p[0] < 0xF0
 */
/* clang-format on */
#include "core/judge/ear_fold.h"
#include "core/judge/ear_text.h"
#include "tests/proof/proof.h"

/* Any class, but always the same one of a character. What ear_fold.c does is proven in proof_fold.c. */
uint8_t __CPROVER_uninterpreted_class(uint32_t code_point);

enum ear_fold_class ear_fold_class(uint32_t code_point)
{
    const uint8_t class = __CPROVER_uninterpreted_class(code_point);
    __CPROVER_assume(class <= EAR_FOLD_NOTHING);
    return (enum ear_fold_class) class;
}

uint8_t ear_fold(uint32_t code_point, uint8_t *out)
{
    const uint8_t count = nondet_u8();
    (void)code_point;
    __CPROVER_assume(count >= 1 && count <= EAR_FOLD_BYTES);
    assert(__CPROVER_w_ok(out, EAR_FOLD_BYTES));
    for (unsigned i = 0; i < EAR_FOLD_BYTES; i++) {
        out[i] = nondet_u8();
    }
    return count;
}

bool ear_fold_is_capital(uint32_t code_point)
{
    (void)code_point;
    return nondet_bool();
}

int main(void)
{
    static struct ear_tokens tokens;
    char text[LENGTH];
    ear_text_tokens(text, LENGTH, &tokens);
    assert(tokens.count <= LENGTH && !tokens.cut);
    const uint16_t i = nondet_u16();
    if (i < tokens.count) {
        const struct ear_token *token = &tokens.items[i];
        assert(token->length > 0 && (size_t)token->start + token->length <= LENGTH);
        assert(i == 0 || token->start >= tokens.items[i - 1].start + tokens.items[i - 1].length);
        assert(EAR_TOKEN_KIND(*token) <= EAR_TOKEN_MARK);
    }
    return 0;
}
