/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_catalogue.c - the catalogue's own rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/note/ear_catalogue.h"

static void test_keys_and_names_are_unique(void **state)
{
    (void)state;
    for (unsigned a = 0; a < ear_catalogue_count; a++) {
        assert_ptr_equal(ear_catalogue_find(ear_catalogue[a].key), &ear_catalogue[a]);
        for (unsigned b = 0; b < a; b++) {
            char name[64], other[64];
            assert_true(ear_catalogue_member_name(&ear_catalogue[a], 0, name, sizeof name) > 0);
            assert_true(ear_catalogue_member_name(&ear_catalogue[b], 0, other, sizeof other) > 0);
            assert_string_not_equal(name, other);
        }
    }
    assert_null(ear_catalogue_find(255));
}

static void test_keys_ascend(void **state)
{
    (void)state;
    for (unsigned n = 1; n < ear_catalogue_count; n++) {
        assert_true(ear_catalogue[n].key > ear_catalogue[n - 1].key);
    }
}

/* Every word of a cell belongs to one number, and each part ends where the next begins. */
static void test_words_are_shared_out_in_three_parts(void **state)
{
    (void)state;
    static const unsigned ends[] = {EAR_MINUTE_WORDS, EAR_DAY_WORDS, EAR_CELL_WORDS};
    static uint8_t owners[EAR_CELL_WORDS];
    memset(owners, 0, sizeof owners);
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        const struct ear_number *number = &ear_catalogue[n];
        assert_true(number->at >= (number->part > 0 ? ends[number->part - 1] : 0));
        assert_true(number->at + number->words <= ends[number->part]);
        for (unsigned i = 0; i < number->words; i++) {
            owners[number->at + i]++;
        }
    }
    for (unsigned i = 0; i < EAR_CELL_WORDS; i++) {
        assert_int_equal(owners[i], 1);
    }
}

static void test_what_which_windows_hold(void **state)
{
    (void)state;
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        unsigned shape = ear_catalogue[n].shape;
        bool minutes = shape == EAR_SHAPE_COUNT || shape == EAR_SHAPE_GROUP;
        assert_int_equal(ear_catalogue[n].part, minutes ? 0 : shape == EAR_SHAPE_SERIES ? 2 : 1);
    }
}

static void test_words_of_each_shape(void **state)
{
    (void)state;
    assert_int_equal(ear_catalogue[EAR_NUMBER_status].words, 6);
    assert_int_equal(ear_catalogue[EAR_NUMBER_languages].words, 2 * EAR_LANGUAGES + 1);
    assert_int_equal(ear_catalogue[EAR_NUMBER_messages_per_minute].words, 30);
    assert_int_equal(ear_catalogue[EAR_NUMBER_tags].words, 2 * EAR_TAGS + 1);
    assert_int_equal(ear_catalogue[EAR_NUMBER_agents].words, 6 * EAR_AGENTS + 5);
    assert_int_equal(ear_catalogue[EAR_NUMBER_topics].words, 11 * EAR_TOPICS + 10);
    assert_int_equal(ear_catalogue[EAR_NUMBER_sales].words, 4 * EAR_CURRENCIES + 3);
    assert_int_equal(ear_catalogue[EAR_NUMBER_funnel].words, (EAR_FUNNEL_STEPS + 1) * EAR_FUNNELS + EAR_FUNNEL_STEPS);
    assert_int_equal(ear_catalogue[EAR_NUMBER_intents].words, 3 * EAR_INTENTS + 2);
    assert_int_equal(ear_catalogue[EAR_NUMBER_cost].words, 2);
}

static void test_members_have_a_name_each(void **state)
{
    (void)state;
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        const struct ear_number *number = &ear_catalogue[n];
        bool group = number->shape == EAR_SHAPE_GROUP;
        bool named = group || number->shape == EAR_SHAPE_LABELS || number->shape == EAR_SHAPE_MONEY ||
                     number->shape == EAR_SHAPE_HEAVY;
        unsigned members = !named ? 0 : group ? number->size : number->columns;
        for (unsigned i = 0; i < members; i++) {
            assert_true(ear_catalogue_member(number, i).length > 0);
        }
        assert_int_equal(ear_catalogue_member(number, members).length, 0);
        assert_true(number->wide <= number->columns);
    }
    struct ear_str last = ear_catalogue_member(&ear_catalogue[EAR_NUMBER_topics], EAR_TOPICS_HANDLE_MS);
    assert_int_equal(last.length, 9);
    assert_memory_equal(last.bytes, "handle_ms", 9);
}

static void expect_name(unsigned key, unsigned index, const char *expected)
{
    char name[64];
    assert_int_equal(ear_catalogue_member_name(ear_catalogue_find(key), index, name, sizeof name), strlen(expected));
    assert_string_equal(name, expected);
    char tight[64];
    assert_int_equal(ear_catalogue_member_name(ear_catalogue_find(key), index, tight, strlen(expected)), EAR_ERR_FULL);
    assert_int_equal(ear_catalogue_member_name(ear_catalogue_find(key), index, tight, strlen(expected) + 1),
                     strlen(expected));
}

static void test_full_names(void **state)
{
    (void)state;
    expect_name(0, 0, "conversations");
    expect_name(2, 0, "status.open");
    expect_name(2, 5, "status.abandoned");
    expect_name(5, 1, "bot_not_involved");
    expect_name(11, 4, "csat.5");
    expect_name(14, 2, "product_clicks");
    expect_name(17, 3, "languages");
    expect_name(18, 59, "messages_per_minute");
    expect_name(31, 2, "topics");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_and_names_are_unique),
        cmocka_unit_test(test_keys_ascend),
        cmocka_unit_test(test_words_are_shared_out_in_three_parts),
        cmocka_unit_test(test_what_which_windows_hold),
        cmocka_unit_test(test_words_of_each_shape),
        cmocka_unit_test(test_members_have_a_name_each),
        cmocka_unit_test(test_full_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
