/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_note_add.c - adding to numbers of every shape, and adding cells together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/note/ear_note.h"
#include "core/note/ear_note_ring.h"

#define HOUR_MS INT64_C(3600000)
#define NOON INT64_C(1767268800000) /* 2026-01-01T12:00Z */

static const struct ear_tz utc;
static struct ear_note note;
static struct ear_place place;

static void on_retire(void *context, struct ear_note *from, uint16_t cell)
{
    (void)context;
    (void)from;
    (void)cell;
}

static const struct ear_retire retire = {.cell = on_retire};

static void place_at(int64_t at_ms)
{
    ear_note_place(&note, &utc, at_ms, 1, EAR_LATE_OLDEST, &retire, &place);
}

static int setup(void **state)
{
    (void)state;
    ear_note_init(&note);
    place_at(NOON);
    return 0;
}

static int64_t get(unsigned number, uint32_t label, unsigned column)
{
    int64_t value = ear_note_row_get(place.words[EAR_HOUR], number, label, column);
    assert_int_equal(ear_note_row_get(place.words[EAR_DAY], number, label, column), value);
    return value;
}

static void clear_changed(void)
{
    for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
        place.cells[r]->flags &= (uint8_t)~EAR_CELL_CHANGED;
    }
}

static void expect_changed_hour_and_day(void)
{
    assert_int_equal(place.cells[EAR_MINUTE]->flags & EAR_CELL_CHANGED, 0);
    assert_int_not_equal(place.cells[EAR_HOUR]->flags & EAR_CELL_CHANGED, 0);
    assert_int_not_equal(place.cells[EAR_DAY]->flags & EAR_CELL_CHANGED, 0);
    clear_changed();
}

static void test_rows_hold_labels_and_columns(void **state)
{
    (void)state;
    ear_place_add_row(&place, EAR_NUMBER_agents, 7, EAR_AGENTS_CONVERSATIONS, 1);
    ear_place_add_row(&place, EAR_NUMBER_agents, 7, EAR_AGENTS_TALK_MS, INT64_C(5000000000));
    ear_place_add_row(&place, EAR_NUMBER_agents, 7, EAR_AGENTS_CONNECTED_MS, 3);
    ear_place_add_row(&place, EAR_NUMBER_agents, 7, EAR_AGENTS_CONVERSATIONS, 2);
    assert_int_equal(get(EAR_NUMBER_agents, 7, EAR_AGENTS_CONVERSATIONS), 3);
    assert_true(get(EAR_NUMBER_agents, 7, EAR_AGENTS_TALK_MS) == INT64_C(5000000000));
    assert_int_equal(get(EAR_NUMBER_agents, 7, EAR_AGENTS_CONNECTED_MS), 3);
    assert_int_equal(get(EAR_NUMBER_agents, 8, EAR_AGENTS_CONVERSATIONS), 0);
    assert_int_equal(get(EAR_NUMBER_agents, EAR_LABEL_OTHER, EAR_AGENTS_CONVERSATIONS), 0);
    expect_changed_hour_and_day();
    assert_true(ear_note_is_sound(&note));
}

static void test_labels_beyond_the_rows_are_other(void **state)
{
    (void)state;
    for (uint32_t label = 1; label <= EAR_TAGS + 2; label++) {
        ear_place_add_row(&place, EAR_NUMBER_tags, label, 0, 10 * (int64_t)label);
    }
    assert_int_equal(get(EAR_NUMBER_tags, EAR_TAGS, 0), 10 * EAR_TAGS);
    assert_int_equal(get(EAR_NUMBER_tags, EAR_TAGS + 1, 0), 0);
    assert_int_equal(get(EAR_NUMBER_tags, EAR_LABEL_OTHER, 0), 20 * EAR_TAGS + 30);
    assert_int_equal(note.table_overflows, 4);                         /* two labels, in the hour and the day */
    ear_place_add_row(&place, EAR_NUMBER_tags, EAR_LABEL_OTHER, 0, 1); /* the dictionary was full: counted there */
    ear_place_add_row(&place, EAR_NUMBER_tags, EAR_LABEL_NONE, 0, 1);  /* nothing to be counted */
    assert_int_equal(get(EAR_NUMBER_tags, EAR_LABEL_OTHER, 0), 20 * EAR_TAGS + 31);
    assert_int_equal(note.table_overflows, 4);
    assert_true(ear_note_is_sound(&note));
}

static void test_an_empty_row_is_free_again(void **state)
{
    (void)state;
    for (uint32_t label = 1; label <= EAR_PROCEDURES; label++) {
        ear_place_add_row(&place, EAR_NUMBER_procedures, label, EAR_PROCEDURES_CONVERSATIONS, 1);
        ear_place_add_row(&place, EAR_NUMBER_procedures, label, EAR_PROCEDURES_RESOLVED, 1);
    }
    ear_place_add_row(&place, EAR_NUMBER_procedures, 1, EAR_PROCEDURES_CONVERSATIONS, -1);
    ear_place_add_row(&place, EAR_NUMBER_procedures, 99, EAR_PROCEDURES_CONVERSATIONS, 1); /* row 1 still counts */
    assert_int_equal(get(EAR_NUMBER_procedures, EAR_LABEL_OTHER, EAR_PROCEDURES_CONVERSATIONS), 1);
    ear_place_add_row(&place, EAR_NUMBER_procedures, 1, EAR_PROCEDURES_RESOLVED, -1);
    ear_place_add_row(&place, EAR_NUMBER_procedures, 98, EAR_PROCEDURES_CONVERSATIONS, 5);
    assert_int_equal(get(EAR_NUMBER_procedures, 98, EAR_PROCEDURES_CONVERSATIONS), 5);
    assert_int_equal(note.saturated, 0);
}

/* A label that once found no room may get a row later: what is taken back beyond that is still in `other`. */
static void test_what_a_row_cannot_give_back_comes_from_other(void **state)
{
    (void)state;
    const uint32_t late = 50;
    for (uint32_t label = 1; label <= EAR_TAGS; label++) {
        ear_place_add_row(&place, EAR_NUMBER_tags, label, 0, 1);
    }
    ear_place_add_row(&place, EAR_NUMBER_tags, late, 0, 3);
    ear_place_add_row(&place, EAR_NUMBER_tags, 1, 0, -1);
    ear_place_add_row(&place, EAR_NUMBER_tags, late, 0, 1);
    assert_int_equal(get(EAR_NUMBER_tags, late, 0), 1);
    ear_place_add_row(&place, EAR_NUMBER_tags, late, 0, -2);
    assert_int_equal(get(EAR_NUMBER_tags, late, 0), 0);
    assert_int_equal(get(EAR_NUMBER_tags, EAR_LABEL_OTHER, 0), 2);
    ear_place_add_row(&place, EAR_NUMBER_tags, late, 0, -2);
    assert_int_equal(get(EAR_NUMBER_tags, EAR_LABEL_OTHER, 0), 0);
    assert_int_equal(note.saturated, 0);
    ear_place_add_row(&place, EAR_NUMBER_tags, late, 0, -1);
    assert_int_equal(note.saturated, 2);
    assert_true(ear_note_is_sound(&note));
}

static void test_wide_numbers_stop_at_their_bounds(void **state)
{
    (void)state;
    ear_place_add_wide(&place, EAR_NUMBER_cost, INT64_C(7000000000));
    assert_true(ear_wide_get(&place.words[EAR_DAY][EAR_AT_cost]) == INT64_C(7000000000));
    expect_changed_hour_and_day();
    ear_place_add_wide(&place, EAR_NUMBER_cost, INT64_C(-6999999999));
    assert_true(ear_wide_get(&place.words[EAR_DAY][EAR_AT_cost]) == 1);
    assert_int_equal(note.saturated, 0);
    ear_place_add_wide(&place, EAR_NUMBER_cost, EAR_WIDE_MOST);
    assert_true(ear_wide_get(&place.words[EAR_HOUR][EAR_AT_cost]) == EAR_WIDE_MOST);
    assert_int_equal(note.saturated, 2);
    ear_place_add_wide(&place, EAR_NUMBER_cost, INT64_MIN);
    assert_true(ear_wide_get(&place.words[EAR_HOUR][EAR_AT_cost]) == 0);
    ear_place_add_row(&place, EAR_NUMBER_tags, 1, 0, UINT32_MAX);
    ear_place_add_row(&place, EAR_NUMBER_tags, 1, 0, 1);
    assert_true(get(EAR_NUMBER_tags, 1, 0) == UINT32_MAX);
    assert_int_equal(note.saturated, 6);
}

static void test_money_is_not_added_across_currencies(void **state)
{
    (void)state;
    static const char codes[][4] = {"EUR", "USD", "CHF", "GBP", "JPY", "SEK", "NOK", "DKK", "PLN",
                                    "CZK", "HUF", "RON", "BGN", "TRY", "ILS", "AUD", "CAD", "BRL"};
    for (unsigned i = 0; i < EAR_CURRENCIES + 2; i++) {
        ear_place_add_money(&place, EAR_NUMBER_sales, ear_label(codes[i], 3), 1, UINT32_MAX);
        ear_place_add_money(&place, EAR_NUMBER_sales, ear_label(codes[i], 3), 1, UINT32_MAX);
    }
    assert_int_equal(get(EAR_NUMBER_sales, ear_label("EUR", 3), EAR_SALES_ORDERS), 2);
    assert_true(get(EAR_NUMBER_sales, ear_label("EUR", 3), EAR_SALES_AMOUNT) == 2 * (int64_t)UINT32_MAX);
    assert_int_equal(get(EAR_NUMBER_sales, EAR_LABEL_OTHER, EAR_SALES_ORDERS), 4);
    assert_int_equal(get(EAR_NUMBER_sales, EAR_LABEL_OTHER, EAR_SALES_AMOUNT), 0);
    assert_true(ear_note_is_sound(&note));
}

static void test_sketches_count_in_hours_and_days(void **state)
{
    (void)state;
    struct ear_heavy_entry entry;
    clear_changed();
    ear_place_add_distinct(&place, EAR_NUMBER_users_unique, UINT64_C(0x123456789abcdef0));
    expect_changed_hour_and_day();
    ear_place_add_distinct(&place, EAR_NUMBER_users_unique, UINT64_C(0x123456789abcdef0));
    assert_int_equal(place.cells[EAR_HOUR]->flags & EAR_CELL_CHANGED, 0); /* nothing new */
    assert_int_equal(ear_distinct_estimate(&place.words[EAR_DAY][EAR_AT_users_unique]), 1);
    ear_place_add_value(&place, EAR_NUMBER_duration, 60000, 1);
    ear_place_add_value(&place, EAR_NUMBER_duration, UINT64_MAX, 1);
    ear_place_add_value(&place, EAR_NUMBER_duration, 60000, -1);
    assert_int_equal(ear_distribution_count(&place.words[EAR_HOUR][EAR_AT_duration]), 1);
    assert_int_equal(note.saturated, 0);
    ear_place_add_value(&place, EAR_NUMBER_duration, 60000, -1); /* was not there */
    assert_int_equal(note.saturated, 2);
    ear_place_add_heavy(&place, EAR_NUMBER_intents, 9, 4);
    ear_place_add_heavy(&place, EAR_NUMBER_intents, EAR_LABEL_NONE, 4);
    assert_int_equal(ear_heavy_total(&place.words[EAR_DAY][EAR_AT_intents]), 4);
    assert_true(
        ear_heavy_at(&place.words[EAR_DAY][EAR_AT_intents], ear_catalogue[EAR_NUMBER_intents].words, 0, &entry));
    assert_int_equal(entry.label, 9);
    expect_changed_hour_and_day();
}

static void test_most_frequent_labels_stop_at_their_bound(void **state)
{
    (void)state;
    struct ear_heavy_entry entry;
    ear_place_add_heavy(&place, EAR_NUMBER_intents, EAR_LABEL_OTHER, UINT32_MAX);
    assert_int_equal(note.saturated, 0);
    assert_true(ear_note_is_sound(&note)); /* `other` is a label of these, too */
    ear_place_add_heavy(&place, EAR_NUMBER_intents, 9, 1);
    assert_int_equal(note.saturated, 2); /* in the hour and the day */
    for (unsigned r = EAR_HOUR; r <= EAR_DAY; r++) {
        const uint32_t *words = &place.words[r][EAR_AT_intents];
        assert_true(ear_heavy_total(words) == UINT32_MAX);
        assert_true(ear_heavy_at(words, ear_catalogue[EAR_NUMBER_intents].words, 0, &entry));
        assert_int_equal(entry.label, EAR_LABEL_OTHER);
        assert_false(ear_heavy_at(words, ear_catalogue[EAR_NUMBER_intents].words, 1, &entry));
    }
    assert_true(ear_note_is_sound(&note));
}

static void test_nowhere_is_nowhere(void **state)
{
    (void)state;
    const struct ear_place nowhere = {.note = &note};
    ear_place_add_row(&nowhere, EAR_NUMBER_tags, 1, 0, 1);
    ear_place_add_money(&nowhere, EAR_NUMBER_sales, ear_label("EUR", 3), 1, 1);
    ear_place_add_heavy(&nowhere, EAR_NUMBER_intents, 1, 1);
    ear_place_add_distinct(&nowhere, EAR_NUMBER_users_unique, 1);
    ear_place_add_value(&nowhere, EAR_NUMBER_wait, 1, 1);
    ear_place_add_wide(&nowhere, EAR_NUMBER_cost, 1);
    ear_place_add_series(&nowhere, EAR_AT_messages_per_minute, 1);
    assert_int_equal(note.saturated + note.table_overflows, 0);
    for (unsigned i = 0; i < EAR_CELL_WORDS; i++) {
        assert_int_equal(place.words[EAR_HOUR][i], 0);
    }
}

static void count_everything(uint32_t label, uint64_t hash)
{
    ear_place_add(&place, EAR_AT_users_new, 1);
    ear_place_add_row(&place, EAR_NUMBER_agents, label, EAR_AGENTS_CONVERSATIONS, 1);
    ear_place_add_row(&place, EAR_NUMBER_agents, label, EAR_AGENTS_TALK_MS, INT64_C(3000000000));
    ear_place_add_row(&place, EAR_NUMBER_agents, EAR_LABEL_OTHER, EAR_AGENTS_CONNECTED_MS, 11);
    ear_place_add_row(&place, EAR_NUMBER_funnel, 3, 1, 2);
    ear_place_add_money(&place, EAR_NUMBER_sales, ear_label("EUR", 3), 1, 250);
    ear_place_add_heavy(&place, EAR_NUMBER_intents, (uint16_t)label, 2);
    ear_place_add_distinct(&place, EAR_NUMBER_users_unique, hash);
    ear_place_add_value(&place, EAR_NUMBER_wait, 1000 * hash, 1);
    ear_place_add_wide(&place, EAR_NUMBER_cost, INT64_C(5000000000));
}

/* Under monotonic time two hours are counted that fall into one when the time is known. */
static void test_windows_that_are_moved_together_add_every_shape(void **state)
{
    (void)state;
    ear_note_init(&note);
    place_at(NOON);
    count_everything(1, UINT64_C(5) << 40);
    place_at(HOUR_MS / 2);
    count_everything(2, UINT64_C(6) << 40);
    ear_note_shift(&note, &utc, NOON - HOUR_MS / 4, &retire);
    place_at(NOON);
    ear_place_add(&place, EAR_AT_users_new, 0);
    place_at(NOON - HOUR_MS / 4); /* where the monotonic hour began */
    const uint32_t *hour = place.words[EAR_HOUR], *day = place.words[EAR_DAY];
    assert_int_equal(ear_note_row_get(hour, EAR_NUMBER_agents, 2, EAR_AGENTS_CONVERSATIONS), 1);
    assert_int_equal(ear_note_row_get(hour, EAR_NUMBER_agents, 1, EAR_AGENTS_CONVERSATIONS), 0);
    assert_int_equal(day[EAR_AT_users_new], 2);
    assert_int_equal(ear_note_row_get(day, EAR_NUMBER_agents, 1, EAR_AGENTS_CONVERSATIONS), 1);
    assert_true(ear_note_row_get(day, EAR_NUMBER_agents, 2, EAR_AGENTS_TALK_MS) == INT64_C(3000000000));
    assert_int_equal(ear_note_row_get(day, EAR_NUMBER_agents, EAR_LABEL_OTHER, EAR_AGENTS_CONNECTED_MS), 22);
    assert_int_equal(ear_note_row_get(day, EAR_NUMBER_funnel, 3, 1), 4);
    assert_int_equal(ear_note_row_get(day, EAR_NUMBER_sales, ear_label("EUR", 3), EAR_SALES_ORDERS), 2);
    assert_int_equal(ear_note_row_get(day, EAR_NUMBER_sales, ear_label("EUR", 3), EAR_SALES_AMOUNT), 500);
    assert_int_equal(ear_heavy_total(&day[EAR_AT_intents]), 4);
    assert_int_equal(ear_distinct_estimate(&day[EAR_AT_users_unique]), 2);
    assert_int_equal(ear_distribution_count(&day[EAR_AT_wait]), 2);
    assert_true(ear_wide_get(&day[EAR_AT_cost]) == INT64_C(10000000000));
    assert_int_equal(note.saturated, 0);
    assert_true(ear_note_is_sound(&note));
}

static void test_labels_of_cells_are_marked(void **state)
{
    (void)state;
    struct ear_label_marks marks = {{0}};
    ear_place_add_row(&place, EAR_NUMBER_tags, 3, 0, 1);
    ear_place_add_row(&place, EAR_NUMBER_tags, EAR_LABEL_OTHER, 0, 1);
    ear_place_add_row(&place, EAR_NUMBER_funnel, 5, 0, 1);
    ear_place_add_heavy(&place, EAR_NUMBER_intents, 7, 1);
    ear_place_add_row(&place, EAR_NUMBER_languages, ear_label("a", 1), 0, 1); /* a code, not a label */
    ear_place_add_money(&place, EAR_NUMBER_sales, 6, 1, 1);
    ear_note_mark_labels(&note, &marks);
    for (uint16_t id = 1; id <= EAR_LABELS; id++) {
        assert_int_equal(ear_label_is_marked(&marks, id), id == 3 || id == 5 || id == 7);
    }
    ear_place_add_row(&place, EAR_NUMBER_tags, 3, 0, -1);
    marks = (struct ear_label_marks){{0}};
    ear_note_mark_labels(&note, &marks);
    assert_false(ear_label_is_marked(&marks, 3));
    place_at(NOON + 2 * (int64_t)(EAR_HOUR_WINDOWS + 24 * EAR_DAY_WINDOWS) * HOUR_MS); /* all of it leaves */
    marks = (struct ear_label_marks){{0}};
    ear_note_mark_labels(&note, &marks);
    assert_false(ear_label_is_marked(&marks, 5) || ear_label_is_marked(&marks, 7));
}

static void test_unsound_rows_are_seen(void **state)
{
    (void)state;
    ear_place_add_row(&place, EAR_NUMBER_tags, 3, 0, 1);
    uint32_t *tags = &place.words[EAR_HOUR][EAR_AT_tags];
    assert_true(ear_note_is_sound(&note));
    tags[0] = EAR_LABELS + 1; /* no such label */
    assert_false(ear_note_is_sound(&note));
    tags[0] = 0; /* a free row that counts */
    assert_false(ear_note_is_sound(&note));
    tags[0] = 3;
    tags[1] = 0; /* a label that counts nothing */
    assert_false(ear_note_is_sound(&note));
    tags[1] = 1;
    assert_true(ear_note_is_sound(&note));
    if (EAR_TAGS > 1) {
        tags[2] = 3; /* the same label again */
        tags[3] = 1;
        assert_false(ear_note_is_sound(&note));
    }
}

static void expect_unsound_with(unsigned at, unsigned word, uint32_t value)
{
    uint32_t *to = &place.words[EAR_DAY][at + word], before = *to;
    assert_true(ear_note_is_sound(&note));
    *to = value;
    assert_false(ear_note_is_sound(&note));
    *to = before;
}

static void test_unsound_sketches_are_seen(void **state)
{
    (void)state;
    ear_place_add_value(&place, EAR_NUMBER_wait, 5000, 1);
    ear_place_add_heavy(&place, EAR_NUMBER_intents, 2, 5);
    ear_place_add_distinct(&place, EAR_NUMBER_users_unique, 1);
    expect_unsound_with(EAR_AT_wait, 0, 0);                      /* counted less than is in buckets */
    expect_unsound_with(EAR_AT_intents, 2, EAR_LABELS + 1);      /* no such label */
    expect_unsound_with(EAR_AT_intents, 2, 0);                   /* nor that */
    expect_unsound_with(EAR_AT_intents, 2 + 2 * EAR_INTENTS, 6); /* more error than count */
    expect_unsound_with(EAR_AT_users_unique, 0, 0xffff);         /* more ids than there is room for */
    expect_unsound_with(EAR_AT_users_unique, 0, (EAR_DISTINCT_PRECISION + 1) << 16); /* more registers */
    expect_unsound_with(EAR_AT_cost, 1, UINT32_C(1) << 31);                          /* less than nothing */
}

static void test_nothing_is_added_to_nothing(void **state)
{
    (void)state;
    ear_place_add_row(&place, EAR_NUMBER_tags, EAR_LABEL_NONE, 0, 1);
    ear_place_add_row(&place, EAR_NUMBER_tags, 1, 0, 0);
    assert_int_equal(get(EAR_NUMBER_tags, EAR_LABEL_NONE, 0), 0);
    assert_int_equal(get(EAR_NUMBER_tags, 1, 0), 0);
    assert_int_equal(ear_label("abcde", 5), ear_label("abcd", 4));
    place.late = EAR_RESOLUTION_BIT(EAR_HOUR) | EAR_RESOLUTION_BIT(EAR_DAY);
    place.words[EAR_DAY] = NULL;
    ear_place_count_late(&place);
    assert_int_equal(place.words[EAR_HOUR][EAR_AT_late_events], 1);
}

static void test_series_are_added_minute_by_minute(void **state)
{
    (void)state;
    const struct ear_number *series = &ear_catalogue[EAR_NUMBER_messages_per_minute];
    uint32_t to[EAR_CELL_WORDS] = {0}, from[EAR_CELL_WORDS] = {0};
    ear_note_add_minute(&note, to, 1, 7);
    ear_note_add_minute(&note, from, 0, 3);
    ear_note_add_minute(&note, from, 1, UINT16_MAX - 5);
    ear_note_add_minute(&note, from, 59, 2);
    ear_note_merge(&note, series, to, from);
    assert_int_equal(to[0], (uint32_t)UINT16_MAX << 16 | 3u);
    assert_int_equal(to[29], 2u << 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_rows_hold_labels_and_columns, setup),
        cmocka_unit_test_setup(test_labels_beyond_the_rows_are_other, setup),
        cmocka_unit_test_setup(test_an_empty_row_is_free_again, setup),
        cmocka_unit_test_setup(test_what_a_row_cannot_give_back_comes_from_other, setup),
        cmocka_unit_test_setup(test_wide_numbers_stop_at_their_bounds, setup),
        cmocka_unit_test_setup(test_money_is_not_added_across_currencies, setup),
        cmocka_unit_test_setup(test_sketches_count_in_hours_and_days, setup),
        cmocka_unit_test_setup(test_most_frequent_labels_stop_at_their_bound, setup),
        cmocka_unit_test_setup(test_nowhere_is_nowhere, setup),
        cmocka_unit_test_setup(test_windows_that_are_moved_together_add_every_shape, setup),
        cmocka_unit_test_setup(test_labels_of_cells_are_marked, setup),
        cmocka_unit_test_setup(test_unsound_rows_are_seen, setup),
        cmocka_unit_test_setup(test_unsound_sketches_are_seen, setup),
        cmocka_unit_test_setup(test_nothing_is_added_to_nothing, setup),
        cmocka_unit_test_setup(test_series_are_added_minute_by_minute, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
