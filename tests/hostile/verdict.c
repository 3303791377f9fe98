/* SPDX-License-Identifier: Apache-2.0 */
/* tests/hostile/verdict.c - plugins whose answers nobody may believe. */
#include "tests/hostile/hostile.h"

#define CASE_OF(x) verdict_##x
#define CASE(x) CASE_OF(x)
#define TEST(name) __attribute__((unused)) static int verdict_##name(const struct ear_plugin_call *call)

static int give(const struct ear_plugin_call *call, struct ear_verdict verdict)
{
    call->verdicts->items[call->verdicts->count++] = verdict;
    return 0;
}

TEST(undeclared_label)
{
    return give(call, (struct ear_verdict){.question = EAR_ASK_TAG, .label = 1});
}

TEST(undeclared_question)
{
    return give(call, (struct ear_verdict){.question = EAR_ASK_SENTIMENT});
}

TEST(unknown_question)
{
    return give(call, (struct ear_verdict){.question = 31});
}

TEST(high_score)
{
    return give(call, (struct ear_verdict){.question = EAR_ASK_TAG, .score = 1001});
}

TEST(low_score)
{
    return give(call, (struct ear_verdict){.question = EAR_ASK_TAG, .score = -1});
}

TEST(span_without_redaction)
{
    return give(call, (struct ear_verdict){.question = EAR_ASK_TAG, .span_start = 60000, .span_length = 60000});
}

TEST(too_many)
{
    call->verdicts->count = UINT16_MAX;
    return 0;
}

TEST(wild_items)
{
    call->verdicts->items = (struct ear_verdict *)8;
    call->verdicts->count = 3;
    return 0;
}

TEST(own_items)
{
    static struct ear_verdict mine[1000];
    call->verdicts->items = mine;
    call->verdicts->count = 1;
    return 0;
}

TEST(writes_behind_items)
{
    for (unsigned i = 0; i <= call->verdicts->capacity; i++) {
        call->verdicts->items[i] = (struct ear_verdict){.question = EAR_ASK_TAG};
    }
    return 0;
}

#define NAMED_OF(x) .name = #x
#define NAMED(x) NAMED_OF(x)
EAR_PLUGIN(verdict, HOSTILE_SOUND, NAMED(HOSTILE_CASE), .on_turn = CASE(HOSTILE_CASE));
