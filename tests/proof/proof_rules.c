/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_rules.c
 * proves: a body that the check of the rules engine takes is run without a read outside of it, and its verdicts bear
 *   labels of the pack
 * bounds: any body of 8 bytes (no rule) or 22 (one rule of one operation), any turn without text or tokens
 * lengths: 8 22
 * sources: core/model/ear_rules.c core/model/ear_pack.c core/model/ear_cbor.c core/base/ear_utf8.c
 * flags: --unwind 6
 * bite: core/model/ear_rules.c: ear_model_u16(rule) >= parts->pack->label_count || => false ||
 */
/* clang-format on */
#include "core/model/ear_rules.h"
#include "tests/proof/proof.h"

#define LABELS 2

/* Not under proof here. */
uint32_t ear_text_hash(const char *folded, size_t length)
{
    assert(length == 0 || __CPROVER_r_ok(folded, length));
    return nondet_u32();
}

int main(void)
{
    struct ear_verdict items[LABELS];
    struct ear_verdicts verdicts = {.items = items, .capacity = LABELS};
    struct ear_turn turn;
    struct ear_model model = {.engine = &ear_engine_rules};
    uint8_t body[LENGTH];
    uint32_t at;
    turn.token_count = 0;
    model.pack.body_bytes = LENGTH;
    model.pack.body = body;
    model.pack.label_count = LABELS;
    model.pack.question = nondet_u8();
    model.pack.reject = nondet_u16();
    __CPROVER_assume(model.pack.question < EAR_ASK_COUNT);
    if (ear_engine_rules.check(&model.pack, &at) == EAR_OK) {
        const struct ear_plugin_call call = {.turn = &turn, .verdicts = &verdicts, .data = &model};
        (void)ear_engine_rules.on_turn(&call);
        assert(verdicts.count == 0 || items[0].label < LABELS);
    } else {
        assert(at <= model.pack.body_bytes);
    }
    return 0;
}
