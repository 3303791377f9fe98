/* SPDX-License-Identifier: Apache-2.0 */
/* The linear engine against the plainest reading of ear_linear.h, on random bodies of many shapes; which bodies it
 * refuses; what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/judge/ear_text.h"
#include "core/model/ear_linear.h"
#include "core/model/ear_linear_math.h"
#include "tests/support/linear_body.h"

#define LABELS_MOST 300
#define FEATURES_MOST 40000

static struct ear_tokens tokens;
static struct ear_features features;
static struct ear_model_turn model_turn = {.features = &features};
static uint32_t found_features[FEATURES_MOST];
static uint8_t *body; /* of its own size, so that a byte read beyond it is seen */
static struct ear_model model;

static const char *const texts[] = {
    "My card has not arrived yet, can I talk to a HUMAN please?!",
    "I don't want this. Nicht gut, gar nicht gut! wo ist mein Paket 12345",
    "Здравствуйте, где мой заказ? ГДЕ ОН",
    "我的订单在哪里？ 请帮我 カードが届きません",
    "hi",
    "a a a a a a a a a a b b b b b b b b b b a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a",
    "Ünïcödé ĞÜZEL şey ναι ΌΧΙ 한국어 ไทย हिन्दी العربية 😀 :) 3,50 €",
};

static struct ear_turn turn_of(const char *text)
{
    uint16_t length = (uint16_t)strlen(text);
    ear_text_tokens(text, length, &tokens);
    return (struct ear_turn){.struct_size = sizeof(struct ear_turn),
                             .text = text,
                             .text_length = length,
                             .tokens = tokens.items,
                             .token_count = tokens.count};
}

static void open_body(const struct linear_shape *shape, enum ear_question question, uint32_t *seed)
{
    uint32_t bytes = linear_body_bytes(shape);
    uint32_t count = 0;
    uint32_t at = 0;
    for (size_t i = 0; i < EAR_COUNT_OF(texts); i += 2) { /* the others' features are found by chance, or not at all */
        struct ear_turn turn = turn_of(texts[i]);
        count += linear_text_features(&turn, shape->families, found_features + count, FEATURES_MOST - count);
    }
    free(body);
    body = malloc(bytes);
    assert_non_null(body);
    linear_body_write(shape, found_features, count, seed, body);
    model = (struct ear_model){.pack = {.body = body,
                                        .body_bytes = bytes,
                                        .label_count = shape->labels,
                                        .reject = EAR_PACK_NO_LABEL,
                                        .question = (uint8_t)question},
                               .engine = &ear_engine_linear,
                               .turn = &model_turn};
    if (ear_engine_linear.check(&model.pack, &at) != EAR_OK) {
        fail_msg("the body is wrong at byte %u of %u", (unsigned)at, (unsigned)bytes);
    }
}

/* ---- the plainest reading of the header ---- */

static uint32_t u16(const uint8_t *p)
{
    return (uint32_t)p[0] + 256u * p[1];
}

static int32_t signed_nibble(const uint8_t *p, uint32_t i)
{
    int32_t value = i % 2 == 0 ? p[i / 2] % 16 : p[i / 2] / 16;
    return value < 8 ? value : value - 16;
}

static int64_t shifted(int64_t value, unsigned by)
{
    int64_t unit = (int64_t)1 << by;
    return value >= 0 ? value / unit : -((-value + unit - 1) / unit);
}

static int64_t limited(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static uint32_t plain_root(uint32_t n)
{
    uint64_t root = 0;
    while ((2 * root + 1) * (2 * root + 1) * n <= UINT64_C(1) << 34) {
        root++; /* root + 1/2 is not above 65536 / sqrt(n) */
    }
    return (uint32_t)root;
}

struct plain {
    uint32_t found;
    int64_t h[EAR_LINEAR_DIMS_MAX];
};

static const uint8_t *plain_key(uint32_t hash)
{
    const uint32_t buckets = u16(body + 4);
    const uint32_t dims = u16(body + 2);
    const uint8_t *keys = body + 12 + model.pack.label_count * (6 + (dims + 3) / 4 * 2);
    const uint8_t *bucket = keys + 16 * ((uint64_t)(hash >> 12) * buckets >> 20);
    for (uint32_t i = 0; i < 8; i++) {
        if (u16(bucket + 2 * i) / 16 == (hash & 0xFFF) && u16(bucket + 2 * i) % 16 != 0) {
            return bucket + 2 * i;
        }
    }
    return NULL;
}

static void plain_add(struct plain *plain, const uint8_t *key)
{
    const uint32_t bits = body[1];
    const uint32_t dims = u16(body + 2);
    const uint8_t *keys = body + 12 + model.pack.label_count * (6 + (dims + 3) / 4 * 2);
    const uint8_t *vector = keys + 16 * u16(body + 4) + (size_t)(key - keys) / 2 * dims * bits / 8;
    const int64_t scale = *key % 16;
    for (uint32_t d = 0; d < dims; d++) {
        plain->h[d] += scale * (bits == 4 ? signed_nibble(vector, d) : (vector[d / 8] >> d % 8) % 2 == 1 ? 1 : -1);
    }
    plain->found++;
}

static uint32_t plain_scores(const struct ear_turn *turn, int32_t *scores)
{
    static const uint8_t *seen[FEATURES_MOST];
    struct plain plain = {0};
    uint32_t count = linear_text_features(turn, body[0], found_features, FEATURES_MOST);
    assert_true(count < FEATURES_MOST);
    for (uint32_t i = 0; i < count && plain.found < EAR_LINEAR_FEATURES_MAX; i++) {
        const uint8_t *key = plain_key(found_features[i]);
        bool again = false;
        for (uint32_t j = 0; (body[6] & 1) != 0 && j < plain.found; j++) {
            again = again || seen[j] == key;
        }
        if (key != NULL && !again) {
            seen[plain.found] = key;
            plain_add(&plain, key);
        }
    }
    const uint32_t dims = u16(body + 2);
    const int64_t root = (body[6] & 2) != 0 && plain.found > 0 ? plain_root(plain.found) : 65536;
    for (uint32_t i = 0; i < model.pack.label_count; i++) {
        const uint8_t *row = body + 12 + i * (6 + (dims + 3) / 4 * 2);
        int64_t dot = 0;
        for (uint32_t d = 0; d < dims; d++) {
            dot += limited(shifted(plain.h[d] * root, 12), INT16_MIN, INT16_MAX) * signed_nibble(row + 6, d);
        }
        int64_t bias = (int32_t)(u16(row) + (u16(row + 2) << 16));
        scores[i] = (int32_t)limited(shifted(dot * u16(row + 4), body[7]) + bias, INT32_MIN, INT32_MAX);
    }
    return plain.found;
}

/* ---- scores ---- */

static void expect_plain(const struct ear_turn *turn)
{
    static int32_t scores[LABELS_MOST];
    static int32_t plain[LABELS_MOST];
    uint32_t expected = plain_scores(turn, plain);
    ear_features_begin(&features, turn);
    uint16_t found = ear_linear_scores(&model, turn, scores);
    assert_int_equal(found, expected);
    for (uint32_t i = 0; found > 0 && i < model.pack.label_count; i++) {
        assert_int_equal(scores[i], plain[i]);
    }
}

static struct linear_shape any_shape(uint32_t *seed)
{
    struct linear_shape shape = {.labels = (uint16_t)(2 + linear_random(seed) % 40),
                                 .bits = linear_random(seed) % 2 == 0 ? 1 : 4,
                                 .buckets = (uint16_t)(1 + linear_random(seed) % 60),
                                 .families = (uint8_t)(1 + linear_random(seed) % 255),
                                 .flags = (uint8_t)(linear_random(seed) % 4),
                                 .shift = (uint8_t)(linear_random(seed) % 41),
                                 .temper = linear_random(seed) >> linear_random(seed) % 32};
    shape.dims = (uint16_t)(shape.bits == 1 ? 8 + 8 * (linear_random(seed) % (EAR_LINEAR_DIMS_MAX / 8))
                                            : 2 + 2 * (linear_random(seed) % (EAR_LINEAR_DIMS_MAX / 2)));
    return shape;
}

static void test_scores_are_those_of_the_header(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (int i = 0; i < 150; i++) {
        struct linear_shape shape = any_shape(&seed);
        open_body(&shape, EAR_ASK_TOPIC, &seed);
        for (size_t j = 0; j < EAR_COUNT_OF(texts); j++) {
            struct ear_turn turn = turn_of(texts[j]);
            expect_plain(&turn);
        }
    }
}

/* Longer than the features that fit, and more keys than can be remembered at once. */
static void test_long_messages(void **state)
{
    (void)state;
    static char text[EAR_TEXT_BYTES + 1];
    uint32_t seed = 2;
    for (size_t at = 0; at < EAR_TEXT_BYTES; at++) {
        uint32_t r = linear_random(&seed);
        text[at] = r % 9 == 0 ? ' ' : (char)('a' + r / 16 % 6);
    }
    for (uint8_t flags = 0; flags < 4; flags++) {
        struct linear_shape shape = {.labels = 3,
                                     .bits = 1,
                                     .dims = 32,
                                     .buckets = 600,
                                     .families = 0xFF,
                                     .flags = flags,
                                     .shift = 3,
                                     .temper = 65536};
        open_body(&shape, EAR_ASK_TOPIC, &seed);
        struct ear_turn turn = turn_of(text);
        expect_plain(&turn);
        uint32_t words = 1;
        ear_features_spare(&features, 0xFF, &words);
        assert_int_equal(words, 0); /* what this test is about */
    }
}

/* More features than a message may have: the first ones count. They come in several runs, of which one is cut. */
static void test_more_features_than_count(void **state)
{
    (void)state;
    enum { WORDS = EAR_LINEAR_FEATURES_MAX / 2 + 16 };
    static struct ear_token many[WORDS];
    uint32_t seed = 11;
    struct linear_shape shape = {.labels = 3,
                                 .bits = 4,
                                 .dims = 8,
                                 .buckets = 4,
                                 .families =
                                     (uint8_t)(EAR_FAMILY_BIT(EAR_FAMILY_WORD) | EAR_FAMILY_BIT(EAR_FAMILY_NEGATED)),
                                 .shift = 12,
                                 .temper = 65536};
    open_body(&shape, EAR_ASK_TOPIC, &seed);
    const struct ear_turn known = turn_of(texts[0]); /* its words are found, or some of them */
    uint32_t hashes[2] = {0};
    uint32_t found = 0;
    for (uint16_t i = 0; i < known.token_count && found < EAR_COUNT_OF(hashes); i++) {
        const uint32_t hash = known.tokens[i].hash;
        if (plain_key(hash) != NULL && (found == 0 || hash != hashes[0])) {
            hashes[found++] = hash;
        }
    }
    assert_int_equal(found, EAR_COUNT_OF(hashes));
    for (uint32_t i = 0; i < WORDS; i++) {
        many[i] = (struct ear_token){.hash = hashes[i < WORDS / 2], .length = 1};
    }
    struct ear_turn turn = {.text = "a", .text_length = 1, .tokens = many, .token_count = WORDS};
    int32_t scores[3];
    expect_plain(&turn);
    ear_features_begin(&features, &turn);
    assert_int_equal(ear_linear_scores(&model, &turn, scores), EAR_LINEAR_FEATURES_MAX);
}

static void test_nothing_overflows(void **state)
{
    (void)state;
    enum { VECTOR = EAR_LINEAR_DIMS / 2, ROW = 6 + VECTOR };
    uint32_t seed = 3;
    struct linear_shape shape = {
        .labels = 4, .bits = 4, .dims = 2 * VECTOR, .buckets = 20, .families = 0x7F, .flags = 0, .temper = UINT32_MAX};
    open_body(&shape, EAR_ASK_TOPIC, &seed);
    uint8_t *keys = body + 12 + 4 * ROW;
    for (uint32_t i = 0; i < 160; i++) {
        keys[2 * i] |= keys[2 * i] % 16 != 0 ? 15 : 0;
    }
    memset(keys + 320, 0x88, (size_t)160 * VECTOR); /* elements of -8 everywhere */
    memset(body + 12, 0x88, ROW);
    memset(body + 12 + ROW, 0x77, ROW);
    memset(body + 12, 0xFF, 6); /* the greatest scale, a bias of -1 */
    memcpy(body + 12 + ROW, "\x00\x00\x00\x80\xFF\xFF", 6);
    for (size_t j = 0; j < EAR_COUNT_OF(texts); j++) {
        static int32_t scores[4];
        uint16_t shares[4];
        struct ear_turn turn = turn_of(texts[j]);
        expect_plain(&turn);
        ear_features_begin(&features, &turn);
        if (ear_linear_scores(&model, &turn, scores) > 0) {
            assert_true(scores[0] > 0 && scores[1] == INT32_MIN);
            ear_linear_shares(&model, scores, shares);
            assert_int_equal(shares[1], 0);
        }
    }
}

/* ---- roots, powers, shares ---- */

static void test_roots(void **state)
{
    (void)state;
    for (uint32_t n = 1; n < 32768; n += n < 1000 ? 1 : 37) {
        uint64_t twice = 2 * (uint64_t)ear_linear_root(n); /* root - 1/2 <= 65536 / sqrt(n) < root + 1/2 */
        assert_true((twice - 1) * (twice - 1) * n <= UINT64_C(1) << 34);
        assert_true((twice + 1) * (twice + 1) * n > UINT64_C(1) << 34);
    }
}

static void test_powers(void **state)
{
    (void)state;
    /* round(2^20 * e^-x) for x = 0, 1/2, 1, ln 2, 3, 10, 13.5 */
    static const uint32_t points[][2] = {{0, 1048576},    {32768, 635994}, {65536, 385750}, {45426, 524288},
                                         {196608, 52206}, {655360, 48},    {884736, 1}};
    for (size_t i = 0; i < EAR_COUNT_OF(points); i++) {
        int32_t off = (int32_t)(ear_linear_falls(points[i][0]) - points[i][1]);
        assert_in_range(off + 40, 0, 80);
    }
    uint32_t before = UINT32_MAX;
    for (uint64_t x = 0; x < 15u << 16; x += 97) {
        assert_true(ear_linear_falls(x) <= before);
        before = ear_linear_falls(x);
    }
    assert_int_equal(ear_linear_falls(EAR_LINEAR_REACH), 0);
    assert_int_equal(ear_linear_falls(UINT64_MAX), 0);
}

static void test_shares(void **state)
{
    (void)state;
    uint32_t seed = 4;
    struct linear_shape shape = {.labels = 3, .bits = 4, .dims = 2, .buckets = 1, .families = 1, .temper = 1 << 16};
    const int32_t scores[3] = {65536, 2 * 65536, 0}; /* logits 1, 2, 0 */
    uint16_t shares[3];
    open_body(&shape, EAR_ASK_TOPIC, &seed);
    ear_linear_shares(&model, scores, shares);
    assert_int_equal(shares[0], 245);
    assert_int_equal(shares[1], 665);
    assert_int_equal(shares[2], 90);
}

/* ---- verdicts ---- */

static uint8_t thresholds[2 * LABELS_MOST];

static void set_threshold(uint32_t label, uint32_t value)
{
    thresholds[2 * label] = (uint8_t)value;
    thresholds[2 * label + 1] = (uint8_t)(value >> 8);
    model.pack.thresholds = thresholds;
}

/* What is said about a text; label EAR_PACK_NO_LABEL: nothing. */
static struct ear_verdict said(const char *text)
{
    struct ear_verdict item = {.label = EAR_PACK_NO_LABEL};
    struct ear_verdicts verdicts = {.items = &item, .capacity = 1};
    struct ear_turn turn = turn_of(text);
    struct ear_plugin_call call = {.struct_size = sizeof(call), .data = &model, .turn = &turn, .verdicts = &verdicts};
    ear_features_begin(&features, &turn);
    assert_int_equal(ear_engine_linear.on_turn(&call), 0);
    assert_true(verdicts.count == 0 || item.question == model.pack.question);
    return item;
}

static void test_the_best_label_is_said_with_its_share(void **state)
{
    (void)state;
    uint32_t seed = 5;
    for (int i = 0; i < 60; i++) {
        static int32_t scores[LABELS_MOST];
        static uint16_t shares[LABELS_MOST];
        struct linear_shape shape = any_shape(&seed);
        shape.labels = (uint16_t)(i % 10 == 0 ? LABELS_MOST : shape.labels);
        open_body(&shape, EAR_ASK_TOPIC, &seed);
        memset(thresholds, 0, sizeof(thresholds));
        for (size_t j = 0; j < EAR_COUNT_OF(texts); j++) {
            struct ear_turn turn = turn_of(texts[j]);
            ear_features_begin(&features, &turn);
            uint16_t found = ear_linear_scores(&model, &turn, scores);
            uint16_t best = 0;
            for (uint16_t k = 1; k < shape.labels; k++) {
                best = scores[k] > scores[best] ? k : best;
            }
            ear_linear_shares(&model, scores, shares);
            struct ear_verdict verdict = said(texts[j]);
            if (found == 0) {
                assert_int_equal(verdict.label, EAR_PACK_NO_LABEL);
                continue;
            }
            assert_int_equal(verdict.label, best);
            assert_int_equal(verdict.score, shares[best]);
            set_threshold(best, shares[best]);
            assert_int_equal(said(texts[j]).label, best);
            set_threshold(best, shares[best] + 1u);
            assert_int_equal(said(texts[j]).label, EAR_PACK_NO_LABEL);
            set_threshold(best, 0);
            model.pack.reject = best;
            assert_int_equal(said(texts[j]).label, EAR_PACK_NO_LABEL);
            model.pack.reject = EAR_PACK_NO_LABEL;
        }
    }
}

/* Where a message's features leave no room for the scores they are worked out twice: the same is said. */
static void test_scores_without_room_are_worked_out_twice(void **state)
{
    (void)state;
    static char text[EAR_TEXT_BYTES + 1];
    static int32_t scores[LABELS_MOST];
    static uint16_t shares[LABELS_MOST];
    uint32_t seed = 12;
    bool had_room = false, had_none = false;
    struct linear_shape shape = {
        .labels = LABELS_MOST, .bits = 1, .dims = 32, .buckets = 60, .families = 0xFF, .shift = 8, .temper = 200};
    open_body(&shape, EAR_ASK_TOPIC, &seed);
    memset(thresholds, 0, sizeof(thresholds));
    for (size_t length = 0; length + 11 < sizeof(text); length += 11) {
        memcpy(text + length, "Card, bitte", 12);
        struct ear_turn turn = turn_of(text);
        ear_features_begin(&features, &turn);
        if (ear_linear_scores(&model, &turn, scores) == 0) {
            continue;
        }
        uint16_t best = 0;
        for (uint16_t k = 1; k < shape.labels; k++) {
            best = scores[k] > scores[best] ? k : best;
        }
        ear_linear_shares(&model, scores, shares);
        const struct ear_verdict verdict = said(text);
        assert_int_equal(verdict.label, best);
        assert_int_equal(verdict.score, shares[best]);
        uint32_t words = 0;
        (void)ear_features_spare(&features, features.whole, &words);
        had_room = had_room || words >= LABELS_MOST;
        had_none = had_none || words < LABELS_MOST;
    }
    assert_true(had_none);
    assert_true(had_room || EAR_FEATURES < 2 * LABELS_MOST);
}

static void test_yes_or_nothing(void **state)
{
    (void)state;
    uint32_t seed = 6;
    int yes = 0;
    for (int i = 0; i < 60; i++) {
        int32_t scores[2];
        uint16_t shares[2];
        struct linear_shape shape = any_shape(&seed);
        shape.labels = 2;
        shape.temper = 20;
        open_body(&shape, EAR_ASK_HUMAN_REQUESTED, &seed);
        struct ear_turn turn = turn_of(texts[0]);
        ear_features_begin(&features, &turn);
        if (ear_linear_scores(&model, &turn, scores) == 0) {
            continue;
        }
        ear_linear_shares(&model, scores, shares);
        set_threshold(0, EAR_PACK_NEVER);
        set_threshold(1, shares[1]);
        struct ear_verdict verdict = said(texts[0]);
        assert_int_equal(verdict.label, 1); /* although no may be surer */
        assert_int_equal(verdict.score, shares[1]);
        set_threshold(1, shares[1] + 1u);
        assert_int_equal(said(texts[0]).label, EAR_PACK_NO_LABEL);
        set_threshold(0, 0);
        set_threshold(1, 0);
        assert_int_equal(said(texts[0]).label, scores[1] > scores[0]);
        yes++;
    }
    assert_true(yes > 20);
}

static void test_nothing_found_says_nothing(void **state)
{
    (void)state;
    uint32_t seed = 7;
    struct linear_shape shape = {.labels = 3, .bits = 4, .dims = 2, .buckets = 4, .families = 0xFF};
    open_body(&shape, EAR_ASK_SENTIMENT, &seed);
    assert_int_equal(said("").label, EAR_PACK_NO_LABEL);
    assert_int_equal(said("   \"()\"  ").label, EAR_PACK_NO_LABEL);
}

/* ---- bodies that are refused ---- */

static void expect_refused(uint32_t byte)
{
    uint32_t at = UINT32_MAX;
    assert_int_equal(ear_engine_linear.check(&model.pack, &at), EAR_ERR_SYNTAX);
    assert_int_equal(at, byte);
}

static void expect_refused_with(uint32_t byte, uint8_t value, uint32_t at)
{
    uint8_t before = body[byte];
    body[byte] = value;
    expect_refused(at);
    body[byte] = before;
}

static void test_refused(void **state)
{
    (void)state;
    uint32_t seed = 8;
    struct linear_shape shape = {.labels = 3, .bits = 4, .dims = 6, .buckets = 4, .families = 0x81, .flags = 3};
    open_body(&shape, EAR_ASK_TOPIC, &seed);
    const uint32_t bytes = model.pack.body_bytes;
    expect_refused_with(0, 0, 0);
    for (unsigned bits = 0; bits < 256; bits++) {
        if (bits != 1 && bits != 4) {
            expect_refused_with(1, (uint8_t)bits, 1);
        }
    }
    expect_refused_with(1, 1, 2); /* 6 bits are no bytes */
    expect_refused_with(2, 0, 2);
    expect_refused_with(2, EAR_LINEAR_DIMS + 2, 2);
    expect_refused_with(3, 1, 2);
    expect_refused_with(2, 7, 2);
    expect_refused_with(2, 8, bytes);
    expect_refused_with(4, 0, 4);
    expect_refused_with(4, 5, bytes);
    expect_refused_with(5, 255, bytes);
    expect_refused_with(6, 4, 6);
    expect_refused_with(7, 41, 7);
    for (uint32_t shorter = 0; shorter < bytes; shorter++) {
        uint32_t at = 0;
        model.pack.body_bytes = shorter;
        assert_int_equal(ear_engine_linear.check(&model.pack, &at), EAR_ERR_SYNTAX);
    }
    model.pack.body_bytes = bytes;
    model.pack.label_count = 1;
    expect_refused(0);
    model.pack.label_count = 3;
    model.pack.question = EAR_ASK_REDACTION;
    expect_refused(0);
}

static void test_buckets_that_are_refused(void **state)
{
    (void)state;
    uint32_t seed = 9;
    struct linear_shape shape = {.labels = 2, .bits = 1, .dims = 8, .buckets = 3, .families = 1};
    static const uint16_t wrong[][8] = {{0x0010},            /* a key without a scale */
                                        {0x0011, 0x0012},    /* one fingerprint twice */
                                        {0x0021, 0x0011},    /* not in order */
                                        {0x0011, 0, 0x0021}, /* a gap */
                                        {0x0001, 0, 0, 0, 0, 0, 0, 0x0011}};
    static const uint16_t right[][8] = {{0}, {0x0001}, {0x0001, 0x0011, 0xFFFF}, {1, 17, 33, 49, 65, 81, 97, 113}};
    open_body(&shape, EAR_ASK_TOPIC, &seed);
    const uint32_t last = 12 + 2 * (6 + 4) + 32;
    for (size_t i = 0; i < EAR_COUNT_OF(wrong) + EAR_COUNT_OF(right); i++) {
        const bool fits = i >= EAR_COUNT_OF(wrong);
        uint32_t at = 0;
        for (uint32_t j = 0; j < 8; j++) {
            uint16_t key = fits ? right[i - EAR_COUNT_OF(wrong)][j] : wrong[i][j];
            body[last + 2 * j] = (uint8_t)key;
            body[last + 2 * j + 1] = (uint8_t)(key >> 8);
        }
        assert_int_equal(ear_engine_linear.check(&model.pack, &at), fits ? EAR_OK : EAR_ERR_SYNTAX);
        assert_true(fits || at == last);
    }
}

/* A fingerprint of 0 is like an empty key to look at. */
static void test_fingerprint_zero(void **state)
{
    (void)state;
    uint32_t seed = 10;
    struct linear_shape shape = {.labels = 2, .bits = 1, .dims = 8, .buckets = 2, .families = 1};
    open_body(&shape, EAR_ASK_TOPIC, &seed);
    struct ear_token token = {.hash = 0x12345000, .length = 1};
    struct ear_turn turn = {.text = "a", .text_length = 1, .tokens = &token, .token_count = 1};
    int32_t scores[2];
    for (uint32_t used = 0; used <= 8; used++) {
        uint8_t *bucket = body + 12 + 2 * (6 + 4);
        memset(bucket, 0, 32);
        for (uint32_t i = 0; i < used; i++) {
            bucket[2 * i] = (uint8_t)(16 * i + 1);
        }
        ear_features_begin(&features, &turn);
        assert_int_equal(ear_linear_scores(&model, &turn, scores), used > 0);
        expect_plain(&turn);
    }
}

static int clean_up(void **state)
{
    (void)state;
    free(body);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores_are_those_of_the_header),
        cmocka_unit_test(test_long_messages),
        cmocka_unit_test(test_more_features_than_count),
        cmocka_unit_test(test_nothing_overflows),
        cmocka_unit_test(test_roots),
        cmocka_unit_test(test_powers),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_the_best_label_is_said_with_its_share),
        cmocka_unit_test(test_scores_without_room_are_worked_out_twice),
        cmocka_unit_test(test_yes_or_nothing),
        cmocka_unit_test(test_nothing_found_says_nothing),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_buckets_that_are_refused),
        cmocka_unit_test(test_fingerprint_zero),
    };
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
