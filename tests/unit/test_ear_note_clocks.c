/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_note_clocks.c - windows of both clocks in one ring: of a device that does not know the time,
 * while its sources do. */
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
#define MIDNIGHT INT64_C(1767225600000) /* 2026-01-01T00:00Z */
#define USER_MESSAGES EAR_AT_messages

static const int64_t length_ms[EAR_RESOLUTIONS] = {MINUTE_MS, HOUR_MS, DAY_MS};
static const unsigned windows_of[EAR_RESOLUTIONS] = {EAR_MINUTE_WINDOWS, EAR_HOUR_WINDOWS, EAR_DAY_WINDOWS};
static const struct ear_tz utc;
static struct ear_note note;

/* What left the rings. */
static struct {
    int64_t start_ms;
    uint32_t messages;
    uint8_t slice;
    uint8_t resolution;
} left[4096];
static unsigned left_count;

static void on_retire(void *context, struct ear_note *from, uint16_t cell)
{
    const struct ear_cell *head = &from->cells[cell];
    assert_ptr_equal(context, &left_count);
    assert_true(left_count < EAR_COUNT_OF(left));
    left[left_count].start_ms = head->start_ms;
    left[left_count].slice = head->slice;
    left[left_count].resolution = head->resolution;
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

/* Which resolutions had no window for it any more. */
static uint8_t count(int64_t at_ms, uint8_t slice)
{
    struct ear_place place;
    ear_note_place(&note, &utc, at_ms, slice, EAR_LATE_OLDEST, &retire, &place);
    ear_place_add(&place, USER_MESSAGES, 1);
    return place.late;
}

/* Messages in the window of slice 0 that begins at start_ms; -1: it is not held. */
static int64_t value(unsigned r, int64_t start_ms)
{
    for (unsigned c = 0; c < EAR_CELLS; c++) {
        const struct ear_cell *cell = &note.cells[c];
        if ((cell->flags & EAR_CELL_USED) && cell->resolution == r && cell->start_ms == start_ms && cell->slice == 0) {
            return ear_note_words(&note, (uint16_t)c)[USER_MESSAGES];
        }
    }
    return -1;
}

static uint64_t held(unsigned r)
{
    uint64_t sum = 0;
    for (unsigned c = 0; c < EAR_CELLS; c++) {
        if ((note.cells[c].flags & EAR_CELL_USED) && note.cells[c].resolution == r) {
            sum += ear_note_words(&note, (uint16_t)c)[USER_MESSAGES];
        }
    }
    return sum;
}

static uint64_t gone(unsigned r)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < left_count; i++) {
        sum += left[i].resolution == r ? left[i].messages : 0;
    }
    return sum;
}

static bool has_left(unsigned r, int64_t start_ms)
{
    for (unsigned i = 0; i < left_count; i++) {
        if (left[i].resolution == r && left[i].start_ms == start_ms) {
            return true;
        }
    }
    return false;
}

/* A window that left is told under its key: were it made again, it would have a lower revision than what was told. */
static void check_that_nothing_comes_back(void)
{
    for (unsigned i = 0; i < left_count; i++) {
        for (unsigned c = 0; c < EAR_CELLS; c++) {
            const struct ear_cell *cell = &note.cells[c];
            assert_false((cell->flags & EAR_CELL_USED) && cell->resolution == left[i].resolution &&
                         cell->slice == left[i].slice && cell->start_ms == left[i].start_ms);
        }
        for (unsigned k = 0; k < i; k++) {
            assert_false(left[i].resolution == left[k].resolution && left[i].start_ms == left[k].start_ms &&
                         left[i].slice == left[k].slice);
        }
    }
}

/* Windows without a date push out one with a date; then they get theirs, and lie where it was. */
static void test_a_window_that_left_does_not_come_back_with_the_time(void **state)
{
    (void)state;
    for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
        for (unsigned slices = 1; slices <= EAR_SLICES; slices += EAR_SLICES - 1) {
            setup(NULL);
            unsigned counted = 1;
            unsigned i = 0;
            count(MIDNIGHT, 0);
            while (!has_left(r, MIDNIGHT)) {
                for (unsigned s = 0; s < slices; s++, counted++) {
                    count(i * length_ms[r], (uint8_t)s);
                }
                i++;
                assert_true(i <= windows_of[r]);
            }
            ear_note_shift(&note, &utc, MIDNIGHT - (i - 1) * length_ms[r], &retire); /* the newest of them */
            check_that_nothing_comes_back();
            assert_int_equal(value(r, MIDNIGHT), -1);
            for (unsigned other = 0; other < EAR_RESOLUTIONS; other++) {
                assert_int_equal(held(other) + gone(other), counted);
            }
            assert_true(value(r, MIDNIGHT + length_ms[r]) > 0); /* the oldest that may be made */
            assert_int_equal(count(MIDNIGHT, 0) & EAR_RESOLUTION_BIT(r), EAR_RESOLUTION_BIT(r));
            assert_true(ear_note_is_sound(&note));
            if (EAR_SLICES == 1) {
                break;
            }
        }
    }
}

/* The rings hold what is newest: an old moment does not push out the window that is being counted in. */
static void test_an_old_moment_pushes_no_newer_window_out(void **state)
{
    (void)state;
    for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
        const int64_t now_ms = MIDNIGHT + 5 * length_ms[r];
        setup(NULL);
        unsigned i = 0;
        for (; i + 1 < windows_of[r] && note.rings[r].free_count > 1; i++) {
            count(i * length_ms[r], 0);
        }
        count(now_ms, 0);
        assert_false(has_left(r, now_ms));
        const unsigned left_before = left_count;
        const bool full = i + 1 == windows_of[r] || note.rings[r].free_count == 0;
        assert_true(full);
        assert_int_equal(count(now_ms - length_ms[r], 0) & EAR_RESOLUTION_BIT(r), EAR_RESOLUTION_BIT(r));
        assert_int_equal(value(r, now_ms), 2);
        assert_false(has_left(r, now_ms));
        assert_int_equal(count(now_ms, 0) & EAR_RESOLUTION_BIT(r), 0);
        assert_int_equal(value(r, now_ms), 3);
        for (unsigned k = left_before; k < left_count; k++) {
            assert_int_not_equal(left[k].resolution, r);
        }
        if (r == EAR_HOUR) { /* a conversation that began earlier begins here, so that its facts stay together */
            assert_int_equal(ear_note_oldest_hour_ms(&note, false), now_ms);
        }
        assert_true(ear_note_is_sound(&note));
    }
}

/* A small generator with a known sequence (Numerical Recipes). */
static uint32_t random_below(uint32_t *seed, uint32_t bound)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)*seed * bound >> 32);
}

/* Moments of both clocks, in any order, from sources that are ahead or behind; then the time, and moments of one. */
static void test_nothing_is_lost_or_told_twice(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        uint32_t random = seed;
        int64_t run_ms = 0;
        unsigned counted = 0;
        setup(NULL);
        while (counted < 1500 && left_count < EAR_COUNT_OF(left) - 3 * EAR_CELLS) {
            run_ms += random_below(&random, seed * 40000);
            const int64_t ahead_ms = (int64_t)(seed % 5) * 30 * MINUTE_MS;
            const int64_t back_ms =
                random_below(&random, 3) ? 0 : random_below(&random, 2 * EAR_HOUR_WINDOWS) * HOUR_MS;
            const bool dated = counted >= 700 || random_below(&random, 2 + seed % 7) == 0;
            int64_t at_ms = dated ? MIDNIGHT + 99 * DAY_MS + run_ms + ahead_ms - back_ms : run_ms;
            count(at_ms, (uint8_t)random_below(&random, EAR_SLICES));
            if (++counted == 700) {
                ear_note_shift(&note, &utc, MIDNIGHT + 99 * DAY_MS, &retire);
            }
            if (counted % 50 == 0 || counted == 700) {
                assert_true(ear_note_is_sound(&note));
            }
        }
        for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
            assert_int_equal(held(r) + gone(r), counted);
        }
        check_that_nothing_comes_back();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_window_that_left_does_not_come_back_with_the_time, setup),
        cmocka_unit_test_setup(test_an_old_moment_pushes_no_newer_window_out, setup),
        cmocka_unit_test_setup(test_nothing_is_lost_or_told_twice, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
