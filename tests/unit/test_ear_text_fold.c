/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/judge/ear_text.h"
#include "core/judge/ear_text_fold.h"

static struct ear_tokens tokens;
static uint8_t folded[64];
static bool whole;

static uint16_t fold_first(const char *text, uint16_t capacity)
{
    ear_text_tokens(text, (uint16_t)strlen(text), &tokens);
    assert_int_equal(tokens.count, 1);
    return ear_text_fold(text, &tokens.items[0], folded, capacity, &whole);
}

static void check(const char *text, const char *expected)
{
    assert_int_equal(fold_first(text, sizeof folded), strlen(expected));
    assert_memory_equal(folded, expected, strlen(expected));
    assert_true(whole);
    assert_int_equal(ear_text_hash(expected, strlen(expected)), tokens.items[0].hash);
}

static void folded_bytes_are_what_was_hashed(void **state)
{
    (void)state;
    check("Refund", "refund");
    check("DON`T", "don't");
    check("don\xE2\x80\x99t", "don't");
    check("caf\xC3\xA9", "cafe");
    check("cafe\xCC\x81", "cafe");
    check("STRA\xC3\x9F"
          "E",
          "strasse");
    check("\xC3\x86on", "aeon");
    check("\xEF\xBC\xA1\xEF\xBD\x82\xEF\xBC\x91", "ab1");
    check("co\xC2\xADop", "coop"); /* a soft hyphen */
    check("\xD0\x92\xD0\x9E\xD0\x97", "\xD0\xB2\xD0\xBE\xD0\xB7");
    check("\xE9\x80\x80", "\xE9\x80\x80");
    check("\xF0\x9F\x98\xA1", "\xF0\x9F\x98\xA1");
    check("3.50", "3.50");
}

static void what_does_not_fit_is_left_out(void **state)
{
    (void)state;
    assert_int_equal(fold_first("refund", 5), 5);
    assert_memory_equal(folded, "refun", 5);
    assert_false(whole);
    assert_int_equal(fold_first("refund", 6), 6);
    assert_true(whole);
    assert_int_equal(fold_first("stra\xC3\x9F", 5), 4); /* never half a character */
    assert_false(whole);
    assert_int_equal(fold_first("refund", 0), 0);
    assert_false(whole);
}

/* A token of 255 bytes may be the beginning of a longer word, and may end within a character. */
static void a_word_that_was_cut_is_never_whole(void **state)
{
    (void)state;
    char text[301];
    uint8_t long_enough[300];
    for (size_t i = 0; i < 300; i += 2) {
        memcpy(text + i, "\xC3\xA9", 2);
    }
    text[300] = '\0';
    ear_text_tokens(text, 300, &tokens);
    assert_int_equal(tokens.items[0].length, 255);
    assert_int_equal(ear_text_fold(text, &tokens.items[0], long_enough, sizeof long_enough, &whole), 127);
    assert_int_equal(long_enough[126], 'e');
    assert_false(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folded_bytes_are_what_was_hashed),
        cmocka_unit_test(what_does_not_fit_is_left_out),
        cmocka_unit_test(a_word_that_was_cut_is_never_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
