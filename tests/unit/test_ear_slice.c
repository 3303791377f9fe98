/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_slice.c - the table of slices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/note/ear_slice.h"

static struct ear_note note;
static struct ear_slices slices;

static int setup(void **state)
{
    (void)state;
    ear_note_init(&note);
    ear_slice_init(&slices);
    return 0;
}

static struct ear_slice_key key_of(const char *channel, const char *sender, const char *automation, const char *version)
{
    return (struct ear_slice_key){{{channel, (uint16_t)strlen(channel)},
                                   {sender, (uint16_t)strlen(sender)},
                                   {automation, (uint16_t)strlen(automation)},
                                   {version, (uint16_t)strlen(version)}}};
}

static uint8_t find(const char *channel, const char *sender)
{
    struct ear_slice_key key = key_of(channel, sender, "", "");
    return ear_slice_find(&slices, &note, &key);
}

static uint8_t numbered(unsigned n)
{
    char channel[3] = {'c', (char)('0' + n / 10), (char)('0' + n % 10)};
    struct ear_slice_key key = {{{channel, 3}}};
    return ear_slice_find(&slices, &note, &key);
}

static void test_the_same_labels_are_the_same_slice(void **state)
{
    (void)state;
    assert_int_equal(find("web", "kiosk"), 1);
    assert_int_equal(find("web", "kiosk"), 1);
    assert_int_equal(ear_slice_count(&slices), 1);
    if (EAR_SLICES >= 5) {
        assert_int_equal(find("we", "bkiosk"), 2); /* the same bytes, cut elsewhere */
        assert_int_equal(find("", ""), 3);
        assert_int_equal(find("web", "kiosk"), 1);
        assert_int_equal(find("", ""), 3);
        assert_int_equal(ear_slice_count(&slices), 3);
    }
}

static void test_labels_come_back(void **state)
{
    (void)state;
    struct ear_slice_key key = key_of("web", "", "guide", "2.1");
    struct ear_slice_key back = ear_slice_key(&slices, ear_slice_find(&slices, &note, &key));
    for (unsigned p = 0; p < EAR_SLICE_PARTS; p++) {
        assert_int_equal(back.parts[p].length, key.parts[p].length);
        assert_memory_equal(back.parts[p].bytes, key.parts[p].bytes, key.parts[p].length);
    }
    char longest[EAR_LABEL_BYTES];
    memset(longest, 'x', sizeof longest);
    for (unsigned p = 0; p < EAR_SLICE_PARTS; p++) {
        key.parts[p] = (struct ear_str){longest, sizeof longest};
    }
    uint8_t slice = ear_slice_find(&slices, &note, &key);
    back = ear_slice_key(&slices, slice);
    assert_int_equal(back.parts[EAR_SLICE_VERSION].length, EAR_LABEL_BYTES);
    assert_int_equal(ear_slice_find(&slices, &note, &key), slice);
}

static void test_what_does_not_fit_is_other_and_counted(void **state)
{
    (void)state;
    for (unsigned n = 1; n < EAR_SLICES; n++) {
        uint8_t slice = numbered(n);
        assert_int_equal(slice, n);
        ear_slice_hold(&slices, slice);
    }
    assert_int_equal(numbered(98), EAR_SLICE_OTHER);
    assert_int_equal(numbered(99), EAR_SLICE_OTHER);
    assert_int_equal(slices.overflows, 2);
    assert_int_equal(slices.reclaimed, 0);
    assert_int_equal(numbered(1), 1);
    assert_int_equal(ear_slice_key(&slices, EAR_SLICE_OTHER).parts[0].length, 0);
}

static void test_a_slice_is_reclaimed_when_nothing_uses_it(void **state)
{
    (void)state;
    static const struct ear_tz utc;
    struct ear_retire none = {0};
    struct ear_place place;
    for (unsigned n = 1; n < EAR_SLICES; n++) {
        ear_slice_hold(&slices, numbered(n));
    }
    ear_note_place(&note, &utc, EAR_TIME_KNOWN_MS, 1, EAR_LATE_OLDEST, &none, &place);
    ear_slice_release(&slices, 1);
    assert_int_equal(numbered(98), EAR_SLICE_OTHER); /* has no conversation, but cells */
    if (EAR_SLICES > 2) {
        ear_slice_release(&slices, EAR_SLICES - 1);
    }
    uint8_t slice = numbered(98);
    bool cells_hold_it = EAR_SLICES == 2;
    assert_int_equal(slice, cells_hold_it ? EAR_SLICE_OTHER : EAR_SLICES - 1);
    assert_int_equal(slices.reclaimed, cells_hold_it ? 0 : 1);
    assert_int_equal(numbered(98), slice);
}

static void test_slices_of_one_hash_are_told_apart(void **state)
{
    (void)state;
    if (EAR_SLICES < 4) {
        skip();
    }
    const uint8_t first = find("web", "door");
    slices.items[first].bytes[0] = 'W'; /* another, with the hash of web */
    const uint8_t second = find("web", "door");
    assert_int_not_equal(second, first);
    assert_int_equal(find("web", "door"), second);
    slices.items[second].used = false; /* the one that was asked for last is gone */
    const uint8_t third = find("web", "door");
    assert_true(slices.items[third].used);
    assert_int_not_equal(third, first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_same_labels_are_the_same_slice, setup),
        cmocka_unit_test_setup(test_labels_come_back, setup),
        cmocka_unit_test_setup(test_what_does_not_fit_is_other_and_counted, setup),
        cmocka_unit_test_setup(test_a_slice_is_reclaimed_when_nothing_uses_it, setup),
        cmocka_unit_test_setup(test_slices_of_one_hash_are_told_apart, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
