/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/judge/ear_text.h"

static struct ear_tokens tokens;

/* W word, S shouted word, N number, I ideograph, E emoji, M mark */
static char letter_of(const struct ear_token *token)
{
    if ((token->kind & EAR_TOKEN_SHOUT) != 0) {
        return 'S';
    }
    return "WNIEM"[EAR_TOKEN_KIND(*token)];
}

/* Check that text gives these tokens: "W:do W:not M:!", each as its folded form. A space within one is written '_'. */
static void check(const char *text, const char *expected)
{
    ear_text_tokens(text, (uint16_t)strlen(text), &tokens);
    uint16_t at = 0;
    for (const char *p = expected; *p != '\0';) {
        size_t length = strcspn(p, " ");
        if (at >= tokens.count) {
            fail_msg("\"%s\": too few tokens: %d", text, tokens.count);
        }
        if (letter_of(&tokens.items[at]) != p[0] || tokens.items[at].hash != ear_text_hash(p + 2, length - 2)) {
            fail_msg("\"%s\": token %d is %c, not %.*s", text, at, letter_of(&tokens.items[at]), (int)length, p);
        }
        at++;
        p += length + (p[length] == ' ');
    }
    assert_int_equal(tokens.count, at);
    assert_false(tokens.cut);
}

static void words_are_folded(void **state)
{
    (void)state;
    check("Hello there", "W:hello W:there");
    check("  spaces\tand\nlines  ", "W:spaces W:and W:lines");
    check("I", "W:i");
    check("NO way", "S:no W:way");
    check("Extraordinarily", "W:extraordinarily");
    check("exactly8 sixteenletters16", "W:exactly8 W:sixteenletters16");
    check("COVID19 b2b 2nd 4you", "S:covid19 W:b2b W:2nd W:4you");
    check("well-known snake_case and/or", "W:well W:known W:snake W:case W:and W:or");
    check("(bracketed) \"quoted\" [x]", "W:bracketed W:quoted W:x");
}

static void apostrophes_belong_between_letters(void **state)
{
    (void)state;
    check("don't", "W:don't");
    check("I don't", "W:i W:don't");
    check("DON'T", "S:don't");
    check("abcdefg'h", "W:abcdefg'h");
    check("abcdefgh'i", "W:abcdefgh'i");
    check("don\xE2\x80\x99t", "W:don't");
    check("it\xC2\xB4s l`eau", "W:it's W:l'eau");
    check("'quoted' dogs' 'em", "W:quoted W:dogs W:em");
    check("rock'n'roll", "W:rock'n'roll");
    check("l'\xC3\xA9t\xC3\xA9", "W:l'ete");
    check("I'm", "W:i'm");
}

static void letters_lose_their_accents(void **state)
{
    (void)state;
    check("Caf\xC3\xA9 CAF\xC3\x89 cafe\xCC\x81", "W:cafe S:cafe W:cafe");
    check("stra\xC3\x9F"
          "e STRASSE \xC3\x86on \xC5\x93uvre",
          "W:strasse S:strasse W:aeon W:oeuvre");
    check("\xC5\x81\xC3\xB3"
          "d\xC5\xBA \xC4\x8C"
          "e\xC5\xA1tina \xC4\xB0zmir \xC5\x9Eok",
          "W:lodz W:cestina W:izmir W:sok");
    check("\xC3\x84pfel \xC3\x9C"
          "ber",
          "W:apfel W:uber");
    check("\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD1\x91\xD1\x82", "W:\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82");
    check("\xCE\x93\xCE\xB5\xCE\xB9\xCE\xAC \xCE\xA3\xCE\x91\xCE\xA3",
          "W:\xCE\xB3\xCE\xB5\xCE\xB9\xCE\xB1 S:\xCF\x83\xCE\xB1\xCF\x83");
    check("\xEF\xBC\xA8\xEF\xBD\x89\xEF\xBC\x91", "W:hi1"); /* full-width */
    check("soft\xC2\xADhyphen", "W:softhyphen");
}

static void numbers_keep_their_point(void **state)
{
    (void)state;
    check("3.50 1,000 42.", "N:3.50 N:1,000 N:42 M:.");
    check("12:30", "N:12 M:: N:30");
    check("7", "N:7");
}

static void marks_run_together(void **state)
{
    (void)state;
    check("what?!", "W:what M:? M:!");
    check("Stop!!!", "W:stop M:!");
    assert_int_equal(tokens.items[1].length, 3);
    check("hm... ok", "W:hm M:. W:ok");
    check("\xC2\xBFqu\xC3\xA9?", "M:? W:que M:?");
    check("hm\xE2\x80\xA6", "W:hm M:.");
    check("a, b; c: d", "W:a M:, W:b M:; W:c M:: W:d");
}

static void signs_stand_alone(void **state)
{
    (void)state;
    check("\xE4\xBD\xA0\xE5\xA5\xBD\xEF\xBC\x8C\xE8\xBD\xAC", "I:\xE4\xBD\xA0 I:\xE5\xA5\xBD M:, I:\xE8\xBD\xAC");
    check("\xE3\x81\x93\xE3\x82\x93", "I:\xE3\x81\x93 I:\xE3\x82\x93");
    check("ok\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD", "W:ok E:\xF0\x9F\x91\x8D"); /* the skin tone is nothing */
    check("\xE2\x9D\xA4\xEF\xB8\x8F", "E:\xE2\x9D\xA4");
    check("\xEC\x95\x88\xEB\x85\x95 x", "W:\xEC\x95\x88\xEB\x85\x95 W:x"); /* Hangul is written in words */
}

static void emoticons_are_emoji(void **state)
{
    (void)state;
    check("fine :) :-) =] ;)", "W:fine E::) E::) E::) E::)");
    check("bad :( :-( :'(", "W:bad E::( E::( E::(");
    check(":D :/ <3", "E::) E::/ E:<3");
    check("http://x", "W:http M:: W:x");
    check("note:Do a:b", "W:note M:: W:do W:a M:: W:b");
    check("a < b = c", "W:a W:b W:c");
    check(":} =^) ;{ :[ :| :\\", "E::) E::) E::( E::( E::/ E::/");
    check(":P =p x:D", "E::p E::p W:x E::)");
    check("a:path :pp :P. :/", "W:a M:: W:path M:: W:pp E::p M:. E::/");
    check("<3 <) <", "E:<3");
}

static void tokens_know_their_place(void **state)
{
    (void)state;
    const char *text = "Oh, caf\xC3\xA9!!";
    check(text, "W:oh M:, W:cafe M:!");
    assert_int_equal(tokens.items[2].start, 4);
    assert_int_equal(tokens.items[2].length, 5);
    assert_int_equal(tokens.items[3].start, 9);
    assert_int_equal(tokens.items[3].length, 2);
}

static void too_many_tokens_are_flagged(void **state)
{
    (void)state;
    static char text[2 * (EAR_TOKENS + 1)];
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = i % 2 == 0 ? 'a' : ' ';
    }
    ear_text_tokens(text, 2 * EAR_TOKENS, &tokens);
    assert_int_equal(tokens.count, EAR_TOKENS);
    assert_false(tokens.cut);
    ear_text_tokens(text, 2 * EAR_TOKENS + 1, &tokens);
    assert_int_equal(tokens.count, EAR_TOKENS);
    assert_true(tokens.cut);
    ear_text_tokens("", 0, &tokens);
    assert_int_equal(tokens.count, 0);
}

static void a_long_word_is_cut_at_255(void **state)
{
    (void)state;
    static char text[300];
    memset(text, 'x', sizeof(text));
    ear_text_tokens(text, sizeof(text), &tokens);
    assert_int_equal(tokens.count, 1);
    assert_int_equal(tokens.items[0].length, 255);
    assert_int_equal(tokens.items[0].hash, ear_text_hash(text, sizeof(text)));
}

/* Every beginning of a text of all kinds, at the very end of its memory: no token leaves the text, none overlap. */
static void nothing_outside_is_read(void **state)
{
    (void)state;
    static const char text[] =
        "Don't l'\xC3\xA9t\xC3\xA9 ABC abcdefgh' \xE4\xBD\xA0\xF0\x9F\x91\x8D :-) 3.5 !!\xE2\x80\xA6 <3 : a'";
    for (uint16_t length = 0; length < sizeof(text); length++) {
        char copy[sizeof(text)];
        char *start = copy + sizeof(copy) - length;
        memcpy(start, text, length);
        ear_text_tokens(start, length, &tokens); /* may be cut within a character */
        uint16_t end = 0;
        for (uint16_t i = 0; i < tokens.count; i++) {
            assert_true(tokens.items[i].start >= end);
            end = (uint16_t)(tokens.items[i].start + tokens.items[i].length);
            assert_true(tokens.items[i].length > 0 && end <= length);
        }
    }
}

/* The same word after every number of spaces and before every byte: the fast and the slow path agree. */
static void both_paths_agree(void **state)
{
    (void)state;
    const char *words[] = {"a", "Hello", "sixteen", "eightchr", "ninechars", "TWELVELETTER", "abcdefghijklmnopq"};
    for (size_t w = 0; w < EAR_COUNT_OF(words); w++) {
        size_t length = strlen(words[w]);
        for (size_t spaces = 0; spaces < 9; spaces++) {
            char text[64];
            memset(text, ' ', sizeof(text));
            memcpy(text + spaces, words[w], length);
            ear_text_tokens(text, (uint16_t)(spaces + length), &tokens);
            struct ear_token fast = tokens.items[0];
            assert_int_equal(tokens.count, 1);
            assert_int_equal(fast.length, length);
            memcpy(text + spaces + length, "\xE2\x80\x99", 3); /* an apostrophe that belongs to nothing */
            ear_text_tokens(text, (uint16_t)(spaces + length + 3), &tokens);
            assert_int_equal(tokens.count, 1);
            assert_memory_equal(&tokens.items[0], &fast, sizeof(fast));
        }
    }
}

/* Worked out by plugins/ear_words.py: the tables of words are made there. */
static void hashes_are_those_of_the_generator(void **state)
{
    (void)state;
    static const struct {
        const char *folded;
        uint32_t hash;
    } vectors[] = {
        {"", 0x00000000},
        {"a", 0x5014E6F2},
        {"human", 0xF6712D08},
        {"don't", 0x93A0E3CA},
        {"eightchr", 0x3B832B89},
        {"ninechars", 0xDCBB380B},
        {"representative", 0x42E67336},
        {"abcdefghijklmnopqrstuvwxyz", 0x981AC364},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(vectors); i++) {
        assert_int_equal(ear_text_hash(vectors[i].folded, strlen(vectors[i].folded)), vectors[i].hash);
    }
}

static void a_run_of_marks_is_no_longer_than_a_token(void **state)
{
    (void)state;
    char text[3 * 300];
    for (size_t i = 0; i < sizeof text; i += 3) {
        memcpy(text + i, "\xE3\x80\x82", 3); /* an ideographic full stop */
    }
    ear_text_tokens(text, (uint16_t)(EAR_TEXT_BYTES < sizeof text ? EAR_TEXT_BYTES / 3 * 3 : sizeof text), &tokens);
    assert_int_equal(tokens.count, 1);
    assert_int_equal(EAR_TOKEN_KIND(tokens.items[0]), EAR_TOKEN_MARK);
    assert_int_equal(tokens.items[0].length, EAR_TEXT_BYTES < sizeof text ? EAR_TEXT_BYTES / 3 : 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_folded),
        cmocka_unit_test(apostrophes_belong_between_letters),
        cmocka_unit_test(letters_lose_their_accents),
        cmocka_unit_test(numbers_keep_their_point),
        cmocka_unit_test(marks_run_together),
        cmocka_unit_test(signs_stand_alone),
        cmocka_unit_test(emoticons_are_emoji),
        cmocka_unit_test(tokens_know_their_place),
        cmocka_unit_test(too_many_tokens_are_flagged),
        cmocka_unit_test(a_long_word_is_cut_at_255),
        cmocka_unit_test(nothing_outside_is_read),
        cmocka_unit_test(both_paths_agree),
        cmocka_unit_test(hashes_are_those_of_the_generator),
        cmocka_unit_test(a_run_of_marks_is_no_longer_than_a_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
