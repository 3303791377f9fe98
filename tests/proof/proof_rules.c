/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_rules.c
 * proves: the check of a body of rules reads nothing outside of it and ends, and names a byte of it; a condition of a body
 *   that it takes is run without an access outside of it, and a rule names a label that the pack has
 * bounds: any body of up to 30 bytes with up to 2 rules, operations and bytes of texts; one thing said of the turn, with any
 *   label
 * sources: none
 * flags: --unwind 4
 * bite: core/model/ear_rules.c: if (ear_le16_get(rule) >= parts->pack->label_count || => if (false ||
 * bite: core/model/ear_rules.c: ear_le16_get(rule + 2) > SCORE_MAX || count > ops) { => ear_le16_get(rule + 2) > SCORE_MAX) {
 * bite: core/model/ear_rules.c: && label + 4u < parts->texts_bytes; => && label < parts->texts_bytes;
 */
/* clang-format on */
#include "core/model/ear_rules.c"
#include "tests/proof/proof.h"

#define ROOM 30
#define LABELS 2

/* Not under proof here. */
uint32_t ear_text_hash(const char *folded, size_t length)
{
    (void)folded, (void)length;
    return nondet_u32();
}

int main(void)
{
    uint8_t body[ROOM];
    struct ear_pack pack = {.body = body, .label_count = LABELS};
    uint32_t at;
    pack.body_bytes = (uint32_t)any_up_to(ROOM);
    pack.question = (uint8_t)any_up_to(EAR_ASK_COUNT - 1);
    const uint16_t rules = ear_le16_get(body), ops = ear_le16_get(body + 2), bytes = ear_le16_get(body + 4);
    __CPROVER_assume(rules <= 2 && ops <= 2 && bytes <= ROOM);
    if (check(&pack, &at) != EAR_OK) {
        assert(at <= pack.body_bytes);
        return 0;
    }
    if (rules == 0) {
        return 0;
    }
    const uint8_t *rule = body + EAR_RULES_HEAD_BYTES;
    const uint8_t *op = rule + EAR_RULE_BYTES * rules;
    struct ear_turn turn;
    char text[2] = {(char)nondet_u8(), '\0'};
    struct view view = {.turn = &turn, .texts = op + EAR_RULE_OP_BYTES * ops, .count = 1};
    view.said[0].question = (uint16_t)any_up_to(EAR_ASK_COUNT - 1);
    const bool as_text = (ear_le16_get(body + 6) & EAR_ASK_BIT(view.said[0].question)) != 0;
    view.said[0].text = as_text ? text : NULL;
    view.said[0].hash = nondet_u32();
    view.said[0].label = nondet_u16();
    (void)holds(&view, op, ear_le16_get(rule + 4));
    assert(ear_le16_get(rule) < LABELS);
    return 0;
}
