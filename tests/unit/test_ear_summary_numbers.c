/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_summary_numbers.c - numbers of every shape as bytes, and read again one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/tell/ear_summary.h"

/* As many as fill a bucket, or make its count five digits long. */
enum { FULL = EAR_DISTRIBUTION_BITS < 17 ? 1u << EAR_DISTRIBUTION_BITS : 70000 };

static uint8_t bytes[EAR_SUMMARY_BYTES];
static struct ear_labels labels;
static uint32_t words[EAR_CELL_WORDS];
static struct ear_summary summary;
static struct ear_note note;
static struct ear_place place;

/* An hour of the slice `other`. */
static const struct ear_summary_head hour = {.start_s = 1767268800,
                                             .revision = (1u << 24) + 1,
                                             .length_s = 3600,
                                             .boot = 1,
                                             .seq = 1,
                                             .resolution = 1,
                                             .other = true};

static void on_retire(void *context, struct ear_note *from, uint16_t cell)
{
    (void)context;
    (void)from;
    (void)cell;
}

static int setup(void **state)
{
    static const struct ear_tz utc;
    static const struct ear_retire retire = {.cell = on_retire};
    (void)state;
    ear_label_init(&labels);
    memset(words, 0, sizeof words);
    ear_note_init(&note);
    ear_note_place(&note, &utc, hour.start_s * 1000, 0, EAR_LATE_OLDEST, &retire, &place);
    return 0;
}

static uint16_t label(const char *text)
{
    uint16_t id = ear_label_find(&labels, (struct ear_str){text, (uint16_t)strlen(text)}, NULL);
    assert_int_not_equal(id, EAR_LABEL_OTHER);
    return id;
}

static size_t encode(const uint32_t *from)
{
    int32_t length = ear_summary_encode(&hour, from, &labels, bytes, sizeof bytes);
    assert_true(length > 0);
    return (size_t)length;
}

static void decode(size_t length)
{
    size_t at;
    assert_int_equal(ear_summary_decode(&summary, bytes, length, &at), EAR_OK);
}

/* The map of numbers in the bytes is this. */
static void expect_numbers(size_t length, const char *expected, size_t size)
{
    static const char tail[] = "\x0a\x86\x00\x00\x00\x00\x00\x00";
    const size_t head = 26;
    assert_int_equal(length, head + size + sizeof tail - 1);
    assert_memory_equal(bytes + head, expected, size);
    assert_memory_equal(bytes + head + size, tail, sizeof tail - 1);
}

#define EXPECT_NUMBERS(length, text) expect_numbers((length), (text), sizeof(text) - 1)

static struct ear_summary_cursor cursor;
static struct ear_summary_item item;

static void expect_item(unsigned key, const char *text, unsigned index, uint64_t value)
{
    assert_true(ear_summary_next(&cursor, &item));
    assert_int_equal(item.number->key, key);
    assert_int_equal(item.label.length, strlen(text));
    assert_memory_equal(item.label.bytes, text, strlen(text));
    assert_int_equal(item.index, index);
    assert_true(item.value == value);
}

static void expect_end(void)
{
    assert_false(ear_summary_next(&cursor, &item));
    assert_false(ear_summary_next(&cursor, &item));
    assert_int_equal(cursor.reader.err, EAR_OK);
}

static void test_labels_come_in_the_order_of_their_bytes(void **state)
{
    (void)state;
    uint32_t *hour_words = place.words[EAR_HOUR];
    ear_place_add_row(&place, EAR_NUMBER_tags, label("bbb"), 0, 3);
    ear_place_add_row(&place, EAR_NUMBER_tags, label("zz"), 0, 2);
    if (EAR_TAGS > 2) {
        ear_place_add_row(&place, EAR_NUMBER_tags, label("aaa"), 0, 300);
    }
    ear_place_add_row(&place, EAR_NUMBER_tags, EAR_LABEL_OTHER, 0, 1);
    size_t length = encode(hour_words);
    if (EAR_TAGS > 2) {
        EXPECT_NUMBERS(length, "\xa1\x18\x1e\xa4\x60\x01\x62zz\x02\x63"
                               "aaa\x19\x01\x2c\x63"
                               "bbb\x03");
    }
    decode(length);
    ear_summary_begin(&cursor, &summary);
    expect_item(30, "", 0, 1);
    expect_item(30, "zz", 0, 2);
    if (EAR_TAGS > 2) {
        expect_item(30, "aaa", 0, 300);
    }
    expect_item(30, "bbb", 0, 3);
    expect_end();
}

static void test_a_label_may_be_called_other(void **state)
{
    (void)state;
    ear_place_add_row(&place, EAR_NUMBER_tags, label("other"), 0, 3);
    ear_place_add_row(&place, EAR_NUMBER_tags, EAR_LABEL_OTHER, 0, 2);
    decode(encode(place.words[EAR_HOUR]));
    ear_summary_begin(&cursor, &summary);
    expect_item(30, "", 0, 2);
    expect_item(30, "other", 0, 3);
    expect_end();
}

static void test_columns_are_lists_without_the_zeros_at_their_end(void **state)
{
    (void)state;
    ear_place_add_row(&place, EAR_NUMBER_agents, label("kim"), EAR_AGENTS_CONVERSATIONS, 2);
    ear_place_add_row(&place, EAR_NUMBER_agents, label("li"), EAR_AGENTS_CONNECTED_MS, INT64_C(5000000000));
    size_t length = encode(place.words[EAR_HOUR]);
    EXPECT_NUMBERS(length, "\xa1\x18\x1b\xa2\x62li\x83\x00\x00\x1b\x00\x00\x00\x01\x2a\x05\xf2\x00\x63kim\x81\x02");
    decode(length);
    ear_summary_begin(&cursor, &summary);
    expect_item(27, "li", EAR_AGENTS_CONNECTED_MS, UINT64_C(5000000000));
    expect_item(27, "kim", EAR_AGENTS_CONVERSATIONS, 2);
    expect_end();
}

static void test_money_steps_and_cost(void **state)
{
    (void)state;
    ear_place_add_money(&place, EAR_NUMBER_sales, ear_label("EUR", 3), 2, 5000);
    ear_place_add_row(&place, EAR_NUMBER_sales, EAR_LABEL_OTHER, EAR_SALES_ORDERS, 1);
    ear_place_add_row(&place, EAR_NUMBER_funnel, label("buy"), 0, 9);
    ear_place_add_row(&place, EAR_NUMBER_funnel, label("buy"), 1, 4);
    ear_place_add_wide(&place, EAR_NUMBER_cost, INT64_C(5000000000));
    size_t length = encode(place.words[EAR_HOUR]);
    EXPECT_NUMBERS(length, "\xa3\x18\x21\xa2\x63"
                           "EUR\x82\x02\x19\x13\x88\x65other\x81\x01"
                           "\x18\x22\xa1\x63"
                           "buy\x82\x09\x04\x18\x23\x1b\x00\x00\x00\x01\x2a\x05\xf2\x00");
    decode(length);
    assert_true(ear_wide_get(&summary.words[EAR_AT_cost]) == INT64_C(5000000000));
    ear_summary_begin(&cursor, &summary);
    expect_item(33, "EUR", EAR_SALES_ORDERS, 2);
    expect_item(33, "EUR", EAR_SALES_AMOUNT, 5000);
    expect_item(33, "", EAR_SALES_ORDERS, 1);
    expect_item(34, "buy", 0, 9);
    expect_item(34, "buy", 1, 4);
    expect_item(35, "", 0, UINT64_C(5000000000));
    expect_end();
}

static void test_intents_say_how_sure_they_are(void **state)
{
    (void)state;
    ear_place_add_heavy(&place, EAR_NUMBER_intents, label("refund"), 30);
    ear_place_add_heavy(&place, EAR_NUMBER_intents, label("open"), 2);
    size_t length = encode(place.words[EAR_HOUR]);
    if (EAR_INTENTS > 1) {
        EXPECT_NUMBERS(length, "\xa1\x18\x1c\x83\x18\x20\x00\xa2\x64open\x02\x66refund\x18\x1e");
    }
    decode(length);
    ear_summary_begin(&cursor, &summary);
    while (ear_summary_next(&cursor, &item)) {
        assert_int_equal(item.total, 32);
        assert_true(EAR_INTENTS == 1 || (item.error == 0 && item.missed == 0));
    }
}

static void test_an_estimate_has_its_error(void **state)
{
    (void)state;
    char text[8];
    uint32_t crowded[EAR_CELL_WORDS] = {0};
    uint32_t *intents = &crowded[EAR_AT_intents];
    const unsigned count = ear_catalogue[EAR_NUMBER_intents].words;
    unsigned total = 0;
    for (unsigned i = 0; i <= EAR_INTENTS && i < EAR_LABELS; i++) {
        (void)snprintf(text, sizeof text, "x%02u", i);
        assert_true(ear_heavy_add(intents, count, label(text), EAR_INTENTS + 1 - i));
        total += EAR_INTENTS + 1 - i;
    }
    decode(encode(crowded));
    ear_summary_begin(&cursor, &summary);
    unsigned found = 0;
    while (ear_summary_next(&cursor, &item)) {
        struct ear_heavy_entry entry;
        (void)snprintf(text, sizeof text, "%.*s", item.label.length, item.label.bytes);
        ear_heavy_estimate(intents, count, label(text), &entry);
        assert_int_equal(item.value, entry.count);
        assert_int_equal(item.error, entry.error);
        assert_int_equal(item.total, total);
        assert_int_equal(item.missed, ear_heavy_missed(intents));
        found++;
    }
    assert_int_equal(found, EAR_INTENTS);
    assert_true(item.missed > 0);
}

static void test_sketches_travel_as_their_bytes(void **state)
{
    (void)state;
    for (uint64_t i = 1; i < 2000; i++) {
        ear_place_add_distinct(&place, EAR_NUMBER_users_unique, i * UINT64_C(0x9e3779b97f4a7c15));
        ear_place_add_value(&place, EAR_NUMBER_duration, i * 777, 1);
    }
    ear_place_add_distinct(&place, EAR_NUMBER_contact_users, 77);
    const uint32_t *from = place.words[EAR_HOUR];
    decode(encode(from));
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        const struct ear_number *number = &ear_catalogue[n];
        if (number->shape == EAR_SHAPE_DISTINCT || number->shape == EAR_SHAPE_DISTRIBUTION) {
            assert_memory_equal(&summary.words[number->at], &from[number->at], 4 * number->words);
        }
    }
    uint32_t wide[EAR_DISTINCT_WORDS_MAX] = {0}; /* a server's */
    ear_summary_begin(&cursor, &summary);
    expect_item(19, "", 0, 0);
    assert_int_equal(ear_distinct_merge_bytes(wide, EAR_DISTINCT_WORDS_MAX, item.sketch, item.sketch_length), EAR_OK);
    assert_int_equal(ear_distinct_estimate(wide), ear_distinct_estimate(&from[EAR_AT_users_unique]));
    expect_item(22, "", 0, 0);
    expect_item(25, "", 0, 0);
    expect_end();
}

/* A device may have longer tables, more columns and more steps than this build. */
static void test_nothing_depends_on_the_sizes_of_this_build(void **state)
{
    (void)state;
    static uint8_t long_one[4096];
    static const uint8_t head[] = {0xa9, 0, 1, 1, 1, 2, 0x18, 60, 4, 0x1a, 1, 0, 0, 1, 5, 1, 6, 1, 7, 0, 8, 0xf6, 9};
    uint8_t *to = long_one;
    size_t at;
    memcpy(to, head, sizeof head);
    to += sizeof head;
    *to++ = 0xa2;
    *to++ = 0x18; /* tags: 100 of them */
    *to++ = 30;
    *to++ = 0xb8;
    *to++ = 100;
    for (unsigned i = 0; i < 100; i++) {
        *to++ = 0x62;
        *to++ = (uint8_t)('a' + i / 26);
        *to++ = (uint8_t)('a' + i % 26);
        *to++ = 1;
    }
    *to++ = 0x18; /* a funnel of 20 steps */
    *to++ = 34;
    *to++ = 0xa1;
    *to++ = 0x61;
    *to++ = 'v';
    *to++ = 0x94;
    memset(to, 5, 20);
    to += 20;
    assert_int_equal(ear_summary_decode(&summary, long_one, (size_t)(to - long_one), &at), EAR_OK);
    unsigned tags = 0, steps = 0;
    ear_summary_begin(&cursor, &summary);
    while (ear_summary_next(&cursor, &item)) {
        tags += item.number->key == 30 ? 1 : 0;
        assert_true(item.number->key == 30 || (item.index == steps && item.value == 5));
        steps += item.number->key == 34 ? 1 : 0;
    }
    assert_int_equal(tags, 100);
    assert_int_equal(steps, 20);
}

static enum ear_err decode_with(const char *numbers, size_t size, size_t *at)
{
    static const char head[] = "\xa9\x00\x01\x01\x01\x02\x18\x3c\x04\x1a\x01\x00\x00\x01\x05\x01\x06\x01\x07\x00"
                               "\x08\xf6\x09";
    memcpy(bytes, head, sizeof head - 1);
    memcpy(bytes + sizeof head - 1, numbers, size);
    enum ear_err err = ear_summary_decode(&summary, bytes, sizeof head - 1 + size, at);
    *at -= err == EAR_OK ? 0 : sizeof head - 1;
    return err;
}

static void test_what_is_wrong_is_named_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *numbers;
        uint8_t size;
        int8_t err;
        uint8_t at;
    } rows[] = {
#define ROW(text, err, at) {text, sizeof(text) - 1, err, at}
        ROW("\xa1\x18\x1e\xa1\x61x\x81\x01", EAR_ERR_TYPE, 6), /* a list where one column is */
        ROW("\xa1\x18\x1b\xa1\x61x\x01", EAR_ERR_TYPE, 6),     /* a number where columns are */
        ROW("\xa1\x18\x1b\xa1\x61x\x81\x1b\x00\x00\x00\x01\x00\x00\x00\x00", EAR_ERR_RANGE, 7),
        ROW("\xa1\x18\x1b\xa1\x61x\x82\x00\x1b\x80\x00\x00\x00\x00\x00\x00\x00", EAR_ERR_RANGE, 8),
        ROW("\xa1\x18\x1e\xa2\x61x\x01\x60\x01", EAR_ERR_SYNTAX, 7), /* `other` stands first */
        ROW("\xa1\x18\x1e\xa2\x60\x01\x60\x01", EAR_ERR_DUPLICATE, 6),
        ROW("\xa1\x18\x21\xa1\x60\x81\x01", EAR_ERR_RANGE, 4), /* a currency without a code */
        ROW("\xa1\x18\x1c\x82\x01\x00", EAR_ERR_RANGE, 3),
        ROW("\xa1\x18\x1c\x83\x01\x00\x80", EAR_ERR_TYPE, 6),
        ROW("\xa1\x18\x1c\x83\x01\x00\xa1\x61x\x00", EAR_ERR_RANGE, 9),         /* an intent that never was */
        ROW("\xa1\x18\x1c\x83\x01\x00\xa1\x61x\x82\x01\x02", EAR_ERR_RANGE, 9), /* more error than count */
        ROW("\xa1\x18\x1c\x83\x01\x00\xa1\x61x\x81\x01", EAR_ERR_RANGE, 9),
        ROW("\xa1\x13\x01", EAR_ERR_TYPE, 2),
        ROW("\xa1\x13\x42\x01", EAR_ERR_SYNTAX, 2), /* cut short */
        ROW("\xa1\x13\x40", EAR_ERR_SYNTAX, 3),     /* no sketch is empty */
        ROW("\xa1\x13\x41\xff", EAR_ERR_SYNTAX, 3),
        ROW("\xa1\x16\x41\xff", EAR_ERR_SYNTAX, 3),
        ROW("\xa1\x18\x23\x1b\x80\x00\x00\x00\x00\x00\x00\x00", EAR_ERR_RANGE, 3),
#undef ROW
    };
    for (size_t i = 0; i < EAR_COUNT_OF(rows); i++) {
        size_t at;
        assert_int_equal(decode_with(rows[i].numbers, rows[i].size, &at), rows[i].err);
        assert_int_equal(at, rows[i].at);
    }
}

/* The first three bytes. */
static void number_text(char *text, unsigned i)
{
    text[0] = (char)('0' + i / 100);
    text[1] = (char)('0' + i / 10 % 10);
    text[2] = (char)('0' + i % 10);
}

/* As many rows as there are, each with the longest label and the greatest numbers; sketches as big as they get. */
static void fill_rows(const struct ear_number *number)
{
    char text[EAR_LABEL_BYTES + 1];
    memset(text, 'x', sizeof text);
    for (unsigned i = 0; i <= number->size; i++) {
        number_text(text, i);
        uint32_t id = i == number->size || i >= EAR_LABELS ? EAR_LABEL_OTHER
                      : ear_number_has_labels(number)
                          ? ear_label_find(&labels, (struct ear_str){text, EAR_LABEL_BYTES}, NULL)
                          : UINT32_C(0x61616161) + i;
        for (unsigned c = 0; c < number->columns; c++) {
            int64_t most = c + number->wide >= number->columns ? EAR_WIDE_MOST : UINT32_MAX;
            ear_place_add_row(&place, (unsigned)(number - ear_catalogue), id, c, most);
        }
    }
}

static void fill_heavy(const struct ear_number *number)
{
    char text[EAR_LABEL_BYTES + 1];
    memset(text, 'x', sizeof text);
    for (unsigned i = 0; i < 2u * number->size && i < EAR_LABELS; i++) {
        number_text(text, i);
        uint16_t id = ear_label_find(&labels, (struct ear_str){text, EAR_LABEL_BYTES}, NULL);
        ear_place_add_heavy(&place, (unsigned)(number - ear_catalogue), id, UINT32_MAX / 2 / number->size);
    }
}

static void fill(const struct ear_number *number)
{
    uint32_t *to = &place.words[EAR_HOUR][number->at];
    if (ear_number_has_rows(number)) {
        fill_rows(number);
    } else if (number->shape == EAR_SHAPE_HEAVY) {
        fill_heavy(number);
    } else if (number->shape == EAR_SHAPE_DISTINCT) {
        for (uint64_t i = 1; i < 20000; i++) {
            ear_distinct_add(to, number->words, i * UINT64_C(0x9e3779b97f4a7c15));
        }
    } else if (number->shape == EAR_SHAPE_DISTRIBUTION) {
        for (unsigned b = 0; b < EAR_DISTRIBUTION_BUCKETS - 1; b++) {
            for (unsigned i = 0; i < FULL; i++) {
                (void)ear_distribution_add(to, number->words, ear_distribution_ends_ms[b] - 1);
            }
        }
    } else if (number->shape == EAR_SHAPE_WIDE) {
        ear_wide_set(to, EAR_WIDE_MOST);
    } else {
        memset(to, 0xff, 4 * number->words);
    }
}

static void test_the_greatest_summary_fits(void **state)
{
    (void)state;
    char longest[EAR_LABEL_BYTES];
    struct ear_summary_head head = hour;
    memset(longest, 's', sizeof longest);
    head.other = false;
    for (unsigned p = 0; p < EAR_SLICE_PARTS; p++) {
        head.slice.parts[p] = (struct ear_str){longest, EAR_LABEL_BYTES};
    }
    head.length_s = 3601;
    head.boot = UINT32_MAX;
    head.life = UINT32_MAX;
    head.revision = (uint64_t)head.boot << 24 | 0xffffffu;
    head.seq = UINT32_MAX;
    memset(head.ledger, 0xff, sizeof head.ledger);
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        fill(&ear_catalogue[n]);
    }
    int32_t length = ear_summary_encode(&head, place.words[EAR_HOUR], &labels, bytes, sizeof bytes);
    print_message("the greatest hour tried: %d of %d bytes\n", (int)length, EAR_SUMMARY_BYTES);
    assert_true(length > 0);
    decode((size_t)length);
    for (unsigned cut = 1; cut < 300; cut += 7) { /* no room is no harm */
        assert_int_equal(ear_summary_encode(&head, place.words[EAR_HOUR], &labels, bytes, (size_t)length - cut),
                         EAR_ERR_FULL);
    }
}

/* Whatever is accepted can be read to its end, and every item is in the bytes. */
static void test_flipped_bits_are_refused_or_mean_something(void **state)
{
    (void)state;
    ear_place_add_row(&place, EAR_NUMBER_tags, label("late"), 0, 3);
    ear_place_add_row(&place, EAR_NUMBER_topics, label("bill"), EAR_TOPICS_HANDLE_MS, 4);
    ear_place_add_row(&place, EAR_NUMBER_funnel, label("buy"), 1, 4);
    ear_place_add_money(&place, EAR_NUMBER_sales, ear_label("EUR", 3), 2, 5000);
    ear_place_add_heavy(&place, EAR_NUMBER_intents, label("refund"), 30);
    ear_place_add_distinct(&place, EAR_NUMBER_users_unique, 12345);
    ear_place_add_value(&place, EAR_NUMBER_wait, 12345, 1);
    ear_place_add_wide(&place, EAR_NUMBER_cost, 99);
    size_t length = encode(place.words[EAR_HOUR]);
    unsigned accepted = 0;
    for (size_t i = 0; i < length * 8; i++) {
        size_t at;
        bytes[i / 8] = (uint8_t)(bytes[i / 8] ^ 1u << i % 8);
        if (ear_summary_decode(&summary, bytes, length, &at) == EAR_OK) {
            accepted++;
            ear_summary_begin(&cursor, &summary);
            while (ear_summary_next(&cursor, &item)) {
                const uint8_t *text = (const uint8_t *)item.label.bytes;
                assert_true(item.label.length == 0 || (text >= bytes && text + item.label.length <= bytes + length));
                assert_true(item.sketch == NULL || item.sketch + item.sketch_length <= bytes + length);
                assert_true(item.value > 0 || item.sketch != NULL);
            }
            assert_int_equal(cursor.reader.err, EAR_OK);
        }
        assert_true(at <= length);
        bytes[i / 8] = (uint8_t)(bytes[i / 8] ^ 1u << i % 8);
    }
    assert_true(accepted > 0 && accepted < length * 8);
    for (size_t cut = 0; cut < length; cut++) {
        size_t at;
        assert_int_not_equal(ear_summary_decode(&summary, bytes, cut, &at), EAR_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_labels_come_in_the_order_of_their_bytes, setup),
        cmocka_unit_test_setup(test_a_label_may_be_called_other, setup),
        cmocka_unit_test_setup(test_columns_are_lists_without_the_zeros_at_their_end, setup),
        cmocka_unit_test_setup(test_money_steps_and_cost, setup),
        cmocka_unit_test_setup(test_intents_say_how_sure_they_are, setup),
        cmocka_unit_test_setup(test_an_estimate_has_its_error, setup),
        cmocka_unit_test_setup(test_sketches_travel_as_their_bytes, setup),
        cmocka_unit_test_setup(test_nothing_depends_on_the_sizes_of_this_build, setup),
        cmocka_unit_test_setup(test_what_is_wrong_is_named_with_its_place, setup),
        cmocka_unit_test_setup(test_the_greatest_summary_fits, setup),
        cmocka_unit_test_setup(test_flipped_bits_are_refused_or_mean_something, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
