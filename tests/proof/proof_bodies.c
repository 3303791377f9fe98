/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_bodies.c
 * proves: the check of a linear body reads nothing outside of it and ends, and what it takes ends where its last vector
 *   does; a phrase of a body of phrases is looked at within its list, and taken only as long as it is
 * bounds: linear: any body of up to 60 bytes, 2 labels; phrases: any list of up to 22 bytes, any place in it
 * lengths: 0 1
 * sources: none
 * slow: yes
 * flags: --unwind 10 --no-malloc-may-fail
 * bite: core/model/ear_linear_check.c: if (whole != pack->body_bytes) { => if (whole < pack->body_bytes) {
 * bite: core/model/ear_phrases_check.c: if (bytes > lists_bytes - at) { => if (bytes > lists_bytes) {
 * bite: core/model/ear_phrases_check.c: if (lists_bytes - at < EAR_PHRASE_HEAD_BYTES || => if (
 */
/* clang-format on */
#include "core/model/ear_linear_check.c"
#include "core/model/ear_phrases_check.c"
#include "tests/proof/proof.h"

#include <stdlib.h>

#define LINEAR 60
#define LIST 22

static void linear(void)
{
    const uint32_t length = (uint32_t)any_up_to(LINEAR);
    const uint8_t *body = malloc(length);
    struct ear_pack pack = {.body = body, .body_bytes = length, .label_count = 2};
    uint32_t at;
    pack.question = (uint8_t)any_up_to(EAR_ASK_COUNT - 1);
    if (ear_linear_check(&pack, &at) != EAR_OK) {
        assert(at <= length);
        return;
    }
    struct ear_linear_parts parts;
    ear_linear_parts(&pack, &parts);
    assert(parts.vectors + EAR_LINEAR_BUCKET * parts.buckets * parts.vector_bytes == body + length);
    assert(parts.vector_bytes > 0 && parts.shift <= EAR_LINEAR_SHIFT_MAX);
}

static void phrases(void)
{
    const uint32_t length = (uint32_t)any_up_to(LIST), at = (uint32_t)any_up_to(length);
    const uint8_t *list = malloc(length);
    const struct ear_pack pack = {.label_count = nondet_u16()};
    const uint32_t bytes = phrase_bytes(&pack, list, at, length);
    assert(bytes == 0 || (bytes >= EAR_PHRASE_HEAD_BYTES && bytes <= length - at));
    assert(bytes == 0 || ear_le16_get(list + at) < pack.label_count);
}

int main(void)
{
    if (LENGTH == 0) {
        linear();
    } else {
        phrases();
    }
    return 0;
}
