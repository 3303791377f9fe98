/* SPDX-License-Identifier: Apache-2.0 */
/* Features against a slow reading of ear_features.h that works with whole words in memory; in pieces; as they must stay
 * for packs to stay good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/judge/ear_text.h"
#include "core/model/ear_features.h"
#include "core/model/ear_letter.h"
#include "tests/support/linear_body.h"

#define MOST 4000

struct list {
    uint32_t count;
    uint32_t items[MOST];
};

static struct ear_tokens tokens;
static struct ear_features features;
static struct ear_turn turn;
static char *text; /* of its own size, so that a byte read beyond it is seen */
static struct list expected;
static struct list seen;

static void set_text(const char *bytes, size_t length)
{
    free(text);
    text = malloc(length + (length == 0));
    assert_non_null(text);
    memcpy(text, bytes, length);
    ear_text_tokens(text, (uint16_t)length, &tokens);
    turn = (struct ear_turn){.struct_size = sizeof(turn),
                             .text = text,
                             .text_length = (uint16_t)length,
                             .tokens = tokens.items,
                             .token_count = tokens.count};
    ear_features_begin(&features, &turn);
}

static void add(struct list *list, uint32_t item)
{
    assert_true(list->count < MOST);
    list->items[list->count++] = item;
}

static void read_family(enum ear_family family)
{
    struct ear_feature_cursor cursor = {0};
    struct ear_feature_run run;
    seen.count = 0;
    while (ear_features_next(&features, family, &cursor, &run)) {
        assert_true(run.count > 0);
        for (uint16_t i = 0; i < run.count; i++) {
            add(&seen, run.items[i]);
        }
    }
}

static void expect_seen(void)
{
    assert_int_equal(seen.count, expected.count);
    assert_memory_equal(seen.items, expected.items, seen.count * sizeof(seen.items[0]));
}

/* ---- the slow reading ---- */

static uint32_t spread(uint32_t n)
{
    n *= 0x9E3779B1u;
    n ^= n >> 15;
    return n * 0x85EBCA77u;
}

static uint32_t rotated(uint32_t n, unsigned by)
{
    for (unsigned i = 0; i < by; i++) {
        n = n << 1 | n >> 31;
    }
    return n;
}

/* A word's letters in lower case, with its edges. */
static uint32_t letters_of(const struct ear_token *token, uint32_t *letters)
{
    const uint8_t *bytes = (const uint8_t *)text + token->start;
    uint32_t count = 0;
    letters[count++] = '<';
    for (uint16_t at = 0; at < token->length;) {
        uint32_t c = ear_letter_decode(bytes, token->length, &at);
        c = c == '`' ? '\'' : c != EAR_LETTER_NONE ? ear_letter_lower(c) : c;
        if (c != EAR_LETTER_NONE) {
            letters[count++] = c;
        }
    }
    letters[count++] = '>';
    return count;
}

static void expect_runs(const struct ear_token *token, uint32_t n)
{
    uint32_t letters[300];
    uint32_t count = letters_of(token, letters);
    for (uint32_t at = 0; count > n && at + n <= count; at++) {
        uint32_t hash = 0;
        for (uint32_t i = 0; i < n; i++) {
            hash += rotated(spread(letters[at + i]), 9 * (n - 1 - i));
        }
        add(&expected, hash);
    }
}

static uint32_t word_of(const struct ear_token *token)
{
    uint32_t digits = 0;
    if (EAR_TOKEN_KIND(*token) != EAR_TOKEN_NUMBER) {
        return token->hash;
    }
    for (uint16_t at = 0; at < token->length;) {
        uint32_t c = ear_letter_decode((const uint8_t *)text + token->start, token->length, &at);
        digits += (c >= '0' && c <= '9') || (c >= 0xFF10 && c <= 0xFF19);
    }
    return spread(0x400000 + (digits < 4 ? digits : 4));
}

static uint32_t script_of(const struct ear_token *token)
{
    uint16_t at = 0;
    uint32_t c = ear_letter_decode((const uint8_t *)text + token->start, token->length, &at);
    bool kana = (c >= 0x3040 && c < 0x3100) || (c >= 0x31F0 && c < 0x3200) || (c >= 0xFF66 && c < 0xFFA0);
    bool ideograph = EAR_TOKEN_KIND(*token) == EAR_TOKEN_IDEOGRAPH;
    return ideograph ? (kana ? 0x3040 / 128 : 0x4E00 / 128) : c / 128;
}

static bool negates(uint32_t word)
{
    static const char *const some[] = {"not", "no", "don't", "dont", "nicht", "never", "kein", "pas", "nunca", "senza"};
    for (size_t i = 0; i < EAR_COUNT_OF(some); i++) {
        if (word == ear_text_hash(some[i], strlen(some[i]))) {
            return true;
        }
    }
    return false;
}

static void expect_family(enum ear_family family)
{
    uint32_t before = 0;
    uint32_t negated = 0;
    expected.count = 0;
    for (uint16_t i = 0; i < tokens.count; i++) {
        const struct ear_token *token = &tokens.items[i];
        uint8_t kind = EAR_TOKEN_KIND(*token);
        if (kind == EAR_TOKEN_MARK) {
            negated = 0;
            if (family == EAR_FAMILY_MARK) {
                add(&expected, spread(token->hash ^ spread(0x600003)) + (token->length < 3 ? token->length : 3));
            }
            continue;
        }
        uint32_t word = word_of(token);
        if (family == EAR_FAMILY_WORD) {
            add(&expected, word);
        } else if (family == EAR_FAMILY_NEGATED) {
            add(&expected, negated > 0 ? spread(word ^ spread(0x600004)) : word);
        } else if (family == EAR_FAMILY_PAIR) {
            add(&expected, before * 0x9E3779B1u + word + spread(0x600001));
        } else if (family == EAR_FAMILY_MARK && (token->kind & EAR_TOKEN_SHOUT) != 0) {
            add(&expected, spread(0x600000));
        } else if (family == EAR_FAMILY_SCRIPT && (kind == EAR_TOKEN_WORD || kind == EAR_TOKEN_IDEOGRAPH)) {
            add(&expected, spread(0x200000 + script_of(token)));
        } else if (family >= EAR_FAMILY_GRAM2 && family <= EAR_FAMILY_GRAM4 && kind == EAR_TOKEN_WORD) {
            expect_runs(token, (uint32_t)family - EAR_FAMILY_GRAM2 + 2);
        }
        before = word;
        negated = negates(word) ? 4 : negated > 0 ? negated - 1 : 0;
    }
    if (family == EAR_FAMILY_PAIR && before != 0) {
        add(&expected, before * 0x9E3779B1u + spread(0x600002) + spread(0x600001));
    }
}

/* ---- texts ---- */

static const char *const texts[] = {
    "",
    "!?",
    "I",
    "a bc def ghij klmno",
    "I don't like THIS at all!!! it is not, good.",
    "Ich möchte KEIN Geld, nicht heute und nicht morgen oder irgendwann",
    "Where is order 12345? It was 3.50, or 7, on 12.12.2024",
    "ПРИВЕТ, как дела? Ёлка",
    "ΚΑΛΗΜΕΡΑ Άννα ναι",
    "我的订单在哪里？カードが届きません ｶﾅ",
    "한국어 안녕하세요 ไทยเเลนด์ हिन्दी العربية עברית",
    "😀 :) <3 ❤️ ok",
    "L`AMI l\xE2\x80\x99"
    "ami co\xC2\xADop e\xCC\x81t\xC3\xA9 a\xCC\x81",
    "Ｆｕｌｌ １２３ ＷＩＤＥ！！！！",
    "Việt ĐƯỜNG Ơn TRÀ",
};

static void test_like_the_slow_reading(void **state)
{
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(texts); i++) {
        set_text(texts[i], strlen(texts[i]));
        for (int again = 0; again < 2; again++) { /* then from where they are kept */
            for (int family = 0; family < EAR_FAMILY_COUNT; family++) {
                read_family((enum ear_family)family);
                expect_family((enum ear_family)family);
                expect_seen();
            }
            assert_int_equal(features.whole, 0xFF);
        }
    }
}

static size_t random_text(uint32_t *seed, char *out, size_t capacity)
{
    static const char *const pieces[] = {" ",        " ",
                                         " ",        "a",
                                         "b",        "C",
                                         "d",        "not ",
                                         "12",       "\xC3\xA4",
                                         "\xD0\x96", "!",
                                         "?",        "\xE4\xB8\xAD",
                                         "don't ",   "'",
                                         "E",        "\xCC\x81",
                                         ".",        "\xF0\x9F\x98\x80"};
    size_t length = 0;
    for (uint32_t count = linear_random(seed) % 400; count > 0; count--) {
        const char *piece = pieces[linear_random(seed) % EAR_COUNT_OF(pieces)];
        if (length + strlen(piece) > capacity) {
            break;
        }
        memcpy(out + length, piece, strlen(piece));
        length += strlen(piece);
    }
    return length;
}

/* With room for so few features that most come in pieces. */
static void test_pieces_are_the_whole(void **state)
{
    (void)state;
    static char random[EAR_TEXT_BYTES];
    uint32_t seed = 1;
    for (uint32_t i = 0; i < 300; i++) {
        set_text(random, random_text(&seed, random, sizeof(random)));
        for (int family = 0; family < EAR_FAMILY_COUNT; family++) {
            features.whole = 0;
            features.used = (uint16_t)(EAR_FEATURES - 16 - i % 16);
            read_family((enum ear_family)family);
            expect_family((enum ear_family)family);
            expect_seen();
        }
    }
}

static void test_one_long_word(void **state)
{
    (void)state;
    char word[EAR_TEXT_BYTES];
    for (size_t i = 0; i < sizeof(word); i++) {
        word[i] = (char)('a' + i % 7);
    }
    set_text(word, sizeof(word) < 600 ? sizeof(word) : 600);
    assert_int_equal(tokens.items[0].length, 255);
    for (int family = EAR_FAMILY_GRAM2; family <= EAR_FAMILY_GRAM4; family++) {
        features.whole = 0;
        features.used = EAR_FEATURES - 16;
        read_family((enum ear_family)family);
        expect_family((enum ear_family)family);
        expect_seen();
    }
}

/* The place where a long word is cut may lie within a letter: the half of it is as if it were not there. */
static void test_a_long_word_is_cut_within_a_letter(void **state)
{
    (void)state;
    enum { LETTERS = 127, BYTES = 2 * (LETTERS + 40) };
    static struct list cut;
    char word[BYTES];
    for (size_t i = 0; i < sizeof(word); i += 2) {
        memcpy(word + i, i % 3 == 0 ? "\xC3\x89" : "\xD0\xB2", 2);
    }
    for (int family = EAR_FAMILY_GRAM2; family <= EAR_FAMILY_GRAM4; family++) {
        for (int round = 0; round < 2; round++) { /* all runs at once, and those of one length only */
            set_text(word, sizeof(word));
            assert_int_equal(tokens.items[0].length, 2 * LETTERS + 1);
            features.used = (uint16_t)(round == 0 ? 0 : EAR_FEATURES - 16);
            read_family((enum ear_family)family);
            cut = seen;
            expect_family((enum ear_family)family);
            expect_seen();
            set_text(word, (size_t)2 * LETTERS); /* the same without that half */
            read_family((enum ear_family)family);
            assert_int_equal(seen.count, cut.count);
            assert_memory_equal(seen.items, cut.items, seen.count * sizeof(seen.items[0]));
        }
    }
}

static void test_what_does_not_fit_is_not_kept(void **state)
{
    (void)state;
    static char random[EAR_TEXT_BYTES];
    uint32_t words = 0;
    uint32_t seed = 2;
    for (int i = 0; i < 50; i++) {
        set_text(random, random_text(&seed, random, sizeof(random)));
        uint32_t *spare = ear_features_spare(&features, 0xFF, &words);
        assert_ptr_equal(spare, features.items + features.used);
        assert_true(features.used + 16 <= EAR_FEATURES);
        assert_int_equal(words, features.whole == 0xFF ? EAR_FEATURES - features.used : 0);
        uint32_t sum = 0;
        for (int family = 0; family < EAR_FAMILY_COUNT; family++) {
            sum += (features.whole & EAR_FAMILY_BIT(family)) != 0 ? features.counts[family] : 0;
        }
        assert_int_equal(sum, features.used);
    }
}

/* ---- single rules ---- */

static uint32_t first_of(const char *bytes, enum ear_family family, uint32_t count)
{
    set_text(bytes, strlen(bytes));
    read_family(family);
    assert_int_equal(seen.count, count);
    return seen.items[0];
}

static void test_case_does_not_count_diacritics_do(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"HELLO", "hello"},       {"ÄÖÜ", "äöü"}, {"ŁÓDŹ", "łódź"}, {"ĲSŽÝÞ", "ĳsžýþ"}, {"ЁЖЙ", "ёжй"},
        {"ΆΈΉΊΌΎΏΣ", "άέήίόύώσ"}, {"ԱԲ", "աբ"},   {"Ÿİ", "ÿi"},     {"ĐƯỜNG", "đường"}, {"ＡＢ", "ab"},
        {"L`A", "l'a"},           {"ȘȚ", "șț"},   {"ҐӘӁ", "ґәӂ"}};
    static const char *const other[][2] = {{"ä", "a"}, {"é", "e"}, {"ё", "е"}, {"ß", "ss"}, {"ά", "α"}};
    for (size_t i = 0; i < EAR_COUNT_OF(same); i++) {
        set_text(same[i][0], strlen(same[i][0]));
        read_family(EAR_FAMILY_GRAM2);
        memcpy(&expected, &seen, sizeof(seen));
        set_text(same[i][1], strlen(same[i][1]));
        read_family(EAR_FAMILY_GRAM2);
        expect_seen();
    }
    for (size_t i = 0; i < EAR_COUNT_OF(other); i++) {
        set_text(other[i][0], strlen(other[i][0]));
        read_family(EAR_FAMILY_GRAM2);
        uint32_t before = seen.items[0];
        set_text(other[i][1], strlen(other[i][1]));
        read_family(EAR_FAMILY_GRAM2);
        assert_int_not_equal(before, seen.items[0]);
    }
}

static void test_negation_ends(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint16_t negated; /* a bit a word */
    } cases[] = {{"good", 0},
                 {"not good", 2},
                 {"not a b c d e", 0x1E},
                 {"not a, b", 2},
                 {"it isn't a b not c d e f g", 0x1FC}, /* "not" itself is within the first */
                 {"CAN'T wait", 2},
                 {"can\xE2\x80\x99t wait", 2},
                 {"ningún problema", 2},
                 {"n'est pas bon", 6}};
    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        set_text(cases[i].text, strlen(cases[i].text));
        read_family(EAR_FAMILY_WORD);
        memcpy(&expected, &seen, sizeof(seen));
        read_family(EAR_FAMILY_NEGATED);
        assert_int_equal(seen.count, expected.count);
        uint16_t negated = 0;
        for (uint32_t j = 0; j < seen.count; j++) {
            negated |= (uint16_t)((seen.items[j] != expected.items[j]) << j);
        }
        assert_int_equal(negated, cases[i].negated);
    }
}

static void test_numbers_marks_scripts(void **state)
{
    (void)state;
    assert_int_equal(first_of("7", EAR_FAMILY_WORD, 1), first_of("3", EAR_FAMILY_WORD, 1));
    assert_int_equal(first_of("1234", EAR_FAMILY_WORD, 1), first_of("3.567.888", EAR_FAMILY_WORD, 1));
    assert_int_equal(first_of("12", EAR_FAMILY_WORD, 1), first_of("１２", EAR_FAMILY_WORD, 1));
    assert_int_not_equal(first_of("12", EAR_FAMILY_WORD, 1), first_of("123", EAR_FAMILY_WORD, 1));
    assert_int_equal(first_of("!!!", EAR_FAMILY_MARK, 1), first_of("！！！！！", EAR_FAMILY_MARK, 1));
    assert_int_not_equal(first_of("!!", EAR_FAMILY_MARK, 1), first_of("!!!", EAR_FAMILY_MARK, 1));
    assert_int_not_equal(first_of("!", EAR_FAMILY_MARK, 1), first_of("?", EAR_FAMILY_MARK, 1));
    assert_int_equal(first_of("HELP", EAR_FAMILY_MARK, 1), first_of("NOW", EAR_FAMILY_MARK, 1));
    assert_int_equal(first_of("中", EAR_FAMILY_SCRIPT, 1), first_of("龍", EAR_FAMILY_SCRIPT, 1));
    assert_int_equal(first_of("か", EAR_FAMILY_SCRIPT, 1), first_of("ｶ", EAR_FAMILY_SCRIPT, 1));
    assert_int_not_equal(first_of("か", EAR_FAMILY_SCRIPT, 1), first_of("中", EAR_FAMILY_SCRIPT, 1));
    assert_int_equal(first_of("да", EAR_FAMILY_SCRIPT, 1), first_of("нет", EAR_FAMILY_SCRIPT, 1));
}

static void test_short_words_have_no_runs(void **state)
{
    (void)state;
    static const char *const words[] = {"", "a", "ab", "abc", "e\xCC\x81"};
    static const uint32_t counts[][3] = {{0, 0, 0}, {2, 0, 0}, {3, 2, 0}, {4, 3, 2}, {2, 0, 0}};
    for (size_t i = 0; i < EAR_COUNT_OF(words); i++) {
        for (uint32_t j = 0; j < 3; j++) {
            set_text(words[i], strlen(words[i]));
            read_family((enum ear_family)(EAR_FAMILY_GRAM2 + j));
            assert_int_equal(seen.count, counts[i][j]);
        }
    }
}

/* Packs that were trained bear these hashes. */
static void test_hashes_stay(void **state)
{
    (void)state;
    static const uint32_t stay[EAR_FAMILY_COUNT] = {0xB8864906, 0xB19C0FED, 0xA6E73712, 0xE6365E5A,
                                                    0x025AD0BB, 0x2C895500, 0x9292C86D, 0x937F7369};
    set_text("Not GOOD \xC3\x9C"
             "ber 12!",
             18);
    for (int family = 0; family < EAR_FAMILY_COUNT; family++) {
        uint32_t all = 0;
        read_family((enum ear_family)family);
        for (uint32_t i = 0; i < seen.count; i++) {
            all = all * 31 + seen.items[i];
        }
        assert_int_equal(all, stay[family]);
    }
}

static int clean_up(void **state)
{
    (void)state;
    free(text);
    return 0;
}

/* Scripts of what is written without spaces: kana in all its ranges is one, everything else another. */
static void test_kana_is_one_script(void **state)
{
    (void)state;
    static const char *const kana[] = {"\xE3\x81\x81", "\xE3\x83\xBC", "\xE3\x87\xB0", "\xE3\x87\xBF", "\xEF\xBD\xB6"};
    static const char *const others[] = {"\xE4\xB8\xAD", "\xE3\x80\x85", "\xE3\x84\x85",
                                         "\xE3\x88\x80", "\xEF\xA4\x80", "\xF0\xA0\x80\x80"};
    const uint32_t of_kana = first_of(kana[0], EAR_FAMILY_SCRIPT, 1);
    for (size_t i = 0; i < EAR_COUNT_OF(kana); i++) {
        assert_int_equal(first_of(kana[i], EAR_FAMILY_SCRIPT, 1), of_kana);
    }
    for (size_t i = 0; i < EAR_COUNT_OF(others); i++) {
        assert_int_not_equal(first_of(others[i], EAR_FAMILY_SCRIPT, 1), of_kana);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_like_the_slow_reading),
        cmocka_unit_test(test_pieces_are_the_whole),
        cmocka_unit_test(test_one_long_word),
        cmocka_unit_test(test_a_long_word_is_cut_within_a_letter),
        cmocka_unit_test(test_what_does_not_fit_is_not_kept),
        cmocka_unit_test(test_case_does_not_count_diacritics_do),
        cmocka_unit_test(test_negation_ends),
        cmocka_unit_test(test_numbers_marks_scripts),
        cmocka_unit_test(test_short_words_have_no_runs),
        cmocka_unit_test(test_hashes_stay),
        cmocka_unit_test(test_kana_is_one_script),
    };
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
