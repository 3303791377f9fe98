/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/judge/ear_text.h"
#include "core/model/ear_pack.h"
#include "tests/support/make_pack.h"

static struct pack_bytes payload;
static struct pack_manifest manifest;
static struct ear_pack pack;
static struct ear_pack_fault fault;

static int start(void **state)
{
    (void)state;
    manifest = small_manifest("alpha", 7);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    pack_bytes_free(&payload);
    return 0;
}

static void write_manifest(void)
{
    payload.length = 0;
    pack_write_manifest(&payload, &manifest);
}

static bool read_bytes(const uint8_t *bytes, size_t length)
{
    uint8_t *tight = malloc(length == 0 ? 1 : length); /* so that whoever reads past it is found */
    assert_non_null(tight);
    memcpy(tight, bytes, length);
    const bool taken = ear_pack_read(tight, (uint32_t)length, &pack, &fault);
    assert_true(taken == (fault.reason == EAR_PACK_REFUSAL_NONE));
    assert_true(fault.at <= length);
    free(tight);
    return taken;
}

/* Written as it is, then read. What pack points to is in payload. */
static bool read_back(void)
{
    write_manifest();
    const bool taken = read_bytes(payload.bytes, payload.length);
    assert_true(ear_pack_read(payload.bytes, (uint32_t)payload.length, &pack, &fault) == taken);
    return taken;
}

static void expect(enum ear_pack_refusal reason, unsigned key)
{
    assert_false(read_back());
    if (fault.reason != reason || fault.key != key) {
        fail_msg("%s, key %u instead of %s, key %u", ear_pack_refusal_name((enum ear_pack_refusal)fault.reason),
                 fault.key, ear_pack_refusal_name(reason), key);
    }
    (void)start(NULL);
}

/* The bytes of a pack, once and for all. */
static void test_golden(void **state)
{
    (void)state;
    static const char *const labels[] = {"no", "s\xc3\xad"};
    static const char *const languages[] = {"en", "es"};
    static const uint16_t thresholds[] = {1001, 640};
    static const struct pack_source sources[] = {{"set", "CC0-1.0"}};
    static const struct pack_accuracy accuracies[] = {{"dev", 300, 912, 850}};
    static const uint8_t body[] = {1, 2, 3};
    static const char golden[] = "\xb3\x01\x01\x02\x65"
                                 "alpha\x03\x63"
                                 "1.0\x04\x07\x05\x02\x06\x01\x07"
                                 "?\x08\x00\x09\x01\x0a\x18\x64"
                                 "\x0b\x67"
                                 "no\0s\xc3\xad\0\x0c\x44\0\0\3\0\x0d\x44\xe9\x03\x80\x02\x0e\x00\x0f\x82\x62"
                                 "en\x62"
                                 "es"
                                 "\x10\x62"
                                 "hm\x11\x81\x82\x63"
                                 "set\x67"
                                 "CC0-1.0\x12\x81\x84\x63"
                                 "dev\x19\x01\x2c\x19\x03\x90\x19\x03\x52"
                                 "\x18\x18\x43\1\2\3";
    manifest.question = EAR_ASK_HUMAN_REQUESTED;
    manifest.labels = labels;
    manifest.thresholds = thresholds;
    manifest.has_reject = true;
    manifest.languages = languages;
    manifest.language_count = 2;
    manifest.about = "hm";
    manifest.sources = sources;
    manifest.source_count = 1;
    manifest.accuracies = accuracies;
    manifest.accuracy_count = 1;
    manifest.body = body;
    manifest.body_bytes = sizeof body;
    manifest.text_version = 9;
    write_manifest();
    uint8_t wanted[sizeof golden - 1];
    memcpy(wanted, golden, sizeof wanted);
    *(uint8_t *)memchr(wanted, '?', sizeof wanted) = 9; /* the version of the text */
    assert_int_equal(payload.length, sizeof wanted);
    assert_memory_equal(payload.bytes, wanted, sizeof wanted);

    assert_true(read_back());
    assert_string_equal(pack.name, "alpha");
    assert_string_equal(pack.version, "1.0");
    assert_int_equal(pack.counter, 7);
    assert_int_equal(pack.engine, EAR_ENGINE_PHRASES);
    assert_int_equal(pack.engine_version, 1);
    assert_int_equal(pack.text_version, 9);
    assert_int_equal(pack.question, EAR_ASK_HUMAN_REQUESTED);
    assert_int_equal(pack.hears, EAR_FROM_BIT(EAR_FROM_USER));
    assert_int_equal(pack.budget_us, 100);
    assert_int_equal(pack.label_count, 2);
    assert_string_equal(ear_pack_label(&pack, 0), "no");
    assert_string_equal(ear_pack_label(&pack, 1), "s\xc3\xad");
    assert_int_equal(ear_pack_threshold(&pack, 0), EAR_PACK_NEVER);
    assert_int_equal(ear_pack_threshold(&pack, 1), 640);
    assert_int_equal(pack.reject, 0);
    assert_int_equal(pack.body_bytes, 3);
    assert_memory_equal(pack.body, body, 3);
}

static void test_what_is_optional(void **state)
{
    (void)state;
    assert_true(read_back());
    assert_int_equal(pack.reject, EAR_PACK_NO_LABEL);
    assert_null(pack.thresholds);
    assert_int_equal(ear_pack_threshold(&pack, 1), 0);
    assert_int_equal(pack.text_version, EAR_TEXT_VERSION);
    manifest.body_bytes = 0;
    assert_true(read_back());
    assert_int_equal(pack.body_bytes, 0);
}

static void test_every_cut_is_refused(void **state)
{
    (void)state;
    write_manifest();
    for (size_t length = 0; length < payload.length; length++) {
        assert_false(read_bytes(payload.bytes, length));
    }
    const uint8_t more = 0;
    pack_bytes_add(&payload, &more, 1);
    assert_false(read_bytes(payload.bytes, payload.length));
    assert_int_equal(fault.reason, EAR_PACK_REFUSAL_MANIFEST);
    assert_int_equal(fault.at, payload.length - 1);
}

/* Any byte may be anything: nothing is read outside, and what is taken holds what struct ear_pack promises. */
static void test_every_changed_byte(void **state)
{
    (void)state;
    write_manifest();
    for (size_t at = 0; at < payload.length; at++) {
        const uint8_t was = payload.bytes[at];
        for (unsigned value = 0; value < 256; value++) {
            payload.bytes[at] = (uint8_t)value;
            if (!ear_pack_read(payload.bytes, (uint32_t)payload.length, &pack, &fault)) {
                assert_int_not_equal(fault.reason, EAR_PACK_REFUSAL_NONE);
                continue;
            }
            for (uint16_t i = 0; i < pack.label_count; i++) {
                const size_t length = strlen(ear_pack_label(&pack, i));
                assert_true(length >= 1 && length <= EAR_PLUGIN_LABEL_BYTES);
            }
            assert_true(pack.body + pack.body_bytes <= payload.bytes + payload.length);
        }
        payload.bytes[at] = was;
    }
}

static void test_names_and_versions(void **state)
{
    (void)state;
    static const char *const bad_names[] = {"", "Alpha", "al pha", "al-pha", "a23456789012345678901234", "\xc3\xa4"};
    static const char *const bad_versions[] = {"", "1 0", "1234567890123456", "\xc3\xa4", "1\n"};
    for (size_t i = 0; i < EAR_COUNT_OF(bad_names); i++) {
        manifest.name = bad_names[i];
        expect(EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_NAME);
    }
    for (size_t i = 0; i < EAR_COUNT_OF(bad_versions); i++) {
        manifest.version = bad_versions[i];
        expect(EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_VERSION);
    }
    manifest.name = "a2345678901234567890_23";
    manifest.version = "123456789012345";
    assert_true(read_back());
    assert_string_equal(pack.name, "a2345678901234567890_23");
    assert_string_equal(pack.version, "123456789012345");
    manifest.name = NULL;
    expect(EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_NAME);
    manifest.version = NULL;
    expect(EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_VERSION);
}

static void test_ranges(void **state)
{
    (void)state;
    static const uint16_t high[] = {0, 1002};
    manifest.question = EAR_ASK_COUNT;
    expect(EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_QUESTION);
    manifest.question = EAR_ASK_REDACTION;
    expect(EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_QUESTION);
    manifest.hears = 0;
    expect(EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_HEARS);
    manifest.hears = 8;
    expect(EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_HEARS);
    manifest.budget_us = 0;
    expect(EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_BUDGET_US);
    manifest.thresholds = high;
    expect(EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_THRESHOLDS);
    manifest.has_reject = true;
    manifest.reject = 2;
    expect(EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_REJECT);
    manifest.counter = UINT32_MAX;
    manifest.budget_us = UINT32_MAX;
    manifest.hears = 7;
    assert_true(read_back());
    assert_int_equal(pack.counter, UINT32_MAX);
}

static void test_labels_that_questions_need(void **state)
{
    (void)state;
    static const char *const labels[] = {"en", "de", "fr", "it"};
    static const struct {
        uint8_t question;
        uint16_t least, most;
    } needs[] = {{EAR_ASK_HUMAN_REQUESTED, 2, 2}, {EAR_ASK_REPETITION_LOOP, 2, 2},
                 {EAR_ASK_LOW_CONFIDENCE, 2, 2},  {EAR_ASK_INCOMPLETE_INFO, 2, 2},
                 {EAR_ASK_SENTIMENT, 3, 3},       {EAR_ASK_TOPIC, 1, 4},
                 {EAR_ASK_LANGUAGE, 1, 4},        {EAR_ASK_TAG, 1, 4}};
    for (size_t i = 0; i < EAR_COUNT_OF(needs); i++) {
        for (uint16_t count = 0; count <= 4; count++) {
            manifest.question = needs[i].question;
            manifest.labels = labels;
            manifest.label_count = count;
            assert_true(read_back() == (count >= needs[i].least && count <= needs[i].most));
            assert_true(fault.reason == EAR_PACK_REFUSAL_NONE || fault.reason == EAR_PACK_REFUSAL_LABELS);
        }
    }
}

static void test_bad_labels(void **state)
{
    (void)state;
    static const char *const longest = "123456789012345678901234567890123456789012345678901234567890123";
    static const char *const tags[][2] = {{"", "b"},
                                          {"a", ""},
                                          {"a", "b\n"},
                                          {"\x1f", "b"},
                                          {"a", "\xff"},
                                          {"a", "\xc3"},
                                          {"a", "1234567890123456789012345678901234567890123456789012345678901234"}};
    for (size_t i = 0; i < EAR_COUNT_OF(tags); i++) {
        manifest.labels = tags[i];
        expect(EAR_PACK_REFUSAL_LABELS, EAR_PACK_KEY_LABELS);
    }
    static const char *const languages[][2] = {{"en", "deu"}, {"e", "de"}, {"EN", "de"}, {"en", "d1"}};
    for (size_t i = 0; i < EAR_COUNT_OF(languages); i++) {
        manifest.question = EAR_ASK_LANGUAGE;
        manifest.labels = languages[i];
        expect(EAR_PACK_REFUSAL_LABELS, EAR_PACK_KEY_LABELS);
    }
    manifest.labels = &longest;
    manifest.label_count = 1;
    assert_true(read_back());
    assert_string_equal(ear_pack_label(&pack, 0), longest);
}

static void test_most_labels(void **state)
{
    (void)state;
    static char texts[EAR_PACK_LABELS_MAX + 1][8];
    static const char *labels[EAR_PACK_LABELS_MAX + 1];
    for (unsigned i = 0; i <= EAR_PACK_LABELS_MAX; i++) {
        texts[i][0] = (char)('a' + i % 26);
        texts[i][1] = (char)('a' + i / 26 % 26);
        labels[i] = texts[i];
    }
    manifest.labels = labels;
    manifest.label_count = EAR_PACK_LABELS_MAX;
    assert_true(read_back());
    assert_int_equal(pack.label_count, EAR_PACK_LABELS_MAX);
    assert_string_equal(ear_pack_label(&pack, 1023), texts[1023]);
    manifest.labels = labels;
    manifest.label_count = EAR_PACK_LABELS_MAX + 1;
    expect(EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_LABEL_OFFSETS);
}

/* ---- by hand ---- */

static void test_another_format_is_told_first(void **state)
{
    (void)state;
    static const uint8_t newer[] = {0xa2, 0x01, 0x02, 0x02, 0x00};
    static const uint8_t no_number[] = {0xa1, 0x01, 0x61, 'x'};
    assert_false(read_bytes(newer, sizeof newer));
    assert_int_equal(fault.reason, EAR_PACK_REFUSAL_FORMAT);
    assert_int_equal(fault.key, EAR_PACK_KEY_FORMAT);
    assert_int_equal(fault.at, 2);
    assert_false(read_bytes(no_number, sizeof no_number));
    assert_int_equal(fault.reason, EAR_PACK_REFUSAL_MANIFEST);
    assert_int_equal(fault.key, EAR_PACK_KEY_FORMAT);
}

/* Insert an entry behind the byte `at`. */
static bool read_with(size_t at, const void *entry, size_t length)
{
    struct pack_bytes changed = {0};
    write_manifest();
    pack_bytes_add(&changed, payload.bytes, at);
    changed.bytes[0]++;
    pack_bytes_add(&changed, entry, length);
    pack_bytes_add(&changed, payload.bytes + at, payload.length - at);
    const bool taken = read_bytes(changed.bytes, changed.length);
    pack_bytes_free(&changed);
    return taken;
}

/* As many thresholds as labels, no more and no fewer. */
static void test_thresholds_are_as_many_as_labels(void **state)
{
    (void)state;
    write_manifest();
    const size_t body = payload.length - manifest.body_bytes - 3; /* where its key begins */
    assert_true(read_with(body, "\x0d\x44\x01\x00\xe9\x03", 6));
    assert_non_null(pack.thresholds);
    static const struct {
        const char *entry;
        size_t length;
    } cases[] = {{"\x0d\x40", 2}, {"\x0d\x42\x01\x00", 4}, {"\x0d\x46\x01\x00\x02\x00\x03\x00", 8}};
    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        assert_false(read_with(body, cases[i].entry, cases[i].length));
        assert_int_equal(fault.reason, EAR_PACK_REFUSAL_MANIFEST);
        assert_int_equal(fault.key, EAR_PACK_KEY_THRESHOLDS);
        assert_int_equal(fault.at, body + 2);
    }
}

static void test_unknown_keys_are_passed_over(void **state)
{
    (void)state;
    write_manifest();
    const size_t end = payload.length;
    const size_t body = end - manifest.body_bytes - 3;                      /* where its key begins */
    assert_true(read_with(end, "\x18\x19\x82\xa1\x01\x81\xc1\x02\x03", 9)); /* 25: [{1: [1(2)]}, 3] */
    assert_true(read_with(body, "\x13\xf6", 2));                            /* 19: nil */
    assert_true(read_with(end, "\x1b\xff\xff\xff\xff\xff\xff\xff\xff\x00", 10));
    assert_true(read_with(body, "\x0f\xf6", 2)); /* 15 is for people: a device does not look */

    assert_false(read_with(end, "\x13\x00", 2)); /* out of order */
    assert_int_equal(fault.reason, EAR_PACK_REFUSAL_MANIFEST);
    assert_int_equal(fault.at, end);
    assert_false(read_with(3, "\x01\x01", 2)); /* twice */
    assert_false(read_with(1, "\x00\x00", 2)); /* keys begin at 1 */
    assert_false(read_with(end, "\x20\x00", 2));
    assert_false(read_with(end, "\x61x\x00", 3));
    assert_false(read_with(end, "\x18\x19\x9f\xff", 4)); /* indefinite */
}

static void test_each_needed_key_is_missed(void **state)
{
    (void)state;
    write_manifest();
    size_t at = 1;
    for (unsigned key = EAR_PACK_KEY_FORMAT; key <= EAR_PACK_KEY_BODY;) {
        const uint8_t *bytes = payload.bytes;
        const size_t head = key < 24 ? 1 : 2; /* entries are small: heads of their values have one byte or two */
        const uint8_t first = bytes[at + head];
        const size_t argument = (first & 31u) < 24 ? first & 31u : bytes[at + head + 1];
        const size_t value = ((first & 31u) < 24 ? 1u : 2u) + (first >> 5 >= 2 ? argument : 0);
        struct pack_bytes changed = {0};
        pack_bytes_add(&changed, bytes, at);
        pack_bytes_add(&changed, bytes + at + head + value, payload.length - at - head - value);
        changed.bytes[0]--;
        assert_false(read_bytes(changed.bytes, changed.length));
        assert_int_equal(fault.reason, EAR_PACK_REFUSAL_MANIFEST);
        assert_int_equal(fault.key, key);
        pack_bytes_free(&changed);
        at += head + value;
        key = key == EAR_PACK_KEY_LABEL_OFFSETS ? EAR_PACK_KEY_BODY : key + 1;
    }
    assert_int_equal(at, payload.length);
}

static void test_changing_counter_and_version(void **state)
{
    (void)state;
    const uint32_t counter = 70000;
    struct pack_bytes changed = {0};
    manifest.about = "as it was";
    write_manifest();
    assert_true(pack_write_changed(&changed, payload.bytes, payload.length, &counter, "2.0"));
    manifest.counter = counter;
    manifest.version = "2.0";
    write_manifest();
    assert_int_equal(changed.length, payload.length);
    assert_memory_equal(changed.bytes, payload.bytes, payload.length);
    assert_true(pack_write_changed(&changed, payload.bytes, payload.length, NULL, NULL));
    assert_memory_equal(changed.bytes, changed.bytes + payload.length, payload.length);
    assert_false(pack_write_changed(&changed, payload.bytes, payload.length - 1, NULL, NULL));
    assert_int_equal(changed.length, 2 * payload.length);
    pack_bytes_free(&changed);
}

static void test_refusals_have_names(void **state)
{
    (void)state;
    assert_string_equal(ear_pack_refusal_name(EAR_PACK_REFUSAL_NONE), "none");
    assert_string_equal(ear_pack_refusal_name(EAR_PACK_REFUSAL_HOST), "host");
    assert_string_equal(ear_pack_refusal_name(EAR_PACK_REFUSAL_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_golden, start, finish),
        cmocka_unit_test_setup_teardown(test_what_is_optional, start, finish),
        cmocka_unit_test_setup_teardown(test_every_cut_is_refused, start, finish),
        cmocka_unit_test_setup_teardown(test_every_changed_byte, start, finish),
        cmocka_unit_test_setup_teardown(test_names_and_versions, start, finish),
        cmocka_unit_test_setup_teardown(test_ranges, start, finish),
        cmocka_unit_test_setup_teardown(test_labels_that_questions_need, start, finish),
        cmocka_unit_test_setup_teardown(test_bad_labels, start, finish),
        cmocka_unit_test_setup_teardown(test_most_labels, start, finish),
        cmocka_unit_test_setup_teardown(test_another_format_is_told_first, start, finish),
        cmocka_unit_test_setup_teardown(test_thresholds_are_as_many_as_labels, start, finish),
        cmocka_unit_test_setup_teardown(test_unknown_keys_are_passed_over, start, finish),
        cmocka_unit_test_setup_teardown(test_each_needed_key_is_missed, start, finish),
        cmocka_unit_test_setup_teardown(test_changing_counter_and_version, start, finish),
        cmocka_unit_test_setup_teardown(test_refusals_have_names, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
