/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_tz.h"
#include "core/note/ear_record.h"

static struct ear_records records;
static struct ear_conversation conversation;

static struct ear_str str(const char *text)
{
    return (struct ear_str){text, (uint16_t)strlen(text)};
}

static int set_up(void **state)
{
    (void)state;
    memset(&records, 0, sizeof(records));
    memset(&conversation, 0, sizeof(conversation));
    return 0;
}

static struct ear_conversation_record *take(uint64_t id)
{
    bool is_new = false;
    conversation.id = id;
    return ear_records_take(&records, &conversation, &is_new);
}

static bool is_question(const struct ear_conversation_record *record, const char *text)
{
    const struct ear_str question = ear_record_question(record);
    return question.length == strlen(text) && memcmp(question.bytes, text, question.length) == 0;
}

/* The newest EAR_RECORDS are there, whatever ids they have, and nothing else. */
static void the_ring_holds_the_latest(void **state)
{
    (void)state;
    uint64_t random = 1;
    static uint64_t ids[5 * EAR_RECORDS + 3];
    for (uint32_t n = 0; n < EAR_COUNT_OF(ids); n++) {
        bool is_new = false;
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        ids[n] = n % 3 == 0 ? n : n % 3 == 1 ? (uint64_t)n << 32 : random; /* also such that share their place */
        conversation.id = ids[n];
        assert_null(ear_records_find(&records, ids[n]));
        assert_int_equal(ear_records_take(&records, &conversation, &is_new)->serial, n + 1);
        assert_true(is_new);
        assert_int_equal(ear_records_take(&records, &conversation, &is_new)->serial, n + 1);
        assert_false(is_new);
        for (uint32_t k = 0; k <= n; k++) {
            const struct ear_conversation_record *found = ear_records_find(&records, ids[k]);
            assert_int_equal(found != NULL, n - k < EAR_RECORDS);
            assert_true(found == NULL || found->id == ids[k]);
        }
        assert_int_equal(ear_records_count(&records), n + 1 < EAR_RECORDS ? n + 1 : EAR_RECORDS);
    }
}

static void they_are_read_newest_first(void **state)
{
    (void)state;
    assert_null(ear_records_before(&records, UINT32_MAX));
    for (uint64_t id = 1; id <= EAR_RECORDS + 2; id++) {
        (void)take(id);
    }
    uint32_t count = 0;
    const struct ear_conversation_record *record = ear_records_before(&records, UINT32_MAX);
    for (; record != NULL; record = ear_records_before(&records, record->serial)) {
        assert_int_equal(record->id, EAR_RECORDS + 2 - count);
        count++;
    }
    assert_int_equal(count, EAR_RECORDS);
    assert_null(ear_records_before(&records, 0));
    assert_null(ear_records_before(&records, 1));
    assert_null(ear_records_before(&records, 3)); /* it had to make room */
    assert_int_equal(ear_records_before(&records, 4)->serial, 3);
}

static void a_record_follows_its_conversation(void **state)
{
    (void)state;
    struct ear_conversation_record *record = take(7);
    assert_int_equal(record->outcome, EAR_NO_FACT);
    assert_int_equal(record->reason, EAR_NO_FACT);
    record->reason = EAR_REASON_OTHER;
    conversation.user = 8;
    conversation.start_ms = 100;
    conversation.last_ms = 200;
    conversation.messages[0] = 3;
    conversation.csat_count = 1;
    conversation.csat_sum = 5;
    conversation.label_count = 1;
    conversation.labels[0] = 9;
    conversation.label_kinds[0] = EAR_BEARS_TAG;
    conversation.counted = (struct ear_facts){
        .begun = 1, .status = EAR_STATUS_ROUTED, .outcome = EAR_OUTCOME_MIXED, .sentiment = EAR_SENTIMENT_NEGATIVE};
    ear_record_update(record, &conversation);
    assert_int_equal(record->user, 8);
    assert_int_equal(record->start_ms, 100);
    assert_int_equal(record->last_ms, 200);
    assert_int_equal(record->messages[0], 3);
    assert_int_equal(record->csat_sum, 5);
    assert_int_equal(record->labels[0], 9);
    assert_int_equal(record->status, EAR_STATUS_ROUTED);
    assert_int_equal(record->outcome, EAR_OUTCOME_MIXED);
    assert_int_equal(record->sentiment, EAR_SENTIMENT_NEGATIVE);
    assert_int_equal(record->reason, EAR_REASON_OTHER); /* it is not the conversation's to say */
}

static void none_keeps_nothing(void **state)
{
    (void)state;
    static const struct ear_judgement judgement = {.redacted = true};
    struct ear_conversation_record *record = take(1);
    ear_record_ask(&records, record, str("secret"), &judgement);
    ear_record_name(&records, record, str("secret"));
    assert_int_equal(record->question_length, 0);
    assert_int_equal(record->name_length, 0);
    for (size_t i = 0; i + 6 <= sizeof(records); i++) {
        assert_true(memcmp((const char *)&records + i, "secret", 6) != 0);
    }
}

static void redacted_keeps_what_the_plugins_vouch_for(void **state)
{
    (void)state;
    struct ear_judgement judgement = {.redacted = true, .extra_count = 1};
    judgement.extra[0].verdict = (struct ear_verdict){
        .question = EAR_ASK_REDACTION, .label = EAR_PERSONAL_NAME, .span_start = 5, .span_length = 4};
    struct ear_conversation_record *record = take(1);
    assert_false(ear_records_obey(&records, EAR_RECORDS_REDACTED));
    ear_record_ask(&records, record, str("I am Jane"), &judgement);
    assert_true(is_question(record, "I am [name]"));
    ear_record_name(&records, record, str("id"));
    assert_int_equal(record->name_length, 0);
    judgement.redacted = false;
    ear_record_ask(&records, record, str("I am Jane"), &judgement);
    assert_int_equal(record->question_length, 0);
    assert_int_equal(records.unredacted, 1);
}

static void full_keeps_words_and_name(void **state)
{
    (void)state;
    static const struct ear_judgement judgement = {.redacted = false};
    char name[EAR_RECORD_ID_BYTES + 2];
    char text[2 * EAR_RECORD_TEXT_BYTES + 1];
    struct ear_conversation_record *record = take(1);
    assert_false(ear_records_obey(&records, EAR_RECORDS_FULL));
    memset(name, 'n', sizeof(name));
    ear_record_name(&records, record, (struct ear_str){name, EAR_RECORD_ID_BYTES + 1});
    assert_int_equal(record->name_length, 0); /* half a name is none */
    ear_record_name(&records, record, (struct ear_str){name, EAR_RECORD_ID_BYTES});
    assert_int_equal(record->name_length, EAR_RECORD_ID_BYTES);
    memset(text, 'x', sizeof(text));
    memcpy(text + EAR_RECORD_TEXT_BYTES - 1, "\xC3\xA9", 2); /* does not fit whole */
    ear_record_ask(&records, record, (struct ear_str){text, sizeof(text)}, &judgement);
    assert_int_equal(record->question_length, EAR_RECORD_TEXT_BYTES - 1);
    assert_int_equal(records.unredacted, 0);
}

/* What a stricter policy would not have kept is forgotten, to the last byte. */
static void a_stricter_policy_forgets(void **state)
{
    (void)state;
    static const struct ear_judgement judgement = {.redacted = true};
    assert_false(ear_records_obey(&records, EAR_RECORDS_FULL));
    ear_record_ask(&records, take(1), str("secret"), &judgement);
    ear_record_name(&records, take(1), str("secret"));
    assert_false(ear_records_obey(&records, EAR_RECORDS_FULL));
    assert_true(is_question(take(1), "secret"));
    assert_true(ear_records_obey(&records, EAR_RECORDS_REDACTED));
    assert_int_equal(take(1)->question_length, 0);
    assert_int_equal(take(1)->name_length, 0);
    for (size_t i = 0; i + 6 <= sizeof(records); i++) {
        assert_true(memcmp((const char *)&records + i, "secret", 6) != 0);
    }
    ear_record_ask(&records, take(1), str("mild"), &judgement);
    assert_false(ear_records_obey(&records, EAR_RECORDS_FULL)); /* a looser one keeps what there is */
    assert_true(is_question(take(1), "mild"));
    assert_true(ear_records_obey(&records, EAR_RECORDS_NONE));
    assert_int_equal(take(1)->question_length, 0);
}

static void labels_and_times(void **state)
{
    (void)state;
    struct ear_label_marks marks;
    struct ear_conversation_record *record = take(1);
    memset(&marks, 0, sizeof(marks));
    record->slice[EAR_RECORD_VERSION] = 3;
    record->label_count = 1;
    record->labels[0] = 5;
    record->labels[EAR_CONVERSATION_LABELS - 1] = 6; /* beyond its count */
    ear_records_mark_labels(&records, &marks);
    assert_true(ear_label_is_marked(&marks, 3));
    assert_true(ear_label_is_marked(&marks, 5));
    assert_false(ear_label_is_marked(&marks, 6));
    record->start_ms = 5;
    record->last_ms = EAR_TIME_KNOWN_MS;
    ear_records_shift(&records, EAR_TIME_KNOWN_MS, 1000);
    assert_int_equal(record->start_ms, 1005);
    assert_int_equal(record->last_ms, EAR_TIME_KNOWN_MS);
}

static void what_is_kept_is_what_both_policies_allow(void **state)
{
    (void)state;
    char longer[EAR_RECORD_TEXT_BYTES + 1];
    struct ear_conversation_record *record = take(1);
    memset(longer, 'x', sizeof longer);
    (void)ear_records_obey(&records, EAR_RECORDS_REDACTED);
    ear_record_keep(&records, record, EAR_RECORDS_REDACTED, str("all right"));
    assert_true(is_question(record, "all right"));
    ear_record_keep(&records, record, EAR_RECORDS_FULL, str("as it was said"));
    assert_true(is_question(record, ""));
    ear_record_keep(&records, record, EAR_RECORDS_REDACTED, (struct ear_str){longer, sizeof longer});
    assert_true(is_question(record, ""));
    record->start_ms = record->last_ms = EAR_TIME_KNOWN_MS;
    ear_records_shift(&records, EAR_TIME_KNOWN_MS, 1000);
    assert_int_equal(record->start_ms, EAR_TIME_KNOWN_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_ring_holds_the_latest, set_up),
        cmocka_unit_test_setup(they_are_read_newest_first, set_up),
        cmocka_unit_test_setup(a_record_follows_its_conversation, set_up),
        cmocka_unit_test_setup(none_keeps_nothing, set_up),
        cmocka_unit_test_setup(redacted_keeps_what_the_plugins_vouch_for, set_up),
        cmocka_unit_test_setup(full_keeps_words_and_name, set_up),
        cmocka_unit_test_setup(a_stricter_policy_forgets, set_up),
        cmocka_unit_test_setup(labels_and_times, set_up),
        cmocka_unit_test_setup(what_is_kept_is_what_both_policies_allow, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
