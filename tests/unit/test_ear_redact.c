/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/judge/ear_redact.h"

static struct ear_judgement judgement;

static struct ear_str str(const char *text)
{
    return (struct ear_str){text, (uint16_t)strlen(text)};
}

static int set_up(void **state)
{
    (void)state;
    memset(&judgement, 0, sizeof(judgement));
    judgement.redacted = true;
    return 0;
}

static void span(uint16_t question, uint16_t label, uint16_t start, uint16_t length)
{
    judgement.extra[judgement.extra_count++].verdict =
        (struct ear_verdict){.question = question, .label = label, .span_start = start, .span_length = length};
}

static void gives(const char *text, size_t capacity, const char *expected)
{
    char out[128] = "";
    const int32_t length = ear_redact(&judgement, str(text), out, capacity);
    assert_in_range(length, 0, capacity);
    out[length] = '\0';
    assert_string_equal(out, expected);
}

static void spans_become_words(void **state)
{
    (void)state;
    gives("all of it", 100, "all of it");
    span(EAR_ASK_TAG, 1, 0, 0); /* not ours */
    span(EAR_ASK_REDACTION, EAR_PERSONAL_PHONE, 10, 3);
    span(EAR_ASK_REDACTION, EAR_PERSONAL_EMAIL, 0, 3);
    span(EAR_ASK_REDACTION, EAR_PERSONAL_OTHER, 14, 2);
    gives("abc de fg 123 xy", 100, "[email] de fg [phone] [personal]");
}

static void spans_may_overlap_and_touch(void **state)
{
    (void)state;
    span(EAR_ASK_REDACTION, EAR_PERSONAL_NUMBER, 4, 4);
    span(EAR_ASK_REDACTION, EAR_PERSONAL_CARD, 2, 4); /* the one that begins first names it */
    gives("a 123456 b", 100, "a [card] b");
    span(EAR_ASK_REDACTION, EAR_PERSONAL_NAME, 8, 2);
    gives("a 123456 b", 100, "a [card][name]");
    span(EAR_ASK_REDACTION, EAR_PERSONAL_IBAN, 0, 10);
    gives("a 123456 b", 100, "[iban]");
}

/* Whatever the capacity: whole characters, whole words, and never a byte of what is personal. */
static void it_is_cut_whole(void **state)
{
    (void)state;
    static const char text[] = "caf\xC3\xA9 jane \xE2\x82\xAC";
    span(EAR_ASK_REDACTION, EAR_PERSONAL_NAME, 6, 4);
    static const char *const expected[] = {"", "c", "ca", "caf", "caf", "caf\xC3\xA9", "caf\xC3\xA9 ", "caf\xC3\xA9 "};
    for (size_t capacity = 0; capacity < EAR_COUNT_OF(expected); capacity++) {
        gives(text, capacity, expected[capacity]);
    }
    gives(text, 12, "caf\xC3\xA9 [name]");
    gives(text, 15, "caf\xC3\xA9 [name] ");
    gives(text, 16, "caf\xC3\xA9 [name] \xE2\x82\xAC");
}

/* A span that begins or ends within a character takes all of it. */
static void characters_are_not_split(void **state)
{
    (void)state;
    span(EAR_ASK_REDACTION, EAR_PERSONAL_NAME, 2, 2);
    gives("\xC3\xA9\xC3\xA9\xC3\xA9", 100, "\xC3\xA9[name]\xC3\xA9");
    judgement.extra_count = 0;
    span(EAR_ASK_REDACTION, EAR_PERSONAL_NAME, 3, 2);
    gives("\xC3\xA9\xC3\xA9\xC3\xA9", 100, "\xC3\xA9[name]");
}

/* --- who vouches --- */

static int marks_one(const struct ear_plugin_call *call)
{
    (void)ear_verdict_add(call->verdicts, EAR_ASK_REDACTION, EAR_PERSONAL_NAME, 0);
    call->verdicts->items[0].span_length = 1;
    return 0;
}

static int fails(const struct ear_plugin_call *call)
{
    (void)call;
    return -1;
}

static int tags_too_much(const struct ear_plugin_call *call)
{
    while (ear_verdict_add(call->verdicts, EAR_ASK_TAG, 0, 0)) {
    }
    return 0;
}

static uint32_t no_time(void *context)
{
    (void)context;
    return 0;
}

static bool vouched(struct ear_host *host, uint8_t from)
{
    static uint64_t memory[(EAR_PLUGIN_STATE_BYTES + 7) / 8];
    const struct ear_turn turn = {.struct_size = sizeof(turn), .from = from, .text = "x", .text_length = 1};
    ear_host_judge(host, memory, &turn, &judgement);
    return judgement.redacted;
}

/* Only where every plugin that looks for what is personal has looked at this message, and all that it found is there.
 */
static void the_host_vouches(void **state)
{
    (void)state;
    static const char *const labels[] = {"tag"};
    static struct ear_host host;
    const struct ear_ticks ticks = {.now = no_time, .per_us = 1};
    struct ear_plugin good = {EAR_PLUGIN_HEADER,
                              .name = "good",
                              .version = "1",
                              .on_turn = marks_one,
                              .budget_us = 9,
                              .questions = EAR_ASK_BIT(EAR_ASK_REDACTION),
                              .hears = EAR_FROM_BIT(EAR_FROM_USER)};
    struct ear_plugin bad = good;
    bad.name = "bad";
    bad.on_turn = fails;
    struct ear_plugin loud = good;
    loud.name = "loud";
    loud.on_turn = tags_too_much;
    loud.questions = EAR_ASK_BIT(EAR_ASK_TAG);
    loud.labels = labels;
    loud.label_count = 1;

    ear_host_init(&host, NULL, 0, &ticks);
    assert_false(vouched(&host, EAR_FROM_USER)); /* nobody looks */
    assert_int_equal(ear_host_add(&host, &good, EAR_RANK_LINKED), EAR_REFUSAL_NONE);
    assert_true(vouched(&host, EAR_FROM_USER));
    assert_false(vouched(&host, EAR_FROM_BOT));
    assert_int_equal(ear_host_add(&host, &bad, EAR_RANK_LINKED), EAR_REFUSAL_NONE);
    for (unsigned i = 0; i < EAR_HOST_STRIKES + 2; i++) { /* also once it is in quarantine */
        assert_false(vouched(&host, EAR_FROM_USER));
    }
    ear_host_init(&host, NULL, 0, &ticks);
    assert_int_equal(ear_host_add(&host, &loud, EAR_RANK_LINKED), EAR_REFUSAL_NONE);
    assert_int_equal(ear_host_add(&host, &good, EAR_RANK_LINKED), EAR_REFUSAL_NONE);
    assert_false(vouched(&host, EAR_FROM_USER)); /* what it found had no room */
}

static void nothing_without_a_voucher(void **state)
{
    (void)state;
    char out[8];
    judgement.redacted = false;
    assert_int_equal(ear_redact(&judgement, str("text"), out, sizeof(out)), EAR_ERR_EMPTY);
}

static void words_are_found_whatever_their_letters(void **state)
{
    (void)state;
    assert_true(ear_redact_contains(str("Wo ist mein PAKET?"), str("paket")));
    assert_true(ear_redact_contains(str("Stra\xC3\x9F"
                                        "e zum Caf\xC3\xA9"),
                                    str("STRASSE zum cafe")));
    assert_true(ear_redact_contains(str("aaab"), str("aab")));
    assert_true(ear_redact_contains(str("abc"), str("")));
    assert_true(ear_redact_contains(str("abc"), str("c")));
    assert_true(ear_redact_contains(str("e\xCC\x81t\xC3\xA9"), str("\xC3\xA9t\xC3\xA9"))); /* a combining accent */
    assert_false(ear_redact_contains(str("abc"), str("abcd")));
    assert_false(ear_redact_contains(str("abc"), str("ac")));
    assert_false(ear_redact_contains(str(""), str("a")));
    assert_true(ear_redact_contains(str("\xF0\x9F\x98\x80 ok"), str("\xF0\x9F\x98\x80")));
    assert_true(ear_redact_contains((struct ear_str){"x\0y", 3}, (struct ear_str){"\0y", 2}));
}

/* Of words that are longer than what is looked for their beginning is; one letter less, and all counts. */
static void of_long_words_the_beginning_counts(void **state)
{
    (void)state;
    static char text[2 * EAR_REDACT_FOLDED_BYTES], words[EAR_REDACT_FOLDED_BYTES + 1];
    memset(text, 'a', sizeof text);
    memset(words, 'A', sizeof words);
    words[EAR_REDACT_FOLDED_BYTES] = 'x';
    const struct ear_str whole = {text, sizeof text};
    const struct ear_str shorter = {text, EAR_REDACT_FOLDED_BYTES - 1};
    assert_true(ear_redact_contains(whole, (struct ear_str){words, sizeof words}));
    assert_false(ear_redact_contains(shorter, (struct ear_str){words, sizeof words}));
    assert_false(ear_redact_contains(whole, (struct ear_str){words + 2, sizeof words - 2}));
}

static void what_has_no_name_is_personal(void **state)
{
    (void)state;
    assert_string_equal(ear_redact_word(EAR_PERSONAL_COUNT), "[personal]");
    span(EAR_ASK_REDACTION, EAR_PERSONAL_EMAIL, 40, 3); /* behind the end of the text that is shown */
    gives("all of it", 100, "all of it");
    span(EAR_ASK_REDACTION, UINT16_MAX, 0, 3);
    gives("all of it", 100, "[personal] of it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(spans_become_words, set_up),
        cmocka_unit_test_setup(spans_may_overlap_and_touch, set_up),
        cmocka_unit_test_setup(it_is_cut_whole, set_up),
        cmocka_unit_test_setup(characters_are_not_split, set_up),
        cmocka_unit_test_setup(the_host_vouches, set_up),
        cmocka_unit_test_setup(nothing_without_a_voucher, set_up),
        cmocka_unit_test_setup(words_are_found_whatever_their_letters, set_up),
        cmocka_unit_test_setup(of_long_words_the_beginning_counts, set_up),
        cmocka_unit_test_setup(what_has_no_name_is_personal, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
