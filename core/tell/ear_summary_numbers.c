/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_summary_numbers.c - a cell's numbers as deterministic CBOR. Pure.
 *
 * Keys of a map ascend in the bytes that they are encoded to (RFC 8949 4.2.1): texts by length, then by their bytes.
 * Rows stand in a cell as they came, so the next one is searched for each time: they are few. */
#include "core/tell/ear_summary_numbers.h"

#include <assert.h>
#include <string.h>

#include "core/tell/ear_summary_keys.h"

/* Room for the entries of any HEAVY of the catalogue: not less than the greatest. */
enum {
    MOST_ENTRIES = 1
#define EAR_NUMBER(key, ident, name, SHAPE, size, columns, wide, ATTRIBUTION, members, says) \
    | ((int)EAR_SHAPE_##SHAPE == (int)EAR_SHAPE_HEAVY ? (int)(size) : 0)
#include "core/note/ear_catalogue.def"
};
#define MOST_SKETCH_BYTES                                                                            \
    (EAR_DISTINCT_BYTES(EAR_DISTINCT_WORDS(EAR_DISTINCT_PRECISION)) > EAR_SUMMARY_DISTRIBUTION_BYTES \
         ? EAR_DISTINCT_BYTES(EAR_DISTINCT_WORDS(EAR_DISTINCT_PRECISION))                            \
         : EAR_SUMMARY_DISTRIBUTION_BYTES)

/* What is asked for by many of the functions here. */
struct cell {
    const uint32_t *words;
    const struct ear_labels *labels;
};

/* The encoder counts what finds no room and goes on: one look at the end is enough. */
static void latched(CborError error)
{
    assert(error == CborNoError || error == CborErrorOutOfMemory);
    (void)error;
}

static void encode_uint(CborEncoder *to, uint64_t value)
{
    latched(cbor_encode_uint(to, value));
}

static void encode_text(CborEncoder *to, struct ear_str text)
{
    latched(cbor_encode_text_string(to, text.bytes, text.length));
}

/* --- Lists ------------------------------------------------------------------------------------------------------ */

/* One of the `size` plain values of a COUNT, GROUP or SERIES. */
static uint32_t value_at(const struct ear_number *number, const uint32_t *words, unsigned index)
{
    if (number->shape == EAR_SHAPE_SERIES) {
        return words[index / 2] >> (index & 1u) * 16u & UINT16_MAX;
    }
    return words[index];
}

/* How many values are sent: zeros at the end are not. */
static unsigned length_of_list(const struct ear_number *number, const uint32_t *words)
{
    unsigned length = number->size;
    while (length > 0 && value_at(number, words, length - 1) == 0) {
        length--;
    }
    return length;
}

static void encode_list(CborEncoder *to, const struct ear_number *number, const uint32_t *words)
{
    CborEncoder list;
    unsigned length = length_of_list(number, words);
    latched(cbor_encoder_create_array(to, &list, length));
    for (unsigned i = 0; i < length; i++) {
        encode_uint(&list, value_at(number, words, i));
    }
    latched(cbor_encoder_close_container(to, &list));
}

/* --- Rows ------------------------------------------------------------------------------------------------------- */

/* A row as it is told: its label or code, and its first column. */
struct row {
    struct ear_str label;
    const uint32_t *columns;
    char code[4];
    uint8_t code_length; /* 0: it has a label */
};

static struct ear_str text_of(const struct row *row)
{
    return row->code_length > 0 ? (struct ear_str){row->code, row->code_length} : row->label;
}

/* How many columns are sent: zeros at the end are not. 0: the row is not there. */
static unsigned length_of_row(const struct ear_number *number, const uint32_t *columns)
{
    unsigned length = number->columns;
    while (length > 0 && ear_note_column_get(number, columns, length - 1) == 0) {
        length--;
    }
    return length;
}

static unsigned letters_of(uint32_t code, char letters[4])
{
    unsigned length = 0;
    for (unsigned shift = 32; shift > 0; shift -= 8) {
        char letter = (char)(code >> (shift - 8) & 0xffu);
        if (length > 0 || letter != '\0') {
            letters[length++] = letter;
        }
    }
    return length;
}

/* Row i of a number, `other` for i == size. False if it has nothing to say. */
static bool row_at(const struct ear_number *number, const struct cell *cell, unsigned i, struct row *row)
{
    static const struct ear_str other_code = {EAR_SUMMARY_OTHER, sizeof EAR_SUMMARY_OTHER - 1}, other_label = {"", 0};
    const uint32_t *words = &cell->words[number->at + i * ear_number_row_words(number)];
    bool labels = ear_number_has_labels(number);
    *row = (struct row){.columns = i == number->size ? words : words + 1};
    if (length_of_row(number, row->columns) == 0) {
        return false;
    }
    if (i == number->size) {
        row->label = labels ? other_label : other_code;
    } else if (labels) {
        row->label = ear_label_text(cell->labels, (uint16_t)words[0]);
        assert(row->label.length > 0);
    } else {
        row->code_length = (uint8_t)letters_of(words[0], row->code);
    }
    return true;
}

static unsigned count_rows(const struct ear_number *number, const struct cell *cell)
{
    unsigned count = 0;
    for (unsigned i = 0; i <= number->size; i++) {
        struct row row;
        count += row_at(number, cell, i, &row) ? 1 : 0;
    }
    return count;
}

/* The first row behind `before`, or the very first one. There is one. */
static struct row next_row(const struct ear_number *number, const struct cell *cell, const struct row *before)
{
    struct row row, next = {.columns = NULL};
    for (unsigned i = 0; i <= number->size; i++) {
        if (row_at(number, cell, i, &row) &&
            (before == NULL || ear_summary_text_order(text_of(&row), text_of(before)) > 0) &&
            (next.columns == NULL || ear_summary_text_order(text_of(&row), text_of(&next)) < 0)) {
            next = row;
        }
    }
    assert(next.columns != NULL);
    return next;
}

static void encode_columns(CborEncoder *to, const struct ear_number *number, const uint32_t *columns)
{
    CborEncoder list;
    unsigned length = length_of_row(number, columns);
    if (number->columns == 1) {
        encode_uint(to, (uint64_t)ear_note_column_get(number, columns, 0));
        return;
    }
    latched(cbor_encoder_create_array(to, &list, length));
    for (unsigned c = 0; c < length; c++) {
        encode_uint(&list, (uint64_t)ear_note_column_get(number, columns, c));
    }
    latched(cbor_encoder_close_container(to, &list));
}

static void encode_rows(CborEncoder *to, const struct ear_number *number, const struct cell *cell)
{
    CborEncoder map;
    unsigned count = count_rows(number, cell);
    struct row row;
    latched(cbor_encoder_create_map(to, &map, count));
    for (unsigned i = 0; i < count; i++) {
        row = next_row(number, cell, i == 0 ? NULL : &row);
        encode_text(&map, text_of(&row));
        encode_columns(&map, number, row.columns);
    }
    latched(cbor_encoder_close_container(to, &map));
}

/* --- Sketches --------------------------------------------------------------------------------------------------- */

/* Sort by text, by insertion. */
static void insert_entry(struct ear_heavy_entry *entries, unsigned count, const struct ear_labels *labels,
                         struct ear_heavy_entry entry)
{
    struct ear_str text = ear_label_text(labels, (uint16_t)entry.label);
    unsigned at = count;
    for (; at > 0 && ear_summary_text_order(ear_label_text(labels, (uint16_t)entries[at - 1].label), text) > 0; at--) {
        entries[at] = entries[at - 1];
    }
    entries[at] = entry;
}

static void encode_entry(CborEncoder *to, const struct ear_labels *labels, const struct ear_heavy_entry *entry)
{
    CborEncoder pair;
    encode_text(to, ear_label_text(labels, (uint16_t)entry->label));
    if (entry->error == 0) {
        encode_uint(to, entry->count);
        return;
    }
    latched(cbor_encoder_create_array(to, &pair, 2));
    encode_uint(&pair, entry->count);
    encode_uint(&pair, entry->error);
    latched(cbor_encoder_close_container(to, &pair));
}

static void encode_heavy(CborEncoder *to, const struct ear_number *number, const struct cell *cell)
{
    const uint32_t *words = &cell->words[number->at];
    struct ear_heavy_entry entries[MOST_ENTRIES], entry;
    CborEncoder list, map;
    unsigned count = 0;
    for (; ear_heavy_at(words, number->words, count, &entry); count++) {
        insert_entry(entries, count, cell->labels, entry);
    }
    latched(cbor_encoder_create_array(to, &list, 3));
    encode_uint(&list, ear_heavy_total(words));
    encode_uint(&list, ear_heavy_missed(words));
    latched(cbor_encoder_create_map(&list, &map, count));
    for (unsigned i = 0; i < count; i++) {
        encode_entry(&map, cell->labels, &entries[i]);
    }
    latched(cbor_encoder_close_container(&list, &map));
    latched(cbor_encoder_close_container(to, &list));
}

static void encode_sketch(CborEncoder *to, const struct ear_number *number, const uint32_t *words)
{
    uint8_t bytes[MOST_SKETCH_BYTES];
    int32_t length = number->shape == EAR_SHAPE_DISTINCT
                         ? ear_distinct_encode(words, number->words, bytes, sizeof bytes)
                         : ear_distribution_encode(words, number->words, bytes, sizeof bytes);
    assert(length > 0);
    latched(cbor_encode_byte_string(to, bytes, (size_t)length));
}

/* --- All of them ------------------------------------------------------------------------------------------------ */

static bool is_empty(const struct ear_number *number, const struct cell *cell)
{
    const uint32_t *words = &cell->words[number->at];
    uint32_t any = 0;
    for (unsigned i = 0; i < number->words; i++) {
        any |= words[i];
    }
    return any == 0; /* so is every shape while nothing was counted */
}

static void encode_number(CborEncoder *to, const struct ear_number *number, const struct cell *cell)
{
    const uint32_t *words = &cell->words[number->at];
    encode_uint(to, number->key);
    switch (number->shape) {
    case EAR_SHAPE_COUNT:
        encode_uint(to, words[0]);
        break;
    case EAR_SHAPE_GROUP:
    case EAR_SHAPE_SERIES:
        encode_list(to, number, words);
        break;
    case EAR_SHAPE_WIDE:
        encode_uint(to, (uint64_t)ear_wide_get(words));
        break;
    case EAR_SHAPE_DISTINCT:
    case EAR_SHAPE_DISTRIBUTION:
        encode_sketch(to, number, words);
        break;
    case EAR_SHAPE_HEAVY:
        encode_heavy(to, number, cell);
        break;
    default:
        encode_rows(to, number, cell);
        break;
    }
}

void ear_summary_encode_numbers(CborEncoder *to, unsigned resolution, const uint32_t *words,
                                const struct ear_labels *labels)
{
    const struct cell cell = {words, labels};
    const unsigned parts = resolution == EAR_MINUTE ? 1 : resolution == EAR_DAY ? 2 : 3;
    const struct ear_number *told[EAR_NUMBERS];
    unsigned count = 0;
    for (unsigned n = 0; n < ear_catalogue_count; n++) { /* keys ascend in the catalogue */
        if (ear_catalogue[n].part < parts && !is_empty(&ear_catalogue[n], &cell)) {
            told[count++] = &ear_catalogue[n];
        }
    }
    CborEncoder map;
    latched(cbor_encoder_create_map(to, &map, count));
    for (unsigned i = 0; i < count; i++) {
        encode_number(&map, told[i], &cell);
    }
    latched(cbor_encoder_close_container(to, &map));
}
