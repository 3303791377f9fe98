/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_note_add.c - windows of counters: adding to numbers of every shape. Pure. */
#include "core/note/ear_note_ring.h"

#include <assert.h>

static_assert(EAR_DISTRIBUTION_BITS == 8 || EAR_DISTRIBUTION_BITS == 16 || EAR_DISTRIBUTION_BITS == 32,
              "DISTRIBUTION_BITS is 8, 16 or 32");

void ear_note_add_word(struct ear_note *note, uint32_t *word, int64_t delta, uint32_t greatest)
{
    int64_t sum = (int64_t)*word + delta;
    if (sum < 0 || sum > (int64_t)greatest) {
        note->saturated++;
        sum = sum < 0 ? 0 : (int64_t)greatest;
    }
    *word = (uint32_t)sum;
}

void ear_note_add_wide(struct ear_note *note, uint32_t *words, int64_t delta)
{
    int64_t value = ear_wide_get(words);
    if (delta > EAR_WIDE_MOST - value || delta < -value) {
        note->saturated++;
        ear_wide_set(words, delta > 0 ? EAR_WIDE_MOST : 0);
        return;
    }
    ear_wide_set(words, value + delta);
}

void ear_note_add_minute(struct ear_note *note, uint32_t *series, unsigned minute, int64_t delta)
{
    unsigned shift = (minute & 1u) * 16u;
    uint32_t *word = &series[minute / 2];
    uint32_t value = *word >> shift & UINT16_MAX;
    ear_note_add_word(note, &value, delta, UINT16_MAX);
    *word = (*word & ~((uint32_t)UINT16_MAX << shift)) | value << shift;
}

void ear_place_add(const struct ear_place *place, unsigned at, int32_t delta)
{
    for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
        if (place->words[r] != NULL) {
            ear_note_add_word(place->note, &place->words[r][at], delta, UINT32_MAX);
            place->cells[r]->flags |= EAR_CELL_CHANGED;
        }
    }
}

uint32_t ear_label(const char *bytes, unsigned length)
{
    uint32_t label = 0;
    for (unsigned i = 0; i < length && i < 4; i++) {
        label = label << 8 | (uint8_t)bytes[i];
    }
    return label;
}

/* --- Rows ------------------------------------------------------------------------------------------------------- */

static bool is_wide(const struct ear_number *number, unsigned column)
{
    return column >= (unsigned)number->columns - number->wide;
}

/* From the first column. */
static unsigned offset_of(const struct ear_number *number, unsigned column)
{
    unsigned narrow = (unsigned)number->columns - number->wide;
    return column < narrow ? column : 2 * column - narrow;
}

int64_t ear_note_column_get(const struct ear_number *number, const uint32_t *columns, unsigned column)
{
    const uint32_t *words = &columns[offset_of(number, column)];
    return is_wide(number, column) ? ear_wide_get(words) : (int64_t)*words;
}

static void add_column(struct ear_note *note, const struct ear_number *number, uint32_t *columns, unsigned column,
                       int64_t delta)
{
    uint32_t *words = &columns[offset_of(number, column)];
    if (is_wide(number, column)) {
        ear_note_add_wide(note, words, delta);
    } else {
        ear_note_add_word(note, words, delta, UINT32_MAX);
    }
}

/* The row of a label, 0 for a free one; NULL if there is none. */
static uint32_t *find_row(const struct ear_number *number, uint32_t *table, uint32_t label)
{
    unsigned words = ear_number_row_words(number);
    for (uint32_t *row = table, *end = table + number->size * words; row < end; row += words) {
        if (row[0] == label) {
            return row;
        }
    }
    return NULL;
}

static void free_if_empty(const struct ear_number *number, uint32_t *row)
{
    unsigned words = ear_number_row_words(number);
    uint32_t any = 0;
    for (unsigned i = 1; i < words; i++) {
        any |= row[i];
    }
    row[0] = any != 0 ? row[0] : 0;
}

/* What is left to be taken from `other`, 0 or less. */
static int64_t take_from_row(struct ear_note *note, const struct ear_number *number, uint32_t *row, unsigned column,
                             int64_t delta)
{
    int64_t held = ear_note_column_get(number, &row[1], column);
    int64_t taken = held + delta < 0 ? -held : delta;
    add_column(note, number, &row[1], column, taken);
    free_if_empty(number, row);
    return delta - taken;
}

void ear_note_add_row(struct ear_note *note, const struct ear_number *number, uint32_t *table, uint32_t label,
                      unsigned column, int64_t delta)
{
    uint32_t *row = label != EAR_LABEL_OTHER ? find_row(number, table, label) : NULL;
    if (row != NULL && delta >= 0) {
        add_column(note, number, &row[1], column, delta);
        return;
    }
    if (row != NULL) {
        delta = take_from_row(note, number, row, column, delta);
    } else if (label != EAR_LABEL_OTHER && delta > 0) {
        row = find_row(number, table, 0);
        if (row != NULL) {
            row[0] = label;
            add_column(note, number, &row[1], column, delta);
            return;
        }
        note->table_overflows++;
    }
    bool amount = number->shape == EAR_SHAPE_MONEY && column == EAR_SALES_AMOUNT; /* of which currency? */
    if (delta != 0 && !amount) {
        add_column(note, number, &table[number->size * ear_number_row_words(number)], column, delta);
    }
}

static uint32_t *table_of(const struct ear_place *place, const struct ear_number *number, unsigned r)
{
    assert(number->part == 1);
    if (place->words[r] == NULL) {
        return NULL;
    }
    place->cells[r]->flags |= EAR_CELL_CHANGED;
    return &place->words[r][number->at];
}

void ear_place_add_row(const struct ear_place *place, unsigned number, uint32_t label, unsigned column, int64_t delta)
{
    const struct ear_number *of = &ear_catalogue[number];
    assert(ear_number_has_rows(of) && column < of->columns);
    for (unsigned r = EAR_HOUR; r <= EAR_DAY && label != EAR_LABEL_NONE && delta != 0; r++) {
        uint32_t *table = table_of(place, of, r);
        if (table != NULL) {
            ear_note_add_row(place->note, of, table, label, column, delta);
        }
    }
}

void ear_place_add_money(const struct ear_place *place, unsigned number, uint32_t currency, int32_t orders,
                         int64_t amount)
{
    assert(ear_catalogue[number].shape == EAR_SHAPE_MONEY);
    ear_place_add_row(place, number, currency, EAR_SALES_ORDERS, orders);
    ear_place_add_row(place, number, currency, EAR_SALES_AMOUNT, amount);
}

int64_t ear_note_row_get(const uint32_t *words, unsigned number, uint32_t label, unsigned column)
{
    const struct ear_number *of = &ear_catalogue[number];
    unsigned row_words = ear_number_row_words(of);
    assert(ear_number_has_rows(of) && column < of->columns);
    const uint32_t *row = &words[of->at];
    for (unsigned i = 0; i < of->size; i++, row += row_words) {
        if (row[0] == label && label != EAR_LABEL_NONE) {
            return ear_note_column_get(of, &row[1], column);
        }
    }
    return label == EAR_LABEL_OTHER ? ear_note_column_get(of, row, column) : 0;
}

/* --- Sketches and the rest -------------------------------------------------------------------------------------- */

void ear_place_add_distinct(const struct ear_place *place, unsigned number, uint64_t hash)
{
    const struct ear_number *of = &ear_catalogue[number];
    assert(of->shape == EAR_SHAPE_DISTINCT);
    for (unsigned r = EAR_HOUR; r <= EAR_DAY; r++) {
        if (place->words[r] != NULL && ear_distinct_add(&place->words[r][of->at], of->words, hash)) {
            place->cells[r]->flags |= EAR_CELL_CHANGED;
        }
    }
}

void ear_place_add_value(const struct ear_place *place, unsigned number, uint64_t value_ms, int sign)
{
    const struct ear_number *of = &ear_catalogue[number];
    uint32_t value = value_ms < EAR_DISTRIBUTION_MAX_MS ? (uint32_t)value_ms : EAR_DISTRIBUTION_MAX_MS;
    assert(of->shape == EAR_SHAPE_DISTRIBUTION);
    for (unsigned r = EAR_HOUR; r <= EAR_DAY; r++) {
        uint32_t *words = table_of(place, of, r);
        if (words != NULL && !(sign > 0 ? ear_distribution_add(words, of->words, value)
                                        : ear_distribution_remove(words, of->words, value))) {
            place->note->saturated++;
        }
    }
}

void ear_place_add_heavy(const struct ear_place *place, unsigned number, uint16_t label, uint32_t count)
{
    const struct ear_number *of = &ear_catalogue[number];
    assert(of->shape == EAR_SHAPE_HEAVY);
    for (unsigned r = EAR_HOUR; r <= EAR_DAY && label != EAR_LABEL_NONE; r++) {
        uint32_t *words = table_of(place, of, r);
        if (words != NULL && !ear_heavy_add(words, of->words, label, count)) {
            place->note->saturated++;
        }
    }
}

void ear_place_add_wide(const struct ear_place *place, unsigned number, int64_t delta)
{
    const struct ear_number *of = &ear_catalogue[number];
    assert(of->shape == EAR_SHAPE_WIDE);
    for (unsigned r = EAR_HOUR; r <= EAR_DAY; r++) {
        uint32_t *words = table_of(place, of, r);
        if (words != NULL) {
            ear_note_add_wide(place->note, words, delta);
        }
    }
}

void ear_place_add_series(const struct ear_place *place, unsigned at, int32_t delta)
{
    if (place->words[EAR_HOUR] == NULL) {
        return;
    }
    ear_note_add_minute(place->note, &place->words[EAR_HOUR][at], place->minute, delta);
    place->cells[EAR_HOUR]->flags |= EAR_CELL_CHANGED;
}

void ear_place_count_late(const struct ear_place *place)
{
    for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
        if ((place->late & EAR_RESOLUTION_BIT(r)) != 0 && place->words[r] != NULL) {
            ear_note_add_word(place->note, &place->words[r][EAR_AT_late_events], 1, UINT32_MAX);
            place->cells[r]->flags |= EAR_CELL_CHANGED;
        }
    }
}

/* --- Adding a whole cell to another ----------------------------------------------------------------------------- */

static void merge_rows(struct ear_note *note, const struct ear_number *number, uint32_t *to, const uint32_t *from)
{
    unsigned words = ear_number_row_words(number);
    for (unsigned i = 0; i <= number->size; i++, from += words) {
        bool other = i == number->size;
        const uint32_t *columns = other ? from : &from[1];
        for (unsigned c = 0; c < number->columns && (other || from[0] != 0); c++) {
            int64_t value = ear_note_column_get(number, columns, c);
            if (value > 0) {
                ear_note_add_row(note, number, to, other ? EAR_LABEL_OTHER : from[0], c, value);
            }
        }
    }
}

static bool merge_sketch(const struct ear_number *number, uint32_t *to, const uint32_t *from)
{
    switch (number->shape) {
    case EAR_SHAPE_DISTINCT:
        ear_distinct_merge(to, number->words, from, number->words);
        return true;
    case EAR_SHAPE_DISTRIBUTION:
        return ear_distribution_merge(to, number->words, from, number->words) == EAR_OK;
    default:
        return ear_heavy_merge(to, number->words, from, number->words) == EAR_OK;
    }
}

void ear_note_merge(struct ear_note *note, const struct ear_number *number, uint32_t *to, const uint32_t *from)
{
    switch (number->shape) {
    case EAR_SHAPE_COUNT:
    case EAR_SHAPE_GROUP:
        for (unsigned i = 0; i < number->size; i++) {
            ear_note_add_word(note, &to[i], from[i], UINT32_MAX);
        }
        break;
    case EAR_SHAPE_SERIES:
        for (unsigned m = 0; m < number->size; m++) {
            ear_note_add_minute(note, to, m, from[m / 2] >> (m & 1u) * 16u & UINT16_MAX);
        }
        break;
    case EAR_SHAPE_WIDE:
        ear_note_add_wide(note, to, ear_wide_get(from));
        break;
    case EAR_SHAPE_HEAVY:
    case EAR_SHAPE_DISTINCT:
    case EAR_SHAPE_DISTRIBUTION:
        note->saturated += merge_sketch(number, to, from) ? 0 : 1;
        break;
    default:
        merge_rows(note, number, to, from);
        break;
    }
}
