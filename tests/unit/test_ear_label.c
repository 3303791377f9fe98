/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_label.c - the dictionary of labels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/note/ear_label.h"

static struct ear_labels labels;

/* Which ids are kept, as the test wants it; how often the dictionary asked. */
static struct ear_label_marks kept;
static unsigned asked;

static void mark_kept(void *context, struct ear_label_marks *marks)
{
    assert_ptr_equal(context, &asked);
    for (unsigned i = 0; i < sizeof kept.bits / sizeof kept.bits[0]; i++) {
        marks->bits[i] |= kept.bits[i];
    }
    asked++;
}

static const struct ear_label_use use = {mark_kept, &asked};

static int setup(void **state)
{
    (void)state;
    ear_label_init(&labels);
    memset(&kept, 0, sizeof kept);
    asked = 0;
    return 0;
}

static struct ear_str str(const char *text)
{
    return (struct ear_str){text, (uint16_t)strlen(text)};
}

static uint16_t find(const char *text)
{
    uint16_t id = ear_label_find(&labels, str(text), &use);
    assert_true(ear_label_is_sound(&labels, &kept));
    return id;
}

static uint16_t find_number(unsigned number)
{
    char text[EAR_LABEL_BYTES + 1];
    (void)snprintf(text, sizeof text, "n%u", number);
    return find(text);
}

static void expect_text(uint16_t id, const char *text)
{
    struct ear_str found = ear_label_text(&labels, id);
    assert_int_equal(found.length, strlen(text));
    assert_memory_equal(found.bytes, text, strlen(text));
}

static void fill(void)
{
    for (unsigned i = 0; i < EAR_LABELS; i++) {
        assert_int_equal(find_number(i), i + 1);
    }
    assert_int_equal(labels.used, EAR_LABELS);
    assert_int_equal(asked, 0);
}

static void test_a_text_keeps_its_id(void **state)
{
    (void)state;
    uint16_t billing = find("billing");
    uint16_t sales = find("sales");
    assert_int_not_equal(billing, sales);
    assert_true(billing >= 1 && billing <= EAR_LABELS);
    assert_int_equal(find("billing"), billing);
    assert_int_equal(find("sales"), sales);
    assert_int_equal(labels.used, 2);
    expect_text(billing, "billing");
    expect_text(sales, "sales");
}

/* The hash takes texts of 1 to 3, 4 to 7 and more bytes apart. */
static void test_texts_of_every_length_are_told_apart(void **state)
{
    (void)state;
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmn"
                                   "opqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyzABCDE"
                                   "FGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
                                   "WXYZ0123456789abcdefghijklmnopqrstuvwxyz";
    char text[EAR_LABEL_BYTES + 1];
    for (uint16_t length = 1; length <= EAR_LABEL_BYTES; length++) {
        setup(NULL);
        memcpy(text, alphabet, length);
        uint16_t first = ear_label_find(&labels, (struct ear_str){text, length}, &use);
        unsigned flips = length < EAR_LABELS - 1 ? length : EAR_LABELS - 2;
        for (unsigned i = 0; i < flips; i++) { /* each byte makes a difference */
            text[i] ^= 1;
            uint16_t other = ear_label_find(&labels, (struct ear_str){text, length}, &use);
            assert_int_not_equal(other, first);
            assert_int_equal(other, i + 2);
            text[i] ^= 1;
        }
        assert_int_equal(ear_label_find(&labels, (struct ear_str){text, length}, &use), first);
    }
}

static void test_no_text_is_no_label_and_a_long_one_is_other(void **state)
{
    (void)state;
    char text[EAR_LABEL_BYTES + 1];
    memset(text, 'x', sizeof text);
    assert_int_equal(find(""), EAR_LABEL_NONE);
    assert_int_equal(labels.overflowed, 0);
    assert_int_equal(ear_label_find(&labels, (struct ear_str){text, EAR_LABEL_BYTES}, &use), 1);
    assert_int_equal(ear_label_find(&labels, (struct ear_str){text, EAR_LABEL_BYTES + 1}, &use), EAR_LABEL_OTHER);
    assert_int_equal(labels.overflowed, 1);
    expect_text(EAR_LABEL_NONE, "");
    expect_text(EAR_LABEL_OTHER, "");
    expect_text(EAR_LABELS, ""); /* not in use */
}

static void test_a_full_dictionary_keeps_what_is_used(void **state)
{
    (void)state;
    fill();
    for (uint16_t id = 1; id <= EAR_LABELS; id++) {
        ear_label_mark(&kept, id);
    }
    assert_int_equal(find("one more"), EAR_LABEL_OTHER);
    assert_int_equal(asked, 1);
    assert_int_equal(labels.overflowed, 1);
    assert_int_equal(find_number(3), 4); /* what is known is found */
    assert_int_equal(labels.reclaimed, 0);
}

static void test_a_search_in_vain_is_not_repeated_at_once(void **state)
{
    (void)state;
    fill();
    for (uint16_t id = 1; id <= EAR_LABELS; id++) {
        ear_label_mark(&kept, id);
    }
    for (unsigned i = 0; i < 170; i++) {
        assert_int_equal(find("one more"), EAR_LABEL_OTHER);
    }
    assert_int_equal(asked, 10);
    assert_int_equal(labels.overflowed, 170);
    memset(&kept, 0, sizeof kept); /* nobody uses any now: at the next search there is room */
    unsigned misses = 0;
    while (find("one more") == EAR_LABEL_OTHER) {
        misses++;
    }
    assert_true(misses <= 16);
    assert_true(labels.reclaimed > 0);
}

static void test_what_nobody_uses_makes_room(void **state)
{
    (void)state;
    fill();
    ear_label_mark(&kept, 2);
    uint16_t id = find("newcomer"); /* id 1, the oldest, is free */
    assert_int_equal(id, 1);
    expect_text(id, "newcomer");
    expect_text(2, "n1");
    assert_int_equal(labels.reclaimed, EAR_LABELS - 1 - EAR_LABEL_NEWEST);
    assert_int_equal(labels.used, EAR_LABELS - labels.reclaimed + 1);
    assert_int_equal(find_number(1), 2);
    for (unsigned i = EAR_LABELS - EAR_LABEL_NEWEST + 2; i < EAR_LABELS; i++) { /* found lately: still there */
        assert_int_equal(find_number(i), i + 1);
    }
    assert_int_equal(labels.overflowed, 0);
}

/* Labels come and go at random; the dictionary is held to a list of who has which id. */
static void test_held_to_a_naive_dictionary(void **state)
{
    (void)state;
    static unsigned known[EAR_LABELS + 1]; /* 1 + the number that an id stands for; 0: kept no more */
    uint32_t random = 7;
    unsigned others = 0;
    memset(known, 0, sizeof known);
    for (unsigned i = 0; i < 20000; i++) {
        random = random * 1664525u + 1013904223u;
        unsigned number = (random >> 16) % (2 * EAR_LABELS);
        if (random >> 28 == 0) { /* somebody lets go of an id */
            unsigned id = 1 + (random >> 8) % EAR_LABELS;
            known[id] = 0;
            kept.bits[id / 32] &= ~(UINT32_C(1) << id % 32);
            continue;
        }
        char text[EAR_LABEL_BYTES + 1];
        (void)snprintf(text, sizeof text, "n%u", number);
        uint16_t id = ear_label_find(&labels, str(text), &use);
        for (unsigned k = 1; k <= EAR_LABELS; k++) {
            assert_true(known[k] != number + 1 || k == id);
        }
        if (id == EAR_LABEL_OTHER) {
            others++;
            continue;
        }
        assert_true(known[id] == 0 || known[id] == number + 1);
        expect_text(id, text);
        known[id] = number + 1;
        ear_label_mark(&kept, id);
        assert_true(i % 64 != 0 || ear_label_is_sound(&labels, &kept));
    }
    assert_int_equal(labels.overflowed, others);
    assert_true(others > 0 && labels.reclaimed > 0);
}

static void test_what_is_unsound_is_found(void **state)
{
    (void)state;
    struct ear_label_marks none = {{0}};
    fill();
    struct ear_labels good = labels;
    assert_true(ear_label_is_sound(&labels, &none));
    labels.used--;
    assert_false(ear_label_is_sound(&labels, &none));
    labels = good;
    labels.texts[3].bytes[0] ^= 1;
    assert_false(ear_label_is_sound(&labels, &none));
    labels = good;
    for (unsigned i = 0; i < EAR_LABEL_INDEX; i++) {
        if (labels.index[i] == 5) {
            labels.index[i] = EAR_LABELS + 1;
        }
    }
    assert_false(ear_label_is_sound(&labels, &none));
    labels = good;
    labels.texts[3].length = EAR_LABEL_BYTES + 1;
    assert_false(ear_label_is_sound(&labels, &none));
    labels = good;
    labels.newest[EAR_LABEL_NEWEST - 1] = EAR_LABELS + 1;
    assert_false(ear_label_is_sound(&labels, &none));
    labels = good;
    labels.free_from = EAR_LABELS + 1;
    assert_false(ear_label_is_sound(&labels, &none));
    labels = good;
    memset(labels.index, 0, sizeof labels.index); /* no text is found any more */
    assert_false(ear_label_is_sound(&labels, &none));
    labels = good;
    for (unsigned i = 0; i < EAR_LABEL_INDEX; i++) { /* one is found twice, another not at all */
        labels.index[i] = labels.index[i] == 5 ? 4 : labels.index[i];
    }
    assert_false(ear_label_is_sound(&labels, &none));
    labels = good;
    labels.texts[3].length = 0; /* the index still has it */
    labels.free_from = 3;
    labels.used--;
    assert_false(ear_label_is_sound(&labels, &none));
    ear_label_init(&labels);
    labels.free_from = 1; /* place 0 is free */
    assert_false(ear_label_is_sound(&labels, &none));
    ear_label_init(&labels);
    ear_label_mark(&none, 3);
    assert_false(ear_label_is_sound(&labels, &none)); /* a cell holds a label that has no text */
}

static void ids_that_are_no_labels_need_no_mark(void **state)
{
    (void)state;
    struct ear_label_marks marks = {{0}}, none = {{0}};
    ear_label_mark(&marks, EAR_LABEL_OTHER);
    ear_label_mark(&marks, EAR_LABELS + 1u);
    assert_memory_equal(&marks, &none, sizeof none);
    assert_false(ear_label_is_marked(&marks, EAR_LABEL_OTHER));
    ear_label_mark(&marks, EAR_LABELS);
    assert_true(ear_label_is_marked(&marks, EAR_LABELS));
    assert_false(ear_label_is_marked(&marks, EAR_LABELS - 1));
}

/* What a text becomes in memory is made another text of the same hash here. */
static void test_texts_of_one_hash_are_told_apart(void **state)
{
    (void)state;
    const struct ear_str sales = {"sales", 5};
    const uint16_t first = ear_label_find(&labels, sales, &use);
    labels.texts[first - 1].bytes[4] = 't';
    const uint16_t second = ear_label_find(&labels, sales, &use);
    assert_int_not_equal(second, first);
    labels.texts[second - 1].length = 4;
    const uint16_t third = ear_label_find(&labels, sales, &use);
    assert_true(third != first && third != second);
    expect_text(first, "salet");
    expect_text(second, "sale");
    expect_text(third, "sales");
    (void)setup(NULL); /* what was spoilt is forgotten */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_text_keeps_its_id, setup),
        cmocka_unit_test_setup(test_texts_of_every_length_are_told_apart, setup),
        cmocka_unit_test_setup(test_no_text_is_no_label_and_a_long_one_is_other, setup),
        cmocka_unit_test_setup(test_a_full_dictionary_keeps_what_is_used, setup),
        cmocka_unit_test_setup(test_a_search_in_vain_is_not_repeated_at_once, setup),
        cmocka_unit_test_setup(test_what_nobody_uses_makes_room, setup),
        cmocka_unit_test_setup(test_held_to_a_naive_dictionary, setup),
        cmocka_unit_test_setup(test_what_is_unsound_is_found, setup),
        cmocka_unit_test(ids_that_are_no_labels_need_no_mark),
        cmocka_unit_test_setup(test_texts_of_one_hash_are_told_apart, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
