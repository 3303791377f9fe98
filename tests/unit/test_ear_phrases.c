/* SPDX-License-Identifier: Apache-2.0 */
/* Phrases as they are written, compiled, checked and looked for; then random ones against a matcher that knows nothing
 * of tokens, hashes or tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/judge/ear_text.h"
#include "core/model/ear_phrases.h"
#include "tools/pack/phrases_compile.h"

/* ---- a set of phrases and a message ---- */

struct line {
    uint16_t label;
    uint16_t weight; /* 0: the phrase cancels */
    const char *text;
};

#define LABELS 8

static uint16_t labels = LABELS; /* of the next pack */
static struct ear_tokens tokens;
static uint8_t *body; /* of its own size, so that a byte read beyond it is seen */
static struct ear_model model;
static struct ear_verdict items[EAR_VERDICTS];
static struct ear_verdicts verdicts;

static void drop(void)
{
    free(body);
    body = NULL;
}

static void open_body(const struct pack_bytes *bytes, enum ear_question question)
{
    uint32_t at = 0;
    drop();
    body = malloc(bytes->length);
    assert_non_null(body);
    memcpy(body, bytes->bytes, bytes->length);
    model = (struct ear_model){.pack = {.body = body,
                                        .body_bytes = (uint32_t)bytes->length,
                                        .label_count = labels,
                                        .reject = EAR_PACK_NO_LABEL,
                                        .question = (uint8_t)question}};
    if (ear_engine_phrases.check(&model.pack, &at) != EAR_OK) {
        fail_msg("the body is wrong at byte %u", (unsigned)at);
    }
}

static void add_line(struct phrases *phrases, const struct line *line, uint32_t number)
{
    char fault[PHRASE_FAULT_BYTES] = "";
    struct phrase like = {.label = line->label, .weight = line->weight, .cancels = line->weight == 0, .line = number};
    if (!phrases_add(phrases, &like, line->text, fault)) {
        fail_msg("%s: %s", line->text, fault);
    }
}

static void set(enum ear_question question, const struct line *lines, size_t count)
{
    struct phrases phrases = {0};
    struct pack_bytes bytes = {0};
    for (size_t i = 0; i < count; i++) {
        add_line(&phrases, &lines[i], (uint32_t)i);
    }
    assert_true(phrases_build(&phrases, &bytes));
    open_body(&bytes, question);
    pack_bytes_free(&bytes);
    phrases_free(&phrases);
}

static void say(const char *text)
{
    uint16_t length = (uint16_t)strlen(text);
    char *exact = malloc(length == 0 ? 1 : length);
    assert_non_null(exact);
    memcpy(exact, text, length);
    ear_text_tokens(exact, length, &tokens);
    struct ear_turn turn = {.struct_size = sizeof turn,
                            .text = exact,
                            .text_length = length,
                            .tokens = tokens.items,
                            .token_count = tokens.count};
    verdicts = (struct ear_verdicts){.items = items, .capacity = EAR_VERDICTS};
    struct ear_plugin_call call = {.struct_size = sizeof call, .data = &model, .turn = &turn, .verdicts = &verdicts};
    assert_int_equal(ear_engine_phrases.on_turn(&call), 0);
    free(exact);
}

/* Whether a phrase is found in a message. */
static bool finds(const char *phrase, const char *message)
{
    const struct line line = {3, 600, phrase};
    set(EAR_ASK_TAG, &line, 1);
    say(message);
    if (verdicts.count == 0) {
        return false;
    }
    assert_int_equal(verdicts.count, 1);
    assert_int_equal(items[0].question, EAR_ASK_TAG);
    assert_int_equal(items[0].label, 3);
    assert_int_equal(items[0].score, 600);
    return true;
}

static void check(const char *phrase, const char *found, const char *not_found)
{
    if (found != NULL && !finds(phrase, found)) {
        fail_msg("\"%s\" is not found in \"%s\"", phrase, found);
    }
    if (not_found != NULL && finds(phrase, not_found)) {
        fail_msg("\"%s\" is found in \"%s\"", phrase, not_found);
    }
}

static void append(char *text, size_t capacity, const char *more)
{
    size_t length = strlen(text);
    assert_true((size_t)snprintf(text + length, capacity - length, "%s", more) < capacity - length);
}

/* ---- what is found ---- */

static void whole_words_are_found(void **state)
{
    (void)state;
    check("refund", "I want a REFUND now", "I refunded it");
    check("refund", "refund", "");
    check("money back", "give me my Money  back!", "money is back");
    check("money back", "money-back guarantee", "back money");
    check("e-mail", "send an E mail", "email");
    check("caf\xC3\xA9", "CAFE", "cafes");
    check("don't like", "I don\xE2\x80\x99t like it", "i dont like it");
    check("\xEF\xBD\x92\xEF\xBD\x85\xEF\xBD\x86\xEF\xBD\x95\xEF\xBD\x8E\xEF\xBD\x84", "refund", "refunds");
    check("a b c d e f", "x a b c d e f y", "a b c d e");
    check("a a b", "a a a b", "a b a");
    check("\xD0\xB2\xD0\xBE\xD0\xB7\xD0\xB2\xD1\x80\xD0\xB0\xD1\x82",
          "\xD0\x92\xD0\x9E\xD0\x97\xD0\x92\xD0\xA0\xD0\x90\xD0\xA2", "\xD0\xB2\xD0\xBE\xD0\xB7");
}

static void marks_between_words_are_passed_over_but_not_ends_of_sentences(void **state)
{
    (void)state;
    check("cancel order", "cancel, order", "cancel. Order");
    check("cancel order", "cancel: (order)", "cancel! order");
    check("cancel order", "cancel \"order\"", "cancel? order");
    check("cancel, please", "cancel please", "cancel; no, please");
    check("no. 5", "number no. 5", "no 5");
    check("where is it?", "where is it", "where it is?");
    check("u.s. mail", "the U.S. mail", "us mail");
    check("\xE9\x80\x80\xE6\xAC\xBE", "\xE9\x80\x80\xE3\x80\x81\xE6\xAC\xBE", "\xE9\x80\x80\xE3\x80\x82\xE6\xAC\xBE");
}

static void runs_of_ideographs_and_emoji_are_found(void **state)
{
    (void)state;
    /* "refund" within "I want a refund"; not its characters apart or turned round */
    check("\xE9\x80\x80\xE6\xAC\xBE", "\xE6\x88\x91\xE8\xA6\x81\xE9\x80\x80\xE6\xAC\xBE\xE5\x90\xA7",
          "\xE6\xAC\xBE\xE9\x80\x80");
    check("\xE3\x81\xB8\xE3\x82\x93\xE3\x81\x8D\xE3\x82\x93",
          "\xE3\x81\xB8\xE3\x82\x93\xE3\x81\x8D\xE3\x82\x93\xE3\x81\x97", "\xE3\x81\xB8\xE3\x82\x93\xE3\x81\x8D");
    check("\xF0\x9F\x98\xA1", "so bad \xF0\x9F\x98\xA1\xF0\x9F\x98\xA1", "\xF0\x9F\x98\x80");
    check(":\\(", "no :-(", "no :)");
    check("\xE9\x80\x80 ... \xE6\xAC\xBE", "\xE9\x80\x80\xE4\xBA\x86\xE6\xAC\xBE", "\xE6\xAC\xBE");
}

static void a_star_stands_for_the_rest_of_a_word(void **state)
{
    (void)state;
    check("refund*", "refund", "refun");
    check("refund*", "He REFUNDED it", "prerefund");
    check("refund*", "refund's", "re fund");
    check("re*", "replacement", "r");
    check("caf\xC3\xA9*", "CAF\xC3\x89TERIA", "caf");
    check("caf*", "caf\xC3\xA9s", "ca f");
    check("ca*",
          "c\xCC\xA7"
          "alme",
          "cxalme");
    check("\xC3\xBC"
          "ber*",
          "\xC3\x9C"
          "BERWEISUNG",
          "berweisung");
    check("uber*",
          "\xC3\xBC"
          "berweisung",
          "wo uebrig");
    check("l'e*", "l`\xC3\xA9t\xC3\xA9", "les");
    check("*fahrt", "die Abfahrt", "Fahrten");
    check("*fahrt", "FAHRT", "fahr");
    check("*te", "l'\xC3\xA9t\xC3\xA9", "tea");
    check("*stra\xC3\x9F"
          "e",
          "HAUPTSTRASSE", "strassen");
    check("want* refund*", "wants refunds", "wants a refund");
    check("well-know*", "a well known one", "well, he knows");
    check("\xD0\xB2\xD0\xBE*", "\xD0\x92\xD0\x9E\xD0\x97", "\xD0\x92");
    /* its beginning is looked at even where a word is longer than what is folded; its end is not */
    check("aaaaaaaa*", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg", "aaaaaaa");
    check("*gg", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeegg",
          "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg");
}

/* Of a word that is longer than tokens are the end is not known: what is cut off could be it. */
static void a_word_that_is_cut_has_no_end(void **state)
{
    (void)state;
    char word[300];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    word[0] = 'b';
    check("*aa", "baa", word);
    check("ba*", word, word + 1);
}

static void places_stand_for_words_and_numbers(void **state)
{
    (void)state;
    check("talk to _ human", "talk to a human", "talk to human");
    check("talk to * human", "talk to some, human", "talk to a nice human");
    check("_ refund", "my refund", "refund");
    check("refund _", "refund me", "refund. me");
    check("# euros", "it was 3.50 euros", "few euros");
    check("order #", "order 4711", "order it");
    check("#", "call 112", "call me");
    check("911", "call 911", "call 9111");
    check("speak ... human", "speak human", "speak to one more real human");
    check("speak ... human", "speak to a real human", "speak. human");
    check("speak...human", "speak to a human", "human speak");
    check("speak\xE2\x80\xA6human", "speak to a human", "speak");
    check("a ... b ... a", "a b x b a", "a x x x x b a");
    check("a ... a a", "a a a", "a a");
    check("i ... _ you", "i you you", "i you");
}

static void alternatives_give_a_phrase_each(void **state)
{
    (void)state;
    check("(refund|money back)", "my money back", "my money");
    check("(refund|money back)", "a refund", "back");
    check("colo(u|)r", "my color", "colouur");
    check("colo(u|)r", "my colour", "colur");
    check("(speak|talk) (to|with) (a (real|live) |)(person|human)", "talk with a live human", "talk a human");
    check("(speak|talk) (to|with) (a (real|live) |)(person|human)", "speak to person", "speak to a person");
    check("(a|a) b", "a b", "b");
    check("\\(x\\|y\\)", "x y", "x");
}

/* ---- which verdicts follow ---- */

static void a_phrase_that_cancels_takes_its_label_away(void **state)
{
    (void)state;
    const struct line lines[] = {
        {1, 1000, "cancel"}, {1, 0, "(do not|don't) cancel"}, {2, 900, "order"}, {5, 0, "nothing"}};
    set(EAR_ASK_TAG, lines, EAR_COUNT_OF(lines));
    say("please cancel my order");
    assert_int_equal(verdicts.count, 2);
    assert_int_equal(items[0].label, 1);
    assert_int_equal(items[1].label, 2);
    say("do not cancel my order");
    assert_int_equal(verdicts.count, 1);
    assert_int_equal(items[0].label, 2);
    say("order first; cancel? No, I said don't cancel!");
    assert_int_equal(verdicts.count, 1);
    say("nothing");
    assert_int_equal(verdicts.count, 0);
}

static void tags_come_once_each_with_their_greatest_weight(void **state)
{
    (void)state;
    const struct line lines[] = {{0, 300, "red"}, {0, 800, "dark red"}, {1, 500, "red wine"}, {0, 100, "wine"}};
    set(EAR_ASK_TAG, lines, EAR_COUNT_OF(lines));
    say("red dark red wine red");
    assert_int_equal(verdicts.count, 2);
    assert_int_equal(items[0].label, 0);
    assert_int_equal(items[0].score, 800);
    assert_int_equal(items[1].label, 1);
    assert_int_equal(items[1].score, 500);
    assert_int_equal(items[0].span_length, 0);
}

static void one_answer_is_the_heaviest_then_the_longest_then_the_first(void **state)
{
    (void)state;
    const struct line lines[] = {{0, 500, "bill"}, {1, 700, "late"}, {2, 500, "bill is wrong"}, {3, 500, "shop"}};
    set(EAR_ASK_TOPIC, lines, EAR_COUNT_OF(lines));
    say("the bill is late");
    assert_int_equal(verdicts.count, 1);
    assert_int_equal(items[0].question, EAR_ASK_TOPIC);
    assert_int_equal(items[0].label, 1);
    assert_int_equal(items[0].score, 700);
    say("shop: the bill is wrong");
    assert_int_equal(items[0].label, 2);
    say("shop: the bill");
    assert_int_equal(verdicts.count, 1);
    assert_int_equal(items[0].label, 3);
    say("nothing of that");
    assert_int_equal(verdicts.count, 0);
}

static void thresholds_and_the_reject_label_hold_back(void **state)
{
    (void)state;
    static const uint8_t thresholds[16] = {0, 0, 0xF5, 1, 0xE9, 3}; /* label 1: 501, label 2: never */
    const struct line lines[] = {{0, 1, "a"}, {1, 500, "b"}, {1, 501, "c"}, {2, 1000, "d"}, {3, 800, "e"}};
    set(EAR_ASK_TOPIC, lines, EAR_COUNT_OF(lines));
    model.pack.thresholds = thresholds;
    say("a b");
    assert_int_equal(items[0].label, 0);
    say("a b c");
    assert_int_equal(items[0].label, 1);
    say("d");
    assert_int_equal(verdicts.count, 0);
    model.pack.reject = 3;
    say("e c"); /* none of these, says the best phrase */
    assert_int_equal(verdicts.count, 0);
    model.pack.question = EAR_ASK_TAG;
    say("e c d a b");
    assert_int_equal(verdicts.count, 2);
    assert_int_equal(items[0].label, 1);
    assert_int_equal(items[1].label, 0);
}

static void more_labels_than_there_is_room_for_are_left(void **state)
{
    (void)state;
    struct phrases phrases = {0};
    struct pack_bytes bytes = {0};
    uint16_t count = EAR_VERDICTS + 3 < EAR_TOKENS ? EAR_VERDICTS + 3 : EAR_TOKENS;
    char text[8 * (EAR_VERDICTS + 3)] = "";
    for (uint16_t i = 0; i < count; i++) {
        char word[8];
        snprintf(word, sizeof word, "w%u", i);
        add_line(&phrases, &(struct line){i, 1000, word}, i);
        append(text, sizeof text, word);
        append(text, sizeof text, " ");
    }
    assert_true(phrases_build(&phrases, &bytes));
    labels = count;
    open_body(&bytes, EAR_ASK_TAG);
    labels = LABELS;
    say(text);
    assert_int_equal(verdicts.count, count < EAR_VERDICTS ? count : EAR_VERDICTS);
    assert_int_equal(items[verdicts.count - 1].label, verdicts.count - 1);
    pack_bytes_free(&bytes);
    phrases_free(&phrases);
}

/* ---- what is refused ---- */

static void faults_of_phrases_say_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "nothing to look for"},
        {"?!", "nothing to look for"},
        {"_ _", "nothing to look for"},
        {"... refund", "between words"},
        {"refund ...", "between words"},
        {"re*nd", "one `*`"},
        {"*fun*", "one `*`"},
        {"r*", "at least 2 letters"},
        {"49*", "a word of letters"},
        {"-*", "touches a letter"},
        {"\xE9\x80\x80*", "a word of letters"},
        {"abcdefghijklmnopqrstuvwxyzabcdefg*", "at most 32 bytes"},
        {"(a|b", "is not closed"},
        {"a|b", "belong to a `(`"},
        {"a) b", "belong to a `(`"},
        {"(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)", "more than 256"},
        {"a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g", "at most 32 words"},
        {"a ... b ... c ... d ... e ... f ... g ... h ... i", "at most 32 words"},
    };
    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        char fault[PHRASE_FAULT_BYTES] = "";
        struct phrases phrases = {0};
        if (phrases_add(&phrases, &(struct phrase){.weight = 1}, cases[i].text, fault)) {
            fail_msg("\"%s\" is taken", cases[i].text);
        }
        if (strstr(fault, cases[i].says) == NULL) {
            fail_msg("\"%s\": %s", cases[i].text, fault);
        }
        phrases_free(&phrases);
    }
}

static void a_phrase_that_is_there_twice_is_found_out(void **state)
{
    (void)state;
    struct phrases phrases = {0};
    const struct phrase *first = NULL;
    const struct phrase *again = NULL;
    add_line(&phrases, &(struct line){0, 5, "(a|A) b"}, 1);
    add_line(&phrases, &(struct line){1, 5, "a b"}, 2);
    add_line(&phrases, &(struct line){0, 0, "a b"}, 3);
    assert_int_equal(phrases.count, 4);
    assert_false(phrases_twice(&phrases, &first, &again));
    assert_int_equal(phrases.count, 3);
    add_line(&phrases, &(struct line){0, 9, "\xC3\x81, b!"}, 4);
    assert_true(phrases_twice(&phrases, &first, &again));
    assert_int_equal(first->line, 1);
    assert_int_equal(again->line, 4);
    phrases_free(&phrases);
}

/* Each byte of a body changed to some others: it is refused, or judges without harm (the sanitizers look on). */
static void damaged_bodies_do_no_harm(void **state)
{
    (void)state;
    const struct line lines[] = {{0, 500, "refund* ... # (now|today)"}, {1, 700, "*fahrt _ x"}, {2, 0, "do not"}};
    set(EAR_ASK_TAG, lines, EAR_COUNT_OF(lines));
    uint32_t at = 0;
    unsigned refused = 0;
    for (uint32_t i = 0; i < model.pack.body_bytes; i++) {
        uint8_t good = body[i];
        for (unsigned change = 1; change < 256; change = change * 2 + 1) {
            body[i] = (uint8_t)(good ^ change);
            if (ear_engine_phrases.check(&model.pack, &at) == EAR_OK) {
                say("refunds for 5 of it today, do not Abfahrt a x");
            } else {
                assert_true(at <= model.pack.body_bytes);
                refused++;
            }
        }
        body[i] = good;
    }
    assert_true(refused > 100);
    for (uint32_t length = 0; length < model.pack.body_bytes; length++) {
        struct ear_pack cut = model.pack;
        cut.body_bytes = length;
        assert_int_equal(ear_engine_phrases.check(&cut, &at), EAR_ERR_SYNTAX);
    }
    model.pack.label_count = 2;
    assert_int_equal(ear_engine_phrases.check(&model.pack, &at), EAR_ERR_SYNTAX);
    model.pack.label_count = 3;
    assert_int_equal(ear_engine_phrases.check(&model.pack, &at), EAR_OK);
    model.pack.question = EAR_ASK_REDACTION;
    assert_int_equal(ear_engine_phrases.check(&model.pack, &at), EAR_ERR_SYNTAX);
}

static void no_phrases_are_a_body_too(void **state)
{
    (void)state;
    set(EAR_ASK_TAG, NULL, 0);
    say("anything at all");
    assert_int_equal(verdicts.count, 0);
}

/* ---- random phrases in random texts ---- */

static uint32_t seed;

static uint32_t below(uint32_t bound)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % bound;
}

/* Words that share beginnings and ends; the last ones are a number, a comma and a point. */
static const char *const words[] = {"an",  "anna", "banana", "band", "bandana", "dan",
                                    "nan", "ab",   "abba",   "7",    ",",       "."};
enum { WORDS = 9, NUMBER = 9, COMMA = 10, POINT = 11 };

/* What a phrase may consist of besides words. */
static const char *const places[] = {"_", "...", "#", "an*", "ban*", "*an", "*ana", "da*"};
enum { PLACES = 8, MOST = 6, WRITTEN_BYTES = 200 };

static bool one_is(const char *place, uint32_t word)
{
    const char *text = words[word];
    size_t length = strlen(place);
    if (strcmp(place, "_") == 0) {
        return word <= NUMBER;
    }
    if (strcmp(place, "#") == 0) {
        return word == NUMBER;
    }
    if (place[0] == '*') {
        return word < WORDS && strlen(text) >= length - 1 && strcmp(text + strlen(text) - (length - 1), place + 1) == 0;
    }
    if (place[length - 1] == '*') {
        return word < WORDS && strncmp(text, place, length - 1) == 0;
    }
    return strcmp(place, text) == 0;
}

/* Whether the phrase's places are the words from `at` on. */
static bool naive(const char *const *phrase, unsigned places_left, const uint32_t *text, unsigned count, unsigned at)
{
    if (places_left == 0) {
        return true;
    }
    if (strcmp(phrase[0], "...") == 0) {
        for (unsigned gap = 0; gap <= PHRASE_GAP_WORDS; gap++) {
            if (naive(phrase + 1, places_left - 1, text, count, at)) {
                return true;
            }
            while (at < count && text[at] == COMMA) {
                at++;
            }
            if (at == count || text[at] == POINT) {
                return false;
            }
            at++;
        }
        return false;
    }
    while (at < count && text[at] == COMMA) {
        at++;
    }
    return at < count && one_is(phrase[0], text[at]) && naive(phrase + 1, places_left - 1, text, count, at + 1);
}

struct random_phrase {
    const char *places[MOST];
    unsigned count;
    char text[80];
};

/* A phrase with something to look for, neither end of which is a gap. */
static void make_phrase(struct random_phrase *phrase)
{
    bool found = false;
    do {
        found = false;
        phrase->count = 1 + below(1 + below(MOST));
        phrase->text[0] = '\0';
        for (unsigned i = 0; i < phrase->count; i++) {
            const char *place = below(3) != 0 ? words[below(NUMBER + 1)] : places[below(PLACES)];
            phrase->places[i] = place;
            append(phrase->text, sizeof phrase->text, place);
            append(phrase->text, sizeof phrase->text, " ");
            found = found || (strcmp(place, "_") != 0 && strcmp(place, "...") != 0);
        }
        found = found && phrase->places[0][0] != '.' && phrase->places[phrase->count - 1][0] != '.';
    } while (!found);
}

static unsigned make_text(uint32_t *text, char *written)
{
    unsigned count = below(14);
    written[0] = '\0';
    for (unsigned i = 0; i < count; i++) {
        text[i] = below(6) != 0 ? below(WORDS) : NUMBER + below(3);
        if (text[i] >= COMMA && i > 0 && text[i - 1] >= COMMA) {
            text[i] = below(WORDS); /* marks in a row would be one */
        }
        append(written, WRITTEN_BYTES, text[i] >= COMMA ? "" : " ");
        append(written, WRITTEN_BYTES, words[text[i]]);
        char *first = written + strlen(written) - strlen(words[text[i]]);
        if (*first >= 'a' && below(4) == 0) {
            *first = (char)(*first - 'a' + 'A');
        }
    }
    return count;
}

static void random_phrases_are_found_where_the_naive_matcher_finds_them(void **state)
{
    (void)state;
    enum { ROUNDS = 300, PHRASES = 8, TEXTS = 20 };
    struct random_phrase made[PHRASES];
    unsigned hits = 0;
    for (seed = 1; seed <= ROUNDS;) {
        uint32_t round = seed;
        struct line lines[PHRASES];
        for (uint16_t i = 0; i < PHRASES; i++) {
            make_phrase(&made[i]);
            lines[i] = (struct line){i, 500, made[i].text};
        }
        set(EAR_ASK_TAG, lines, PHRASES);
        for (unsigned t = 0; t < TEXTS; t++) {
            uint32_t text[16];
            char written[WRITTEN_BYTES];
            unsigned count = make_text(text, written);
            say(written);
            for (uint16_t i = 0; i < PHRASES; i++) {
                bool wanted = false;
                bool found = false;
                for (unsigned at = 0; at < count && !wanted; at++) {
                    wanted = text[at] < COMMA && naive(made[i].places, made[i].count, text, count, at);
                }
                for (uint16_t v = 0; v < verdicts.count; v++) {
                    found = found || items[v].label == i;
                }
                if (wanted != found && (found || verdicts.count < EAR_VERDICTS)) {
                    fail_msg("round %u: \"%s\" in \"%s\": %d, not %d", (unsigned)round, made[i].text, written, found,
                             wanted);
                }
                hits += wanted;
            }
        }
        seed = round + 1;
    }
    assert_true(hits > ROUNDS * TEXTS); /* it is not all about nothing */
}

/* Thousands of phrases of words that no two share: each is found in a text of its own, and only there. */
static void thousands_of_phrases_are_kept_apart(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    struct phrases phrases = {0};
    struct pack_bytes bytes = {0};
    char text[40];
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(text, sizeof text, i % 3 == 0 ? "word%u" : i % 3 == 1 ? "say word%u" : "pre%uz* x", i);
        add_line(&phrases, &(struct line){(uint16_t)(i % 8), (uint16_t)(1 + i / 8), text}, i);
    }
    assert_true(phrases_build(&phrases, &bytes));
    open_body(&bytes, EAR_ASK_TAG);
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(text, sizeof text, i % 3 == 0 ? "a Word%u b" : i % 3 == 1 ? "I say: word%u" : "a pre%uzoo x", i);
        say(text);
        assert_int_equal(verdicts.count, 1);
        assert_int_equal(items[0].label, i % 8);
        assert_int_equal(items[0].score, 1 + i / 8);
    }
    say("word3001 word4 say word3 pre2 x pre1z x");
    assert_int_equal(verdicts.count, 1); /* word3 alone */
    pack_bytes_free(&bytes);
    phrases_free(&phrases);
}

static int tear_down(void **state)
{
    (void)state;
    drop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(whole_words_are_found, tear_down),
        cmocka_unit_test_teardown(marks_between_words_are_passed_over_but_not_ends_of_sentences, tear_down),
        cmocka_unit_test_teardown(runs_of_ideographs_and_emoji_are_found, tear_down),
        cmocka_unit_test_teardown(a_star_stands_for_the_rest_of_a_word, tear_down),
        cmocka_unit_test_teardown(a_word_that_is_cut_has_no_end, tear_down),
        cmocka_unit_test_teardown(places_stand_for_words_and_numbers, tear_down),
        cmocka_unit_test_teardown(alternatives_give_a_phrase_each, tear_down),
        cmocka_unit_test_teardown(a_phrase_that_cancels_takes_its_label_away, tear_down),
        cmocka_unit_test_teardown(tags_come_once_each_with_their_greatest_weight, tear_down),
        cmocka_unit_test_teardown(one_answer_is_the_heaviest_then_the_longest_then_the_first, tear_down),
        cmocka_unit_test_teardown(thresholds_and_the_reject_label_hold_back, tear_down),
        cmocka_unit_test_teardown(more_labels_than_there_is_room_for_are_left, tear_down),
        cmocka_unit_test(faults_of_phrases_say_what_is_allowed),
        cmocka_unit_test(a_phrase_that_is_there_twice_is_found_out),
        cmocka_unit_test_teardown(damaged_bodies_do_no_harm, tear_down),
        cmocka_unit_test_teardown(no_phrases_are_a_body_too, tear_down),
        cmocka_unit_test_teardown(random_phrases_are_found_where_the_naive_matcher_finds_them, tear_down),
        cmocka_unit_test_teardown(thousands_of_phrases_are_kept_apart, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
