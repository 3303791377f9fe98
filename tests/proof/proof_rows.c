/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_rows.c
 * proves: of the rows of a summary's number: a row is told from its own words and by its own code or label, as one
 *   item with as many columns as said, the last not zero; codes that differ differ as texts, and from `other`; the
 *   map of rows has as many as said, each that has something to say once, ascending, with its own columns
 * bounds: 1: all rows of all numbers of the catalogue that have some, any words in them, any codes; 2: up to 4 rows,
 *   on what 1 proves. Taken for granted of a cell: a row that counts has a code or a label that is in use, and no two
 *   of a number have the same
 * lengths: 1 2
 * sources: core/note/ear_note_add.c core/note/ear_catalogue.c
 * flags: --unwind 6 --unwindset length_of_row.0:11,encode_columns.0:11,main.0:6,main.1:48 --no-malloc-may-fail
 * instead: core/tell/ear_summary_numbers.c: encode_columns(&map, number, row.columns); => encode_row(&map, number, row.columns);
 * bite: core/tell/ear_summary_numbers.c: row->label = labels ? other_label : other_code; => row->label = other_label;
 * bite: core/tell/ear_summary_numbers.c: .columns = i == number->size ? words : words + 1}; => .columns = words + 1};
 * bite: core/tell/ear_summary_numbers.c: cbor_encoder_create_array(to, &list, length));\n    for (unsigned c => cbor_encoder_create_array(to, &list, number->columns));\n    for (unsigned c
 * bite: core/tell/ear_summary_numbers.c: text_of(before)) > 0) && => text_of(before)) >= 0) &&
 * bite: core/tell/ear_summary_numbers.c: text_of(&next)) < 0)) { => text_of(&next)) > 0)) {
 * bite: core/tell/ear_summary_numbers.c: for (unsigned i = 0; i <= number->size; i++) {\n        struct row row;\n => for (unsigned i = 0; i < number->size; i++) {\n        struct row row;\n
 */
/* clang-format on */
#include <stdlib.h>

#include "core/note/ear_note.h"
#include "core/tell/ear_summary_keys.h"
#include "tests/proof/proof.h"

#include <cbor.h>

#define ROWS 4

/* --- The encoder: it counts items --------------------------------------------------------------------------------- */

static void take_item(CborEncoder *to)
{
    assert(to->remaining > 1); /* 1: the end, as in TinyCBOR */
    to->remaining--;
}

static CborError any_latched(void)
{
    return nondet_bool() ? CborNoError : CborErrorOutOfMemory;
}

CborError cbor_encode_uint(CborEncoder *to, uint64_t value)
{
    (void)value;
    take_item(to);
    return any_latched();
}

static CborError open_container(CborEncoder *to, CborEncoder *container, size_t items)
{
    take_item(to);
    container->remaining = items + 1;
    return any_latched();
}

CborError cbor_encoder_create_array(CborEncoder *to, CborEncoder *container, size_t length)
{
    return open_container(to, container, length);
}

CborError cbor_encoder_create_map(CborEncoder *to, CborEncoder *container, size_t length)
{
    return open_container(to, container, 2 * length);
}

CborError cbor_encoder_close_container(CborEncoder *to, const CborEncoder *container)
{
    (void)to;
    assert(container->remaining == 1);
    return any_latched();
}

/* --- The map of rows, on any rows --------------------------------------------------------------------------------- */
#if LENGTH == 2

struct row;
struct cell;
static bool any_row(const struct ear_number *number, const struct cell *cell, unsigned i, struct row *row);

static const char text[1] = "a";
static uint32_t columns_of[ROWS];  /* where each row's columns are */
static uint16_t rank[ROWS];        /* how their texts follow each other */
static bool is_there[ROWS];        /* it has something to say */
static uint32_t last = UINT32_MAX; /* the rank of the text that was told last */
static unsigned told;

/* Any order of texts: here by their length alone. */
int ear_summary_text_order(struct ear_str a, struct ear_str b)
{
    assert(a.bytes != NULL && b.bytes != NULL);
    return (int)a.length - (int)b.length;
}

CborError cbor_encode_text_string(CborEncoder *to, const char *string, size_t length)
{
    assert(string == text && (last == UINT32_MAX || length > last));
    last = (uint32_t)length;
    take_item(to);
    return any_latched();
}

/* What is proven of encode_columns where LENGTH is 1; the columns are those of the text before. */
static void encode_row(CborEncoder *to, const struct ear_number *number, const uint32_t *columns)
{
    (void)number;
    assert(columns >= columns_of && columns < columns_of + ROWS && rank[columns - columns_of] == last);
    take_item(to);
    told++;
}

/* What is proven of row_at where LENGTH is 1. Its call becomes one of this, its definition stays. */
#define row_at(first, ...) row_at_##first, __VA_ARGS__)
#define row_at_const row_at(const
#define row_at_number any_row(number

#include "core/tell/ear_summary_numbers.c"

#undef row_at

static bool any_row(const struct ear_number *number, const struct cell *cell, unsigned i, struct row *row)
{
    (void)cell;
    assert(i <= number->size);
    *row = (struct row){.label = {text, rank[i]}, .columns = &columns_of[i]};
    return is_there[i];
}

int main(void)
{
    const struct ear_number number = {.size = (uint16_t)any_up_to(ROWS - 1), .shape = nondet_u8()};
    const struct cell cell = {NULL, NULL};
    CborEncoder top = {.remaining = 2};
    unsigned count = 0;
    for (unsigned i = 0; i < ROWS; i++) {
        rank[i] = nondet_u16();
        is_there[i] = nondet_bool();
        for (unsigned other = 0; other < i; other++) {
            __CPROVER_assume(rank[i] != rank[other]);
        }
        count += i <= number.size && is_there[i];
    }
    encode_rows(&top, &number, &cell);
    assert(told == count && top.remaining == 1);
    return 0;
}

/* --- One row ------------------------------------------------------------------------------------------------------ */
#else

static char label[UINT8_MAX];

/* The label of a row that counts is in use. */
struct ear_str ear_label_text(const struct ear_labels *labels, uint16_t id)
{
    (void)labels, (void)id;
    return (struct ear_str){label, (uint16_t)(1 + any_up_to(sizeof label - 1))};
}

#define encode_row encode_columns
#include "core/tell/ear_summary_numbers.c"

/* Row i of a number, in words of its own. */
static void one(const struct ear_number *number, unsigned i)
{
    const unsigned words = ear_number_row_words(number);
    uint32_t *cell_words = malloc(number->words * sizeof(uint32_t));
    const struct cell cell = {cell_words, NULL};
    const uint32_t *first = &cell_words[i * words];
    struct row row;
    __CPROVER_assume(i == number->size || first[0] != 0);
    const bool is_told = row_at(number, &cell, i, &row);
    assert(row.columns == (i == number->size ? first : first + 1));
    if (!is_told) {
        return;
    }
    const struct ear_str text = text_of(&row);
    assert(__CPROVER_r_ok(text.bytes, text.length) && row.code_length <= sizeof row.code);
    assert((text.length == 0) == (i == number->size && ear_number_has_labels(number)));
    const unsigned length = length_of_row(number, row.columns);
    assert(length > 0 && length <= number->columns && ear_note_column_get(number, row.columns, length - 1) != 0);
    CborEncoder top = {.remaining = 2};
    encode_columns(&top, number, row.columns);
    assert(top.remaining == 1);
}

static void codes(void)
{
    char a[4], b[4];
    const uint32_t code = nondet_u32(), other = nondet_u32();
    const unsigned length = letters_of(code, a);
    assert(length <= sizeof a && (length > 0 || code == 0) && length < sizeof EAR_SUMMARY_OTHER - 1);
    if (code != other && length == letters_of(other, b)) {
        unsigned same = 0;
        while (same < length && a[same] == b[same]) {
            same++;
        }
        assert(same < length);
    }
}

int main(void)
{
    codes();
    unsigned count = 0;
    for (unsigned n = 0; n < EAR_NUMBERS; n++) {
        struct ear_number number = ear_catalogue[n];
        number.at = 0;
        for (unsigned i = 0; ear_number_has_rows(&number) && i <= number.size; i++) {
            one(&number, i);
            count++;
        }
    }
    assert(count > 0);
    return 0;
}
#endif
