/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_summary.c
 * proves: a summary is written within its capacity and nowhere else: ear_summary_encode hands on the capacity that it was given,
 *   opens and closes every list and map with as many items as it said, and says how long the summary is, or EAR_ERR_FULL
 *   exactly where it has no room; beside its numbers it takes no more than MOST_HEAD bytes. Of the numbers those are told
 *   that the cell has, and lists, heavy hitters and sketches are one item each, from their own words
 * bounds: any head of a known resolution, its clock below 24, labels of up to EAR_LABEL_BYTES, capacities and numbers of up to
 *   4000 bytes; any 2 numbers, each as if it were a count; a list of up to 2, heavy hitters of up to 2, a sketch of any length
 *   that has room. On an encoder that counts as `encoder` proves it to. Rows: `rows`
 * lengths: 2 1 0
 * sources: core/note/ear_note_add.c
 * flags: --unwind 4 --unwindset memcmp.0:6,encode_ledger.0:7,encode_slice.0:5,is_empty.0:15,main.0:5 --no-malloc-may-fail
 * instead: core/tell/ear_summary_numbers.c: switch (number->shape) { => switch (SHAPE_OF(number)) {
 * bite: core/tell/ear_summary.c: cbor_encoder_init(&top, out, capacity, 0); => cbor_encoder_init(&top, out, capacity + 1, 0);
 * bite: core/tell/ear_summary.c: get_extra_bytes_needed(&top) > 0) { => get_extra_bytes_needed(&top) > 1) {
 * bite: core/tell/ear_summary.c: - (usual ? 1u : 0u) - (first => - (first
 * bite: core/tell/ear_summary_numbers.c: if (ear_catalogue[n].part < parts && => if (
 * bite: core/tell/ear_summary_numbers.c: cbor_encoder_create_array(to, &list, length));\n    for (unsigned i => cbor_encoder_create_array(to, &list, number->size));\n    for (unsigned i
 */
/* clang-format on */
#include "core/tell/ear_summary.c"
#include "tests/proof/proof.h"

#include <stdlib.h>

#define ROOM 4000

/* --- The encoder: it counts, and latches that there is no room --------------------------------------------------- */

static uint8_t *model_bytes;
static size_t model_capacity, model_told;
static const CborEncoder *model_open; /* the innermost container: only this may be written to */

void cbor_encoder_init(CborEncoder *encoder, uint8_t *buffer, size_t size, int flags)
{
    assert(flags == 0 && __CPROVER_w_ok(buffer, size));
    encoder->data.ptr = model_bytes = buffer;
    encoder->end = buffer + size;
    encoder->remaining = 2;
    encoder->flags = 0;
    model_capacity = size;
    model_told = 0;
    model_open = encoder;
}

static CborError append(CborEncoder *encoder, size_t length)
{
    assert(encoder == model_open && encoder->remaining > 0);
    if (LENGTH > 0) { /* numbers do not see the capacity */
        return nondet_bool() ? CborNoError : CborErrorOutOfMemory;
    }
    model_told += length;
    if (model_told > model_capacity) {
        encoder->end = NULL;
        encoder->data.bytes_needed = (ptrdiff_t)(model_told - model_capacity);
        return CborErrorOutOfMemory;
    }
    assert(__CPROVER_w_ok(model_bytes, model_told));
    encoder->data.ptr = model_bytes + model_told;
    return CborNoError;
}

static CborError item(CborEncoder *encoder, size_t length)
{
    if (encoder->remaining > 0) {
        encoder->remaining--;
    }
    return append(encoder, length);
}

static size_t head_bytes(uint64_t value)
{
    return value < 24 ? 1 : value <= UINT8_MAX ? 2 : value <= UINT16_MAX ? 3 : value <= UINT32_MAX ? 5 : 9;
}

CborError cbor_encode_uint(CborEncoder *encoder, uint64_t value)
{
    return item(encoder, head_bytes(value));
}

CborError cbor_encode_simple_value(CborEncoder *encoder, uint8_t value)
{
    assert(value == 22); /* null */
    return item(encoder, 1);
}

CborError cbor_encode_text_string(CborEncoder *encoder, const char *string, size_t length)
{
    assert(string != NULL && __CPROVER_r_ok(string, length));
    return item(encoder, head_bytes(length) + length);
}

CborError cbor_encode_byte_string(CborEncoder *encoder, const uint8_t *string, size_t length)
{
    assert(string != NULL && __CPROVER_r_ok(string, length));
    return item(encoder, head_bytes(length) + length);
}

static CborError open_container(CborEncoder *encoder, CborEncoder *container, size_t length, size_t items)
{
    assert(encoder == model_open);
    if (encoder->remaining > 0) {
        encoder->remaining--;
    }
    container->data = encoder->data;
    container->end = encoder->end;
    container->remaining = items + 1;
    container->flags = 0;
    model_open = container;
    return append(container, head_bytes(length));
}

CborError cbor_encoder_create_array(CborEncoder *encoder, CborEncoder *container, size_t length)
{
    return open_container(encoder, container, length, length);
}

CborError cbor_encoder_create_map(CborEncoder *encoder, CborEncoder *container, size_t length)
{
    return open_container(encoder, container, length, 2 * length);
}

CborError cbor_encoder_close_container(CborEncoder *encoder, const CborEncoder *container)
{
    assert(container == model_open);
    model_open = encoder;
    encoder->data = container->data;
    encoder->end = container->end;
    if (container->remaining != 1) {
        return container->remaining == 0 ? CborErrorTooManyItems : CborErrorTooFewItems;
    }
    return encoder->end == NULL ? CborErrorOutOfMemory : CborNoError;
}

/* --- The whole, on numbers of any length -------------------------------------------------------------------------- */
#if LENGTH == 0

static size_t numbers_told;

void ear_summary_encode_numbers(CborEncoder *to, unsigned resolution, const uint32_t *words,
                                const struct ear_labels *labels)
{
    (void)resolution, (void)words, (void)labels;
    numbers_told = 1 + any_up_to(ROOM - 1);
    (void)item(to, numbers_told);
}

int main(void)
{
    const size_t capacity = any_up_to(ROOM);
    uint8_t *out = malloc(capacity);
    char text[EAR_LABEL_BYTES];
    struct ear_summary_head head;
    head.other = nondet_bool();
    for (unsigned p = 0; p < EAR_SLICE_PARTS; p++) {
        const uint16_t length = (uint16_t)any_up_to(sizeof text);
        head.slice.parts[p] = (struct ear_str){length > 0 ? text : NULL, length};
    }
    __CPROVER_assume(head.resolution < EAR_RESOLUTIONS && head.clock < 24);
    const int32_t length = ear_summary_encode(&head, NULL, NULL, out, capacity);
    assert(model_bytes == out && model_capacity == capacity);
    assert(length == (model_told > capacity ? EAR_ERR_FULL : (int32_t)model_told));
    assert(length == EAR_ERR_FULL || (length > 0 && (size_t)length <= capacity));
    assert(model_told - numbers_told <= MOST_HEAD - 3); /* 3: the head of the numbers' map */
    return 0;
}

/* --- The numbers ------------------------------------------------------------------------------------------------ */
#else

#define NUMBERS 2
#define SIZE 2
#define IDS 3
#define MOST_WORDS 14 /* three rows of two wide columns, one without a label */

static struct ear_number catalogue[NUMBERS];
static const char letters[IDS] = "abc";

struct ear_str ear_label_text(const struct ear_labels *labels, uint16_t id)
{
    (void)labels;
    return id >= 1 && id <= IDS ? (struct ear_str){&letters[id - 1], 1} : (struct ear_str){"", 0};
}

bool ear_heavy_at(const uint32_t *words, unsigned word_count, unsigned rank, struct ear_heavy_entry *entry)
{
    assert(__CPROVER_r_ok(words, word_count * sizeof *words));
    entry->label = 1 + (uint32_t)any_up_to(IDS - 1);
    entry->count = nondet_u32();
    entry->error = nondet_u32();
    return rank < (word_count - 2) / 3 && nondet_bool();
}

uint32_t ear_heavy_total(const uint32_t *words)
{
    return words[0];
}

uint32_t ear_heavy_missed(const uint32_t *words)
{
    return words[1];
}

static int32_t sketch(const uint32_t *words, unsigned word_count, const uint8_t *bytes, size_t capacity)
{
    assert(__CPROVER_r_ok(words, word_count * sizeof *words) && __CPROVER_w_ok(bytes, capacity) && capacity > 0);
    return 1 + (int32_t)any_up_to(capacity - 1);
}

int32_t ear_distinct_encode(const uint32_t *words, unsigned word_count, uint8_t *bytes, size_t capacity)
{
    return sketch(words, word_count, bytes, capacity);
}

int32_t ear_distribution_encode(const uint32_t *words, unsigned word_count, uint8_t *bytes, size_t capacity)
{
    return sketch(words, word_count, bytes, capacity);
}

#define ear_catalogue catalogue
#define ear_catalogue_count NUMBERS
#define latched latched_number
#define encode_uint encode_number_uint
#define SHAPE_OF(number) (LENGTH == 1 ? EAR_SHAPE_COUNT : (number)->shape)
#include "core/tell/ear_summary_numbers.c"

/* A number of any shape, its words in the cell as its shape has them. */
static void any_number(struct ear_number *number, bool last)
{
    number->key = nondet_u8();
    number->shape = (uint8_t)any_up_to(EAR_SHAPES - 1);
    number->part = (uint8_t)any_up_to(2);
    number->size = (uint16_t)(1 + any_up_to(SIZE - 1));
    number->columns = (uint8_t)(1 + any_up_to(1));
    number->wide = (uint8_t)any_up_to(number->columns);
    const unsigned row = ear_number_row_words(number);
    number->words = (uint16_t)(ear_number_has_rows(number)         ? (number->size + 1u) * row - 1
                               : number->shape == EAR_SHAPE_COUNT  ? 1
                               : number->shape == EAR_SHAPE_WIDE   ? 2
                               : number->shape == EAR_SHAPE_SERIES ? (number->size + 1u) / 2
                               : number->shape == EAR_SHAPE_HEAVY  ? EAR_HEAVY_WORDS(number->size)
                                                                   : number->size);
    number->at = last ? (uint16_t)(NUMBERS * MOST_WORDS - number->words) : 0; /* nothing behind the last one */
}

/* One number, by its shape: one item. Rows: `rows`. */
static void one(CborEncoder *top)
{
    uint32_t cell_words[NUMBERS * MOST_WORDS];
    const struct cell cell = {cell_words, NULL};
    struct ear_number *number = &catalogue[0];
    any_number(number, true);
    if (number->shape == EAR_SHAPE_HEAVY) {
        encode_heavy(top, number, &cell);
    } else if (number->shape == EAR_SHAPE_GROUP || number->shape == EAR_SHAPE_SERIES) {
        encode_list(top, number, &cell_words[number->at]);
    } else {
        __CPROVER_assume(number->shape == EAR_SHAPE_DISTINCT || number->shape == EAR_SHAPE_DISTRIBUTION);
        encode_sketch(top, number, &cell_words[number->at]);
    }
}

/* All that are not zero and that the cell has; each is its key and an item, by `one` (SHAPE_OF: as of a count). */
static void all(CborEncoder *top)
{
    const unsigned resolution = (unsigned)any_up_to(EAR_RESOLUTIONS - 1);
    const unsigned parts = resolution == EAR_MINUTE ? 1 : resolution == EAR_DAY ? 2 : 3;
    uint32_t cell_words[NUMBERS * MOST_WORDS];
    for (unsigned n = 0; n < NUMBERS; n++) {
        any_number(&catalogue[n], n == NUMBERS - 1);
        if (catalogue[n].part >= parts) {
            catalogue[n].at = UINT16_MAX; /* is not there */
        }
    }
    ear_summary_encode_numbers(top, resolution, cell_words, NULL);
}

int main(void)
{
    uint8_t out[1];
    CborEncoder top;
    cbor_encoder_init(&top, out, sizeof out, 0);
    if (LENGTH == 1) {
        all(&top);
    } else {
        one(&top);
    }
    assert(model_open == &top && top.remaining == 1);
    return 0;
}
#endif
