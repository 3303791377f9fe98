/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/hear/ear_event_field.h"

static void every_field_has_a_line(void **state)
{
    (void)state;
    for (unsigned key = 0; key < EAR_EVENT_KEY_COUNT; key++) {
        const struct ear_event_field *field = ear_event_field(key);
        assert_non_null(ear_event_field_name(key));
        assert_true(field->size > 0 && field->offset + field->size <= sizeof(struct ear_event));
        assert_true(ear_event_allowed(key)[0] != '\0');
    }
    assert_null(ear_event_field(EAR_EVENT_KEY_COUNT));
}

/* What is allowed for an enumeration is written by hand: hold it to the names. */
static void what_is_allowed_lists_the_names(void **state)
{
    (void)state;
    for (unsigned key = 0; key < EAR_EVENT_KEY_COUNT; key++) {
        enum ear_event_type type = (enum ear_event_type)ear_event_field(key)->type;
        if (ear_event_form(type) != EAR_FORM_CODE) {
            continue;
        }
        const char *at = ear_event_allowed(key);
        assert_memory_equal(at, "one of", 6);
        at += 6;
        for (unsigned code = 0; code < EAR_KIND_COUNT; code++) {
            const char *name = ear_event_name(type, code);
            if (name != NULL) {
                assert_int_equal(*at, ' ');
                assert_int_equal(strncmp(at + 1, name, strlen(name)), 0);
                at += 1 + strlen(name);
            }
        }
        assert_string_equal(at, "");
    }
    assert_null(ear_event_name(EAR_TYPE_UINT, 0));
    assert_null(ear_event_name(EAR_TYPE_COUNT, 0));
    assert_null(ear_event_name(EAR_TYPE_FROM, 3));
    assert_null(ear_event_name(EAR_TYPE_FROM, EAR_KIND_COUNT));
}

struct number {
    uint64_t number;
    unsigned key;
    enum ear_err err;
};

static void numbers_are_held_to_their_ranges(void **state)
{
    static const struct number numbers[] = {
        {1, EAR_EVENT_KEY_version, EAR_OK},
        {0, EAR_EVENT_KEY_version, EAR_ERR_VERSION},
        {257, EAR_EVENT_KEY_version, EAR_ERR_VERSION},
        {1, EAR_EVENT_KEY_kind, EAR_OK},
        {0, EAR_EVENT_KEY_kind, EAR_ERR_UNKNOWN},
        {EAR_KIND_COUNT, EAR_EVENT_KEY_kind, EAR_ERR_UNKNOWN},
        {256 + 1, EAR_EVENT_KEY_kind, EAR_ERR_UNKNOWN},
        {(UINT64_C(1) << 32) + 1, EAR_EVENT_KEY_kind, EAR_ERR_UNKNOWN},
        {0, EAR_EVENT_KEY_time_ms, EAR_OK},
        {UINT64_C(1) << 53, EAR_EVENT_KEY_time_ms, EAR_OK},
        {(UINT64_C(1) << 53) + 1, EAR_EVENT_KEY_time_ms, EAR_ERR_RANGE},
        {2, EAR_EVENT_KEY_from, EAR_OK},
        {3, EAR_EVENT_KEY_from, EAR_ERR_UNKNOWN},
        {1000, EAR_EVENT_KEY_confidence_permille, EAR_OK},
        {1001, EAR_EVENT_KEY_confidence_permille, EAR_ERR_RANGE},
        {1, EAR_EVENT_KEY_fallback, EAR_OK},
        {2, EAR_EVENT_KEY_fallback, EAR_ERR_RANGE},
        {UINT32_MAX, EAR_EVENT_KEY_amount, EAR_OK},
        {UINT64_C(1) << 32, EAR_EVENT_KEY_amount, EAR_ERR_RANGE},
        {2, EAR_EVENT_KEY_sentiment, EAR_OK},
        {3, EAR_EVENT_KEY_sentiment, EAR_ERR_UNKNOWN},
    };
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(numbers); i++) {
        struct ear_event event = {.present = 0};
        assert_int_equal(ear_event_put_number(&event, numbers[i].key, numbers[i].number), numbers[i].err);
        assert_int_equal(event.present, numbers[i].err == EAR_OK ? 1u << numbers[i].key : 0);
        if (numbers[i].err == EAR_OK) {
            assert_true(ear_event_get_number(&event, numbers[i].key) == numbers[i].number);
        }
    }
}

static void numbers_reach_their_members(void **state)
{
    struct ear_event event = {.present = 0};
    (void)state;
    assert_int_equal(ear_event_put_number(&event, EAR_EVENT_KEY_time_ms, 1760000000123), EAR_OK);
    assert_int_equal(ear_event_put_number(&event, EAR_EVENT_KEY_confidence_permille, 873), EAR_OK);
    assert_int_equal(ear_event_put_number(&event, EAR_EVENT_KEY_amount, 4999), EAR_OK);
    assert_int_equal(ear_event_put_number(&event, EAR_EVENT_KEY_by, EAR_BY_LEFT), EAR_OK);
    assert_int_equal(ear_event_put_number(&event, EAR_EVENT_KEY_resolved, 1), EAR_OK);
    assert_true(event.time_ms == 1760000000123);
    assert_int_equal(event.confidence_permille, 873);
    assert_int_equal(event.amount, 4999);
    assert_int_equal(event.by, EAR_BY_LEFT);
    assert_true(event.resolved);
}

struct text {
    const char *bytes;
    size_t length;
    unsigned key;
    enum ear_err err;
};
#define TEXT(member, text, err)                             \
    {                                                       \
        text, sizeof(text) - 1, EAR_EVENT_KEY_##member, err \
    }

static void texts_are_held_to_their_rules(void **state)
{
    static const char letters[EAR_EVENT_BYTES + 1] = {'x'};
    static const struct text texts[] = {
        TEXT(id, "m-1", EAR_OK),
        TEXT(id, "", EAR_ERR_RANGE),
        TEXT(id, "a\nb", EAR_ERR_RANGE),
        TEXT(id, "a\x7f", EAR_ERR_RANGE),
        TEXT(label,
             "Zur\xc3\xbc"
             "ckgeben",
             EAR_OK),
        TEXT(label, "a\0b", EAR_ERR_RANGE),
        TEXT(text, "", EAR_OK),
        TEXT(text, "two\nlines\0", EAR_OK),
        TEXT(language, "de", EAR_OK),
        TEXT(language, "DE", EAR_ERR_RANGE),
        TEXT(language, "deu", EAR_ERR_RANGE),
        TEXT(language, "", EAR_ERR_RANGE),
        TEXT(currency, "EUR", EAR_OK),
        TEXT(currency, "eur", EAR_ERR_RANGE),
        TEXT(currency, "EURO", EAR_ERR_RANGE),
        {letters, EAR_EVENT_BYTES, EAR_EVENT_KEY_text, EAR_OK},
        {letters, EAR_EVENT_BYTES + 1, EAR_EVENT_KEY_text, EAR_ERR_TOO_LONG},
        {letters, EAR_ID_BYTES + 1, EAR_EVENT_KEY_id, EAR_ERR_TOO_LONG},
        {letters, EAR_LABEL_BYTES + 1, EAR_EVENT_KEY_label, EAR_ERR_TOO_LONG},
    };
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(texts); i++) {
        struct ear_event event = {.present = 0};
        assert_int_equal(ear_event_put_text(&event, texts[i].key, texts[i].bytes, texts[i].length), texts[i].err);
        assert_int_equal(event.present, texts[i].err == EAR_OK ? 1u << texts[i].key : 0);
        if (texts[i].err == EAR_OK) {
            struct ear_str got = ear_event_get_text(&event, texts[i].key);
            assert_int_equal(got.length, texts[i].length);
            assert_memory_equal(got.bytes, texts[i].bytes, texts[i].length);
        }
    }
}

static void names_may_be_as_long_as_the_limit(void **state)
{
    char letters[EAR_ID_BYTES];
    struct ear_event event = {.present = 0};
    (void)state;
    memset(letters, 'x', sizeof(letters));
    assert_int_equal(ear_event_put_text(&event, EAR_EVENT_KEY_id, letters, EAR_ID_BYTES), EAR_OK);
    assert_int_equal(ear_event_put_text(&event, EAR_EVENT_KEY_label, letters, EAR_LABEL_BYTES), EAR_OK);
    assert_ptr_equal(event.id.bytes, letters);
    assert_int_equal(event.label.length, EAR_LABEL_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_has_a_line),           cmocka_unit_test(what_is_allowed_lists_the_names),
        cmocka_unit_test(numbers_are_held_to_their_ranges), cmocka_unit_test(numbers_reach_their_members),
        cmocka_unit_test(texts_are_held_to_their_rules),    cmocka_unit_test(names_may_be_as_long_as_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
