/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_summary.c - summaries as bytes and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/tell/ear_summary.h"
#include "core/tell/ear_summary_keys.h"

#define STR(text) ((struct ear_str){(text), sizeof(text) - 1})
#define START_S INT64_C(1767268800) /* 2026-01-01T12:00Z */

static uint8_t bytes[EAR_SUMMARY_BYTES];
static struct ear_labels labels;

static struct ear_summary_head hour_head(void)
{
    return (struct ear_summary_head){
        .start_s = START_S,
        .revision = (UINT64_C(42) << 24) + 7,
        .length_s = 3600,
        .boot = 42,
        .life = 1,
        .seq = 1234,
        .resolution = EAR_HOUR,
        .clock = 2,
        .slice = {{STR("web"), STR("kiosk-entrance"), STR("guide"), STR("2.1")}},
        .ledger = {100, 2, 40, 37, 1, 0},
    };
}

/* Every number of an hour is there, in sizes as a busy kiosk would have them. */
static unsigned fill_busy_hour(uint32_t *words)
{
    static const char *const languages[] = {"de", "en", "fr", "it", "pl", "tr"};
    unsigned numbers = 0;
    memset(words, 0, sizeof(uint32_t) * EAR_CELL_WORDS);
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        const struct ear_number *number = &ear_catalogue[n];
        for (unsigned i = 0; i < number->size && number->shape <= EAR_SHAPE_GROUP; i++) {
            words[number->at + i] = 1 + (n * 37 + i * 11) % 90;
            numbers++;
        }
        for (unsigned i = 0; i < number->size && number->shape == EAR_SHAPE_SERIES; i++) {
            words[number->at + i / 2] |= (4 + i * 7 % 33) << (i % 2 * 16);
            numbers++;
        }
    }
    words[EAR_AT_conversations] = 143;
    words[EAR_AT_messages] = 623;
    words[EAR_AT_messages + 1] = 658;
    for (unsigned i = 0; i < EAR_COUNT_OF(languages) && i < EAR_LANGUAGES; i++) {
        words[EAR_AT_languages + 2 * i] = ear_label(languages[i], 2);
        words[EAR_AT_languages + 2 * i + 1] = 30 - 4 * i;
        numbers++;
    }
    words[EAR_AT_languages + 2 * EAR_LANGUAGES] = 2;
    return numbers + 1;
}

static int32_t encode(const struct ear_summary_head *head, const uint32_t *words)
{
    int32_t length = ear_summary_encode(head, words, &labels, bytes, sizeof bytes);
    assert_true(length > 0);
    return length;
}

static struct ear_summary decode(int32_t length)
{
    struct ear_summary summary;
    size_t at;
    assert_int_equal(ear_summary_decode(&summary, bytes, (size_t)length, &at), EAR_OK);
    assert_int_equal(at, length);
    return summary;
}

static void expect_same_head(const struct ear_summary_head *a, const struct ear_summary_head *b)
{
    assert_int_equal(a->start_s, b->start_s);
    assert_int_equal(a->revision, b->revision);
    assert_int_equal(a->length_s, b->length_s);
    assert_int_equal(a->boot, b->boot);
    assert_int_equal(a->life, b->life);
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->resolution, b->resolution);
    assert_int_equal(a->clock, b->clock);
    assert_int_equal(a->other, b->other);
    assert_memory_equal(a->ledger, b->ledger, sizeof a->ledger);
    for (unsigned p = 0; p < EAR_SLICE_PARTS; p++) {
        assert_int_equal(a->slice.parts[p].length, b->slice.parts[p].length);
        assert_true(a->slice.parts[p].length == 0 ||
                    memcmp(a->slice.parts[p].bytes, b->slice.parts[p].bytes, a->slice.parts[p].length) == 0);
    }
}

static void test_the_bytes_of_a_quiet_hour(void **state)
{
    (void)state;
    static const uint8_t expected[] = {
        0xaa, 0x00, 0x01, 0x01, 0x01, 0x02, 0x1a, 0x69, 0x56, 0x61, 0xc0, 0x04, 0x1a, 0x2a, 0x00, 0x00, 0x07,
        0x05, 0x18, 0x2a, 0x06, 0x19, 0x04, 0xd2, 0x07, 0x02, 0x08, 0x84, 0x63, 'w',  'e',  'b',  0x6e, 'k',
        'i',  'o',  's',  'k',  '-',  'e',  'n',  't',  'r',  'a',  'n',  'c',  'e',  0x65, 'g',  'u',  'i',
        'd',  'e',  0x63, '2',  '.',  '1',  0x09, 0xa4, 0x00, 0x03, 0x02, 0x82, 0x01, 0x02, 0x11, 0xa3, 0x62,
        'd',  'e',  0x01, 0x62, 'e',  'n',  0x02, 0x65, 'o',  't',  'h',  'e',  'r',  0x18, 0x18, 0x12, 0x83,
        0x00, 0x00, 0x19, 0x01, 0x00, 0x0a, 0x86, 0x18, 0x64, 0x02, 0x18, 0x28, 0x18, 0x25, 0x01, 0x00};
    if (EAR_LANGUAGES < 2) {
        skip();
    }
    struct ear_summary_head head = hour_head();
    uint32_t words[EAR_CELL_WORDS] = {0};
    words[EAR_AT_conversations] = 3;
    words[EAR_AT_status] = 1;
    words[EAR_AT_status + 1] = 2;
    words[EAR_AT_languages] = ear_label("en", 2);
    words[EAR_AT_languages + 1] = 2;
    words[EAR_AT_languages + 2] = ear_label("de", 2);
    words[EAR_AT_languages + 3] = 1;
    words[EAR_AT_languages + 2 * EAR_LANGUAGES] = 24;
    words[EAR_AT_messages_per_minute + 1] = 256;
    int32_t length = encode(&head, words);
    assert_int_equal(length, sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
}

static void test_a_busy_hour_is_small_and_comes_back(void **state)
{
    (void)state;
    struct ear_summary_head head = hour_head();
    uint32_t words[EAR_CELL_WORDS];
    unsigned numbers = fill_busy_hour(words);
    int32_t length = encode(&head, words);
    print_message("an hour of %u numbers: %d bytes\n", numbers, (int)length);
    assert_true(EAR_LANGUAGES < 6 || numbers >= 113);
    assert_true(length <= 340);
    struct ear_summary back = decode(length);
    expect_same_head(&back.head, &head);
    assert_memory_equal(back.words, words, sizeof words);
}

/* The words are as many as a cell of that resolution has: the sanitizer's run sees a look beyond. */
static void test_minutes_and_days_hold_less(void **state)
{
    (void)state;
    struct ear_summary_head head = hour_head();
    uint32_t minute[EAR_MINUTE_WORDS] = {0}, day[EAR_DAY_WORDS] = {0};
    head.other = true;
    memset(&head.slice, 0, sizeof head.slice);
    head.resolution = EAR_MINUTE;
    head.length_s = 60;
    minute[EAR_AT_late_events] = UINT32_MAX;
    struct ear_summary back = decode(encode(&head, minute));
    expect_same_head(&back.head, &head);
    assert_memory_equal(back.words, minute, sizeof minute);
    head.resolution = EAR_DAY;
    head.length_s = 90000;
    head.life = 70000;
    day[EAR_AT_languages + 2 * EAR_LANGUAGES] = 7;
    back = decode(encode(&head, day));
    expect_same_head(&back.head, &head);
    assert_memory_equal(back.words, day, sizeof day);
}

static void test_an_empty_cell_is_told_too(void **state)
{
    (void)state;
    struct ear_summary_head head = hour_head();
    uint32_t words[EAR_CELL_WORDS] = {0};
    memset(&head.slice, 0, sizeof head.slice);
    struct ear_summary back = decode(encode(&head, words));
    expect_same_head(&back.head, &head);
    assert_memory_equal(back.words, words, sizeof words);
}

/* Numbers as they come in a text of CBOR, in place of those of a quiet hour. */
static enum ear_err decode_with(const char *numbers, size_t size, struct ear_summary *summary, size_t *at)
{
    static const char head[] = "\xa9\x00\x01\x01\x01\x02\x18\x3c\x04\x1a\x01\x00\x00\x01\x05\x01\x06\x01\x07\x00"
                               "\x08\xf6\x09";
    memcpy(bytes, head, sizeof head - 1);
    memcpy(bytes + sizeof head - 1, numbers, size);
    enum ear_err err = ear_summary_decode(summary, bytes, sizeof head - 1 + size, at);
    *at -= err == EAR_OK ? 0 : sizeof head - 1;
    return err;
}

#define DECODE(numbers) decode_with((numbers), sizeof(numbers) - 1, &summary, &at)

static void test_what_a_later_version_adds_is_skipped(void **state)
{
    (void)state;
    struct ear_summary summary;
    size_t at;
    assert_int_equal(DECODE("\xa2\x00\x05\x19\xff\x00\x82\x80\x01"), EAR_OK); /* an unknown number: a list */
    assert_int_equal(summary.words[EAR_AT_conversations], 5);
    assert_int_equal(
        DECODE("\xa1\x18\xc8\xa2\x61x\x82\xfb\x01\x02\x03\x04\x05\x06\x07\x08\xf5\x20\xc1\x43\x01\x02\x03"),
        EAR_OK);                                                      /* maps, floats, tags */
    assert_int_equal(DECODE("\xa1\x05\x84\x01\x02\x03\x04"), EAR_OK); /* a group that has grown */
    assert_int_equal(summary.words[EAR_AT_bot], 1);
    assert_int_equal(summary.words[EAR_AT_bot + 1], 2);
    assert_int_equal(summary.words[EAR_AT_reopened], 0);
    assert_int_equal(DECODE("\xa1\x11\xa1\x67"
                            "klingon\x03"),
                     EAR_OK); /* a label that is longer than any of ours */
    assert_int_equal(summary.words[EAR_AT_languages + 2 * EAR_LANGUAGES], 3);
}

static void test_labels_beyond_the_table_are_other(void **state)
{
    (void)state;
    struct ear_summary summary;
    size_t at;
    char numbers[3 + 4 * 200] = {'\xa1', '\x11', '\xb8'};
    char *to = numbers + 3;
    *to++ = (char)100;
    for (char i = 0; i < 100; i++) {
        *to++ = '\x62';
        *to++ = (char)('a' + i / 26);
        *to++ = (char)('a' + i % 26);
        *to++ = '\x01';
    }
    assert_int_equal(decode_with(numbers, (size_t)(to - numbers), &summary, &at), EAR_OK);
    assert_int_equal(summary.words[EAR_AT_languages + 2 * EAR_LANGUAGES], 100 - EAR_LANGUAGES);
}

static void test_other_stops_at_its_most(void **state)
{
    (void)state;
    struct ear_summary summary;
    size_t at;
    assert_int_equal(DECODE("\xa1\x11\xa2\x65"
                            "aaaaa\x1a\xff\xff\xff\xfe\x65"
                            "bbbbb\x05"),
                     EAR_OK); /* two labels that no table of ours has */
    assert_true(summary.words[EAR_AT_languages + 2 * EAR_LANGUAGES] == UINT32_MAX);
    assert_int_equal(summary.words[EAR_AT_languages], 0);
}

/* Labels have up to 255 bytes in any configuration; a longer one is refused, with where it is. */
static void test_the_longest_label(void **state)
{
    (void)state;
    struct ear_summary summary;
    size_t at;
    char numbers[2 + 1 + 3 + 256 + 1] = "\xa1\x11\xa1\x78\xff";
    memset(numbers + 5, 'x', 256);
    numbers[5 + 255] = '\x07';
    assert_int_equal(decode_with(numbers, 5 + 255 + 1, &summary, &at), EAR_OK);
    assert_int_equal(summary.words[EAR_AT_languages + 2 * EAR_LANGUAGES], 7);
    memcpy(numbers + 3, "\x79\x01\x00", 3);
    memset(numbers + 6, 'x', 256);
    numbers[6 + 256] = '\x07';
    assert_int_equal(decode_with(numbers, sizeof numbers, &summary, &at), EAR_ERR_TOO_LONG);
    assert_int_equal(at, 3);
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
        ROW("", EAR_ERR_SYNTAX, 0),
        ROW("\xa1", EAR_ERR_SYNTAX, 0),
        ROW("\xa1\x00", EAR_ERR_SYNTAX, 2),
        ROW("\xa1\x00\x18", EAR_ERR_SYNTAX, 2),
        ROW("\x80", EAR_ERR_TYPE, 0),
        ROW("\xbf\x00\x01\xff", EAR_ERR_SYNTAX, 0),
        ROW("\xa1\x00\x17\x00", EAR_ERR_SYNTAX, 3),     /* bytes after the end */
        ROW("\xa1\x00\x18\x17", EAR_ERR_SYNTAX, 2),     /* not the shortest form */
        ROW("\xa1\x00\x19\x00\xff", EAR_ERR_SYNTAX, 2), /* nor this */
        ROW("\xa1\x00\x20", EAR_ERR_TYPE, 2),           /* negative */
        ROW("\xa1\x00\xf9\x3c\x00", EAR_ERR_TYPE, 2),   /* a float */
        ROW("\xa1\x00\x1b\x00\x00\x00\x01\x00\x00\x00\x00", EAR_ERR_RANGE, 2),
        ROW("\xa2\x00\x01\x00\x01", EAR_ERR_DUPLICATE, 3),
        ROW("\xa2\x01\x01\x00\x01", EAR_ERR_SYNTAX, 3), /* keys in the wrong order */
        ROW("\xa1\x20\x01", EAR_ERR_TYPE, 1),
        ROW("\xa1\x02\x01", EAR_ERR_TYPE, 2), /* a number where a list belongs */
        ROW("\xa1\x02\x9f\x01\xff", EAR_ERR_SYNTAX, 2),
        ROW("\xa1\x12\x81\x1a\x00\x01\x00\x00", EAR_ERR_RANGE, 3), /* a minute above 65535 */
        ROW("\xa1\x11\xa2\x62"
            "de\x01\x62"
            "de\x01",
            EAR_ERR_DUPLICATE, 7),
        ROW("\xa1\x11\xa2\x62"
            "en\x01\x62"
            "de\x01",
            EAR_ERR_SYNTAX, 7),
        ROW("\xa1\x11\xa1\x60\x01", EAR_ERR_RANGE, 3),
        ROW("\xa1\x11\xa1\x62"
            "d\n\x01",
            EAR_ERR_RANGE, 3),
        ROW("\xa1\x11\xa1\x62\xc3\x28\x01", EAR_ERR_UTF8, 3),
        ROW("\xa1\x11\xa1\x42"
            "de\x01",
            EAR_ERR_TYPE, 3),
        ROW("\xa1\x18\xc8\x9b\xff\xff\xff\xff\xff\xff\xff\xff", EAR_ERR_SYNTAX, 3),
        ROW("\xa1\x18\xc8\x7b\xff\xff\xff\xff\xff\xff\xff\xff", EAR_ERR_SYNTAX, 3),
        ROW("\xa1\x18\xc8\x1c", EAR_ERR_SYNTAX, 3), /* reserved */
    };
    for (size_t i = 0; i < EAR_COUNT_OF(rows); i++) {
        struct ear_summary summary;
        size_t at;
        assert_int_equal(decode_with(rows[i].numbers, rows[i].size, &summary, &at), rows[i].err);
        assert_int_equal(at, rows[i].at);
    }
}

static void expect_refused(const char *text, size_t size, enum ear_err err)
{
    struct ear_summary summary;
    size_t at;
    assert_int_equal(ear_summary_decode(&summary, (const uint8_t *)text, size, &at), err);
}

#define REFUSED(text, err) expect_refused((text), sizeof(text) - 1, (err))

static void test_heads_that_are_refused(void **state)
{
    (void)state;
    REFUSED("", EAR_ERR_SYNTAX);
    REFUSED("{\"v\":1}", EAR_ERR_SYNTAX);
    REFUSED("\x80", EAR_ERR_TYPE);
    REFUSED("\xa0", EAR_ERR_MISSING);
    REFUSED("\xa1\x00\x02", EAR_ERR_VERSION);
    REFUSED("\xa2\x00\x01\x01\x03", EAR_ERR_RANGE);
    REFUSED("\xa8\x00\x01\x01\x01\x02\x00\x04\x00\x05\x00\x06\x00\x07\x00\x08\xf6", EAR_ERR_MISSING); /* no numbers */
    REFUSED("\xa9\x00\x01\x01\x01\x02\x00\x04\x01\x05\x01\x06\x00\x07\x00\x08\xf6\x09\xa0", EAR_ERR_RANGE);
    REFUSED("\xa2\x00\x01\x08\x83\x60\x60\x60", EAR_ERR_RANGE);
    REFUSED("\xa2\x00\x01\x08\xf7", EAR_ERR_TYPE);
}

static void test_no_prefix_of_a_summary_is_one(void **state)
{
    (void)state;
    struct ear_summary_head head = hour_head();
    uint32_t words[EAR_CELL_WORDS];
    (void)fill_busy_hour(words);
    int32_t length = encode(&head, words);
    for (size_t cut = 0; cut < (size_t)length; cut++) {
        struct ear_summary summary;
        uint8_t exact[EAR_SUMMARY_BYTES];
        size_t at;
        memcpy(exact, bytes, cut);
        assert_int_not_equal(ear_summary_decode(&summary, exact, cut, &at), EAR_OK);
        assert_true(at <= cut);
        assert_int_equal(ear_summary_encode(&head, words, &labels, exact, cut), EAR_ERR_FULL);
    }
}

/* Whatever is accepted without anything unknown encodes to the same bytes. */
static void test_flipped_bytes_are_refused_or_mean_something(void **state)
{
    (void)state;
    struct ear_summary_head head = hour_head();
    uint32_t words[EAR_CELL_WORDS];
    (void)fill_busy_hour(words);
    size_t length = (size_t)encode(&head, words);
    unsigned accepted = 0;
    for (size_t i = 0; i < length * 8; i++) {
        struct ear_summary summary;
        size_t at;
        bytes[i / 8] = (uint8_t)(bytes[i / 8] ^ 1u << i % 8);
        accepted += ear_summary_decode(&summary, bytes, length, &at) == EAR_OK ? 1 : 0;
        assert_true(at <= length);
        bytes[i / 8] = (uint8_t)(bytes[i / 8] ^ 1u << i % 8);
    }
    assert_true(accepted > 0 && accepted < length * 8);
    struct ear_summary same = decode((int32_t)length);
    expect_same_head(&same.head, &head);
}

static void test_a_cell_has_its_head(void **state)
{
    (void)state;
    static struct ear_note note;
    static struct ear_slices slices;
    static const struct ear_tz utc;
    struct ear_retire none = {0};
    struct ear_place place;
    uint32_t seq = 8;
    struct ear_slice_key key = hour_head().slice;
    ear_note_init(&note);
    ear_slice_init(&slices);
    uint8_t slice = ear_slice_find(&slices, &note, &key);
    ear_note_place(&note, &utc, START_S * 1000 + 5, slice, EAR_LATE_OLDEST, &none, &place);
    ear_place_add(&place, EAR_AT_conversations, 1);
    uint16_t cell = ear_note_next(&note, EAR_RESOLUTION_BIT(EAR_DAY), 0);
    ear_note_tell(&note, cell, 300, &seq);
    struct ear_summary_head head = ear_summary_head_of(&note.cells[cell], &slices, 1);
    struct ear_summary_head expected = hour_head();
    expected.start_s = START_S - 43200;
    expected.revision = (UINT64_C(300) << 24) + 1;
    expected.length_s = 86400;
    expected.boot = 300;
    expected.seq = 9;
    expected.resolution = EAR_DAY;
    expected.clock = 1;
    memset(expected.ledger, 0, sizeof expected.ledger);
    expect_same_head(&head, &expected);
}

static void test_windows_have_their_usual_lengths(void **state)
{
    static const uint32_t lengths_s[] = {
        [EAR_MINUTE] = 60, [EAR_HOUR] = 3600, [EAR_DAY] = 86400, [EAR_RESOLUTIONS] = 0};
    (void)state;
    for (unsigned r = 0; r < EAR_COUNT_OF(lengths_s); r++) {
        assert_int_equal(ear_summary_usual_length_s(r), lengths_s[r]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bytes_of_a_quiet_hour),
        cmocka_unit_test(test_a_busy_hour_is_small_and_comes_back),
        cmocka_unit_test(test_minutes_and_days_hold_less),
        cmocka_unit_test(test_an_empty_cell_is_told_too),
        cmocka_unit_test(test_what_a_later_version_adds_is_skipped),
        cmocka_unit_test(test_labels_beyond_the_table_are_other),
        cmocka_unit_test(test_other_stops_at_its_most),
        cmocka_unit_test(test_the_longest_label),
        cmocka_unit_test(test_what_is_wrong_is_named_with_its_place),
        cmocka_unit_test(test_heads_that_are_refused),
        cmocka_unit_test(test_no_prefix_of_a_summary_is_one),
        cmocka_unit_test(test_flipped_bytes_are_refused_or_mean_something),
        cmocka_unit_test(test_a_cell_has_its_head),
        cmocka_unit_test(test_windows_have_their_usual_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
