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

static void test_words_follow_each_other_and_series_stand_last(void **state)
{
    (void)state;
    unsigned at = 0;
    bool series = false;
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        const struct ear_number *number = &ear_catalogue[n];
        unsigned size = number->size;
        assert_int_equal(number->at, at);
        assert_true(!series || number->shape == EAR_SHAPE_SERIES);
        series = number->shape == EAR_SHAPE_SERIES;
        at += number->shape == EAR_SHAPE_TABLE    ? 2 * size + 1
              : number->shape == EAR_SHAPE_SERIES ? (size + 1) / 2
              : number->shape == EAR_SHAPE_GROUP  ? size
                                                  : 1;
        assert_int_equal(series ? 0 : at, series ? 0 : (n + 1 < ear_catalogue_count ? ear_catalogue[n + 1].at : at));
    }
    assert_int_equal(at, EAR_CELL_WORDS);
    assert_int_equal(EAR_FLAT_WORDS, EAR_AT_messages_per_minute);
}

static void test_a_group_has_a_name_for_each_member(void **state)
{
    (void)state;
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        const struct ear_number *number = &ear_catalogue[n];
        unsigned commas = 0;
        for (const char *c = number->members; *c != '\0'; c++) {
            commas += *c == ',' ? 1 : 0;
        }
        assert_int_equal(number->shape == EAR_SHAPE_GROUP ? commas + 1 : commas,
                         number->shape == EAR_SHAPE_GROUP ? number->size : 0);
    }
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
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_and_names_are_unique),
        cmocka_unit_test(test_words_follow_each_other_and_series_stand_last),
        cmocka_unit_test(test_a_group_has_a_name_for_each_member),
        cmocka_unit_test(test_full_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
