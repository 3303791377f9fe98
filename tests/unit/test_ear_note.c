/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_note.c - windows of counters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/note/ear_note.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)
#define DAY_MS INT64_C(86400000)
#define NOON INT64_C(1767268800000) /* 2026-01-01T12:00Z */
#define EVERY (EAR_RESOLUTION_BIT(EAR_MINUTE) | EAR_RESOLUTION_BIT(EAR_HOUR) | EAR_RESOLUTION_BIT(EAR_DAY))
#define USER_MESSAGES EAR_AT_messages

static const int64_t length_ms[EAR_RESOLUTIONS] = {MINUTE_MS, HOUR_MS, DAY_MS};
/* Windows of one slice that can be held at once: as many as the ring has, or as there are cells for them. */
#define HELD(windows, cells) ((windows) < (cells) ? (windows) : (cells))
#define HELD_HOURS HELD(EAR_HOUR_WINDOWS, EAR_HOUR_CELLS)
static const unsigned windows_of[EAR_RESOLUTIONS] = {HELD(EAR_MINUTE_WINDOWS, EAR_MINUTE_CELLS), HELD_HOURS,
                                                     HELD(EAR_DAY_WINDOWS, EAR_DAY_CELLS)};
static const struct ear_tz utc;
static struct ear_note note;

/* What left the rings. */
static struct {
    struct ear_cell head;
    uint64_t messages;
} left[4096 + 3 * EAR_CELLS];
static unsigned left_count;

static void on_retire(void *context, struct ear_note *from, uint16_t cell)
{
    assert_ptr_equal(context, &left_count);
    assert_true(left_count < EAR_COUNT_OF(left));
    assert_true((from->cells[cell].flags & EAR_CELL_USED) != 0);
    left[left_count].head = from->cells[cell];
    left[left_count++].messages = ear_note_words(from, cell)[USER_MESSAGES];
}

static const struct ear_retire retire = {.cell = on_retire, .context = &left_count};

static int setup(void **state)
{
    (void)state;
    ear_note_init(&note);
    left_count = 0;
    return 0;
}

static struct ear_place place_at(int64_t at_ms, uint8_t slice, enum ear_late late)
{
    struct ear_place place;
    ear_note_place(&note, &utc, at_ms, slice, late, &retire, &place);
    return place;
}

static struct ear_place count(int64_t at_ms, uint8_t slice)
{
    struct ear_place place = place_at(at_ms, slice, EAR_LATE_OLDEST);
    ear_place_add(&place, USER_MESSAGES, 1);
    ear_place_add_series(&place, EAR_AT_messages_per_minute, 1);
    ear_place_count_late(&place);
    return place;
}

/* The number in the window that begins at start_ms; -1 if there is no such cell. */
static int64_t value(enum ear_resolution r, int64_t start_ms, uint8_t slice, unsigned at)
{
    for (unsigned c = 0; c < EAR_CELLS; c++) {
        const struct ear_cell *cell = &note.cells[c];
        if ((cell->flags & EAR_CELL_USED) && cell->resolution == r && cell->start_ms == start_ms &&
            cell->slice == slice) {
            return ear_note_words(&note, (uint16_t)c)[at];
        }
    }
    return -1;
}

static uint32_t minute_of(int64_t hour_ms, unsigned minute)
{
    int64_t word = value(EAR_HOUR, hour_ms, 0, EAR_AT_messages_per_minute + minute / 2);
    return word < 0 ? 0 : (uint32_t)word >> (minute % 2 * 16) & 0xffff;
}

static uint64_t held(enum ear_resolution r)
{
    uint64_t sum = 0;
    for (unsigned c = 0; c < EAR_CELLS; c++) {
        if ((note.cells[c].flags & EAR_CELL_USED) && note.cells[c].resolution == r) {
            sum += ear_note_words(&note, (uint16_t)c)[USER_MESSAGES];
        }
    }
    return sum;
}

static uint64_t gone(enum ear_resolution r)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < left_count; i++) {
        sum += left[i].head.resolution == r ? left[i].messages : 0;
    }
    return sum;
}

static void test_a_fact_is_counted_in_its_minute_hour_and_day(void **state)
{
    (void)state;
    struct ear_place place = count(NOON + 61 * MINUTE_MS + 5, 1);
    assert_int_equal(place.minute, 1);
    assert_int_equal(place.late, 0);
    count(NOON + 61 * MINUTE_MS + 59999, 1);
    count(NOON + 62 * MINUTE_MS, 1);
    assert_int_equal(value(EAR_MINUTE, NOON + 61 * MINUTE_MS, 1, USER_MESSAGES), 2);
    assert_int_equal(value(EAR_MINUTE, NOON + 62 * MINUTE_MS, 1, USER_MESSAGES), 1);
    assert_int_equal(value(EAR_HOUR, NOON + HOUR_MS, 1, USER_MESSAGES), 3);
    assert_int_equal(value(EAR_HOUR, NOON + HOUR_MS, 1, EAR_AT_messages_per_minute), 2u << 16);
    assert_int_equal(value(EAR_HOUR, NOON + HOUR_MS, 1, EAR_AT_messages_per_minute + 1), 1);
    assert_int_equal(value(EAR_DAY, NOON - 12 * HOUR_MS, 1, USER_MESSAGES), 3);
    assert_int_equal(value(EAR_DAY, NOON - 12 * HOUR_MS, 0, USER_MESSAGES), -1);
    assert_true(ear_note_is_sound(&note));
}

static void test_days_are_local(void **state)
{
    (void)state;
    struct ear_tz tz;
    uint16_t at;
    const char *allowed;
    struct ear_str rule = {"CET-1CEST,M3.5.0,M10.5.0/3", 26};
    assert_int_equal(ear_tz_parse(&tz, rule, &at, &allowed), EAR_OK);
    int64_t midnight = (ear_tz_days_from_civil(2026, 10, 25) * 24 - 2) * HOUR_MS;
    for (int hour = -1; hour <= 25; hour++) {
        struct ear_place place;
        ear_note_place(&note, &tz, midnight + hour * HOUR_MS, 0, EAR_LATE_OLDEST, &retire, &place);
        ear_place_add(&place, USER_MESSAGES, 1);
    }
    assert_int_equal(value(EAR_DAY, midnight, 0, USER_MESSAGES), 25);
    assert_int_equal(value(EAR_DAY, midnight + 25 * HOUR_MS, 0, USER_MESSAGES), 1);
}

static void test_windows_leave_when_newer_ones_push_them_out(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HELD_HOURS; i++) {
        count(NOON + i * HOUR_MS, 0);
    }
    assert_int_equal(value(EAR_HOUR, NOON, 0, USER_MESSAGES), 1);
    left_count = 0;
    count(NOON + HELD_HOURS * HOUR_MS, 0);
    assert_int_equal(value(EAR_HOUR, NOON, 0, USER_MESSAGES), -1);
    assert_int_equal(value(EAR_HOUR, NOON + HOUR_MS, 0, USER_MESSAGES), 1);
    assert_int_equal(gone(EAR_HOUR), 1);
    assert_int_equal(ear_note_oldest_hour_ms(&note, false), NOON + HOUR_MS);
    left_count = 0;
    count(NOON + 1000 * EAR_HOUR_WINDOWS * HOUR_MS, 0); /* all of them at once, oldest first */
    int64_t last_ms = 0;
    unsigned hours = 0;
    for (unsigned i = 0; i < left_count; i++) {
        if (left[i].head.resolution == EAR_HOUR) {
            assert_true(left[i].head.start_ms > last_ms);
            last_ms = left[i].head.start_ms;
            hours++;
        }
    }
    assert_int_equal(hours, HELD_HOURS);
    assert_int_equal(note.squeezed == 0, EAR_HOUR_WINDOWS <= EAR_HOUR_CELLS);
    assert_true(ear_note_is_sound(&note));
}

static void test_a_window_within_reach_may_come_late(void **state)
{
    (void)state;
    count(NOON, 0);
    struct ear_place place = count(NOON - (EAR_HOUR_WINDOWS - 1) * HOUR_MS, 0);
    assert_int_equal(place.late & EAR_RESOLUTION_BIT(EAR_HOUR), 0);
    assert_int_equal(value(EAR_HOUR, NOON - (EAR_HOUR_WINDOWS - 1) * HOUR_MS, 0, USER_MESSAGES), 1);
    assert_int_equal(left_count, 0);
}

static void test_what_is_late_counts_in_the_oldest_window_or_nowhere(void **state)
{
    (void)state;
    count(NOON - MINUTE_MS, 0);
    count(NOON, 0);
    int64_t late_ms = NOON - EAR_MINUTE_WINDOWS * MINUTE_MS;
    struct ear_place place = count(late_ms, 0);
    assert_int_equal(place.late, EAR_RESOLUTION_BIT(EAR_MINUTE));
    assert_int_equal(value(EAR_MINUTE, NOON - MINUTE_MS, 0, USER_MESSAGES), 2);
    assert_int_equal(value(EAR_MINUTE, NOON - MINUTE_MS, 0, EAR_AT_late_events), 1);
    assert_int_equal(value(EAR_HOUR, NOON - HOUR_MS, 0, EAR_AT_late_events), 0);
    place = place_at(late_ms, 0, EAR_LATE_NOWHERE);
    assert_null(place.words[EAR_MINUTE]);
    ear_place_add(&place, USER_MESSAGES, 1);
    assert_int_equal(value(EAR_MINUTE, NOON - MINUTE_MS, 0, USER_MESSAGES), 2);
    assert_int_equal(held(EAR_HOUR), 4);
}

static void test_a_dry_pool_makes_the_oldest_window_leave(void **state)
{
    (void)state;
    unsigned cells = 0;
    unsigned hour = 0;
    for (; cells < EAR_HOUR_CELLS && hour < EAR_HOUR_WINDOWS; hour++) {
        for (uint8_t s = 0; s < EAR_SLICES && cells < EAR_HOUR_CELLS; s++, cells++) {
            count(NOON + hour * HOUR_MS, s);
        }
    }
    if (cells < EAR_HOUR_CELLS) {
        skip(); /* a configuration whose pool cannot run dry */
    }
    unsigned squeezed = note.squeezed;
    left_count = 0;
    count(NOON + hour * HOUR_MS, 0);
    assert_int_equal(note.squeezed > squeezed, 1);
    assert_int_equal(value(EAR_HOUR, NOON, 0, USER_MESSAGES), -1);
    assert_true(gone(EAR_HOUR) > 0);
    assert_int_equal(note.rings[EAR_HOUR].free_count_least, 0);
    /* It was told, so it must not begin again. */
    struct ear_place place = count(NOON, 0);
    assert_int_equal(place.late & EAR_RESOLUTION_BIT(EAR_HOUR), EAR_RESOLUTION_BIT(EAR_HOUR));
    assert_int_equal(value(EAR_HOUR, NOON, 0, USER_MESSAGES), -1);
    assert_true(ear_note_is_sound(&note));
}

static void test_numbers_stop_at_their_bounds(void **state)
{
    (void)state;
    struct ear_place place = place_at(NOON, 0, EAR_LATE_OLDEST);
    ear_place_add(&place, USER_MESSAGES, -1);
    assert_int_equal(place.words[EAR_DAY][USER_MESSAGES], 0);
    assert_int_equal(note.saturated, 3);
    place.words[EAR_DAY][USER_MESSAGES] = UINT32_MAX - 1;
    ear_place_add(&place, USER_MESSAGES, 2);
    assert_true(place.words[EAR_DAY][USER_MESSAGES] == UINT32_MAX);
    assert_int_equal(place.words[EAR_HOUR][USER_MESSAGES], 2);
    assert_int_equal(note.saturated, 4);
    ear_place_add_series(&place, EAR_AT_messages_per_minute, 65535);
    place.minute = 1;
    ear_place_add_series(&place, EAR_AT_messages_per_minute, 7);
    place.minute = 0;
    ear_place_add_series(&place, EAR_AT_messages_per_minute, 1);
    assert_int_equal(minute_of(NOON, 0), 65535);
    assert_int_equal(minute_of(NOON, 1), 7);
    assert_int_equal(note.saturated, 5);
}

static void test_a_table_has_its_labels_and_other(void **state)
{
    (void)state;
    struct ear_place place = place_at(NOON, 0, EAR_LATE_OLDEST);
    uint32_t *table = &place.words[EAR_HOUR][EAR_AT_languages];
    for (unsigned i = 0; i < EAR_LANGUAGES; i++) {
        char code[2] = {'a', (char)('a' + i)};
        ear_place_add_row(&place, EAR_NUMBER_languages, ear_label(code, 2), 0, 2);
    }
    assert_int_equal(note.table_overflows, 0);
    ear_place_add_row(&place, EAR_NUMBER_languages, ear_label("zz", 2), 0, 1);
    assert_int_equal(note.table_overflows, 2); /* in the hour and the day */
    assert_int_equal(table[2 * EAR_LANGUAGES], 1);
    ear_place_add_row(&place, EAR_NUMBER_languages, ear_label("zz", 2), 0, -1);
    assert_int_equal(table[2 * EAR_LANGUAGES], 0);
    ear_place_add_row(&place, EAR_NUMBER_languages, ear_label("aa", 2), 0, -2);
    ear_place_add_row(&place, EAR_NUMBER_languages, ear_label("zz", 2), 0, 5);
    assert_int_equal(table[0], ear_label("zz", 2));
    assert_int_equal(table[1], 5);
    assert_int_equal(note.saturated, 0);
}

static void test_telling_a_cell(void **state)
{
    (void)state;
    uint32_t seq = 100;
    assert_int_equal(ear_note_next(&note, EVERY, 0), EAR_NO_CELL);
    struct ear_place place = count(NOON, 1);
    uint16_t cell = ear_note_next(&note, EAR_RESOLUTION_BIT(EAR_HOUR), 0);
    assert_ptr_equal(&note.cells[cell], place.cells[EAR_HOUR]);
    assert_int_equal(ear_note_next(&note, EAR_RESOLUTION_BIT(EAR_HOUR), (uint16_t)(cell + 1)), EAR_NO_CELL);
    ear_note_tell(&note, cell, 7, &seq);
    ear_note_sent(&note, cell);
    assert_int_equal(note.cells[cell].encoded, 1);
    assert_int_equal(note.cells[cell].seq, 101);
    assert_int_equal(ear_note_next(&note, EAR_RESOLUTION_BIT(EAR_HOUR), 0), EAR_NO_CELL);
    ear_note_lost(&note);
    assert_int_equal(ear_note_next(&note, EAR_RESOLUTION_BIT(EAR_HOUR), 0), cell);
    ear_note_tell(&note, cell, 7, &seq); /* the same state: the same bytes again */
    ear_note_sent(&note, cell);
    assert_int_equal(note.cells[cell].encoded, 1);
    assert_int_equal(seq, 101);
    ear_place_add(&place, USER_MESSAGES, 1); /* changes while in flight */
    assert_false(ear_note_acked(&note, cell, 6, 101));
    assert_false(ear_note_acked(&note, cell, 7, 100));
    assert_true(ear_note_acked(&note, cell, 7, 101));
    assert_int_equal(ear_note_next(&note, EAR_RESOLUTION_BIT(EAR_HOUR), 0), cell);
    ear_note_tell(&note, cell, 7, &seq);
    assert_int_equal(note.cells[cell].encoded, 2);
    assert_int_equal(seq, 102);
    assert_true(ear_note_acked(&note, cell, 7, 102));
    assert_int_equal(ear_note_next(&note, EAR_RESOLUTION_BIT(EAR_HOUR), 0), EAR_NO_CELL);
    uint32_t seq_of_boot_8 = 0;
    ear_place_add(&place, USER_MESSAGES, 1);
    ear_note_tell(&note, cell, 8, &seq_of_boot_8);
    assert_int_equal(note.cells[cell].encoded, 1);
    assert_int_equal(note.cells[cell].encoded_boot, 8);
    assert_int_equal(seq_of_boot_8, 1);
}

static void test_a_reused_cell_takes_no_old_acknowledgement(void **state)
{
    (void)state;
    uint32_t seq = 0;
    count(NOON, 0);
    uint16_t cell = ear_note_next(&note, EAR_RESOLUTION_BIT(EAR_HOUR), 0);
    ear_note_tell(&note, cell, 1, &seq);
    count(NOON + 2 * EAR_HOUR_WINDOWS * HOUR_MS, 0);
    assert_false(ear_note_acked(&note, cell, 1, seq));
    assert_int_equal(ear_note_next(&note, EAR_RESOLUTION_BIT(EAR_HOUR), 0), cell);
}

static void test_monotonic_windows_wait_and_are_then_moved(void **state)
{
    (void)state;
    if (EAR_HOUR_CELLS < 4 || EAR_DAY_CELLS < 3 || EAR_HOUR_WINDOWS < 4) {
        skip(); /* needs that many at once */
    }
    count(NOON - HOUR_MS, 0); /* an earlier run, which knew the time */
    count(NOON + 10 * MINUTE_MS, 0);
    count(5 * MINUTE_MS, 0);
    count(50 * MINUTE_MS, 0);
    count(55 * MINUTE_MS, 1);
    assert_int_equal(ear_note_end_ms(&note), NOON + 11 * MINUTE_MS);
    uint32_t before = note.squeezed;
    for (uint16_t c = 0; (c = ear_note_next(&note, EVERY, c)) != EAR_NO_CELL; c++) {
        assert_true(note.cells[c].start_ms >= EAR_TIME_KNOWN_MS);
    }
    ear_note_shift(&note, &utc, NOON + 30 * MINUTE_MS, &retire); /* started at 12:30 */
    assert_int_equal(value(EAR_HOUR, NOON, 0, USER_MESSAGES), 3);
    assert_int_equal(value(EAR_HOUR, NOON, 1, USER_MESSAGES), 1);
    assert_int_equal(value(EAR_DAY, NOON - 12 * HOUR_MS, 0, USER_MESSAGES), 4);
    assert_int_equal(minute_of(NOON, 10), 1);
    assert_int_equal(minute_of(NOON, 35), 1);
    assert_int_equal(minute_of(NOON + HOUR_MS, 20), 1); /* 50 minutes after 12:30 */
    assert_int_equal(value(EAR_HOUR, NOON + HOUR_MS, 0, USER_MESSAGES), 0);
    assert_int_equal(held(EAR_MINUTE) + gone(EAR_MINUTE), 5);
    assert_int_equal(ear_note_end_ms(&note), NOON + 86 * MINUTE_MS); /* 55 minutes after 12:30 */
    assert_int_equal(note.squeezed, before);
    assert_true(ear_note_is_sound(&note));
    struct ear_place place = count(7, 0); /* the next run, again without the time */
    assert_int_equal(place.late, 0);
}

/* Windows of both clocks in one ring: a dated one takes the place of the oldest without a date, and goes before those.
 */
static void test_windows_of_both_clocks_fill_a_ring(void **state)
{
    (void)state;
    if (EAR_MINUTE_CELLS < EAR_MINUTE_WINDOWS) {
        skip(); /* a configuration whose cells run out first */
    }
    for (unsigned i = 0; i < EAR_MINUTE_WINDOWS; i++) {
        count(i * MINUTE_MS, 0);
    }
    assert_int_equal(gone(EAR_MINUTE), 0);
    count(NOON, 0);
    assert_int_equal(gone(EAR_MINUTE), 1);
    assert_int_equal(left[left_count - 1].head.start_ms, 0);
    assert_int_equal(value(EAR_MINUTE, MINUTE_MS, 0, USER_MESSAGES), 1);
    assert_int_equal(value(EAR_MINUTE, NOON, 0, USER_MESSAGES), 1);
    count(NOON + MINUTE_MS, 0);
    assert_int_equal(gone(EAR_MINUTE), 2);
    assert_int_equal(left[left_count - 1].head.start_ms, NOON);
    assert_int_equal(value(EAR_MINUTE, NOON + MINUTE_MS, 0, USER_MESSAGES), 1);
    assert_int_equal(note.squeezed, 0);
    assert_true(ear_note_is_sound(&note));
    struct ear_place place = place_at(0, 0, EAR_LATE_NOWHERE); /* it was told */
    assert_null(place.words[EAR_MINUTE]);
}

/* The last day of 2000 where it ended in 2001, and that of a device which counts from its start, have one number. They
 * are two windows. */
static void test_days_of_one_number_and_two_clocks_are_two(void **state)
{
    (void)state;
    struct ear_tz west;
    uint16_t at;
    const char *allowed;
    assert_int_equal(ear_tz_parse(&west, (struct ear_str){"EST5", 4}, &at, &allowed), EAR_OK);
    struct ear_place place = count(EAR_TIME_KNOWN_MS - HOUR_MS, 0);
    assert_int_equal(place.cells[EAR_DAY]->start_ms, EAR_TIME_KNOWN_MS - DAY_MS);
    ear_note_place(&note, &west, EAR_TIME_KNOWN_MS + HOUR_MS, 0, EAR_LATE_OLDEST, &retire, &place);
    ear_place_add(&place, USER_MESSAGES, 1);
    assert_int_equal(place.cells[EAR_DAY]->start_ms, EAR_TIME_KNOWN_MS - 19 * HOUR_MS);
    assert_int_equal(value(EAR_DAY, EAR_TIME_KNOWN_MS - DAY_MS, 0, USER_MESSAGES), 1);
    assert_int_equal(value(EAR_DAY, EAR_TIME_KNOWN_MS - 19 * HOUR_MS, 0, USER_MESSAGES), 1);
    assert_int_equal(gone(EAR_DAY), 0);
    assert_true(ear_note_is_sound(&note));
}

/* What was told without a date, as at a stop, is another window's once it has one: it begins anew there. */
static void test_a_cell_told_without_a_date_is_told_anew_with_one(void **state)
{
    (void)state;
    uint32_t seq = 0;
    struct ear_place place = count(5 * MINUTE_MS, 0);
    const uint16_t cell = (uint16_t)(place.cells[EAR_HOUR] - note.cells);
    ear_note_tell(&note, cell, 7, &seq);
    ear_place_add(&place, USER_MESSAGES, 1);
    ear_note_tell(&note, cell, 7, &seq);
    assert_int_equal(note.cells[cell].encoded, 2);
    ear_note_shift(&note, &utc, NOON, &retire);
    assert_int_equal(value(EAR_HOUR, NOON, 0, USER_MESSAGES), 2);
    assert_int_equal(ear_note_next(&note, EAR_RESOLUTION_BIT(EAR_HOUR), 0), cell);
    assert_false(note.cells[cell].flags & EAR_CELL_UNACKED); /* what the server has is not this window */
    ear_note_tell(&note, cell, 7, &seq);
    assert_int_equal(note.cells[cell].encoded, 1);
    assert_int_equal(seq, 3);
    assert_true(ear_note_acked(&note, cell, 7, 3));
    assert_int_equal(ear_note_next(&note, EAR_RESOLUTION_BIT(EAR_HOUR), 0), EAR_NO_CELL);
}

/* A small generator with a known sequence (Numerical Recipes). */
static uint32_t random_below(uint32_t *seed, uint32_t bound)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)*seed * bound >> 32);
}

static void check_that_nothing_left_twice(void)
{
    for (unsigned i = 0; i < left_count; i++) {
        for (unsigned k = 0; k < i; k++) {
            bool same = left[i].head.resolution == left[k].head.resolution &&
                        left[i].head.start_ms == left[k].head.start_ms && left[i].head.slice == left[k].head.slice;
            assert_false(same);
        }
        assert_int_equal(value((enum ear_resolution)left[i].head.resolution, left[i].head.start_ms, left[i].head.slice,
                               USER_MESSAGES),
                         -1);
    }
}

static void test_nothing_is_lost_whatever_the_order(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        uint32_t random = seed;
        setup(NULL);
        int64_t now_ms = seed % 2 ? NOON : 0;
        unsigned counted = 0;
        while (counted < 2000 && left_count < EAR_COUNT_OF(left) - 3 * EAR_CELLS) {
            now_ms += random_below(&random, seed * 30000);
            int64_t back_ms = random_below(&random, 4) ? 0 : random_below(&random, 3 * EAR_HOUR_WINDOWS) * HOUR_MS / 2;
            int64_t at_ms = back_ms < now_ms ? now_ms - back_ms : 0;
            count(at_ms, (uint8_t)random_below(&random, EAR_SLICES));
            counted++;
            if (seed % 2 == 0 && counted == 700) {
                ear_note_shift(&note, &utc, NOON + seed * 1234567, &retire);
                now_ms += NOON + seed * 1234567;
            }
            if (counted % 50 == 0) {
                assert_true(ear_note_is_sound(&note));
            }
        }
        for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
            assert_int_equal(held((enum ear_resolution)r) + gone((enum ear_resolution)r), counted);
        }
        check_that_nothing_left_twice();
    }
}

static void test_an_unsound_image_is_seen(void **state)
{
    (void)state;
    struct ear_place place = count(NOON, 1);
    assert_true(ear_note_is_sound(&note));
    place.cells[EAR_HOUR]->slice = 0;
    assert_false(ear_note_is_sound(&note));
    place.cells[EAR_HOUR]->slice = 1;
    note.rings[EAR_DAY].free_first = 0;
    assert_false(ear_note_is_sound(&note));
}

/* One image for each thing that can be wrong with the lists, windows and heads of cells. */
static void test_every_fault_of_an_image_is_seen(void **state)
{
    static struct ear_note good;
    (void)state;
    struct ear_place place = count(NOON, 1);
    count(NOON + HOUR_MS, 0);
    assert_true(ear_note_is_sound(&note));
    good = note;
    struct ear_cell *head = place.cells[EAR_HOUR];
    struct ear_ring *ring = &note.rings[EAR_HOUR];
    const uint16_t cell = (uint16_t)(head - note.cells);
    struct ear_window *window = &note.windows[EAR_MINUTE_WINDOWS];
    while (window->cells[1] != cell) {
        window++;
    }
    for (unsigned fault = 0; fault < 15; fault++) {
        note = good;
        switch (fault) {
        case 0:
            head->slice = EAR_SLICES;
            break;
        case 1:
            head->resolution = EAR_DAY;
            break;
        case 2:
            note.slice_cells[1]++;
            break;
        case 3:
            window->cells[1] = EAR_CELLS - 1;
            break; /* a day's */
        case 4:
            window->cells[1] = 0;
            break; /* a minute's */
        case 5:
            head->start_ms++;
            break;
        case 6:
            head->end_ms++;
            break;
        case 7:
            head->flags = 0;
            note.slice_cells[1]--;
            break;
        case 8:
            window->cells[1] = EAR_NO_CELL;
            window->cells[0] = cell;
            break;
        case 9:
            window->end_ms = window->start_ms;
            break;
        case 10:
            ring->last = 0;
            break;
        case 11:
            ring->last = EAR_WINDOWS;
            break;
        case 12:
            ring->free_count++;
            break;
        case 13: /* no window, and has a cell */
            window->start_ms = window->end_ms = head->start_ms = head->end_ms = 0;
            break;
        default:
            ring->free_first = EAR_NO_CELL;
            ring->free_count = 0;
            break;
        }
        assert_false(ear_note_is_sound(&note));
    }
    note = good;
    assert_true(ear_note_is_sound(&note));
}

static void test_windows_fit_their_rings(void **state)
{
    (void)state;
    for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
        setup(NULL);
        for (unsigned i = 0; i < 3 * windows_of[r]; i++) {
            count(NOON + i * length_ms[r], 0);
        }
        assert_int_equal(held((enum ear_resolution)r), windows_of[r]);
    }
}

/* A list of free cells that leads astray, and a window that is not in use and has cells. */
static void test_faults_of_the_free_list_are_seen(void **state)
{
    static struct ear_note good;
    (void)state;
    struct ear_place place = count(NOON, 1);
    const uint16_t used = (uint16_t)(place.cells[EAR_HOUR] - note.cells);
    const uint16_t free_first = note.rings[EAR_HOUR].free_first;
    const uint16_t first_of_days = (uint16_t)(EAR_MINUTE_CELLS + EAR_HOUR_CELLS);
    const uint16_t astray[] = {0, first_of_days, used, EAR_CELLS - 1, free_first};
    assert_true(ear_note_is_sound(&note));
    good = note;
    for (size_t i = 0; i < EAR_COUNT_OF(astray); i++) {
        note = good;
        note.cells[free_first].next = astray[i]; /* the last: for ever in a circle */
        assert_false(ear_note_is_sound(&note));
        note = good;
        note.rings[EAR_HOUR].free_first = astray[i];
        assert_int_equal(ear_note_is_sound(&note), astray[i] == free_first);
    }
    for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
        note = good;
        note.rings[r].free_count--;
        assert_false(ear_note_is_sound(&note));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_fact_is_counted_in_its_minute_hour_and_day, setup),
        cmocka_unit_test_setup(test_days_are_local, setup),
        cmocka_unit_test_setup(test_windows_leave_when_newer_ones_push_them_out, setup),
        cmocka_unit_test_setup(test_a_window_within_reach_may_come_late, setup),
        cmocka_unit_test_setup(test_what_is_late_counts_in_the_oldest_window_or_nowhere, setup),
        cmocka_unit_test_setup(test_a_dry_pool_makes_the_oldest_window_leave, setup),
        cmocka_unit_test_setup(test_numbers_stop_at_their_bounds, setup),
        cmocka_unit_test_setup(test_a_table_has_its_labels_and_other, setup),
        cmocka_unit_test_setup(test_telling_a_cell, setup),
        cmocka_unit_test_setup(test_a_reused_cell_takes_no_old_acknowledgement, setup),
        cmocka_unit_test_setup(test_monotonic_windows_wait_and_are_then_moved, setup),
        cmocka_unit_test_setup(test_windows_of_both_clocks_fill_a_ring, setup),
        cmocka_unit_test_setup(test_days_of_one_number_and_two_clocks_are_two, setup),
        cmocka_unit_test_setup(test_a_cell_told_without_a_date_is_told_anew_with_one, setup),
        cmocka_unit_test_setup(test_nothing_is_lost_whatever_the_order, setup),
        cmocka_unit_test_setup(test_an_unsound_image_is_seen, setup),
        cmocka_unit_test_setup(test_every_fault_of_an_image_is_seen, setup),
        cmocka_unit_test_setup(test_windows_fit_their_rings, setup),
        cmocka_unit_test_setup(test_faults_of_the_free_list_are_seen, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
