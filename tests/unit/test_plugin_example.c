/* SPDX-License-Identifier: Apache-2.0 */
/* The example of docs/plugins.md, compiled and run. tests/docs/run holds the page to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/say.h"

/* example begins */
/* plugins/shouting/shouting.c - tags conversations in which the user shouts. */
#include "core/judge/ear_plugin.h"

#define TIMES 2 /* once may be an accident */

struct memory {
    uint8_t shouted; /* messages so far */
};

static int on_turn(const struct ear_plugin_call *call)
{
    struct memory *memory = call->state;
    const struct ear_turn *turn = call->turn;
    uint16_t words = 0;
    uint16_t loud = 0;
    for (uint16_t i = 0; i < turn->token_count; i++) {
        words = (uint16_t)(words + (EAR_TOKEN_KIND(turn->tokens[i]) == EAR_TOKEN_WORD));
        loud = (uint16_t)(loud + ((turn->tokens[i].kind & EAR_TOKEN_SHOUT) != 0));
    }
    if (words < 3 || 2 * loud < words) {
        return 0;
    }
    memory->shouted = (uint8_t)(memory->shouted + (memory->shouted < 255));
    if (memory->shouted >= TIMES) {
        ear_verdict_add(call->verdicts, EAR_ASK_TAG, 0, 1000);
    }
    return 0;
}

static const char *const labels[] = {"shouting"};

const struct ear_plugin ear_plugin_shouting = {
    EAR_PLUGIN_HEADER,
    .name = "shouting",
    .version = "1.0.0",
    .questions = EAR_ASK_BIT(EAR_ASK_TAG),
    .hears = EAR_FROM_BIT(EAR_FROM_USER),
    .state_size = sizeof(struct memory),
    .label_count = 1,
    .labels = labels,
    .budget_us = 100,
    .on_turn = on_turn,
};
/* example ends */

static void it_tags_who_shouts_twice(void **state)
{
    (void)state;
    say_begin(&ear_plugin_shouting);
    assert_int_equal(say(EAR_FROM_USER, "WHERE IS MY PARCEL")->extra_count, 0);
    assert_int_equal(say(EAR_FROM_USER, "I mean the one from Monday")->extra_count, 0);
    assert_int_equal(say(EAR_FROM_USER, "OK")->extra_count, 0);
    const struct ear_judgement *judgement = say(EAR_FROM_USER, "GIVE IT TO ME now");
    assert_int_equal(judgement->extra_count, 1);
    assert_int_equal(judgement->extra[0].verdict.question, EAR_ASK_TAG);
    assert_int_equal(judgement->extra[0].verdict.label, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_tags_who_shouts_twice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
